"""`ringfence snapshot` of a cluster of 10,000 pods, beside `kubectl get -o json` of the same kinds.

A real API server with etcd is filled by several writers; then whole processes are measured over it, each the best of
two: time on the clock, CPU seconds, and the most memory that the process held. The server shares the machine's cores.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.drawn.table import write_table
from generator.cluster.wanted import CALICO_API, wanted_kinds
from tests.testbed.access import write_kubeconfig
from tests.testbed.client import Client
from tests.testbed.fixtures import Servers

NAMESPACES: Final = 50
PODS_EACH: Final = 5
GOAL: Final = 2.0  # times kubectl's clock
MEGABYTES: Final = 500
_WRITERS: Final = 4
Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """One finished process."""

    wall: float
    cpu: float
    megabytes: float


def main() -> int:
    quick = "--quick" in sys.argv
    services = 200 if quick else 2_000
    servers = Servers()
    try:
        server = servers.fresh()
        fill(server.client(), services)
        with tempfile.TemporaryDirectory() as place:
            config = str(write_kubeconfig(Path(place) / "config", server.endpoint))
            saved = Path(place) / "snapshot.json"
            programs = Path(sys.executable).parent
            ours = best([str(programs / "ringfence"), "snapshot", "--kubeconfig", config, "-o", str(saved)])
            size = saved.stat().st_size / 2**20
            kinds = ",".join(kinds_served(server.client()))
            theirs = best([str(programs / "kubectl"), "--kubeconfig", config, "get", kinds, "-A", "-o", "json"])
    finally:
        servers.stop()
    rows = [["ringfence snapshot", *cells(ours)], ["kubectl get -o json", *cells(theirs)]]
    ratio = ours.wall / theirs.wall
    rows.append(["ratio", f"{ratio:.2f}", f"{ours.cpu / theirs.cpu:.2f}", f"{ours.megabytes / theirs.megabytes:.2f}"])
    pods = services * PODS_EACH
    notes = [
        f"{pods:,} pods, {services:,} Services, {services * 3 // 2:,} policies: a file of {size:.0f} MB.",
        "ringfence reads each kind, and the versions of all objects once more; kubectl reads each kind once.",
        f"Goal: up to {GOAL:g} times the time of kubectl, and up to {MEGABYTES} MB.",
    ]
    write_table(
        "snapshot", "Saving a cluster", ["process", "time (s)", "CPU (s)", "memory (MB)"], rows, notes, keep=not quick
    )
    return 0 if ratio <= GOAL and ours.megabytes <= MEGABYTES else 1


def cells(found: Measured) -> list[str]:
    return [f"{found.wall:.1f}", f"{found.cpu:.1f}", f"{found.megabytes:.0f}"]


def best(command: Sequence[str]) -> Measured:
    return min((measure(command) for _ in range(2)), key=lambda found: found.wall)


def measure(command: Sequence[str]) -> Measured:
    """Run a process to its end; SystemExit where it fails."""
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
        assert running.stderr is not None
        said = running.stderr.read()
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise SystemExit(f"{command[0]} failed: {said.decode()[:500]}")
    return Measured(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def kinds_served(client: Client) -> list[str]:
    """Return the kinds that ringfence reads, as kubectl names them."""
    served = {(api.rpartition("/")[0], client.path(api, kind).rpartition("/")[2]) for api, kind, _ in client.kinds()}
    return [
        str(wanted) for wanted in wanted_kinds(CALICO_API, evidence=False) if (wanted.group, wanted.plural) in served
    ]


def fill(admin: Client, services: int) -> None:
    """Write the cluster: for each service five pods with what a kubelet notes on them, a slice, and its policies."""
    for number in range(NAMESPACES):
        admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"team-{number}"}})
    admin.kinds()
    with ThreadPoolExecutor(_WRITERS) as pool:
        list(pool.map(lambda share: write_share(admin, share, services), range(_WRITERS)))


def write_share(admin: Client, share: int, services: int) -> None:
    mine = admin.as_user(admin.user)
    for number in range(share, services, _WRITERS):
        space, app = f"team-{number % NAMESPACES}", f"s{number}"
        mine.create(service_of(space, app))
        addresses = []
        for replica in range(PODS_EACH):
            at = number * PODS_EACH + replica
            address = f"10.{128 + at // 65536}.{at // 256 % 256}.{at % 256}"
            addresses.append(address)
            mine.create(pod_of(space, app, replica))
            status = f"/api/v1/namespaces/{space}/pods/{app}-{replica}/status"
            mine.ask("PATCH", status, {"status": status_of(app, address)}, None, "application/merge-patch+json")
        mine.create(slice_of(space, app, addresses))
        for policy in policies_of(space, app, number):
            mine.create(policy)


def service_of(space: str, app: str) -> Object:
    spec = {"selector": {"app": app}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}], "clusterIP": "None"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": app, "namespace": space}, "spec": spec}


def pod_of(space: str, app: str, replica: int) -> Object:
    container = {
        "name": "main",
        "image": f"registry.example.com/{app}:1.2.3",
        "ports": [{"containerPort": 8080, "name": "http"}],
        "env": [{"name": f"PEER_{index}", "value": f"http://s{index}.team-{index}:80"} for index in range(10)],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 10},
    }
    labels = {"app": app, "team": space, "pod-template-hash": "6d4cf56db6", "version": "1"}
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": f"{app}-6d4cf56db6", "uid": app, "controller": True}
    metadata = {"name": f"{app}-{replica}", "namespace": space, "labels": labels, "ownerReferences": [owner]}
    spec = {"nodeName": f"node-{replica}", "containers": [container], "serviceAccountName": "default"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def status_of(app: str, address: str) -> Object:
    at = "2026-01-01T00:00:00Z"
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    conditions = [{"type": kind, "status": "True", "lastTransitionTime": at} for kind in kinds]
    image = {"image": f"registry.example.com/{app}:1.2.3", "imageID": f"sha256:{'0' * 64}", "ready": True}
    container = {"name": "main", "restartCount": 0, "started": True, "state": {"running": {"startedAt": at}}, **image}
    return {
        "phase": "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "conditions": conditions,
        "containerStatuses": [container],
    }


def slice_of(space: str, app: str, addresses: Sequence[str]) -> Object:
    endpoints = [
        {"addresses": [address], "conditions": {"ready": True}, "targetRef": {"kind": "Pod", "name": f"{app}-{index}"}}
        for index, address in enumerate(addresses)
    ]
    labels = {"kubernetes.io/service-name": app}
    metadata = {"name": f"{app}-x7k2p", "namespace": space, "labels": labels}
    head = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "metadata": metadata}
    return head | {"endpoints": endpoints, "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]}


def policies_of(space: str, app: str, number: int) -> list[Object]:
    """Return a Calico policy, and for every other service one of Kubernetes' form."""
    rule = {
        "action": "Allow",
        "protocol": "TCP",
        "source": {"selector": f"app == 's{number + 1}'"},
        "destination": {"ports": [8080]},
    }
    spec = {"selector": f"app == '{app}'", "types": ["Ingress"], "order": 200, "ingress": [rule]}
    found: list[Object] = [{"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy", "spec": spec}]
    if number % 2:
        peer = {"podSelector": {"matchLabels": {"app": f"s{number - 1}"}}}
        other = {"podSelector": {"matchLabels": {"app": app}}, "ingress": [{"from": [peer]}]}
        found.append({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "spec": other})
    return [{**item, "metadata": {"name": app, "namespace": space}} for item in found]


if __name__ == "__main__":
    raise SystemExit(main())

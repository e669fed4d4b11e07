"""A cluster whose nodes enforce: a real API server and, for each node, a network namespace with Calico's own Felix.

Each node is a namespace, each pod one behind a `cali…` interface as Calico's CNI plugin would lay it, so a verdict is a
packet that has or has not come. There is no kubelet, no Typha and no kube-proxy.
"""

from __future__ import annotations

import hashlib
import shutil
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import yaml

from tests.testbed.build import Felix, Programs
from tests.testbed.client import Client, Manifest
from tests.testbed.dataplane.answers import Answers
from tests.testbed.dataplane.namespaces import Namespace, join
from tests.testbed.dataplane.relays import Relay, way_to_loopback, way_to_nodes
from tests.testbed.processes import Process
from tests.testbed.server import ApiServer, CannotStart
from tests.testbed.worlds import World

API_VERSION: Final = "crd.projectcalico.org/v1"
_GATEWAY: Final = "169.254.1.1"  # whom each pod asks; its node answers for it
_METRICS: Final = 9091
_PATIENCE: Final = 30.0  # seconds until a Felix must be in sync
_TIERS: Final = (("adminnetworkpolicy", 1_000, "Pass"), ("default", 1_000_000, "Deny"))


class Node:
    """One node: its namespace, its Felix, its pods."""

    def __init__(self, name: str, address: str, folder: Path) -> None:
        self.name, self.address = name, address
        self.namespace = Namespace(name, folder)
        self.answers = Answers(self.namespace)
        self.to_server: Relay  # by which Felix hears of what is written
        self.felix: Process
        self._folder = folder

    def start(self, felix: Felix, server: ApiServer, backend: str) -> None:
        """Start Felix; `in_sync` tells when it has read everything."""
        self.to_server = way_to_loopback(self.namespace, server.port)
        kubeconfig = server.kubeconfig(self._folder / f"{self.name}.kubeconfig")
        call = self.namespace.call(str(felix.program))
        self.felix = Process(call, self._folder / f"felix-{self.name}.log", _settings(self.name, kubeconfig, backend))

    def hang(self) -> None:
        """Let Felix stand still: what it has programmed stays."""
        self.felix.send(signal.SIGSTOP)

    def wake(self) -> None:
        """Let a hung Felix go on."""
        self.felix.send(signal.SIGCONT)

    def metrics(self) -> str:
        """Return what Felix tells of itself; empty where it does not answer."""
        with suppress(OSError), self.namespace.socket() as opened:
            opened.settimeout(2)
            opened.connect(("127.0.0.1", _METRICS))
            opened.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            found = b""
            while data := opened.recv(1 << 16):
                found += data
            return found.decode(errors="replace")
        return ""

    def remove(self) -> None:
        """End everything on it."""
        for name in ("felix", "to_server"):
            match getattr(self, name, None):
                case Process() as felix:
                    felix.kill()
                case Relay() as relay:
                    relay.close()
        self.answers.close()
        self.namespace.remove()

    @property
    def in_sync(self) -> bool:
        """Tell whether Felix has read everything once."""
        return "\nfelix_resync_state 3" in self.metrics()


def _settings(node: str, kubeconfig: Path, backend: str) -> dict[str, str]:
    """Return Felix's environment; `backend` is `nft`, `legacy` (both by iptables) or `nftables`."""
    felix = {
        "DatastoreType": "kubernetes",
        "FelixHostname": node,
        "LogSeverityScreen": "Warning",
        "LogSeverityFile": "none",
        "LogFilePath": "none",
        "LogSeveritySys": "none",
        "PrometheusMetricsEnabled": "true",
        "UsageReportingEnabled": "false",
        "XDPEnabled": "false",
        "BPFEnabled": "false",
        "IPv6Support": "false",
        "EndpointStatusPathPrefix": "none",
        "DefaultEndpointToHostAction": "ACCEPT",  # as the manifest of calico-node says
        "IptablesBackend": "auto" if backend == "nftables" else backend,
        "NFTablesMode": "Enabled" if backend == "nftables" else "Disabled",
    }
    plain = {f"FELIX_{name.upper()}": value for name, value in felix.items()}
    # Built without cgo, Felix has no libbpf, with which it would look for what eBPF mode has left behind.
    plain["FELIX_DebugSkipCTLBCleanup"] = "true"
    return plain | {"DATASTORE_TYPE": "kubernetes", "KUBECONFIG": str(kubeconfig)}


class FelixCluster:
    """Two nodes by default; `world` writes what runs on them, `plug` gives its pods their interfaces."""

    def __init__(self, programs: Programs, felix: Felix, folder: Path, backend: str = "nft") -> None:
        self.felix, self.backend = felix, backend
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.server = ApiServer(programs, folder / "server")
        self.pods: dict[str, Pod] = {}
        self.nodes: dict[str, Node] = {}
        self._to_nodes: Relay | None = None

    def start(self) -> World:
        """Start everything, write the system's own objects, and return the world that goes on from there."""
        namespaces: dict[str, Namespace] = {}
        self._to_nodes = way_to_nodes(namespaces)
        self.server.pods_through = f"socks5://127.0.0.1:{self._to_nodes.port}"
        self.server.start()
        client = self.server.client()
        _fill(client, self.felix)
        world = World(client, calico=f"v{self.felix.version}")
        for row in world.nodes:
            row["metadata"]["annotations"].pop("projectcalico.org/IPv4VXLANTunnelAddr", None)  # as the pool says
            address = row["status"]["addresses"][0]["address"]
            node = Node(row["metadata"]["name"], address, self._folder)
            self.nodes[node.name] = node
            namespaces[address] = node.namespace
        self._lay_cables()
        world.write_system()
        self.plug(world.pods)
        for node in self.nodes.values():
            node.start(self.felix, self.server, self.backend)
        self.wait_until_in_sync()
        return world

    def _lay_cables(self) -> None:
        first, second = self.nodes.values()
        join(first.namespace, "eth0", second.namespace, "eth0")
        for node in (first, second):
            node.namespace.do("ip", "address", "add", f"{node.address}/24", "dev", "eth0")
            # A node answers for the pods' gateway only where it knows a way to it.
            node.namespace.do("ip", "route", "add", "default", "dev", "eth0")
            node.namespace.do("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")

    def wait_until_in_sync(self) -> None:
        """Return when each Felix has read everything; CannotStart with its last words where that takes too long."""
        until = time.monotonic() + _PATIENCE
        for node in self.nodes.values():
            while not node.in_sync:
                if time.monotonic() > until or not node.felix.alive:
                    raise CannotStart(f"Felix on {node.name}: {node.felix.last_words()}")
                time.sleep(0.05)

    def plug(self, pods: Iterable[Manifest]) -> None:
        """Give each pod that has an address of its own a namespace behind an interface of its node."""
        for pod in pods:
            name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
            if pod["spec"].get("hostNetwork") or name in self.pods:
                continue
            home = self.nodes[pod["spec"]["nodeName"]]
            self.pods[name] = Pod(name, pod["status"]["podIP"], home, self._folder)
            for node in self.nodes.values():
                if node is not home:
                    node.namespace.do("ip", "route", "add", f"{pod['status']['podIP']}/32", "via", home.address)

    def pod(self, namespace: str, start: str) -> Pod:
        """Return the pod of a namespace whose name begins so."""
        return next(pod for name, pod in sorted(self.pods.items()) if name.startswith(f"{namespace}/{start}"))

    def remove(self) -> None:
        """End everything and remove what lies on the disk."""
        for pod in self.pods.values():
            pod.remove()
        for node in self.nodes.values():
            node.remove()
        if self._to_nodes is not None:
            self._to_nodes.close()
        self.server.remove()
        shutil.rmtree(self._folder, ignore_errors=True)


def _fill(client: Client, felix: Felix) -> None:
    """Write Calico's CRDs of this release and what Calico makes at its first start."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for file in sorted(felix.crds.glob("*.yaml")):
        for doc in yaml.load_all(file.read_text(encoding="utf-8"), loader):
            if doc:
                client.create(doc)
    pool = {"cidr": "10.244.0.0/16", "blockSize": 26, "natOutgoing": False, "nodeSelector": "all()"}
    pool |= {"vxlanMode": "Never", "ipipMode": "Never", "allowedUses": ["Workload", "Tunnel"]}
    cluster = {"calicoVersion": f"v{felix.version}", "clusterType": "k8s,kdd", "datastoreReady": True}
    settings = {"logSeverityScreen": "Warning", "prometheusMetricsEnabled": True}
    found = [
        *(("Tier", name, {"order": order, "defaultAction": action}) for name, order, action in _TIERS),
        ("IPPool", "default-ipv4-ippool", pool),
        ("ClusterInformation", "default", cluster),
        ("FelixConfiguration", "default", settings),
    ]
    for kind, name, spec in found:
        obj = {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}
        _create_once_served(client, obj)


def _create_once_served(client: Client, obj: Manifest) -> None:
    until = time.monotonic() + _PATIENCE
    while obj["kind"] not in _served(client):
        if time.monotonic() > until:
            raise CannotStart(f"{obj['kind']} is not served")
        time.sleep(0.05)
    client.create(obj)


def _served(client: Client) -> set[str]:
    answer = client.ask("GET", f"/apis/{API_VERSION}")
    return {row["kind"] for row in answer.body["resources"]} if answer.status == 200 else set()


class Pod:
    """A pod's namespace: whoever is asked to `listen` answers, whoever `reaches` asks."""

    def __init__(self, name: str, address: str, node: Node, folder: Path) -> None:
        self.name, self.address, self.node = name, address, node
        self.namespace = Namespace(name.replace("/", "."), folder)
        self.answers = Answers(self.namespace)
        link = interface_of(name)
        join(node.namespace, link, self.namespace, "eth0")
        self.namespace.do("ip", "address", "add", f"{address}/32", "dev", "eth0")
        self.namespace.do("ip", "route", "add", _GATEWAY, "dev", "eth0", "scope", "link")
        self.namespace.do("ip", "route", "add", "default", "via", _GATEWAY, "dev", "eth0")

    def listen(self, *ports: int) -> Pod:
        """Answer on TCP ports: each connection is taken and closed."""
        self.answers.tcp(*ports)
        return self

    def reaches(self, other: Pod, port: int, patience: float = 0.9) -> bool:
        """Tell whether a new connection is answered in time."""
        with self.namespace.socket() as asking:
            asking.settimeout(patience)
            try:
                asking.connect((other.address, port))
            except OSError:
                return False
            return True

    def remove(self) -> None:
        """Let it go."""
        self.answers.close()
        self.namespace.remove()


def interface_of(pod: str) -> str:
    """Return the name of a pod's interface on its node, as Calico makes it of NAMESPACE/NAME."""
    return "cali" + hashlib.sha1(pod.replace("/", ".", 1).encode(), usedforsecurity=False).hexdigest()[:11]


@contextmanager
def running(
    programs: Programs, felix: Felix, folder: Path, backend: str = "nft"
) -> Iterator[tuple[FelixCluster, World]]:
    """A cluster for the time of a block."""
    cluster = FelixCluster(programs, felix, folder, backend)
    try:
        yield cluster, cluster.start()
    finally:
        cluster.remove()

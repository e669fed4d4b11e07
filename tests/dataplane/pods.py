"""Ten pods in three namespaces over both nodes, who all answer on the same ports; labels are drawn later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tests.reach.random_worlds import APPS as _APPS
from tests.reach.small_world import manifest
from tests.testbed.client import Manifest
from tests.testbed.dataplane.cluster import FelixCluster
from tests.testbed.dataplane.namespaces import Namespace
from tests.testbed.dataplane.probes import TCP, UDP
from tests.testbed.worlds import World

SPACES: Final = ("a", "b", "c")
APPS: Final = _APPS
TEAMS: Final = ("red", "blue")
PORTS: Final = ((TCP, 80), (TCP, 443), (TCP, 8080), (UDP, 53), (UDP, 80))
_PROTOCOLS: Final = {TCP: "TCP", UDP: "UDP"}
# namespace, name, service account, named ports: each has a pod on each node
_WORKLOADS: Final = (
    ("a", "web", "high", {"http": (TCP, 80)}),
    ("a", "db", "low", {"http": (TCP, 8080), "dns": (UDP, 53)}),
    ("b", "web", "low", {"http": (TCP, 443)}),
    ("b", "dns", "high", {"dns": (UDP, 80), "dns-tcp": (TCP, 80)}),
    ("c", "web", "default", {"http": (UDP, 80)}),
)


@dataclass(frozen=True)
class Place:
    """A pod, or a node itself: as the engine names it, where its packets start and where it is found."""

    name: str  # `namespace/pod` or `host:NODE`
    address: str
    namespace: Namespace
    node: str

    @property
    def is_host(self) -> bool:
        """Tell whether it is a node."""
        return self.name.startswith("host:")


def write_pods(cluster: FelixCluster, world: World) -> list[Place]:
    """Write the pods and what belongs to them, and let pods and nodes answer."""
    world.write(_objects())
    cluster.plug(world.pods)
    pods = [pod for name, pod in sorted(cluster.pods.items()) if name.partition("/")[0] in SPACES]
    for who in (*pods, *cluster.nodes.values()):
        who.answers.tcp(*(port for protocol, port in PORTS if protocol == TCP))
        who.answers.udp(*(port for protocol, port in PORTS if protocol == UDP))
    places = [Place(pod.name, pod.address, pod.namespace, pod.node.name) for pod in pods]
    hosts = [Place(f"host:{node.name}", node.address, node.namespace, node.name) for node in cluster.nodes.values()]
    return [*places, *hosts]


def label(cluster: FelixCluster, apps: Mapping[str, str | None], teams: Mapping[str, str | None]) -> None:
    """Set the label `app` of pods and `team` of namespaces; None takes it away."""
    client = cluster.server.client()
    for pod, app in apps.items():
        space, _, name = pod.partition("/")
        client.merge(manifest("Pod", name, space), {"metadata": {"labels": {"app": app}}})
    for space, team in teams.items():
        client.merge(manifest("Namespace", space), {"metadata": {"labels": {"team": team}}})


def _objects() -> Iterator[Manifest]:
    for space in SPACES:
        yield manifest("Namespace", space)
        for account in ("high", "low"):
            yield manifest("ServiceAccount", account, space, metadata={"labels": {"power": account}})
        ports = [{"name": "p", "protocol": "TCP", "port": 80}, {"name": "q", "protocol": "UDP", "port": 53}]
        yield manifest("Service", "s", space, spec={"selector": {"set": "web"}, "ports": ports})
    for space, name, account, named in _WORKLOADS:
        ports = [
            {"name": label, "containerPort": port, "protocol": _PROTOCOLS[protocol]}
            for label, (protocol, port) in named.items()
        ]
        pod = {"serviceAccountName": account, "containers": [{"name": "c", "image": "c:1", "ports": ports}]}
        labels = {"set": name}
        template = {"metadata": {"labels": labels}, "spec": pod}
        spec = {"replicas": 2, "serviceName": "s", "selector": {"matchLabels": labels}, "template": template}
        yield manifest("StatefulSet", name, space, api="apps/v1", spec=spec)

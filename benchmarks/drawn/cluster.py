"""Two states of one cluster, drawn at random from a seed: services with pods, who calls whom, and their policies.

Each service has its ports, its labels, its place and its callers by lot. Between the two states one hundredth of the
edges goes and as many come, and the default deny is new. One service in forty has no policy in either state: open
before, closed after. One service in four has the policy for its last caller in Kubernetes' form, so 10,000 services
have about 12,000 policies.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

NODES: Final = 20
CALLERS: Final = 12  # at most, of each service
Edge = tuple[int, int]  # caller, called
Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Service:
    """One service as it was drawn; `labels` are those of its pods, `shown` those by which policies know them."""

    number: int
    namespace: str
    labels: Mapping[str, str]
    shown: tuple[str, ...]
    ports: tuple[int, ...]
    covered: bool  # has a policy of its own
    in_two_forms: bool  # its last caller stands in a policy of Kubernetes' form

    @property
    def name(self) -> str:
        """Return the name that its pods begin with."""
        return f"s{self.number}"


@dataclass(frozen=True, slots=True)
class Cluster:
    """The services, and who calls whom before and after."""

    services: tuple[Service, ...]
    before: frozenset[Edge]
    after: frozenset[Edge]
    replicas: int

    def pods(self, service: Service) -> list[str]:
        """Return namespace/name of the pods of a service."""
        return [f"{service.namespace}/{service.name}-{replica}" for replica in range(self.replicas)]


def draw_cluster(services: int, *, seed: int = 11, replicas: int = 3) -> Cluster:
    """Draw a cluster; equal arguments give equal clusters."""
    draw = random.Random(seed)
    namespaces = max(services // 40, 2)
    drawn = tuple(_draw_service(number, namespaces, draw) for number in range(services))
    before = {
        (_draw_caller(services, called, draw), called)
        for called in range(services)
        for _ in range(draw.randint(1, CALLERS))
    }
    gone = set(draw.sample(sorted(before), max(len(before) // 100, 1)))
    new: set[Edge] = set()
    while len(new) < len(gone):
        called = draw.randrange(services)
        edge = (_draw_caller(services, called, draw), called)
        if edge not in before:
            new.add(edge)
    return Cluster(drawn, frozenset(before), frozenset((before - gone) | new), replicas)


def _draw_caller(services: int, called: int, draw: random.Random) -> int:
    number = draw.randrange(services - 1)
    return number if number < called else number + 1


def _draw_service(number: int, namespaces: int, draw: random.Random) -> Service:
    own = {"app": f"s{number}"}
    more = {
        "team": f"t{draw.randrange(9)}",
        "track": draw.choice(("stable", "canary")),
        "lang": f"l{draw.randrange(5)}",
    }
    for key in sorted(more):
        if draw.random() < 0.6:
            own[key] = more[key]
    shown = ("app", *(key for key in sorted(own) if key != "app" and draw.random() < 0.3))
    return Service(
        number=number,
        namespace=f"team-{draw.randrange(namespaces)}",
        labels=own,
        shown=shown,
        ports=tuple(sorted(draw.sample(range(8000, 8900), draw.choice((1, 1, 2, 3))))),
        covered=draw.random() >= 0.025,
        in_two_forms=draw.random() < 0.24,
    )


def write_states(cluster: Cluster, folder: Path) -> tuple[Path, Path]:
    """Write both states as folders of manifests and return them: before, after."""
    states = folder / "before", folder / "after"
    for state, edges, deny in zip(states, (cluster.before, cluster.after), (False, True), strict=True):
        state.mkdir(parents=True)
        objects = list(_objects(cluster, edges, default_deny=deny))
        text = yaml.dump_all(objects, Dumper=yaml.CSafeDumper, sort_keys=False, width=1000)
        (state / "cluster.yaml").write_text(text)
    return states


def _objects(cluster: Cluster, edges: frozenset[Edge], *, default_deny: bool) -> Iterator[Object]:
    for name in sorted({service.namespace for service in cluster.services}):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {NAMESPACE_LABEL: name}}}
    for node in range(NODES):
        address = [{"type": "InternalIP", "address": f"172.16.0.{node + 1}"}]
        yield {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"n{node}"}, "status": {"addresses": address}}
    callers: dict[int, list[Service]] = defaultdict(list)
    needs: dict[int, list[Service]] = defaultdict(list)
    for caller, called in sorted(edges):
        callers[called].append(cluster.services[caller])
        needs[caller].append(cluster.services[called])
    for service in cluster.services:
        for replica in range(cluster.replicas):
            yield _pod(service, replica, service.number * cluster.replicas + replica)
        if service.covered:
            yield from _policies(service, callers[service.number], needs[service.number])
    if default_deny:
        yield {
            "apiVersion": "projectcalico.org/v3",
            "kind": "GlobalNetworkPolicy",
            "metadata": {"name": "default-deny"},
            "spec": {"order": 2000, "selector": "all()", "types": ["Ingress", "Egress"]},
        }


NAMESPACE_LABEL: Final = "kubernetes.io/metadata.name"


def _pod(service: Service, replica: int, number: int) -> Object:
    address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{service.name}-{replica}",
            "namespace": service.namespace,
            "labels": dict(service.labels),
        },
        "spec": {
            "nodeName": f"n{number % NODES}",
            "serviceAccountName": "default",
            "containers": [
                {"name": "main", "image": "main", "ports": [{"containerPort": port} for port in service.ports]}
            ],
        },
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
    }


def _policies(service: Service, callers: list[Service], needs: list[Service]) -> Iterator[Object]:
    split = service.in_two_forms and bool(callers)
    written = callers[:-1] if split else callers
    ingress = [
        {"action": "Allow", "protocol": "TCP", "source": _peer(caller), "destination": {"ports": list(service.ports)}}
        for caller in written
    ]
    egress = [
        {"action": "Allow", "protocol": "TCP", "destination": {**_peer(need), "ports": list(need.ports)}}
        for need in needs
    ]
    yield {
        "apiVersion": "projectcalico.org/v3",
        "kind": "NetworkPolicy",
        "metadata": {"name": service.name, "namespace": service.namespace},
        "spec": {
            "order": 200,
            "types": ["Ingress", "Egress"],
            "selector": _selector(service),
            **({"ingress": ingress} if ingress else {}),
            **({"egress": egress} if egress else {}),
        },
    }
    if split:
        last = callers[-1]
        source = {
            "namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: last.namespace}},
            "podSelector": {"matchLabels": {key: last.labels[key] for key in last.shown}},
        }
        yield {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": f"{service.name}-more", "namespace": service.namespace},
            "spec": {
                "podSelector": {"matchLabels": {key: service.labels[key] for key in service.shown}},
                "policyTypes": ["Ingress"],
                "ingress": [{"from": [source], "ports": [{"protocol": "TCP", "port": port} for port in service.ports]}],
            },
        }


def _selector(service: Service) -> str:
    return " && ".join(f"{key} == '{service.labels[key]}'" for key in service.shown)


def _peer(service: Service) -> Object:
    return {
        "namespaceSelector": f"{NAMESPACE_LABEL} == '{service.namespace}'",
        "selector": _selector(service),
    }

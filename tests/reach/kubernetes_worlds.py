"""Small random clusters full of Kubernetes' policies, with whatever can make one say more than it seems to."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, Final

from tests.reach.small_world import Manifest, calico, kubernetes, manifest, node, pod

SPACES: Final = {"a": "red", "b": "red", "c": "blue", "d": "green"}
APPS: Final = ("web", "db", "api")
ODD_VALUES: Final = ("x') || has(app) || (app == 'y", "it's", "all()", "a b", "")
ODD_KEYS: Final = ("a b", "x" * 600, "not", "team")
NETS: Final = ("192.168.0.0/24", "192.168.1.0/24", "0.0.0.0/0", "8.8.0.0/16", "not a net")
PORTS: Final[tuple[dict[str, Any], ...]] = (
    *({"protocol": "TCP", "port": 80},) * 8,
    {"port": 8080},
    {"protocol": "UDP", "port": 53},
    {"protocol": "TCP", "port": 8000, "endPort": 8100},
    {"protocol": "TCP"},
    {},
    {"protocol": "TCP", "port": "http"},
    {"protocol": "TCP", "port": "No Such Name"},
    {"protocol": "TCP", "port": 0},
    {"protocol": "TCP", "port": 90, "endPort": 80},
    {"protocol": "ICMP", "port": 80},
    {"protocol": "nothing", "port": 80},
)
CALICO_SELECTORS: Final = ("app == 'web'", "", "has(app)", "app == 'web') || (app == 'db'", "app ==", "!has(app)")


def kubernetes_world(seed: int) -> list[Manifest]:
    """Return the objects of one cluster; equal seeds give equal ones."""
    draw = random.Random(seed)
    return [*_cluster(draw), *_sets_and_hosts(draw), *_policies(draw)]


def _cluster(draw: random.Random) -> Iterator[Manifest]:
    for name, team in SPACES.items():
        yield manifest("Namespace", name, metadata={"labels": {"kubernetes.io/metadata.name": name, "team": team}})
        yield manifest("ServiceAccount", "default", name)
    for number in (1, 2):
        yield node(f"n{number}", [f"10.0.0.{number}", f"fd00:1::{number}"])
    for number, name in enumerate(f"{space}/{app}" for space in SPACES for app in APPS):
        addresses = [f"192.168.{number % 3}.{number}", *([f"fd00::{number}"] if draw.random() < 0.6 else [])]
        containers = [{"name": "c", "ports": [{"name": "http", "containerPort": draw.choice((80, 81))}]}]
        if draw.random() < 0.9:
            yield pod(name, addresses, draw.choice(("n1", "n2")), containers=containers)


def _sets_and_hosts(draw: random.Random) -> Iterator[Manifest]:
    posing = {"projectcalico.org/orchestrator": "k8s", "app": draw.choice(APPS)}
    if draw.random() < 0.3:
        set_of_all = calico("GlobalNetworkSet", "g", nets=["192.168.0.0/16", "9.9.9.9/32"])
        yield set_of_all | {"metadata": {"name": "g", "labels": posing | {"pcns.team": draw.choice(("red", "blue"))}}}
    if draw.random() < 0.3:
        yield calico("NetworkSet", "s", "c", nets=["192.168.1.0/24"]) | {
            "metadata": {"name": "s", "namespace": "c", "labels": posing}
        }
    if draw.random() < 0.2:
        labels = posing | {"projectcalico.org/namespace": draw.choice(tuple(SPACES))}
        yield calico("HostEndpoint", "h", node="n2", interfaceName="*") | {"metadata": {"name": "h", "labels": labels}}


def _policies(draw: random.Random) -> Iterator[Manifest]:
    for space in SPACES:
        for number in range(draw.randint(0, 3)):
            selected = {} if draw.random() < 0.4 else {"matchLabels": {"app": draw.choice(APPS)}}
            if draw.random() < 0.05:
                selected = {"matchLabels": {draw.choice(("app", *ODD_KEYS)): draw.choice(ODD_VALUES)}}
            spec: dict[str, Any] = {"podSelector": selected, "policyTypes": draw.choice((["Ingress"], ["Egress"]))}
            spec["ingress"] = [_rule(draw, "from") for _ in range(draw.randint(0, 2))]
            spec["egress"] = [_rule(draw, "to") for _ in range(draw.randint(0, 2))]
            yield kubernetes(f"p{number}", space, **spec)
    if draw.random() < 0.5:
        spec = {"selector": draw.choice(CALICO_SELECTORS), "types": ["Ingress", "Egress"]}
        if draw.random() < 0.3:
            spec["serviceAccountSelector"] = "x == 'y' || all()"
        peer = {"selector": f"app == '{draw.choice(APPS)}'", "namespaceSelector": "all()"}
        rules = {"ingress": [{"action": "Allow", "source": peer}], "egress": [{"action": "Deny", "destination": peer}]}
        yield calico("NetworkPolicy", "q", draw.choice(tuple(SPACES)), **spec, **rules)
    if draw.random() < 0.2:
        yield calico("GlobalNetworkPolicy", "g", selector="app == 'web'", order=10, ingress=[{"action": "Pass"}])


def _rule(draw: random.Random, side: str) -> dict[str, Any]:
    rule: dict[str, Any] = {side: [_peer(draw) for _ in range(draw.randint(0, 3))]}
    if draw.random() < 0.7:
        rule["ports"] = [draw.choice(PORTS) for _ in range(draw.choice((1, 1, 1, 2)))]
    return rule


def _peer(draw: random.Random) -> dict[str, Any]:
    kind = draw.random()
    if kind < 0.1:
        return {"ipBlock": {"cidr": draw.choice(NETS)}}
    peer: dict[str, Any] = {}
    if kind < 0.8:
        peer["podSelector"] = {"matchLabels": {"app": draw.choice(APPS)}} if draw.random() < 0.8 else {}
    if kind > 0.4:
        peer["namespaceSelector"] = {"matchLabels": {"team": draw.choice(("red", "blue", "none"))}}
    if draw.random() < 0.05:
        test = {"key": "app", "operator": draw.choice(("In", "NotIn")), "values": [draw.choice((*APPS, "it's"))]}
        peer["podSelector"] = {"matchExpressions": [test]}
    if draw.random() < 0.05:
        peer["podSelector"] = {"matchLabels": {draw.choice(("app", *ODD_KEYS)): draw.choice(ODD_VALUES)}}
    return peer

"""Clusters and targets drawn at random for the checker of plans: pods isolated by old policies, sets that change."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from generator.intent.model import Layout
from tests.plan.worlds import Shape, kubernetes_policy, pod, space

Manifest = Mapping[str, Any]
NAMESPACES = ("pay", "shop", "ops")
APPS = ("web", "api", "db")
PORTS = (8080, 9090)
FIXED = ("Namespace", "Pod", "Node")
EITHER_WAY = (["Ingress"], ["Egress"], ["Ingress", "Egress"])


class Drawn:
    """Draws a cluster, and targets for it one after the other; equal seeds draw equal things."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.layout = self._random.choice(list(Layout))

    def cluster(self) -> list[Manifest]:
        """Return two nodes, three namespaces with three pods each, and up to five policies of others."""
        found: list[Manifest] = [_node(1), _node(2), *(space(name) for name in NAMESPACES)]
        for row, name in enumerate(NAMESPACES):
            for column, app in enumerate(APPS):
                found.append(_placed(pod(name, app), row, column))
        return found + [self._foreign(number) for number in range(self._random.randint(0, 5))]

    def target(self) -> Shape:
        """Return a set for some of the namespaces."""
        chance = self._random
        namespaces = tuple(sorted(chance.sample(NAMESPACES, chance.randint(1, 3))))
        services = {(name, app) for name in namespaces for app in chance.sample(APPS, chance.randint(1, 2))}
        return Shape(
            namespaces=namespaces,
            services=tuple(sorted(services)),
            layout=self.layout if chance.random() < 0.85 else chance.choice(list(Layout)),
            port=chance.choice(PORTS),
            peers=tuple(chance.sample(APPS, chance.randint(1, 2))),
            nets=chance.choice(((), ("198.51.100.0/24",), ("203.0.113.0/24",))),
            guardrails=chance.random() < 0.7,
        )

    def often(self, share: float) -> bool:
        """Return true so often."""
        return self._random.random() < share

    def _foreign(self, number: int) -> Manifest:
        chance = self._random
        namespace, app, types = chance.choice(NAMESPACES), chance.choice(APPS), chance.choice(EITHER_WAY)
        if chance.random() < 0.5:
            return self._kubernetes(number, namespace, app, types)
        spec: dict[str, Any] = {
            "tier": "default",
            "order": chance.choice((10, 300, 2000)),
            "selector": f"app == '{app}'",
            "types": types,
        }
        for direction, side in (("Ingress", "source"), ("Egress", "destination")):
            if direction in types:
                spec[direction.lower()] = [self._allow(side) for _ in range(chance.randint(0, 2))]
        return {
            "apiVersion": "projectcalico.org/v3",
            "kind": "NetworkPolicy",
            "metadata": {"name": f"theirs-{number}", "namespace": namespace, "labels": {"team": "old"}},
            "spec": spec,
        }

    def _kubernetes(self, number: int, namespace: str, app: str, types: Sequence[str]) -> Manifest:
        selector = {"matchLabels": {"app": app}} if self.often(0.7) else {}
        found = kubernetes_policy(namespace, f"old-{number}", selector, *types)
        peers = [{"podSelector": {"matchLabels": {"app": self._random.choice(APPS)}}, "namespaceSelector": {}}]
        if "Ingress" in types and self.often(0.7):
            found["spec"]["ingress"] = [{"from": peers, "ports": [{"port": self._random.choice(PORTS)}]}]
        if "Egress" in types and self.often(0.7):
            found["spec"]["egress"] = [{"to": peers}]
        return found

    def _allow(self, side: str) -> Manifest:
        chance = self._random
        rule: dict[str, Any] = {"action": "Allow"}
        if chance.random() < 0.8:
            rule |= {"protocol": "TCP", "destination": {"ports": [chance.choice(PORTS)]}}
        if chance.random() < 0.8:
            peer = {"selector": f"app == '{chance.choice(APPS)}'"}
            if chance.random() < 0.5:
                peer["namespaceSelector"] = f"projectcalico.org/name == '{chance.choice(NAMESPACES)}'"
            rule[side] = {**rule.get(side, {}), **peer}
        return rule


def _node(number: int) -> Manifest:
    status = {"addresses": [{"type": "InternalIP", "address": f"10.0.0.{number}"}]}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"n{number}"}, "status": status}


def _placed(manifest: dict[str, Any], row: int, column: int) -> Manifest:
    address = f"192.168.{row}.{column + 1}"
    spec = {**manifest["spec"], "nodeName": f"n{(row + column) % 2 + 1}"}
    return {**manifest, "spec": spec, "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}}

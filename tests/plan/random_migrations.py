"""Small random clusters with policies of others, and intents to lead them to; equal seeds give equal worlds."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from generator.calico.manifest import write_manifest
from tests.plan.worlds import space

Manifest = dict[str, Any]

NAMESPACES: Final = ("back", "data", "edge", "jobs", "mail", "pay", "shop", "web")
APPS: Final = ("api", "cart", "db", "front")
PORTS: Final = (8080, 9090)
CALICO: Final = "projectcalico.org/v3"
STORED: Final = "crd.projectcalico.org/v1"
BANK: Final = "198.51.100.0/24"
OFFICE: Final = "203.0.113.0/24"
NETS: Final = (BANK, "198.51.100.128/25", OFFICE, "10.244.1.0/24")
EXTERNALS: Final = {"bank": {"cidrs": [BANK], "ports": [443]}, "world": {"anywhere": True, "ports": [443]}}


@dataclass(frozen=True)
class Traits:
    """What a world has beside pods, namespaces and Kubernetes policies."""

    calico: bool = False  # allow policies of Calico in tier `default`
    denies: bool = False  # Deny rules of others
    tiers: bool = False  # a tier of others
    sets: bool = False  # network sets, whose labels leak into selectors
    stored: bool = False  # policies of others in the stored form
    older: bool = False  # an older intent is live
    half: bool = False  # the plan before was left half-way
    none: bool = False  # all of ours goes
    replaces: bool = False  # old policies are handed over

    @property
    def plain(self) -> bool:
        """Tell whether what is live is made of Kubernetes policies and Calico allow policies alone."""
        return not (self.denies or self.tiers or self.sets or self.older or self.half or self.none)


@dataclass(frozen=True)
class Workload:
    """Pods with the same labels."""

    namespace: str
    app: str
    replicas: int

    @property
    def service(self) -> str:
        """Return the name that an intent gives it."""
        return f"{self.namespace}-{self.app}"


@dataclass(frozen=True)
class World:
    """A cluster with what others have in it, and the intents: that which is live already, if any, and the next one."""

    seed: int
    traits: Traits
    complete: bool
    cluster: tuple[Manifest, ...]
    foreign: tuple[Manifest, ...]
    older: Manifest | None
    newer: Manifest | None  # None: all of ours goes
    part: float  # how much of the older intent's plan was carried out


class Drawing:
    """Draws one world."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.seed = seed
        often = self._often
        simple = often(0.5)
        state = self._random.choices(("fresh", "older", "half", "none"), (55, 20, 13, 12))[0]
        self.traits = Traits(
            calico=often(0.5),
            denies=not simple and often(0.5),
            tiers=not simple and often(0.4),
            sets=not simple and often(0.4),
            stored=often(0.2),
            older=state != "fresh",
            half=state == "half",
            none=state == "none",
            replaces=often(0.5),
        )
        self.dual = often(0.1)
        self.namespaces = self._some(NAMESPACES, 3, 8 if often(0.08) else 4)
        self.workloads = self._workloads()

    def world(self) -> World:
        """Return the world."""
        foreign = self._foreign()
        layout = self._one(("tiers", "single-tier"))
        moves = self._often(0.2)
        former = "tiers" if moves and layout == "single-tier" else "single-tier" if moves else layout
        older = self._intent(self._owned(), [], former) if self.traits.older else None
        owned = self._owned()
        replaced = [name_of(item) for item in foreign if self._may_go(item, owned)] if self.traits.replaces else []
        return World(
            self.seed,
            self.traits,
            self._often(0.7),
            tuple(self._cluster()),
            tuple(foreign),
            older,
            None if self.traits.none else self._intent(owned, self._some(replaced, 0, len(replaced)), layout),
            self._random.random() if self.traits.half else 1.0,
        )

    def _often(self, chance: float) -> bool:
        return self._random.random() < chance

    def _one(self, values: Sequence[Any]) -> Any:
        return self._random.choice(values)

    def _some(self, values: Sequence[Any], least: int, most: int) -> list[Any]:
        count = min(len(values), self._random.randint(least, most))
        return sorted(self._random.sample(list(values), count), key=str)

    def _owned(self) -> list[str]:
        return self._some(self.namespaces, 1, len(self.namespaces))

    # The cluster.

    def _workloads(self) -> list[Workload]:
        found = [
            Workload(namespace, app, self._one((1, 2, 3)))
            for namespace in self.namespaces
            for app in self._some(APPS, 1, 2 if self._often(0.8) else 3)
        ]
        while sum(item.replicas for item in found) < 10:
            number = self._random.randrange(len(found))
            found[number] = Workload(found[number].namespace, found[number].app, found[number].replicas + 1)
        return found

    def _cluster(self) -> list[Manifest]:
        nodes = [f"node-{number}" for number in range(self._one((2, 2, 3)))]
        found: list[Manifest] = [_node(name, number) for number, name in enumerate(nodes)]
        for name in self.namespaces:
            found.append(space(name, team="red" if name < "k" else "blue"))
            account = {"namespace": name, "name": "default"}
            found.append({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
        number = 0
        for item in self.workloads:
            placed = self._often(0.92)
            for replica in range(item.replicas):
                number += 1
                addresses = [f"10.244.{number % 3}.{number}", *([f"fd10:244::{number:x}"] if self.dual else [])]
                found.append(_pod(item, replica, addresses, self._one(nodes) if placed else ""))
        return found

    # What others have.

    def _foreign(self) -> list[Manifest]:
        # Most clusters have pods that are isolated in one direction alone.
        first, direction = self._one(self.workloads), self._one(("Ingress", "Egress"))
        found = [self._kubernetes("old-0", first.namespace, [direction], first.app)]
        for number in range(1, self._random.randint(1, 4)):
            namespace = self._one(self.namespaces)
            types = self._one((["Ingress"], ["Egress"], ["Ingress", "Egress"]))
            found.append(
                self._kubernetes(f"old-{number}", namespace, [direction] if namespace == first.namespace else types)
            )
        calico: list[Manifest] = []
        if self.traits.calico:
            calico += [self._calico(f"allow-{number}", "Allow") for number in range(self._random.randint(1, 2))]
        if self.traits.denies:
            calico += [self._calico(f"deny-{number}", "Deny") for number in range(self._random.randint(1, 2))]
        if self.traits.tiers:
            calico += self._tier()
        if self.traits.sets:
            calico += self._sets()
        return found + [write_manifest(item, STORED if self.traits.stored else CALICO, "3.32") for item in calico]

    def _kubernetes(self, name: str, namespace: str, types: list[str], app: str = "") -> Manifest:
        selector = self._one(({}, {"matchLabels": {"app": app or self._one(APPS)}}))
        spec: Manifest = {"podSelector": selector, "policyTypes": types}
        for way in types:
            spec[way.lower()] = [self._kubernetes_rule(way) for _ in range(self._random.randint(0, 2))]
        return {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": namespace},
            "spec": spec,
        }

    def _kubernetes_rule(self, way: str) -> Manifest:
        peers: list[Manifest] = [
            {"podSelector": {"matchLabels": {"app": self._one(APPS)}}},
            {"namespaceSelector": {"matchLabels": {"team": self._one(("red", "blue"))}}},
            {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": self._one(APPS)}}},
            {"ipBlock": {"cidr": self._one(NETS)}},
        ]
        rule: Manifest = {}
        if self._often(0.85):
            rule["from" if way == "Ingress" else "to"] = [self._one(peers)]
        if self._often(0.5):
            rule["ports"] = [{"protocol": "TCP", "port": self._one(PORTS)}]
        return rule

    def _calico(self, name: str, action: str, tier: str = "default") -> Manifest:
        way = self._one(("Ingress", "Egress"))
        spec: Manifest = {
            "tier": tier,
            "selector": self._one((f"app == '{self._one(APPS)}'", f"app != '{self._one(APPS)}'", "all()")),
            "types": [way],
            way.lower(): [self._rule(action, way) for _ in range(self._random.randint(1, 2))],
        }
        if self._often(0.8):
            spec["order"] = self._one((10, 500, 1000, 1500))
        full = name if tier == "default" else f"{tier}.{name}"
        if self._often(0.5):
            metadata = {"name": full, "namespace": self._one(self.namespaces)}
            return {"apiVersion": CALICO, "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}
        if self._often(0.6):
            spec["namespaceSelector"] = f"team == '{self._one(('red', 'blue'))}'"
        return {"apiVersion": CALICO, "kind": "GlobalNetworkPolicy", "metadata": {"name": full}, "spec": spec}

    def _rule(self, action: str, way: str) -> Manifest:
        peer: Manifest = self._one(
            (
                {"selector": f"app == '{self._one(APPS)}'"},
                {"selector": f"app == '{self._one(APPS)}'", "namespaceSelector": "all()"},
                {"selector": "role == 'partner'", "namespaceSelector": "global()"},
                {"nets": [self._one(NETS)]},
            )
        )
        rule: Manifest = {"action": action, "source" if way == "Ingress" else "destination": peer}
        if self._often(0.4):
            rule["protocol"] = "TCP"
            rule.setdefault("destination", {})["ports"] = [self._one(PORTS)]
        return rule

    def _tier(self) -> list[Manifest]:
        spec = {"order": self._one((100, 2000)), "defaultAction": self._one(("Deny", "Pass", "Pass"))}
        tier = {"apiVersion": CALICO, "kind": "Tier", "metadata": {"name": "platform"}, "spec": spec}
        actions = ("Allow", "Pass", "Deny") if self.traits.denies else ("Allow", "Pass")
        count = self._random.randint(1, 2)
        return [tier, *(self._calico(f"rule-{number}", self._one(actions), "platform") for number in range(count))]

    def _sets(self) -> list[Manifest]:
        """Return sets of which one has the labels of a pod, so that whoever asks for such pods finds its addresses."""
        return [
            {
                "apiVersion": CALICO,
                "kind": "GlobalNetworkSet",
                "metadata": {"name": f"theirs-{key}", "labels": {key: value}},
                "spec": {"nets": [self._one(NETS)]},
            }
            for key, value in (("role", "partner"), ("app", self._one(APPS)))
        ]

    def _may_go(self, item: Manifest, owned: Sequence[str]) -> bool:
        if not item["kind"].endswith("NetworkPolicy"):
            return False
        tier = item["spec"].get("tier", "default")
        return bool(tier == "default" and item["metadata"].get("namespace", owned[0]) in owned)

    # The intent.

    def _intent(self, owned: Sequence[str], replaced: Sequence[str], layout: str) -> Manifest:
        services: Manifest = {}
        mine = [item for item in self.workloads if item.namespace in owned]
        mine = [item for item in mine if self._often(0.85)]
        for item in mine:
            callees = [other.service for other in mine if other is not item]
            services[item.service] = {
                "namespace": item.namespace,
                "select": {"app": item.app},
                "ports": self._some(PORTS, 1, 2),
                "needs": self._some([*callees, *EXTERNALS, "self"], 0, 3),
            }
            if self._often(0.25):
                exposed = self._one(({"by": "loadbalancer"}, {"by": "cidrs", "cidrs": [OFFICE]}))
                services[item.service]["exposed"] = exposed
        intent: Manifest = {
            "version": 1,
            "name": "ours",
            "platform": "generic",
            "calico": "3.32",
            "layout": layout,
            "isolation": self._one(("strict", "strict", "namespace")),
            "owns": "cluster" if len(owned) == len(self.namespaces) and self._often(0.3) else list(owned),
            "services": services,
            "externals": EXTERNALS,
        }
        if mine and self._often(0.2):
            source = {"namespace": "monitoring", "select": {"app": "prometheus"}}
            intent["shared"] = {"scraper": {"from": source, "to": "all", "ports": [9090]}}
        if self._often(0.15):
            intent["cluster"] = {"pods": ["10.244.0.0/16", "fd10:244::/64"]}
        if replaced:
            intent["replaces"] = list(replaced)
        return intent


def name_of(item: Manifest) -> str:
    """Return a policy's name as `replaces` has it."""
    kubernetes = item["apiVersion"].startswith("networking.k8s.io")
    kind = "KubernetesNetworkPolicy" if kubernetes else item["kind"]
    name = item["metadata"]["name"].removeprefix("default.")
    return "/".join([kind, *([item["metadata"]["namespace"]] if "namespace" in item["metadata"] else []), name])


def _node(name: str, number: int) -> Manifest:
    status = {"addresses": [{"type": "InternalIP", "address": f"10.0.0.{number + 1}"}]}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": status}


def _pod(item: Workload, replica: int, addresses: Sequence[str], node: str) -> Manifest:
    """Return a pod; one that has no node has no address either."""
    pod: Manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"{item.app}-{replica}", "namespace": item.namespace, "labels": {"app": item.app}},
        "spec": {"containers": [{"name": "main", "image": "example"}], "serviceAccountName": "default"},
    }
    if node:
        pod["spec"]["nodeName"] = node
        pod["status"] = {"phase": "Running", "podIPs": [{"ip": text} for text in addresses]}
    return pod

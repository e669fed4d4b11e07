"""Policies of every kind that Felix 3.31 enforces, drawn at random for the pods of `pods.py`; equal seeds draw equally.

What is left out stops Felix or is read otherwise by it than it is written, and has tests of its own: ICMP without its
protocol, protocol and notProtocol together (dataplane.md 4), three match blocks in a rule (calico.md 4.9).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Final

from tests.dataplane.pods import APPS, SPACES, TEAMS
from tests.reach.random_worlds import ACCOUNTS, CALICO, NAMESPACE_SELECTORS, SELECTORS, Manifest
from tests.reach.small_world import calico

_ACTIONS: Final = ("Allow",) * 6 + ("Deny",) * 4 + ("Pass",) * 3 + ("Log",) * 2
_PROTOCOLS: Final = ("TCP",) * 5 + ("UDP",) * 3 + (None,) * 4 + (6, 17, "ICMP", "SCTP")
_PORTS: Final[tuple[list[Any], ...]] = (
    *([80], ["80:443"], [53], ["50:100", 8080], ["81:52000"]),
    *(["http"], ["http"], ["http"], ["http", 443], ["dns", "http"], ["dns"], ["dns", 8080]),
    [*range(60, 95)],
)
_NAMES: Final[tuple[list[Any], ...]] = (["http"], ["dns"], ["http", "dns"])
SOURCES: Final = ((20_000, 39_999), (40_000, 59_999))  # a flow leaves from either half
_SOURCE_PORTS: Final = tuple([f"{low}:{high}"] for low, high in SOURCES)
_ORDERS: Final = (1, 1.5, 1000, 1000, 1000, 1000, None)  # 1000 is that of Kubernetes' policies: then names decide
_TIERS: Final = (("early", 100), ("late", 2_000_000), ("also", 1_000_000), ("zuletzt", 1_000_000))
_MISSING: Final = "missing"
_SLOTS: Final = 15  # ports in one kernel rule
_MOST_BLOCKS: Final = 2


class Drawing:
    """Draws what one round writes; `addresses` are those of the pods and nodes."""

    def __init__(self, seed: int, addresses: Sequence[str]) -> None:
        self._seed = seed
        self._random = random.Random(seed)
        self._nets = _nets_around(addresses)
        self._tiers = ["default", "default"]

    def _often(self, chance: float) -> bool:
        return self._random.random() < chance

    def _one(self, values: Sequence[Any]) -> Any:
        return self._random.choice(values)

    def apps(self, pods: Sequence[str]) -> dict[str, str | None]:
        """Return the label `app` of each pod; None where it has none."""
        return {pod: self._one((*APPS, *APPS, None)) for pod in pods}

    def teams(self) -> dict[str, str | None]:
        """Return the label `team` of each namespace."""
        return {space: self._one((*TEAMS, None)) for space in SPACES}

    def policies(self) -> list[Manifest]:
        """Return tiers, sets and policies as somebody would write them in `projectcalico.org/v3`."""
        found = [*self._drawn_tiers(), *self._sets()]
        makers = (self._calico, self._calico, self._calico, self._kubernetes)
        return [*found, *(self._one(makers)(number) for number in range(self._random.randint(4, 9)))]

    def _drawn_tiers(self) -> list[Manifest]:
        found: list[Manifest] = []
        for name, order in _TIERS:
            if self._often(0.5):
                self._tiers.append(name)
                found.append(calico("Tier", name, order=order, defaultAction=self._one(("Deny", "Pass", "Pass"))))
        if self._often(0.15):
            self._tiers.append(_MISSING)
        return found

    def _sets(self) -> list[Manifest]:
        found: list[Manifest] = []
        for kind, namespace in (("GlobalNetworkSet", ""), ("NetworkSet", self._one(SPACES))):
            written = calico(kind, f"set-{self._seed}", namespace, nets=self._one(self._nets))
            if self._often(0.8):
                written["metadata"]["labels"] = {"app": self._one(APPS)}
            found.append(written)
        return found

    def _calico(self, number: int) -> Manifest:
        everywhere = self._often(0.5)
        spec: Manifest = {"tier": self._one(self._tiers), "order": self._one(_ORDERS)}
        spec = {key: value for key, value in spec.items() if value is not None}
        if self._often(0.8):
            spec["selector"] = self._one(SELECTORS)
        if everywhere and self._often(0.3):
            spec["namespaceSelector"] = self._one([text for text in NAMESPACE_SELECTORS if text != "global()"])
        if self._often(0.15):
            spec["serviceAccountSelector"] = self._one(("power == 'low'", "has(power)", "power != 'high'"))
        directions = self._one((["ingress"], ["egress"], ["ingress", "egress"]))
        if everywhere and self._often(0.1):
            # For host endpoints alone: pods that it selects are none the wiser.
            directions, spec = ["ingress"], spec | {"preDNAT": True, "applyOnForward": True}
        for direction in directions:
            rules = [self._rule(direction, "preDNAT" in spec) for _ in range(self._random.choice((0, 1, 2, 3, 4)))]
            if self._often(0.45):
                rules.append({"action": self._one(("Allow", "Allow", "Pass", "Pass", "Deny"))})
            if rules or self._often(0.5):
                spec[direction] = rules
        if self._often(0.7) or "preDNAT" in spec:
            spec["types"] = [direction.title() for direction in directions]
        namespace = "" if everywhere else self._one(SPACES)
        kind = f"{'Staged' if self._often(0.12) else ''}{'Global' if everywhere else ''}NetworkPolicy"
        tier = spec["tier"]
        return calico(kind, f"{tier}.{self._one('xyz')}{number}", namespace, **spec)

    def _rule(self, direction: str, only_decides: bool) -> Manifest:
        while True:
            rule = self._any_rule(direction, ("Allow", "Deny") if only_decides else _ACTIONS)
            if _blocks(rule) <= _MOST_BLOCKS:
                return rule

    def _any_rule(self, direction: str, actions: Sequence[str]) -> Manifest:
        rule: Manifest = {"action": self._one(actions)}
        far, near = ("source", "destination") if direction == "ingress" else ("destination", "source")
        if self._often(0.12):
            return rule | {far: {"services": {"namespace": self._one(SPACES), "name": "s"}}}
        if self._often(0.12):
            scoped = {"selector": self._one(SELECTORS), "ports": self._one(_NAMES)}
            return rule | {"protocol": self._one(("TCP", "UDP")), "destination": scoped}
        if self._often(0.7):
            rule[far] = self._peer()
        if self._often(0.15):
            rule[near] = self._peer()
        protocol = self._one(_PROTOCOLS)
        if protocol is not None:
            rule["protocol"] = protocol
        elif self._often(0.25):
            rule["notProtocol"] = self._one(("TCP", "UDP", 17))
        if self._often(0.05):
            rule["ipVersion"] = self._one((4, 4, 6)) if protocol != "ICMP" else 4
        match protocol:
            case "ICMP" if self._often(0.5):
                rule["icmp"] = {"type": 8}
            case "TCP" | "UDP" | 6 | 17 | "SCTP":
                self._add_ports(rule)
            case None if self._often(0.04):
                rule.setdefault("destination", {})["ports"] = self._one(_NAMES)
        return rule

    def _add_ports(self, rule: Manifest) -> None:
        destination: Manifest = rule.get("destination", {})
        if self._often(0.7):
            destination["ports"] = self._one(_PORTS)
        if self._often(0.2):
            destination["notPorts"] = self._one(_PORTS)
        source: Manifest = rule.get("source", {})
        if self._often(0.12):
            source[self._one(("ports", "ports", "notPorts"))] = self._one(_SOURCE_PORTS)
        rule |= {side: asked for side, asked in (("source", source), ("destination", destination)) if asked}

    def _peer(self) -> Manifest:
        kind = self._random.random()
        if kind < 0.12:
            return {"notSelector": self._one(SELECTORS)}
        if kind < 0.2:
            return {"serviceAccounts": self._one(ACCOUNTS)}
        if kind < 0.32:
            return {self._one(("nets", "nets", "notNets")): self._one(self._nets)}
        peer: Manifest = {}
        if self._often(0.7):
            peer["selector"] = self._one(SELECTORS)
        if self._often(0.15):
            peer["notSelector"] = self._one(SELECTORS)
        if self._often(0.4):
            peer["namespaceSelector"] = self._one(NAMESPACE_SELECTORS)
        if self._often(0.3):
            peer[self._one(("nets", "nets", "notNets"))] = self._one(self._nets)
        if self._often(0.1):
            peer["serviceAccounts"] = self._one(ACCOUNTS)
        return peer

    def _labels(self) -> Manifest:
        if self._often(0.2):
            operator = self._one(("In", "NotIn", "Exists", "DoesNotExist"))
            test = {"key": "app", "operator": operator}
            return {"matchExpressions": [test | ({"values": ["db"]} if operator.endswith("In") else {})]}
        return {"matchLabels": {"app": self._one(APPS)}} if self._often(0.6) else {}

    def _kubernetes(self, number: int) -> Manifest:
        types = self._one((["Ingress"], ["Egress"], ["Ingress", "Egress"]))
        spec: Manifest = {"podSelector": self._labels(), "policyTypes": types}
        for direction, peers in (("ingress", "from"), ("egress", "to")):
            if direction.title() in types:
                spec[direction] = [self._kubernetes_rule(peers) for _ in range(self._random.randint(0, 2))]
        staged = self._often(0.12)
        made = calico(f"{'StagedKubernetes' if staged else ''}NetworkPolicy", f"k{number}", self._one(SPACES), **spec)
        return made if staged else made | {"apiVersion": "networking.k8s.io/v1"}

    def _kubernetes_rule(self, peers: str) -> Manifest:
        net = self._one(self._nets)[0]
        some: tuple[Manifest, ...] = (
            {"podSelector": self._labels()},
            {"namespaceSelector": {}, "podSelector": self._labels()},
            {"namespaceSelector": {"matchLabels": {"team": self._one(TEAMS)}}},
            {"ipBlock": {"cidr": "10.244.0.0/24", "except": [net]} if net.startswith("10.244.") else {"cidr": net}},
        )
        ports = (
            [],
            [],
            [{"port": "http"}],
            [{"port": 80, "endPort": 443}],
            [{"protocol": "UDP"}],
            [{}, {"port": 53, "protocol": "UDP"}],
        )
        rule = {peers: [self._one(some) for _ in range(self._random.randint(0, 2))], "ports": self._one(ports)}
        return {key: value for key, value in rule.items() if value}


def is_calico(manifest: Manifest) -> bool:
    """Tell whether Calico's client writes an object, and not Kubernetes'."""
    return bool(manifest["apiVersion"] == CALICO)


def _nets_around(addresses: Sequence[str]) -> list[list[str]]:
    """Return lists of networks that hold some of the pods and nodes, all of them, or none."""
    single = [[f"{address}/32"] for address in addresses]
    pairs = [[f"{one}/32", f"{other}/32"] for one, other in zip(addresses, addresses[2:], strict=False)]
    around = [["10.244.0.0/29"], ["10.244.0.8/29"], ["10.244.0.4/30", "10.244.0.12/30"], ["10.244.0.0/16"]]
    return [*single[::3], *pairs[::3], *around, *around, ["192.168.10.0/24"], ["8.8.8.0/24"], ["fd00::/8"]]


def _blocks(rule: Manifest) -> int:
    """Return how many match blocks Felix renders a rule with (calico.md 4.9)."""
    count = 0
    for side in (rule.get("source", {}), rule.get("destination", {})):
        names = [port for port in side.get("ports", ()) if isinstance(port, str) and not port[0].isdigit()]
        slots = sum(1 + (":" in str(port)) for port in side.get("ports", ()) if port not in names)
        count += len(names) + -(-slots // _SLOTS) > 1
        count += len(side.get("nets", ())) > 1
    return count

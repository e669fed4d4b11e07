"""Small random clusters with flows, so small that most rules decide something; equal seeds give equal worlds."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Final

Manifest = dict[str, Any]

NAMESPACES: Final = ("a", "b", "c")
APPS: Final = ("web", "db")
CALICO: Final = "projectcalico.org/v3"
PORTS: Final = (80, 443, 8080)
NODE_ADDRESSES: Final = {"n1": ("10.0.0.1", "fd00::1"), "n2": ("10.0.0.2", "fd00::2")}
OUTSIDE: Final = {4: ("8.8.8.8", "203.0.113.9"), 6: ("2001:db8::8", "2001:db8:1::9")}
NETS: Final = (
    ["192.168.0.0/16"],
    ["192.168.0.10/32", "fd10::10/128"],
    ["192.168.0.0/29", "fd10::/64"],
    ["8.0.0.0/8", "2001:db8::/48"],
    ["0.0.0.0/0"],
    ["::/0", "0.0.0.0/0"],
    ["10.0.0.0/30", "fd00::/126"],
)
SELECTORS: Final = (
    "app == 'web'",
    "app != 'web'",
    "has(app)",
    "!has(app)",
    "app in {'web', 'x'}",
    "app not in {'db'}",
    "app contains 'e'",
    "app starts with 'w'",
    "app ends with 'b'",
    "all()",
    "app == 'db' || tier == 'x'",
    "has(app) && !(app == 'db')",
)
NAMESPACE_SELECTORS: Final = ("all()", "team == 'red'", "has(team)", "global()", "team != 'red'")
ACCOUNTS: Final = ({"names": ["high"]}, {"selector": "power == 'low'"})
_ACTIONS: Final = ("Allow",) * 6 + ("Deny",) * 4 + ("Pass",) * 2 + ("Log",)


class Builder:
    """Makes one world."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._tiers: list[str] = ["default"]
        self.pods: list[str] = []
        self.dual: set[str] = set()
        self.on_host: list[str] = []

    def _often(self, chance: float) -> bool:
        return self._random.random() < chance

    def _one(self, values: Sequence[Any]) -> Any:
        return self._random.choice(values)

    def build(self) -> list[Manifest]:
        """Return the objects of a world."""
        found = [*self._nodes(), *self._namespaces(), *self._pods(), *self._services(), *self._sets(), *self._tier()]
        found += self._hosts()
        makers = (self._calico, self._calico, self._calico, self._kubernetes, self._cluster)
        for number in range(self._random.randint(2, 5)):
            found.append(self._one(makers)(number))
        return found

    def _nodes(self) -> list[Manifest]:
        return [
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {"name": name},
                "status": {"addresses": [{"type": "InternalIP", "address": text} for text in addresses]},
            }
            for name, addresses in NODE_ADDRESSES.items()
        ]

    def _namespaces(self) -> list[Manifest]:
        found: list[Manifest] = []
        for name in NAMESPACES:
            labels = {"kubernetes.io/metadata.name": name}
            if name != "c":
                labels["team"] = self._one(("red", "blue"))
            found.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
            found += [
                {"apiVersion": "v1", "kind": "ServiceAccount",
                 "metadata": {"namespace": name, "name": account, "labels": {"power": account}}}
                for account in ("high", "low")
            ]  # fmt: skip
        return found

    def _pods(self) -> list[Manifest]:
        found: list[Manifest] = []
        for number in range(self._random.randint(4, 6)):
            namespace, name, node = self._one(NAMESPACES), f"p{number}", self._one(("n1", "n1", "n2"))
            on_host = number == 4 and self._often(0.7)
            addresses = list(NODE_ADDRESSES[node]) if on_host else [f"192.168.0.{10 + number}"]
            if not on_host and self._often(0.6):
                addresses.append(f"fd10::{10 + number}")
                self.dual.add(f"{namespace}/{name}")
            ports = [{"name": "http", "containerPort": self._one(PORTS), "protocol": self._one(("TCP", "TCP", "UDP"))}]
            spec: Manifest = {
                "nodeName": node,
                "serviceAccountName": self._one(("high", "low")),
                "containers": [{"name": "c", "ports": ports}],
            }
            if on_host:
                spec["hostNetwork"] = True
            (self.on_host if on_host else self.pods).append(f"{namespace}/{name}")
            labels = {"app": self._one(APPS)} if self._often(0.85) else {}
            status = {"phase": "Running", "podIP": addresses[0], "podIPs": [{"ip": text} for text in addresses]}
            metadata = {"namespace": namespace, "name": name, "labels": labels}
            found.append({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status})
        return found

    def _services(self) -> list[Manifest]:
        return [
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {"namespace": name, "name": "s-1", "labels": {"kubernetes.io/service-name": "s"}},
                "addressType": "IPv4",
                "endpoints": [{"addresses": [f"192.168.0.{10 + self._random.randint(0, 3)}"]} for _ in range(5)],
                "ports": [{"name": "p", "protocol": "TCP", "port": 80}],
            }
            for name in NAMESPACES
        ]

    def _sets(self) -> list[Manifest]:
        found: list[Manifest] = []
        for kind, metadata in (("GlobalNetworkSet", {}), ("NetworkSet", {"namespace": self._one(NAMESPACES)})):
            labels = {"app": self._one(APPS)} if self._often(0.8) else {}
            full = metadata | {"name": "set", "labels": labels}
            found.append({"apiVersion": CALICO, "kind": kind, "metadata": full, "spec": {"nets": self._one(NETS)}})
        return found

    def _tier(self) -> list[Manifest]:
        found: list[Manifest] = []
        for name, order in (("early", 100), ("late", 2_000_000)):
            if self._often(0.6):
                self._tiers.append(name)
                spec = {"order": order, "defaultAction": self._one(("Deny", "Pass"))}
                found.append({"apiVersion": CALICO, "kind": "Tier", "metadata": {"name": name}, "spec": spec})
        if self._often(0.15):
            self._tiers.append("missing")
        return found

    def _hosts(self) -> list[Manifest]:
        found: list[Manifest] = []
        for node, addresses in NODE_ADDRESSES.items():
            if self._often(0.3):
                spec: Manifest = {"node": node, "interfaceName": self._one(("*", "eth0"))}
                if self._often(0.5):
                    spec["expectedIPs"] = list(addresses)
                if self._often(0.3):
                    spec["profiles"] = ["projectcalico-default-allow"]
                metadata = {"name": f"h-{node}", "labels": {"host": "yes"}}
                found.append({"apiVersion": CALICO, "kind": "HostEndpoint", "metadata": metadata, "spec": spec})
        return found

    def _calico(self, number: int) -> Manifest:
        tier = self._one(self._tiers)
        everywhere = self._often(0.5)
        staged = self._often(0.2)
        types = self._one((["Ingress"], ["Egress"], ["Ingress", "Egress"]))
        spec: Manifest = {"tier": tier, "types": types}
        if self._often(0.8):
            spec["order"] = self._one((1, 1, 2, 1000))
        if self._often(0.6):
            spec["selector"] = self._one(SELECTORS)
        metadata = {"name": f"{self._one('xyz')}{number}"}
        if everywhere:
            self._for_hosts(spec)
        else:
            metadata["namespace"] = self._one(NAMESPACES)
        for direction in ("ingress", "egress"):
            if direction.title() in spec["types"]:
                count = self._random.randint(0, 3)
                only = ("Allow", "Deny") if spec.get("doNotTrack") or spec.get("preDNAT") else _ACTIONS
                spec[direction] = [self._rule(direction, only, everywhere) for _ in range(count)]
        kind = f"{'Staged' if staged else ''}{'Global' if everywhere else ''}NetworkPolicy"
        return {"apiVersion": CALICO, "kind": kind, "metadata": metadata, "spec": spec}

    def _for_hosts(self, spec: Manifest) -> None:
        if self._often(0.5):
            spec["selector"] = "has(host)"
        way = self._one(("", "", "applyOnForward", "applyOnForward", "preDNAT", "doNotTrack", "doNotTrack"))
        if way:
            spec["applyOnForward"] = True
            spec[way] = True
        if way == "preDNAT":
            spec["types"] = ["Ingress"]

    def _rule(self, direction: str, actions: Sequence[str], everywhere: bool) -> Manifest:
        rule: Manifest = {"action": self._one(actions)}
        far, near = ("source", "destination") if direction == "ingress" else ("destination", "source")
        if direction == "egress" and self._often(0.3):
            return rule | {"destination": {"services": {"namespace": self._one(NAMESPACES), "name": "s"}}}
        if self._often(0.75):
            rule[far] = self._peer()
        protocol = self._one(("TCP", "TCP", "UDP", "ICMP", "ICMPv6", "ICMPv6", 47, None, None))
        if protocol is not None:
            rule["protocol"] = protocol
        match protocol:
            case "ICMP" | "ICMPv6" if self._often(0.5):
                rule["icmp"] = {"type": 8 if protocol == "ICMP" else 128}
            case "TCP" | "UDP" if self._often(0.7):
                key = self._one(("ports", "ports", "ports", "notPorts"))
                rule.setdefault("destination", {})[key] = self._one(
                    ([80], ["80:443"], ["http"], ["http"], ["http", 443])
                )
            case _:
                pass
        if not everywhere and self._often(0.1):
            rule[near] = {**rule.get(near, {}), "nets": self._one(NETS)}
        return rule

    def _peer(self) -> Manifest:
        peer: Manifest = {}
        if self._often(0.1):
            return {"notSelector": self._one(SELECTORS)}
        if self._often(0.1):
            return {"serviceAccounts": self._one(ACCOUNTS)}
        if self._often(0.6):
            peer[self._one(("selector", "selector", "selector", "notSelector"))] = self._one(SELECTORS)
        if self._often(0.4):
            peer["namespaceSelector"] = self._one(NAMESPACE_SELECTORS)
        if self._often(0.4):
            peer["nets"] = self._one(NETS)
        if self._often(0.2):
            peer["notNets"] = self._one(NETS)
        if self._often(0.2):
            peer["serviceAccounts"] = self._one(ACCOUNTS)
        return peer

    def _labels(self) -> Manifest:
        return {"matchLabels": {"app": self._one(APPS)}} if self._often(0.5) else {}

    def _kubernetes(self, number: int) -> Manifest:
        types = self._one((["Ingress"], ["Egress"], ["Ingress", "Egress"]))
        spec: Manifest = {"podSelector": self._labels(), "policyTypes": types}
        for direction, peers in (("ingress", "from"), ("egress", "to")):
            if direction.title() in types:
                peer = self._one(
                    (
                        {"podSelector": self._labels()},
                        {"namespaceSelector": {}, "podSelector": self._labels()},
                        {"ipBlock": {"cidr": "192.168.0.0/24", "except": ["192.168.0.12/32"]}},
                    )
                )
                ports = self._one(([], [{"port": "http"}], [{"port": 80, "endPort": 443}]))
                spec[direction] = [{peers: [peer], "ports": ports}]
        metadata = {"namespace": self._one(NAMESPACES), "name": f"k{number}"}
        if self._often(0.2):
            return {"apiVersion": CALICO, "kind": "StagedKubernetesNetworkPolicy", "metadata": metadata, "spec": spec}
        return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}

    def _cluster(self, number: int) -> Manifest:
        rules = {
            direction: [
                {"action": self._one(("Accept", "Deny", "Pass")), peers: [{"namespaces": self._team()}]}
                for _ in range(2)
            ]
            for direction, peers in (("ingress", "from"), ("egress", "to"))
        }
        spec = {"tier": self._one(("Admin", "Baseline")), "priority": number, "subject": {"namespaces": self._team()}}
        return {
            "apiVersion": "policy.networking.k8s.io/v1alpha2",
            "kind": "ClusterNetworkPolicy",
            "metadata": {"name": f"q{number}"},
            "spec": spec | rules,
        }

    def _team(self) -> Manifest:
        return {"matchLabels": {"team": self._one(("red", "blue"))}} if self._often(0.7) else {}

    def flows(self, count: int) -> list[Manifest]:
        """Return flows between random ends; call it after `build`."""
        return [self._flow() for _ in range(count)]

    def _flow(self) -> Manifest:
        family = self._one((4, 6))
        ends = self._random.sample(self._ends(family), 2)
        icmp = "ICMP" if family == 4 else "ICMPv6"
        protocol = self._one(("TCP",) * 5 + ("UDP", "UDP", icmp, icmp, 47, 4))
        flow: Manifest = {"src": ends[0], "dst": ends[1], "family": family, "protocol": protocol}
        if protocol in ("TCP", "UDP"):
            flow["sport"] = self._one((40000, 22))
            flow["dport"] = self._one((80, *PORTS, 81, 22, 4789 if protocol == "UDP" else 6443))
        elif protocol in ("ICMP", "ICMPv6"):
            flow |= {"icmpType": self._one((8, 128, 128, 135)), "icmpCode": 0}
        return flow

    def _ends(self, family: int) -> list[str]:
        pods = [pod for pod in self.pods if family == 4 or pod in self.dual]
        nodes = [f"host:{node}" for node in NODE_ADDRESSES]
        return [*pods, *pods, *nodes, *self.on_host, *(f"ip:{text}" for text in OUTSIDE[family])]

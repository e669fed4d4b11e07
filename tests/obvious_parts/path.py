"""The way of one packet and the decisions on it (calico.md 0, 2.3, 2.5, 2.6)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.obvious_parts.cluster import Cluster
from tests.obvious_parts.policies import Direction, ReadyRule
from tests.obvious_parts.rules import ICMPV6, Packet, matches
from tests.obvious_parts.things import PROTOCOLS, UDP, Address, Thing, pod_addresses

Decision = dict[str, Any]
Stage = Literal["workload", "normal", "forward", "preDNAT", "untracked"]

EXTERNAL = "eth0"
VXLAN_PORT = 4789
IPIP = 4
# What a pod needs of its own node to have an address at all (calico.md 2.5).
NEIGHBOUR_TYPES = {130, 131, 132, 133, 135, 136}


@dataclass(frozen=True, slots=True)
class Place:
    """One end of a flow: a pod with its endpoint, a node's own process, or (no node) a machine outside."""

    address: Address
    node: str = ""
    pod: Thing | None = None


def answer_flow(cluster: Cluster, flow: Mapping[str, Any]) -> dict[str, Any]:
    """Decide one flow: verdict of the whole path, egress, ingress, and where they exist host stages and a note.

    Decisions have verdict, reason and what decided; of policies that are converted no rule index is given. All stages
    are told, also behind one that denies. ValueError for an end that does not exist or has no address of the family.
    """
    source, destination = find_place(cluster, flow["src"], flow), find_place(cluster, flow["dst"], flow)
    packet = _packet(flow, source.address, destination.address)
    way = Way(cluster, packet, source, destination)
    way.walk()
    decisions = [decision for decision in (way.egress, way.ingress, *way.host) if decision is not None]
    denied = any(decision["verdict"] == "deny" for decision in decisions)
    answer: dict[str, Any] = {"verdict": "deny" if denied else "allow", "egress": way.egress, "ingress": way.ingress}
    if way.host:
        answer["host"] = way.host
    if way.note:
        answer["note"] = way.note
    return answer


def find_place(cluster: Cluster, text: str, flow: Mapping[str, Any]) -> Place:
    """Find an end of a flow: `namespace/pod`, `host:NODE` or `ip:ADDRESS`."""
    if text.startswith("ip:"):
        return Place(ipaddress.ip_address(text[3:]))
    if text.startswith("host:"):
        return Place(_of_family(cluster.node_addresses.get(text[5:], ()), flow), text[5:])
    if text not in cluster.pods:
        raise ValueError(f"no pod {text}")
    pod = cluster.pods[text]
    node = pod["spec"].get("nodeName") or ""
    if pod["spec"].get("hostNetwork"):  # finished or not: its address is the node's
        return Place(_of_family(cluster.node_addresses.get(node, ()), flow), node)
    address = _of_family(tuple(map(ipaddress.ip_address, pod_addresses(pod))), flow)
    endpoint = cluster.endpoints.get(text)
    return Place(address, node, endpoint) if endpoint is not None else Place(address)


def _of_family(addresses: tuple[Address, ...], flow: Mapping[str, Any]) -> Address:
    for address in addresses:
        if address.version == flow["family"]:
            return address
    raise ValueError(f"no address of family {flow['family']}")


def _packet(flow: Mapping[str, Any], source: Address, destination: Address) -> Packet:
    written = flow["protocol"]
    number = PROTOCOLS[written.lower()] if isinstance(written, str) else written
    ports = flow.get("sport"), flow.get("dport")
    return Packet(flow["family"], number, source, destination, *ports, flow.get("icmpType"), flow.get("icmpCode"))


@dataclass(slots=True)
class Way:
    """A packet on its way; `walk` goes from one end to the other and notes each decision."""

    cluster: Cluster
    packet: Packet
    source: Place
    destination: Place
    egress: Decision | None = None
    ingress: Decision | None = None
    host: list[Decision] = field(default_factory=list)
    note: str = ""

    def walk(self) -> None:
        """Go the whole way (calico.md 2.5)."""
        source, destination = self.source, self.destination
        same_node = bool(source.node) and source.node == destination.node
        if same_node and source.pod is None and destination.pod is not None:
            self.note = "host-to-local-pod"
            return
        if same_node and source.pod is not None and destination.pod is None and self._is_neighbour_discovery():
            self.note = "icmpv6-to-own-host"
            return
        if source.pod is not None:
            self._leave_pod(source.pod, same_node)
        elif source.node:
            self._leave_node(source.node, same_node)
        if destination.node and not same_node:
            self._enter_node(destination.node)
        elif destination.pod is not None:
            self.ingress = self._workload(destination.pod, "ingress")

    def _is_neighbour_discovery(self) -> bool:
        packet = self.packet
        return packet.family == 6 and packet.protocol == ICMPV6 and packet.icmp_type in NEIGHBOUR_TYPES

    def _leave_pod(self, pod: Thing, same_node: bool) -> None:
        """Leave a pod through its interface, which a `*` host endpoint governs, and by `eth0` if the way goes on.

        To its own node no normal policy applies: what leaves the pod is accepted (DefaultEndpointToHostAction).
        """
        self.egress = self._workload(pod, "egress")
        everywhere = self._host_endpoint(pod.node, wildcard=True)
        accepted = everywhere is not None and self._pre_dnat(everywhere)
        if same_node and self.destination.pod is None:
            return
        if everywhere is not None and not accepted:
            self._forward(everywhere, "ingress")
        outward = everywhere if same_node else self._host_endpoint(pod.node)
        if outward is not None:
            self._forward(outward, "egress")

    def _leave_node(self, node: str, same_node: bool) -> None:
        """Leave a node from a process of its own; inside a node the loopback belongs to a `*` host endpoint."""
        outward = self._host_endpoint(node, wildcard=same_node)
        if outward is None:
            return
        if not self._untracked(outward, "egress"):
            self.egress = self._normal(outward, "egress")
        if same_node and not self._pre_dnat(outward):
            self.ingress = self._normal(outward, "ingress")

    def _enter_node(self, node: str) -> None:
        """Enter a node by `eth0`, to a process of its own or on to a pod."""
        inward = self._host_endpoint(node)
        decided = inward is not None and (self._untracked(inward, "ingress") or self._pre_dnat(inward))
        pod = self.destination.pod
        if pod is None:
            if inward is not None and not decided:
                self.ingress = self._normal(inward, "ingress")
            return
        if inward is not None and not decided:
            self._forward(inward, "ingress")
        self.ingress = self._workload(pod, "ingress")
        everywhere = self._host_endpoint(node, wildcard=True)
        if everywhere is not None:
            self._forward(everywhere, "egress")

    def _host_endpoint(self, node: str, wildcard: bool = False) -> Thing | None:
        """Return the host endpoint of a node's `eth0`, or of its other interfaces, where only `*` ones govern.

        One that names the interface or has one of its addresses goes before a `*` one; of several the lowest name.
        """
        found = [host for host in self.cluster.host_endpoints if host.node == node]
        if not wildcard:
            addresses = self.cluster.node_addresses.get(node, ())
            for host in found:
                by_address = not host.interface and any(address in net for net in host.nets for address in addresses)
                if host.interface == EXTERNAL or by_address:
                    return host
        return next((host for host in found if host.interface == "*"), None)

    def _workload(self, pod: Thing, direction: Direction) -> Decision:
        """Decide at a pod; encapsulated packets do not leave it, whatever the policies say (calico.md 2.5)."""
        packet = self.packet
        vxlan = packet.protocol == UDP and packet.destination_port == VXLAN_PORT
        if direction == "egress" and (vxlan or packet.protocol == IPIP):
            return {"verdict": "deny", "reason": "encap"}
        return self._tiers(pod, direction, "workload") or self._profiles(pod)

    def _normal(self, host: Thing, direction: Direction) -> Decision:
        """Decide for a process of a node: failsafes, tiers, profiles."""
        if self._is_failsafe(direction):
            decision: Decision = {"verdict": "allow", "reason": "failsafe"}
        else:
            decision = self._tiers(host, direction, "normal") or self._profiles(host)
        return _of_host(decision, host, "normal")

    def _forward(self, host: Thing, direction: Direction) -> None:
        """Decide for what is routed through a node; without forward policy for either direction it is allowed.

        Policy for the other direction alone, and falling out of the last tier, leave the packet to the kernel's accept.
        """
        chosen = self.cluster.governing
        decision = self._tiers(host, direction, "forward")
        if not chosen(host, "ingress", "forward") and not chosen(host, "egress", "forward"):
            decision = {"verdict": "allow", "reason": "forward-default"}
        if decision is not None:
            self.host.append(_of_host(decision, host, f"forward-{direction}"))

    def _pre_dnat(self, host: Thing) -> bool:
        """Ask preDNAT policy; tell whether it decided, which spares the packet forward and normal policy."""
        decision = None if self._is_failsafe("ingress") else self._tiers(host, "ingress", "preDNAT")
        if decision is not None:
            self.host.append(_of_host(decision, host, "preDNAT"))
        return decision is not None

    def _untracked(self, host: Thing, direction: Direction) -> bool:
        """Ask doNotTrack policy, which does not work on `*`; tell whether it decided.

        Before connections are tracked an answer to a failsafe connection of the other direction cannot be told from a
        new one, so its source port counts as failsafe too (seen in the vectors: UDP from port 53).
        """
        if host.interface == "*" or self._is_failsafe(direction) or self._answers_failsafe(direction):
            return False
        decision = self._tiers(host, direction, "untracked")
        if decision is not None:
            self.host.append(_of_host(decision, host, f"untracked-{direction}"))
        return decision is not None

    def _is_failsafe(self, direction: Direction) -> bool:
        return self._in_failsafes(direction, direction, self.packet.destination_port)

    def _answers_failsafe(self, direction: Direction) -> bool:
        return self._in_failsafes("egress" if direction == "ingress" else "ingress", direction, self.packet.source_port)

    def _in_failsafes(self, listed: Direction, direction: Direction, port: int | None) -> bool:
        """Tell whether a port is listed, for the other end's address: the source of what comes in."""
        remote = self.packet.source if direction == "ingress" else self.packet.destination
        for protocol, number, net in self.cluster.failsafes[listed]:
            if number == port and protocol == self.packet.protocol and (net is None or remote in net):
                return True
        return False

    def _tiers(self, thing: Thing, direction: Direction, stage: Stage) -> Decision | None:
        """Go through the tiers in order; None where the packet falls out of the last one (calico.md 0)."""
        for tier, policies in self.cluster.governing(thing, direction, stage):
            passed = False
            for policy in policies:
                found = self._first_match(policy.rules[direction])
                if found is None:
                    continue
                index, action = found
                passed = action == "Pass"
                if passed:
                    break
                decision = {
                    "verdict": "deny" if action == "Deny" else "allow",
                    "reason": "rule",
                    "tier": tier.name,
                    "policy": policy.shown,
                }
                return decision if policy.kind.startswith("Kubernetes") else decision | {"rule": index}
            # Untracked and preDNAT policy have no end of tier (2.6).
            if not passed and not tier.passes and stage not in ("untracked", "preDNAT"):
                return {"verdict": "deny", "reason": "end-of-tier", "tier": tier.name}
        return None

    def _first_match(self, rules: Iterable[ReadyRule]) -> tuple[int, str] | None:
        """Return the first matching rule that is more than a Log; one without an action allows (calico.md 7.3)."""
        for index, ready in enumerate(rules):
            if ready.rule.action != "Log" and matches(ready, self.packet, self.cluster):
                return index, ready.rule.action
        return None

    def _profiles(self, thing: Thing) -> Decision:
        """Go through the profiles: a namespace's allows all, a service account's has no rules, a missing one denies."""
        for profile in thing.profiles:
            if self.cluster.profiles.labels(profile) is None:
                return {"verdict": "deny", "reason": "profile", "profile": profile}
            if not profile.startswith("ksa."):
                return {"verdict": "allow", "reason": "profile", "profile": profile}
        return {"verdict": "deny", "reason": "no-profile"}


def _of_host(decision: Decision, host: Thing, stage: str) -> Decision:
    return decision | {"endpoint": f"HostEndpoint/{host.name}", "stage": stage, "node": host.node}

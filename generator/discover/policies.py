"""What live policies allow between the services: evidence of what somebody once thought necessary, no proof of use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from generator.calico.kinds import KINDS, Kind
from generator.calico.objects import ApiObject
from generator.discover.proposal import Evidence
from generator.discover.services import Group, Groups
from generator.intent.model import PortSpec
from generator.selectors import Node, SelectorError, evaluate_selector, parse_selector
from generator.snapshot.model import Snapshot
from generator.snapshot.resolve import match_label_selector

Allowed = dict[tuple[str, str], tuple[frozenset[PortSpec], tuple[Evidence, ...]]]
Choice = Callable[[Group], bool]
Spaces = Mapping[str, Mapping[str, str]]  # labels of namespaces

_CALICO = frozenset([Kind.NETWORK_POLICY, Kind.GLOBAL_NETWORK_POLICY])


def find_allowed(snapshot: Snapshot, groups: Groups) -> Allowed:
    """Return by (caller, callee) the ports that a rule allows, and which policy says so; no ports means all.

    Only rules that name both ends by labels count: one that lets everybody in says nothing of anyone.
    """
    found: dict[tuple[str, str], tuple[set[PortSpec], list[Evidence]]] = {}
    places = _Places(groups, {name: dict(item.labels) for name, item in snapshot.namespaces.items()})
    for policy in snapshot.policies:
        for caller, callee, ports, evidence in _rules(places, policy):
            if caller is callee:
                continue
            entry = found.setdefault((caller.name, callee.name), (set(), []))
            entry[0].update(ports)
            entry[1].append(evidence)
    return {pair: (frozenset(ports), tuple(dict.fromkeys(rows))) for pair, (ports, rows) in sorted(found.items())}


Row = tuple[Group, Group, frozenset[PortSpec], Evidence]


class _Places:
    """The groups by namespace; which namespaces a selector means is asked once, not for each group."""

    def __init__(self, groups: Groups, spaces: Spaces) -> None:
        self.spaces = spaces
        self.everywhere: Sequence[Group] = tuple(groups.all)
        self._inside: dict[str, list[Group]] = {}
        for group in self.everywhere:
            self._inside.setdefault(group.namespace, []).append(group)
        self._meant: dict[str, Sequence[Group]] = {}

    def inside(self, namespace: str) -> Sequence[Group]:
        """Return the groups of a namespace."""
        return self._inside.get(namespace, ())

    def where(self, selector: str, matches: Callable[[str], bool]) -> Sequence[Group]:
        """Return the groups of the namespaces that match; the text of the selector stands for the question."""
        if selector not in self._meant:
            names = [name for name in self._inside if matches(name)]
            self._meant[selector] = [group for name in names for group in self._inside[name]]
        return self._meant[selector]


def _rules(places: _Places, policy: ApiObject) -> Iterator[Row]:
    if policy.kind is Kind.KUBERNETES_NETWORK_POLICY:
        reader: _Reader = _Kubernetes(places, policy)
    elif policy.kind in _CALICO:
        reader = _Calico(places, policy)
    else:
        return
    spec = policy.manifest.get("spec")
    if not isinstance(spec, Mapping):
        return
    owned = places.inside(policy.namespace) if policy.namespace else places.everywhere
    chosen = [group for group in owned if reader.selects(spec, group)]
    if not chosen:
        return
    for direction in ("ingress", "egress"):
        for position, rule in enumerate(_list(spec.get(direction))):
            if not isinstance(rule, Mapping):
                continue
            evidence = Evidence(
                policy.source.place(("spec", direction, position)),
                f"{KINDS[policy.kind].manifest_kind} {policy.name} allows it",
            )
            for there, peer in reader.peers(rule, direction):
                for other in there:
                    if not peer(other):
                        continue
                    for own in chosen:
                        caller, callee = (other, own) if direction == "ingress" else (own, other)
                        yield caller, callee, reader.ports(rule, callee), evidence


class _Reader:
    """What the kinds of policy have in common: whom they select, whom a rule names, which ports."""

    def __init__(self, places: _Places, policy: ApiObject) -> None:
        self.namespace = policy.namespace
        self._places = places

    def selects(self, spec: Mapping[str, Any], group: Group) -> bool:
        raise NotImplementedError

    def peers(self, rule: Mapping[str, Any], direction: str) -> Iterator[tuple[Sequence[Group], Choice]]:
        raise NotImplementedError

    def ports(self, rule: Mapping[str, Any], callee: Group) -> frozenset[PortSpec]:
        raise NotImplementedError

    def space(self, namespace: str) -> Mapping[str, str]:
        """Return the labels of a namespace."""
        return self._places.spaces.get(namespace, {})


class _Kubernetes(_Reader):
    def selects(self, spec: Mapping[str, Any], group: Group) -> bool:
        return group.namespace == self.namespace and _any(group, spec.get("podSelector", {}))

    def peers(self, rule: Mapping[str, Any], direction: str) -> Iterator[tuple[Sequence[Group], Choice]]:
        for peer in _list(rule.get("from" if direction == "ingress" else "to")):
            if not isinstance(peer, Mapping):
                continue
            pods, spaces = peer.get("podSelector"), peer.get("namespaceSelector")
            if isinstance(pods, Mapping) and pods:
                yield self._within(spaces), partial(_any, selector=pods)

    def _within(self, spaces: Any) -> Sequence[Group]:
        """Return the groups of the namespaces that a peer means: its own, and those that a selector matches."""
        own = self.namespace if spaces is None else None
        text = f"Kubernetes {own} {spaces!r}"
        return self._places.where(text, lambda name: name == own or match_label_selector(spaces, self.space(name)))

    def ports(self, rule: Mapping[str, Any], callee: Group) -> frozenset[PortSpec]:
        found: set[PortSpec] = set()
        for item in _list(rule.get("ports")):
            if isinstance(item, Mapping):
                end = item.get("endPort")
                written = f"{item.get('port')}:{end}" if end else item.get("port")
                found.update(_port(written, str(item.get("protocol") or "TCP"), callee))
        return frozenset(found)


class _Calico(_Reader):
    def selects(self, spec: Mapping[str, Any], group: Group) -> bool:
        if self.namespace and group.namespace != self.namespace:
            return False
        spaces = spec.get("namespaceSelector")
        if isinstance(spaces, str) and spaces and not _matches(spaces, self._space_labels(group.namespace)):
            return False
        return self._any(group, spec.get("selector") or "all()")

    def peers(self, rule: Mapping[str, Any], direction: str) -> Iterator[tuple[Sequence[Group], Choice]]:
        peer = rule.get("source" if direction == "ingress" else "destination")
        if rule.get("action") != "Allow" or not isinstance(peer, Mapping):
            return
        selector, spaces = peer.get("selector"), peer.get("namespaceSelector")
        if isinstance(selector, str) and selector.strip() not in ("", "all()"):
            yield self._within(spaces), lambda group: self._any(group, selector)

    def _within(self, spaces: Any) -> Sequence[Group]:
        """Return the groups of the namespaces that a peer means."""
        if isinstance(spaces, str) and spaces:
            return self._places.where(f"Calico {spaces}", lambda name: _matches(spaces, self._space_labels(name)))
        return self._places.inside(self.namespace) if self.namespace else self._places.everywhere

    def _any(self, group: Group, selector: Any) -> bool:
        own = {"projectcalico.org/namespace": group.namespace, "projectcalico.org/orchestrator": "k8s"}
        return isinstance(selector, str) and any(_matches(selector, {**dict(w.labels), **own}) for w in group.workloads)

    def _space_labels(self, namespace: str) -> dict[str, str]:
        return {**self.space(namespace), "projectcalico.org/name": namespace}

    def ports(self, rule: Mapping[str, Any], callee: Group) -> frozenset[PortSpec]:
        peer = rule.get("destination")
        protocol = rule.get("protocol")
        name = protocol.upper() if isinstance(protocol, str) else "TCP"
        found: set[PortSpec] = set()
        for written in _list(peer.get("ports") if isinstance(peer, Mapping) else None):
            found.update(_port(written, name, callee))
        return frozenset(found)


def _any(group: Group, selector: Any) -> bool:
    return any(match_label_selector(selector, dict(workload.labels)) for workload in group.workloads)


def _matches(selector: str, labels: Mapping[str, str]) -> bool:
    node = _parsed(selector)
    return node is not None and evaluate_selector(node, labels)


@lru_cache(maxsize=4096)
def _parsed(selector: str) -> Node | None:
    try:
        return parse_selector(selector)
    except SelectorError:
        return None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _port(written: Any, protocol: str, callee: Group) -> Iterator[PortSpec]:
    """Read a port of a rule as ports of the callee: a number, a range, or the name that a container gave it."""
    first, _, last = str(written).partition(":")
    if first.isdigit() and (not last or last.isdigit()):
        low, high = int(first), int(last or first)
        for port in callee.ports:
            if port.port.protocol == protocol and low <= port.port.first <= high:
                yield port.port
        return
    for workload in callee.workloads:
        for container in workload.containers:
            for declared in container.ports:
                if declared.name == written and declared.port.protocol == protocol:
                    yield declared.port

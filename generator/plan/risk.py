"""Risk classes of a step (product.md 6), as far as the objects tell; what the network makes of them is not asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final

from generator.calico.kinds import Kind
from generator.calico.manifest import read_manifest
from generator.calico.metadata import effective_labels
from generator.calico.names import TIERED_KINDS
from generator.calico.objects import ApiObject, Identity, as_api_object
from generator.compare.model import Status
from generator.foundation.digest import canonical_json
from generator.foundation.source import SourceMap
from generator.layers.model import LABEL_LAYER
from generator.plan.foreign_denies import Override
from generator.plan.isolation import takes
from generator.plan.model import Manifest, Move, Risk, RiskClass
from generator.plan.stages import Stage
from generator.plan.subject import Subject, object_of
from generator.selectors import SelectorError, evaluate_selector, parse_selector

_PLATFORM_LAYERS: Final = frozenset({"dns", "system"})
_SHOWN: Final = 5
# Ranges that are not the internet: private, shared, link-local, loopback, unique local.
_INSIDE: Final = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "127.0.0.0/8",
        "fc00::/7",
        "fe80::/10",
        "::1/128",
    )
)


@dataclass(frozen=True, slots=True)
class RiskRegister:
    """Judges single moves; knows which network sets of the new state hold addresses of the internet."""

    subject: Subject
    public_sets: tuple[Mapping[str, str], ...]
    overrides: Mapping[Identity, tuple[Override, ...]]

    @classmethod
    def of(cls, subject: Subject, overrides: Iterable[Override] = ()) -> RiskRegister:
        """Look through the sets of the new state once."""
        by_ours: dict[Identity, tuple[Override, ...]] = {}
        for item in overrides:
            by_ours[item.ours] = (*by_ours.get(item.ours, ()), item)
        public = []
        for change in subject.ours(Status.CREATED, Status.CHANGED, Status.SAME):
            if change.identity.kind in (Kind.GLOBAL_NETWORK_SET, Kind.NETWORK_SET) and change.intended is not None:
                manifest = read_manifest(object_of(change))
                if any(is_internet(str(net)) for net in (manifest.get("spec") or {}).get("nets") or ()):
                    public.append(manifest["metadata"].get("labels") or {})
        return cls(subject, tuple(public), by_ours)

    def risks_of(self, move: Move, before: Manifest | None) -> tuple[Risk, ...]:
        """Return the risks of a move, given what stood there before."""
        found = {*self._of_cutover(move), *self._of_platform(move, before), *self._of_allows(move, before)}
        found |= set(self._of_foreign_denies(move))
        return tuple(sorted(found))

    def _of_cutover(self, move: Move) -> Iterator[Risk]:
        if move.stage is not Stage.CUTOVER or not move.namespace:
            return
        snapshot = self.subject.snapshot
        for direction in (move.direction,) if move.direction else ("Egress", "Ingress"):
            yield from self._newly_isolated(move.namespace, direction)
            if direction == "Ingress":
                called = sorted({item.service for item in snapshot.callbacks if item.namespace == move.namespace})
                for service in called:
                    yield Risk(RiskClass.MANAGEMENT_PLANE, f"the API server calls Service {move.namespace}/{service}")
            else:
                accounts = sorted({i.service_account for i in snapshot.grants if i.namespace == move.namespace})
                if accounts:
                    detail = f"may talk to the API server: service accounts {_few(accounts)}"
                    yield Risk(RiskClass.MANAGEMENT_PLANE, detail)

    def _newly_isolated(self, namespace: str, direction: str) -> Iterator[Risk]:
        cluster = self.subject.cluster
        isolated = self.subject.before_without_bridge.pods(namespace, direction)
        names = {
            f"{item.kind}/{item.name}"
            for item in cluster.workloads.get(namespace, ())
            if not item.owner and not takes(isolated, cluster.pod_labels(item))
        }
        if names:
            detail = f"{direction.lower()} of namespace '{namespace}': {_few(sorted(names))}"
            yield Risk(RiskClass.NEWLY_ISOLATED, detail)

    def _of_platform(self, move: Move, before: Manifest | None) -> Iterator[Risk]:
        layer = _layer(before)
        if before is not None and layer in _PLATFORM_LAYERS:
            verb = "is removed" if move.after is None else "changes"
            yield Risk(RiskClass.MANAGEMENT_PLANE, f"{move.identity} of layer {layer} {verb}")

    def _of_foreign_denies(self, move: Move) -> Iterator[Risk]:
        """Name the denies of others that come after a policy which is written."""
        for item in self.overrides.get(move.identity, ()) if move.after is not None else ():
            detail = f"{item.theirs} denies {item.direction.lower()} after {item.ours} has allowed it"
            yield Risk(RiskClass.FOREIGN_DENY, detail)

    def _of_allows(self, move: Move, before: Manifest | None) -> Iterator[Risk]:
        if move.after is None or move.identity.kind not in TIERED_KINDS or _layer(move.after) in _PLATFORM_LAYERS:
            return
        known = {text for text, _, _ in _allow_rules(before)}
        for text, direction, rule in _allow_rules(move.after):
            if text in known:
                continue
            side = rule.get("source" if direction == "ingress" else "destination") or {}
            if direction == "egress" and self._reaches_internet(side):
                yield Risk(RiskClass.INTERNET_EGRESS, f"{move.identity}: {_peer_words(side)}")
            selector = side.get("namespaceSelector")
            if selector and selector != "global()":
                yield Risk(RiskClass.CROSS_NAMESPACE, f"{move.identity}: {direction} {selector}")

    def _reaches_internet(self, side: Mapping[str, Any]) -> bool:
        if side.get("domains") or any(is_internet(str(net)) for net in side.get("nets") or ()):
            return True
        selector = side.get("selector")
        if not selector or side.get("nets"):
            return False
        try:
            node = parse_selector(str(selector))
        except SelectorError:
            return False
        return any(evaluate_selector(node, labels) for labels in self.public_sets)


def is_internet(text: str) -> bool:
    """Tell whether a network holds any address outside private, shared, link-local and loopback ranges."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return False
    return not any(_inside(network, known) for known in _INSIDE)


def _inside(network: IPv4Network | IPv6Network, known: IPv4Network | IPv6Network) -> bool:
    match network, known:
        case (IPv4Network(), IPv4Network()):
            return network.subnet_of(known)
        case (IPv6Network(), IPv6Network()):
            return network.subnet_of(known)
        case _:
            return False


def _allow_rules(manifest: Manifest | None) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield the Allow rules of a policy with a text that makes equal ones equal, annotations aside."""
    spec = (manifest or {}).get("spec") or {}
    for direction in ("ingress", "egress"):
        for rule in spec.get(direction) or ():
            if rule.get("action") == "Allow":
                bare = {key: value for key, value in rule.items() if key != "metadata"}
                yield f"{direction} {canonical_json(bare)}", direction, rule


def _layer(manifest: Manifest | None) -> str:
    obj = as_api_object(manifest, SourceMap("", "")) if manifest is not None else None
    return effective_labels(obj).get(LABEL_LAYER, "") if isinstance(obj, ApiObject) else ""


def _peer_words(side: Mapping[str, Any]) -> str:
    nets = [str(net) for net in (*(side.get("domains") or ()), *(side.get("nets") or ()))]
    return _few(nets) if nets else str(side.get("selector"))


def _few(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"

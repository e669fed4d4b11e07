"""One side of a rule, and the rows of rules that peers and ports give (calico.md 3.5, 4.1 to 4.6, 4.9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from generator.intent.model import Network, PodSelection, PortSpec
from generator.layers.networks import network_key
from generator.selectors import labels_selector

PODS_ONLY: Final = "projectcalico.org/orchestrator == 'k8s'"  # true of pods alone, never of sets or host endpoints
MAX_NETS: Final = 256  # of one rule (calico.md 1.2)
MAX_PORTS: Final = 50


@dataclass(frozen=True, slots=True)
class Peer:
    """One side of a rule without its ports; the fields are those of Calico's EntityRule, and all of them are ANDed.

    A peer without any field is anybody: only a rule's own side may be that.
    """

    selector: str = ""
    not_selector: str = ""
    namespace_selector: str = ""
    nets: tuple[str, ...] = ()
    not_nets: tuple[str, ...] = ()
    service: tuple[str, str] | None = None  # (namespace, name): endpoints with their target ports
    domains: tuple[str, ...] = ()

    @property
    def holds_pods(self) -> bool:
        """Tell whether the peer is made of pods, so that a named port can be asked of it."""
        return bool(self.selector)


ANYBODY: Final = Peer()


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule as a template needs it: protocol ("" for any), ports (numbers, `a:b`, names), peer, and why it is there.

    `own` are the policy's own pods; set only where a named port needs a selector beside it.
    """

    protocol: str
    ports: tuple[int | str, ...]
    peer: Peer
    why: str
    own: Peer = ANYBODY


def pods_selector(pods: PodSelection) -> str:
    """Return the selector of a policy on these pods; the namespace is the policy's own."""
    parts = [labels_selector(dict(pods.labels))] if pods.labels else []
    if pods.service_account:
        parts.append(f"projectcalico.org/serviceaccount == '{pods.service_account}'")
    return " && ".join(parts) or "all()"


def pods_peer(pods: PodSelection, own_namespace: str) -> Peer:
    """Return the peer of these pods as a rule in `own_namespace` ("" for a global policy) must name it.

    The peer is pinned to pods, so that no network set with the same labels slips in (field-notes L7).
    """
    selector = pods_selector(pods)
    selector = PODS_ONLY if selector == "all()" else f"{selector} && {PODS_ONLY}"
    namespace = "" if pods.namespace == own_namespace else f"projectcalico.org/name == '{pods.namespace}'"
    return Peer(selector=selector, namespace_selector=namespace)


def network_peers(networks: Iterable[Network], excluded: Iterable[Network] = ()) -> list[Peer]:
    """Return peers of one family each and at most 256 networks (calico.md 4.5); `excluded` is cut out by notNets."""
    without = sorted(set(excluded), key=network_key)
    peers: list[Peer] = []
    for version in (4, 6):
        nets = [str(net) for net in sorted(set(networks), key=network_key) if net.version == version]
        holes = tuple(str(net) for net in without if net.version == version)
        for start in range(0, len(nets), MAX_NETS):
            peers.append(Peer(nets=tuple(nets[start : start + MAX_NETS]), not_nets=holes))
    return peers


def set_peer(set_label: str, intent: str) -> Peer:
    """Return the peer of our global network sets of one label value; `global()` keeps pods of the same labels out."""
    return Peer(
        selector=f"ringfence/set == '{set_label}' && ringfence/intent == '{intent}'", namespace_selector="global()"
    )


def rule_rows(
    peers: Sequence[Peer], ports: Sequence[PortSpec], why: str, own: Peer = ANYBODY, *, named_on_peer: bool = False
) -> list[RuleRow]:
    """Return one row for each peer, protocol and kind of port; no ports means any protocol and port.

    A named port is looked up on the destination: the peer of an egress rule (`named_on_peer`), else the policy's own
    pods, which then need a selector beside the port (calico.md 4.3).
    """
    groups = port_groups(ports)
    if not groups:
        return [RuleRow("", (), peer, why) for peer in peers]
    rows = []
    for peer in peers:
        for protocol, numbers in groups:
            named = isinstance(numbers[0], str) and ":" not in numbers[0]
            rows.append(RuleRow(protocol, numbers, peer, why, own if named and not named_on_peer else ANYBODY))
    return rows


def port_groups(ports: Sequence[PortSpec]) -> list[tuple[str, tuple[int | str, ...]]]:
    """Group ports by protocol, numbers apart from names, at most 50 each (calico.md 1.2)."""
    found: dict[tuple[str, bool], list[int | str]] = {}
    for port in sorted(set(ports)):
        value: int | str = port.name or (port.first if port.first == port.last else f"{port.first}:{port.last}")
        found.setdefault((port.protocol, bool(port.name)), []).append(value)
    return [
        (protocol, tuple(values[start : start + MAX_PORTS]))
        for (protocol, _), values in sorted(found.items())
        for start in range(0, len(values), MAX_PORTS)
    ]

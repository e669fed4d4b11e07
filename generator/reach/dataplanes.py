"""What a dataplane makes of a rule where that is not what the rule says (calico.md 2.8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from generator.calico.ports import Protocol, ProtocolName
from generator.calico.rule import Rule
from generator.reach.environment import Dataplane
from generator.reach.model import IcmpView, RuleView
from generator.reach.packet import ICMP, ICMPV6
from generator.reach.unknown import UnknownReason

# The names that the eBPF builder knows; any other one stands for protocol 0 (BPFP, protocolToNumber).
_EBPF_NAMES: Final = frozenset({"tcp", "udp", "icmp", "sctp"})


def on_dataplane(view: RuleView, rule: Rule, dataplane: Dataplane) -> RuleView:
    """Return the rule as a dataplane enforces it; a rule of three match blocks or more stays as written (4.9)."""
    match dataplane:
        case Dataplane.EBPF:
            return _on_ebpf(view, rule)
        case Dataplane.NFTABLES if any(match.code is not None for match in view.not_icmp):
            # The type must differ and the code must differ (felix/nftables, NotICMPTypeAndCode).
            apart = (part for match in view.not_icmp for part in _type_and_code(match))
            return replace(view, not_icmp=tuple(apart))
        case _:
            return view


def _on_ebpf(view: RuleView, rule: Rule) -> RuleView:
    if _is_unknown_name(rule.protocol):
        view = replace(view, families=frozenset())
    if _is_unknown_name(rule.not_protocol):
        view = replace(view, not_protocol=None)
    if (view.icmp is not None or view.not_icmp) and view.protocol not in (ICMP, ICMPV6):
        # The type is read where packets of other protocols have their destination port (BPFP, writeICMPTypeMatch).
        view = replace(view, icmp=None, not_icmp=(), unsure=UnknownReason.EBPF_ICMP)
    return view


def _is_unknown_name(protocol: Protocol | None) -> bool:
    return isinstance(protocol, ProtocolName) and protocol.name.lower() not in _EBPF_NAMES


def _type_and_code(match: IcmpView) -> tuple[IcmpView, ...]:
    return (IcmpView(match.type, None), IcmpView(None, match.code)) if match.code is not None else (match,)

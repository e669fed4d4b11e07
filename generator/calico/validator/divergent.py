"""Rules of which Calico's renderer makes something else than they say (calico.md 4.4, 4.9), in live objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from generator.calico.kinds import Kind
from generator.calico.manifest import read_manifest
from generator.calico.names import identity_of
from generator.calico.nets import canonical_net
from generator.calico.objects import ApiObject
from generator.calico.validator.codes import check_code
from generator.calico.validator.dataplanes import port_matches
from generator.calico.validator.nets import read_cidr
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.source import Path

_ENFORCED: Final = frozenset({Kind.NETWORK_POLICY, Kind.GLOBAL_NETWORK_POLICY})
_TESTED: Final = 2


def find_divergent(objects: Iterable[ApiObject]) -> list[Diagnostic]:
    """Return a warning for each rule that iptables and nftables enforce otherwise than it is written.

    Verdicts follow the rule as written, so that whoever reads one must know of these; eBPF enforces them as written.
    """
    return [item for obj in objects if obj.kind in _ENFORCED for item in _of_policy(obj)]


def _of_policy(obj: ApiObject) -> Iterator[Diagnostic]:
    spec = read_manifest(obj).get("spec")
    for direction in ("ingress", "egress"):
        rules = spec.get(direction) if isinstance(spec, Mapping) else None
        for number, rule in enumerate(rules if isinstance(rules, list) else ()):
            if isinstance(rule, Mapping):
                yield from _of_rule(obj, rule, ("spec", direction, number))


def _of_rule(obj: ApiObject, rule: Mapping[str, Any], path: Path) -> Iterator[Diagnostic]:
    place = obj.source.place(path)
    whose = f"{identity_of(obj)} {path[1]}[{path[2]}]"
    fields = untested_fields(rule)
    if fields:
        summary = f"{whose}: iptables and nftables do not test {' and '.join(fields)}: it matches more than is written"
        hint = "write one rule for each net of one side, or numeric and named ports apart; verdicts here are as written"
        yield problem(check_code(41), summary, place=place, hint=hint)
    elif rule.get("protocol") is None and (rule.get("icmp") or rule.get("notICMP")):
        summary = f"{whose}: icmp or notICMP without protocol is something else in each dataplane"
        yield problem(check_code(20), summary, place=place, hint="write protocol: ICMP or ICMPv6")


def untested_fields(rule: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields that iptables and nftables leave out: of the blocks of a family all after the second (4.9)."""
    left_out: set[str] = set()
    for family in (4, 6):
        left_out.update(list(_blocks(rule, family))[_TESTED:])
    return tuple(name for name in _ORDER if name in left_out)


_ORDER: Final = ("source.ports", "destination.ports", "source.nets", "destination.nets")


def _blocks(rule: Mapping[str, Any], family: int) -> Iterator[str]:
    """Yield the fields that take a block of their own, in the order in which they are rendered."""
    for name in _ORDER:
        side, field = name.split(".")
        entity = rule.get(side)
        values = entity.get(field) if isinstance(entity, Mapping) else None
        if not isinstance(values, list):
            continue
        if field == "ports" and port_matches(values) > 1:
            yield name
        if field == "nets" and sum(family in _families(text) for text in values) > 1:
            yield name


def _families(text: Any) -> tuple[int, ...]:
    net = read_cidr(canonical_net(text) or "") if isinstance(text, str) else None
    return (net.family,) if net is not None else ()

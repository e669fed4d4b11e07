"""Live rules that nodes enforce otherwise than they are written, and flows that fare otherwise (calico.md 4.9)."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from generator.calico.kinds import Kind
from generator.calico.objects import ApiObject
from generator.calico.validator import find_divergent, untested_fields
from generator.checks.codes import FARES_OTHERWISE
from generator.foundation.diagnostics import Diagnostic, problem
from generator.packets.addresses import format_address
from generator.packets.printing import describe_packet
from generator.reach.engine import Engine
from generator.reach.flow import End
from generator.reach.flow_changes import ChangeKind, find_flow_changes
from generator.reach.inventory import UNKNOWN_ADDRESS
from generator.snapshot.model import Snapshot

_ENFORCED: Final = (Kind.NETWORK_POLICY, Kind.GLOBAL_NETWORK_POLICY)
_EXAMPLES: Final = 3
_ON_NODES: Final = {ChangeKind.ALLOWED: "allowed", ChangeKind.DENIED: "denied"}


def check_divergent(snapshot: Snapshot) -> list[Diagnostic]:
    """Report each such rule, and some flows that nodes with iptables or nftables judge otherwise for it."""
    found = find_divergent(snapshot.policies)
    return [*found, *islice(_otherwise(snapshot), _EXAMPLES)] if found else []


def _otherwise(snapshot: Snapshot) -> Iterator[Diagnostic]:
    written = Engine(snapshot)
    if written.blind_to:
        return
    rendered = Engine(replace(snapshot, policies=tuple(as_rendered(snapshot.policies))))
    for change in find_flow_changes(written, rendered):
        if change.kind in _ON_NODES:
            flow = change.witness.flow
            ends = f"{_name(flow.source)} -> {_name(flow.destination)} {describe_packet(flow.transport)}"
            summary = f"{ends} is {_ON_NODES[change.kind]} by nodes with iptables or nftables, against what is written"
            yield problem(FARES_OTHERWISE, summary, hint="split the rule that is broader than written")


def as_rendered(objects: Iterable[ApiObject]) -> Iterator[ApiObject]:
    """Yield the policies as iptables and nftables enforce them: without the fields that are not tested."""
    for obj in objects:
        spec = obj.manifest.get("spec")
        if obj.kind not in _ENFORCED or not isinstance(spec, dict):
            yield obj
            continue
        made: dict[str, Any] = copy.deepcopy(spec)
        for direction in ("ingress", "egress"):
            for rule in made.get(direction) or ():
                for name in untested_fields(rule) if isinstance(rule, dict) else ():
                    side, field = name.split(".")
                    del rule[side][field]
        yield replace(obj, manifest={**obj.manifest, "spec": made}) if made != spec else obj


def _name(end: End) -> str:
    return end.name or (format_address(*end.address) if end.address[1] < UNKNOWN_ADDRESS else "an address")

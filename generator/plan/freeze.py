"""Live objects that freeze or kill Felix (dataplane.md 4): with one of them no plan can be carried out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from generator.calico.kinds import KINDS, Kind
from generator.calico.manifest import read_manifest
from generator.calico.names import identity_of
from generator.calico.objects import ApiObject
from generator.calico.scalars import decode_whole
from generator.calico.validator import judge_go
from generator.foundation.diagnostics import Diagnostic, problem
from generator.plan.codes import FREEZES_FELIX

_ENFORCED = (Kind.NETWORK_POLICY, Kind.GLOBAL_NETWORK_POLICY)


def freezing_objects(live: Iterable[ApiObject]) -> list[Diagnostic]:
    """Return one diagnostic for each object, with what it does and where it stands.

    Two kinds: a value that Calico's decoder refuses blinds every reader of that kind; a rule of a shape that the
    kernel refuses makes Felix restart on every node that has a selected pod.
    """
    return [_named(obj, path, what) for obj in live for path, what in _first(obj)]


def _named(obj: ApiObject, path: tuple[str | int, ...], what: str) -> Diagnostic:
    return problem(
        FREEZES_FELIX,
        f"{identity_of(obj)}: {what}",
        place=obj.source.place(path),
        path="",
        hint="mend or remove it, then plan again",
    )


def _first(obj: ApiObject) -> list[tuple[tuple[str | int, ...], str]]:
    if not KINDS[obj.kind].calico:
        return []  # kube-apiserver decodes its own kinds before it stores them
    for finding in judge_go(read_manifest(obj)):
        if finding.go == "" and finding.path[:1] == ("spec",):
            kind = KINDS[obj.kind].manifest_kind
            return [(finding.path, f"{finding.summary}, which stops every reader of {kind}")]
    return list(_shapes(obj))[:1] if obj.kind in _ENFORCED else []


def _shapes(obj: ApiObject) -> Iterator[tuple[tuple[str | int, ...], str]]:
    spec = obj.manifest.get("spec")
    for direction in ("ingress", "egress"):
        rules = spec.get(direction) if isinstance(spec, Mapping) else None
        for number, rule in enumerate(rules if isinstance(rules, list) else ()):
            what = _deadly(rule) if isinstance(rule, Mapping) else ""
            if what:
                yield ("spec", direction, number), what


def _deadly(rule: Mapping[str, Any]) -> str:
    protocol = rule.get("protocol")
    if protocol is not None and rule.get("notProtocol") is not None:
        return "protocol and notProtocol in one rule, at which Felix restarts in a loop"
    for field in ("icmp", "notICMP"):
        if rule.get(field) is None:
            continue
        if protocol is None:
            return f"{field} without protocol, at which Felix restarts in a loop"
        number = int(protocol) if isinstance(protocol, str) and protocol.isdigit() else decode_whole(protocol)
        if number in (1, 58) and rule.get("ipVersion") is None:
            return f"{field} with protocol {number} and no ipVersion, at which Felix restarts in a loop"
    return ""

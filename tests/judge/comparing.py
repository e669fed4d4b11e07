"""What the judges and our validator make of the same objects, and where they differ.

The Go validator that can be built is that of 3.31.0, and ours answers as 3.32.1. Two things have changed between
them, and here they are taken out: the names of the fixed tiers (calico.md 1.3), and named ports without a protocol
(4.3). Both have vectors of 3.32.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from generator.calico.validator import judge_crd, judge_go
from generator.calico.validator.findings import Finding
from generator.calico.validator.judges import check_metadata_shape, collect_findings
from generator.calico.validator.ports import decode_port, protocol_of
from generator.calico.validator.shape import NamedPort
from generator.foundation.source import print_path
from generator.selectors import SelectorError, evaluate_selector, parse_selector, print_selector
from tests.judge.asking import (
    GoAnswer,
    Labels,
    Manifest,
    SchemaAnswer,
    SelectorAnswer,
    ask_go,
    ask_schema,
)

_UNKNOWN: Final = ("RF4033", "RF4040")
# A tier that is fixed in one of the two versions has the order that its successor has in the other.
_OTHER_NAME: Final = {
    "kube-admin": "adminnetworkpolicy",
    "kube-baseline": "baselineadminnetworkpolicy",
    "adminnetworkpolicy": "kube-admin",
    "baselineadminnetworkpolicy": "kube-baseline",
}


class Judged(NamedTuple):
    """An object and what the two judges have said; None where there is nothing to ask the CRD."""

    manifest: Manifest
    go: GoAnswer
    crd: SchemaAnswer | None


class Difference(NamedTuple):
    """An object or text of which the two say different things, and who `judge` is."""

    judge: str
    asked: Any
    ours: Any
    theirs: Any


def judge_objects(objects: Sequence[Manifest]) -> list[Judged]:
    """Ask both judges about each object."""
    by_go = ask_go([_as_before(item) for item in objects])
    asked = [position for position, item in enumerate(objects) if _reaches_the_crd(item)]
    by_crd = dict(zip(asked, ask_schema([objects[position] for position in asked]), strict=True))
    return [
        Judged(item, answer, by_crd.get(position))
        for position, (item, answer) in enumerate(zip(objects, by_go, strict=True))
    ]


def compare_objects(judged: Iterable[Judged]) -> Iterator[Difference]:
    """Yield where our validator refuses what a judge accepts, accepts what it refuses, or blames another field."""
    for item in judged:
        yield from _compare_go(item.manifest, item.go)
        if item.crd is not None:
            yield from _compare_crd(item.manifest, item.crd)


def _compare_go(manifest: Manifest, answer: GoAnswer) -> Iterator[Difference]:
    ours = frozenset(item.go for item in judge_go(manifest) if item.go is not None)
    theirs = of_this_version(manifest, answer.fields, ours)
    if bool(ours) != bool(theirs) or not (_is_deletion(manifest) or ours <= theirs):
        yield Difference("go", manifest, ours, theirs)


def _compare_crd(manifest: Manifest, answer: SchemaAnswer) -> Iterator[Difference]:
    ours = frozenset(item.crd for item in judge_crd(manifest) if item.crd is not None)
    if bool(ours) != bool(answer.fields) or not (answer.partly or ours <= answer.fields):
        yield Difference("crd", manifest, ours, answer.fields)
    if not answer.partly:
        unknown = frozenset(print_path(item.path) for item in collect_findings(manifest) if item.code.id in _UNKNOWN)
        if unknown != answer.unknown:
            yield Difference("unknown fields", manifest, unknown, answer.unknown)


def compare_selectors(
    texts: Sequence[str], answers: Sequence[SelectorAnswer], labels: Sequence[Labels]
) -> Iterator[Difference]:
    """Yield the texts that are a selector to one side only, or another one."""
    for text, theirs in zip(texts, answers, strict=True):
        ours = _read_selector(text, labels)
        if ours != theirs:
            yield Difference("selector", text, ours, theirs)


def _read_selector(text: str, labels: Sequence[Labels]) -> SelectorAnswer:
    try:
        node = parse_selector(text)
    except SelectorError:
        return SelectorAnswer(None, ())
    return SelectorAnswer(print_selector(node), tuple(evaluate_selector(node, one) for one in labels))


def of_this_version(manifest: Manifest, fields: frozenset[str], ours: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the fields that Calico refuses without those that only 3.31 does, save what we refuse too."""
    return fields - (_ports_by_name_alone(manifest) - ours)


def _is_deletion(manifest: Manifest) -> bool:
    """Tell whether Calico's validator looks at nothing but whether the rest is empty."""
    spec = manifest.get("spec")
    return isinstance(spec, dict) and spec.get("stagedAction") == "Delete"


def _reaches_the_crd(manifest: Manifest) -> bool:
    """Tell whether there is a CRD, and metadata that kube-apiserver can read, which it does before it asks the CRD."""
    found: list[Finding] = []
    read = check_metadata_shape(manifest, found)
    return manifest["kind"] != "Profile" and read is not None and isinstance(read.get("name"), str)


def _as_before(manifest: Manifest) -> Manifest:
    metadata = manifest.get("metadata")
    if manifest["kind"] != "Tier" or not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        return manifest
    name = metadata["name"]
    return {**manifest, "metadata": {**metadata, "name": _OTHER_NAME.get(name, name)}}


def _ports_by_name_alone(manifest: Manifest) -> frozenset[str]:
    """Return the lists of ports that only 3.31 refuses: names alone in a rule without a protocol."""
    found: set[str] = set()
    spec = manifest.get("spec")
    for direction in ("ingress", "egress"):
        rules = spec.get(direction) if isinstance(spec, dict) else None
        for rule in rules if isinstance(rules, list) else []:
            if isinstance(rule, dict) and protocol_of(rule.get("protocol")) is None:
                found.update(_named_lists(rule))
    return frozenset(found)


def _named_lists(rule: dict[str, Any]) -> Iterator[str]:
    for side in ("source", "destination"):
        entity = rule.get(side)
        for field in ("ports", "notPorts"):
            ports = entity.get(field) if isinstance(entity, dict) else None
            if isinstance(ports, list) and all(type(decode_port(port)) is NamedPort for port in ports):
                yield f"{side.capitalize()}.{field[0].upper()}{field[1:]}"

"""An answer beside the expected entry, field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generator.calico.validator import Finding, judge_crd, judge_go
from tests.conformance.worlds import Entry

_OF_DECISION: Final = ("verdict", "reason", "tier", "policy", "rule", "profile", "endpoint", "stage", "node")

# What is compared: the verdict of the whole path, each end's decision with all that it names, host stages in path
# order, and the note. `convertedRule` and `rendered` are for information only.
FIELDS: Final = frozenset(
    {"verdict", "note", "host", *(f"{end}.{name}" for end in ("egress", "ingress") for name in _OF_DECISION)}
)


_AT_END: Final = tuple((end, tuple((name, f"{end}.{name}") for name in _OF_DECISION)) for end in ("egress", "ingress"))
_VERDICT: Final = frozenset({"verdict"})


@dataclass(frozen=True, slots=True)
class Row:
    """One field of both entries, as text; "" where it is not there."""

    field: str
    expected: str
    found: str

    @property
    def differs(self) -> bool:
        return self.expected != self.found


def flatten(entry: Entry) -> dict[str, Any]:
    """Return the compared fields of an entry; what is not there is None."""
    flat = {"verdict": entry.get("verdict"), "note": entry.get("note")}
    for end, names in _AT_END:
        decision = entry.get(end) or {}
        for name, written in names:
            flat[written] = decision.get(name)
    stages = entry.get("host") or ()
    flat["host"] = tuple(tuple(stage.get(name) for name in _OF_DECISION) for stage in stages)
    return flat


def agrees(expected: Entry, found: Entry, fields: frozenset[str]) -> bool:
    """Tell whether an answer has the expected value in each of these fields."""
    if fields == _VERDICT:
        return bool(expected.get("verdict") == found.get("verdict"))
    left, right = flatten(expected), flatten(found)
    return all(left[name] == right[name] for name in fields)


def compare(expected: Entry, found: Entry, fields: frozenset[str]) -> tuple[Row, ...]:
    """Return the compared fields that either entry has, in a fixed order; host stages one by one."""
    rows = []
    left, right = flatten(expected), flatten(found)
    for name in left:
        if name not in fields:
            continue
        if name != "host":
            rows.append(Row(name, _text(left[name]), _text(right[name])))
            continue
        for number in range(max(len(left["host"]), len(right["host"]))):
            pair = [_stage(stages[number]) if number < len(stages) else "" for stages in (left["host"], right["host"])]
            rows.append(Row(f"host[{number}]", *pair))
    return tuple(row for row in rows if row.expected or row.found)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _stage(stage: Iterable[object]) -> str:
    return " ".join(str(value) for value in stage if value is not None)


JUDGES: Final[Mapping[str, Callable[[Entry], list[Finding]]]] = {"go": judge_go, "crd": judge_crd}


def compare_case(case: Entry) -> tuple[Row, ...]:
    """Return the two verdicts of a validator case: Calico's Go validator and its CRD, each beside ours."""
    rows = []
    for key, judge in JUDGES.items():
        findings = judge(case["object"])
        rows.append(Row(f"{key}.verdict", str(case[key]["verdict"]), "reject" if findings else "accept"))
    return tuple(rows)

"""Both judges against what Calico 3.32.1 answered: 900 single objects, and every object of the worlds it accepted."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

from generator.calico.objects import as_api_object
from generator.calico.validator import ValidationContext, judge_crd, judge_go, validate_object
from generator.calico.validator.judges import collect_findings
from generator.foundation.diagnostics import Severity
from generator.foundation.source import SourceMap, print_path
from tests.support.shared import shared_folder

UNKNOWN = ("RF4033", "RF4040")

# Rejected objects for which a finding of ours names another field than Calico, each with its why. There are none.
OTHER_FIELD: dict[str, str] = {}

# What both of Calico's validators take and we call an error all the same, by code.
STRICTER = {
    "RF4002": "a tier with a dot in its name cannot exist",
    "RF4011": "global() where it has no meaning",
    "RF4015": "limits that Calico enforces from 3.33 on",
    "RF4020": "notICMP without an ICMP protocol stops Felix",
    "RF4033": "fields of Calico Enterprise",
    "RF4040": "unknown fields, which a strict client refuses",
    "RF4043": "names of service accounts, which nobody checks",
}


def lines(name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(shared_folder() / "vectors" / name, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def test_every_verdict_agrees() -> None:
    cases = list(lines("validator.jsonl.gz"))
    assert len(cases) >= 900
    wrong = []
    for case in cases:
        for judge, key in ((judge_go, "go"), (judge_crd, "crd")):
            verdict = "reject" if judge(case["object"]) else "accept"
            if verdict != case[key]["verdict"]:
                wrong.append((case["id"], key, verdict))
    assert not wrong


def test_every_field_named_is_one_that_calico_names() -> None:
    wrong = []
    for case in lines("validator.jsonl.gz"):
        for judge, key in ((judge_go, "go"), (judge_crd, "crd")):
            ours = {getattr(finding, key) for finding in judge(case["object"])}
            theirs = {reason["field"] for reason in case[key].get("reasons", [])}
            if not ours <= theirs and case["id"] not in OTHER_FIELD:
                wrong.append((case["id"], key, ours - theirs))
    assert not wrong


def test_what_a_judge_refuses_is_an_error_for_the_reader() -> None:
    context = ValidationContext(version="3.32.1")
    for case in lines("validator.jsonl.gz"):
        obj = as_api_object(case["object"], SourceMap("case", ""))
        assert obj is not None
        errors = {item.code for item in validate_object(obj, context) if item.severity is Severity.ERROR}
        if "reject" in (case["go"]["verdict"], case["crd"]["verdict"]):
            assert errors, case["id"]
        else:
            assert errors <= STRICTER.keys(), case["id"]


def test_every_object_of_an_accepted_world_is_accepted() -> None:
    seen: set[str] = set()
    for name in ("handmade", "random-1", "random-2", "divergent"):
        for world in lines(f"{name}.jsonl.gz"):
            if world.get("validate") == "none":
                continue
            for manifest in world["objects"]:
                key = json.dumps(manifest)
                if key not in seen:
                    seen.add(key)
                    assert not judge_go(manifest), (world["id"], manifest)
                    assert not judge_crd(manifest), (world["id"], manifest)
    assert len(seen) > 30_000


def test_objects_that_felix_treated_as_absent_are_refused() -> None:
    """In a world that nobody validated, what Felix refused is refused here too."""
    found = 0
    for world in lines("handmade.jsonl.gz"):
        if world.get("treatedAsAbsent"):
            found += 1
            assert any(judge_go(manifest) for manifest in world["objects"]), world["id"]
    assert found > 3


def test_unknown_fields_are_those_that_calico_does_not_know() -> None:
    found = 0
    for case in lines("validator.jsonl.gz"):
        ours = {print_path(item.path) for item in collect_findings(case["object"]) if item.code.id in UNKNOWN}
        assert ours == set(case.get("unknownFields") or []), case["id"]
        found += len(ours)
    assert found >= 9

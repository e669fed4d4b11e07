"""Each check of the checklist: an object that triggers it, and its repaired twin that triggers nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.calico.validator import ValidationContext, validate_object, validate_set
from generator.calico.validator.examples import Example, all_examples
from generator.calico.validator.table import check_rows
from generator.foundation.diagnostics import Diagnostic, sort_diagnostics
from tests.faults.validator import FAULTS_OF_CHECKS, Fault
from tests.support.golden import check_golden
from tests.support.objects import api_objects

EXAMPLES = all_examples()
NAMES = [f"V{example.check}-{position}" for position, example in enumerate(EXAMPLES)]


def diagnose(text: str, example: Example) -> list[Diagnostic]:
    context = ValidationContext(**example.context)
    objects = api_objects(text, f"v{example.check}.yaml")
    found = [item for obj in objects for item in validate_object(obj, context)]
    return sort_diagnostics(found + validate_set(objects, context))


def check_example(example: Example) -> None:
    code = f"RF{4000 + example.check}"
    assert code in {item.code for item in diagnose(example.trigger, example)}
    assert diagnose(example.repaired, example) == []


def check_all_examples() -> None:
    for example in EXAMPLES:
        check_example(example)


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_trigger_is_seen_and_repair_ends_it(example: Example) -> None:
    check_example(example)


def test_every_check_has_an_example() -> None:
    rows = check_rows()
    assert [row.number for row in rows] == list(range(1, 49))
    assert [row.id for row in rows] == [f"RF{4000 + number}" for number in range(1, 49)]
    assert all(row.examples for row in rows)
    assert len({row.title for row in rows}) == 48


def test_messages() -> None:
    report = []
    for example in EXAMPLES:
        for item in diagnose(example.trigger, example):
            line = f"{item.place}: {item.severity}: {item.code} {item.path}: {item.summary}"
            report.append(f"{line}\n    hint: {item.hint}" if item.hint else line)
    check_golden(Path(__file__).parent / "golden" / "validator_messages.txt", "\n".join(report) + "\n")


@pytest.mark.parametrize("fault", FAULTS_OF_CHECKS)
def test_examples_see_the_fault(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_all_examples()

"""The checker of plans shares no reasoning with the planner or the engine: what it imports is listed here."""

from __future__ import annotations

from tests.support.imports import imports_of
from tests.support.shared import ROOT

# Typed objects with their decoder, and the snapshot as data.
ALLOWED = {
    "generator.calico.codec",
    "generator.calico.kinds",
    "generator.calico.objects",
    "generator.calico.ports",
    "generator.calico.tier",
    "generator.foundation.source",
    "generator.snapshot.model",
    "tests.obvious",
}
STANDARD = {
    "__future__",
    "bisect",
    "collections.abc",
    "dataclasses",
    "enum",
    "functools",
    "ipaddress",
    "itertools",
    "json",
    "operator",
    "typing",
}
OWN = ("tests.obvious_parts.", "tests.plan_oracle_parts.")


def not_allowed(text: str) -> set[str]:
    return {name for name in imports_of(text) if not name.startswith(OWN)} - ALLOWED - STANDARD


def test_the_checker_imports_typed_objects_and_the_obvious_evaluator_alone() -> None:
    files = [ROOT / "tests" / "plan_oracle.py", *sorted((ROOT / "tests" / "plan_oracle_parts").glob("**/*.py"))]
    assert len(files) >= 10
    wrong = {file.name: found for file in files if (found := not_allowed(file.read_text(encoding="utf-8")))}
    assert not wrong


def test_the_contract_can_be_broken() -> None:
    for line in (
        "from generator.plan.rollback import rollback_steps",
        "import generator.reach",
        "def f():\n    from generator.packets import transport",
        "from generator.snapshot import load_snapshot",
        "from tests.plan import worlds",
        "import importlib",
    ):
        assert not_allowed(line), line

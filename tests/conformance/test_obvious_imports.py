"""The second judge shares no reasoning with the engine: what it imports of the product is listed here."""

from __future__ import annotations

from tests.support.imports import imports_of
from tests.support.shared import ROOT

# Typed objects with their decoder, and selector syntax trees with their parser.
ALLOWED = {
    "generator.calico.cluster_policy",
    "generator.calico.codec",
    "generator.calico.endpoint",
    "generator.calico.kubernetes_policy",
    "generator.calico.networkset",
    "generator.calico.objects",
    "generator.calico.policy",
    "generator.calico.ports",
    "generator.calico.rule",
    "generator.calico.tier",
    "generator.foundation.source",
    "generator.selectors.errors",
    "generator.selectors.nodes",
    "generator.selectors.parser",
}
STANDARD = {"__future__", "collections.abc", "dataclasses", "functools", "ipaddress", "re", "typing"}


def not_allowed(text: str) -> set[str]:
    found = {name for name in imports_of(text) if not name.startswith("tests.obvious_parts.")}
    return found - ALLOWED - STANDARD


def test_the_obvious_evaluator_imports_typed_objects_and_syntax_trees_alone() -> None:
    files = [ROOT / "tests" / "obvious.py", *sorted((ROOT / "tests" / "obvious_parts").glob("**/*.py"))]
    assert len(files) >= 8
    wrong = {file.name: found for file in files if (found := not_allowed(file.read_text(encoding="utf-8")))}
    assert not wrong


def test_the_contract_can_be_broken() -> None:
    for line in (
        "from generator.selectors import evaluate_selector",
        "def f():\n    import generator.reach",
        "from generator.calico.ordering import x",
        "from . import cluster",
        "import importlib",
    ):
        assert not_allowed(line), line

"""The tests of discovery go red under planted faults, and the page in the docs is fresh."""

from __future__ import annotations

import pytest

from benchmarks.discover import PAGE, write_page
from generator.discover import propose_intent
from generator.snapshot import load_snapshot
from tests.discover.graphs import applications, compare
from tests.discover.test_discover_apps import APPS, HERE
from tests.faults import discover as faults
from tests.support.shared import shared_folder


def false_edges() -> list[tuple[str, str]]:
    """Return what is certain and must not be: edges called false in the published graphs, and in an app of ours."""
    found: list[tuple[str, str]] = []
    for folder in applications(shared_folder()):
        comparison = compare(folder, policies=False)
        found.extend(sorted(comparison.certain & comparison.graph.false))
    snapshot, _ = load_snapshot([str(HERE / "apps" / "popular.yaml")], namespace=APPS["popular"])
    certain = propose_intent(snapshot, platform="generic").edges(certain=True)
    found.extend(sorted(certain & {("order", "flagd"), ("wordpress-mysql", "wordpress")}))
    return found


def test_nothing_false_is_certain() -> None:
    assert false_edges() == []


@pytest.mark.parametrize("fault", faults.FAULTS_OF_FALSE_EDGES)
def test_false_edges_are_caught(fault: faults.Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    assert false_edges()


def test_a_lost_edge_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    faults.only_urls_count(monkeypatch)
    found = compare(shared_folder() / "corpora" / "apps" / "online-boutique", policies=False)
    assert found.certain != found.graph.edges


def test_the_page_in_the_docs_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == write_page(shared_folder())

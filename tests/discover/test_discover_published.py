"""Published applications: what is proposed against graphs that were written by hand from their sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.discover import propose_intent, write_proposal
from generator.snapshot import load_snapshot
from tests.discover.graphs import applications, compare
from tests.support.shared import shared_folder


def _all(policies: bool = False) -> list[object]:
    return [compare(folder, policies=policies) for folder in applications(shared_folder())]


def test_every_edge_of_online_boutique_is_certain() -> None:
    found = compare(shared_folder() / "corpora" / "apps" / "online-boutique", policies=False)
    assert found.certain == found.graph.edges
    assert not found.uncertain
    assert {item.address for item in found.proposal.dangling} == found.graph.dangling


def test_edges_called_false_are_never_certain() -> None:
    for folder in applications(shared_folder()):
        found = compare(folder, policies=False)
        assert not found.certain & found.graph.false
        assert found.certain <= found.graph.edges, found.name


def test_edges_named_by_a_variable_or_a_map_are_found() -> None:
    for folder in applications(shared_folder()):
        found = compare(folder, policies=False)
        assert found.graph.written <= found.found, found.name


def test_uncertain_edges_are_no_more_than_true_and_false_ones() -> None:
    for folder in applications(shared_folder()):
        found = compare(folder, policies=False)
        assert len(found.uncertain) <= len(found.graph.edges) + len(found.graph.false), found.name


def test_ports_are_those_of_the_pods() -> None:
    for folder in applications(shared_folder()):
        found = compare(folder, policies=False)
        ports = {
            service.name: {port.port.first for port in service.ports if not port.why}
            for service in found.proposal.services
        }
        for (_, callee), port in found.graph.pod_ports.items():
            assert ports[callee] == {port}, (found.name, callee)


def test_entry_points_are_exposed() -> None:
    for folder in applications(shared_folder()):
        found = compare(folder, policies=False)
        exposed = {service.name for service in found.proposal.services if service.exposed}
        assert exposed == {name for name, _ in found.graph.entries}, found.name


def test_what_manifests_cannot_show_is_said_by_name() -> None:
    for name, hidden in (("voting-app", ["db", "redis"]), ("bookinfo", ["details", "ratings", "reviews"])):
        found = compare(shared_folder() / "corpora" / "apps" / name, policies=False)
        lines = [line for line in found.proposal.unseen if line.startswith("no manifest value names")]
        assert lines == [f"no manifest value names {item}: who calls it is not known" for item in hidden]
        text = write_proposal(found.proposal)
        assert all(line in text for line in lines)


def test_policies_add_uncertain_edges_only() -> None:
    folder = shared_folder() / "corpora" / "apps" / "online-boutique"
    without, with_policies = compare(folder, policies=False), compare(folder, policies=True)
    assert with_policies.certain == without.certain
    assert with_policies.found == with_policies.graph.edges
    needs = [need for service in with_policies.proposal.services for need in service.needs]
    assert sum(bool(need.allowed) for need in needs) == 15  # the frontend's policy lets everybody in


@pytest.mark.parametrize("name", ["bank-of-anthos", "bookinfo", "online-boutique", "voting-app"])
def test_the_order_of_files_does_not_matter(name: str) -> None:
    folder = shared_folder() / "corpora" / "apps" / name
    files = [str(path) for path in sorted(folder.glob("*.yaml")) if path.name != "productpage-nodeport.yaml"]
    texts = set()
    for order in (files, files[::-1]):
        snapshot, _ = load_snapshot(order)
        proposal = propose_intent(snapshot, platform="generic", name="x")
        texts.add(write_proposal(proposal).split("\n", 1)[1])
    assert len(texts) == 1


def test_a_directory_and_its_saved_snapshot_give_the_same_proposal(tmp_path: Path) -> None:
    from generator.snapshot import write_snapshot

    for folder in applications(shared_folder()):
        snapshot, _ = load_snapshot([str(folder)])
        (tmp_path / "saved.json").write_text(write_snapshot(snapshot))
        again, _ = load_snapshot([str(tmp_path / "saved.json")])
        first = propose_intent(snapshot, platform="generic", name="x")
        assert propose_intent(again, platform="generic", name="x") == first

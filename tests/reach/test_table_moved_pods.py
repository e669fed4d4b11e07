"""A pod that moved between the two states, and a family in which nobody has an address.

What a pod's own node sends it no policy stops (calico.md 2.5), so a row between a pod and its own node is about no
policy: the differential has none for the node that the pod was on, nor for the one that it is on now. What becomes of a
single flow that was local and is not any more is told when it is asked for by its two ends.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from generator.reach.columns import Columns
from generator.reach.differential import Differential
from generator.reach.engine import Engine
from generator.reach.find_places import find_places
from generator.reach.flow_changes import WitnessFailed, find_flow_changes
from tests.reach.small_world import (
    CLUSTER,
    Manifest,
    ask,
    engine_of,
    in_differential,
    kubernetes,
    manifest,
    node,
    packet,
    pod,
)

CLOSED = kubernetes("closed", "shop", policyTypes=["Ingress"])
THREE = (*CLUSTER, node("n3", ["10.0.0.3", "fd00:1::3"]))
WEB = "shop/web"


def moved(objects: Sequence[Manifest], to: str) -> list[Manifest]:
    """Return the cluster with the pod `shop/web` on another node."""
    others = [item for item in objects if item["metadata"].get("name") != "web"]
    return [*others, pod(WEB, ["192.168.0.1", "fd00::1"], to)]


def engines(*more: Manifest) -> tuple[Engine, Engine]:
    return engine_of([*THREE, *more]), engine_of(moved([*THREE, *more], "n2"))


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize(
    ("source", "was", "now"),
    [
        ("host:n1", "allow", "deny"),  # its own node before
        ("host:n2", "deny", "allow"),  # its own node now
        ("host:n3", "deny", "deny"),
        ("shop/db", "deny", "deny"),
    ],
)
def test_what_reaches_a_pod_that_moved(source: str, was: str, now: str, family: int) -> None:
    before, after = engines(CLOSED)
    assert str(ask(before, source, WEB, packet(), family).verdict) == was
    assert str(ask(after, source, WEB, packet(), family).verdict) == now
    assert in_differential(before, after, (source, WEB), packet(), family) == now


def test_that_a_pod_moved_changes_nothing_that_policies_decide() -> None:
    before, after = engines(CLOSED)
    assert find_flow_changes(before, after) == []


def test_what_a_policy_changes_of_a_pod_that_moved_is_told_of_all_but_its_own_nodes() -> None:
    before, after = engine_of(THREE), engine_of(moved([*THREE, CLOSED], "n2"))
    found = [
        change for change in find_flow_changes(before, after, [4]) if any(WEB in name for name in change.destinations)
    ]
    sources = {name for change in found for name in change.sources}
    assert "host:n3" in sources
    assert not sources & {"host:n1", "host:n2"}


def test_a_column_is_about_all_but_the_own_node_of_either_state() -> None:
    before, after = engines(CLOSED)
    found = Differential(before, after, 4)
    own = []
    for pairs in (found.before, found.after):
        place = pairs.places.places[pairs.places.of_pod[WEB]]
        about = Columns(pairs).about(place)
        own.append([name for name, number in pairs.places.of_node.items() if not about >> number & 1])
    assert own == [["n1"], ["n2"]]


def test_a_pod_that_moved_is_a_place_of_both_states_with_its_node_in_each() -> None:
    before, after = engines(CLOSED)
    first, second = find_places([before, after], 4)
    assert len(first.places) == len(second.places)
    assert first is not second
    nodes = [places.places[places.of_pod[WEB]].pods[0].node for places in (first, second)]
    assert nodes == ["n1", "n2"]


def test_a_family_in_which_no_pod_has_an_address_still_has_its_nodes() -> None:
    objects = [
        *(manifest("Namespace", name) for name in ("shop", "apps")),
        node("n1", ["10.0.0.1", "fd00:1::1"]),
        node("n2", ["10.0.0.2", "fd00:1::2"]),
        pod(WEB, ["192.168.0.1"]),
    ]
    before, after = engine_of(objects), engine_of([*objects[:-1], pod(WEB, ["192.168.0.1"], "n2")])
    places = find_places([before, after], 6)[0]
    assert not places.pods
    assert set(places.of_node) == {"n1", "n2"}
    assert find_flow_changes(before, after) == []


def test_rows_that_are_about_the_old_node_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Columns, "about", lambda self, place: self._places.all)
    with pytest.raises((AssertionError, WitnessFailed)):
        test_that_a_pod_moved_changes_nothing_that_policies_decide()

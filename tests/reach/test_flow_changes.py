"""Grouped changes cover the differential exactly, and each carries a flow that was replayed."""

from __future__ import annotations

import pytest

from generator.packets.transport import TransportSet
from generator.reach import flow_changes
from generator.reach.decision import Verdict
from generator.reach.differential import Differential
from generator.reach.find_places import find_places
from generator.reach.flow_changes import ChangeKind, WitnessFailed, find_flow_changes
from generator.reach.place_names import ALL_PODS, Namer
from generator.reach.places import numbers_in
from generator.reach.rows import at_place
from tests.conformance.reach_doors import DiffDoor
from tests.reach.test_columns import some_worlds


def test_every_witness_is_replayed() -> None:
    kinds: dict[ChangeKind, int] = dict.fromkeys(ChangeKind, 0)
    for world in some_worlds("random-2", 30, 80):
        loaded = DiffDoor().load(world)
        for first, second in ((loaded.without, loaded.engine), (loaded.engine, loaded.without)):
            for change in find_flow_changes(first, second):
                kinds[change.kind] += 1
                before, after = change.witness.before.verdict, change.witness.after.verdict
                assert change.packets.contains(change.witness.flow.transport)
                if change.kind is ChangeKind.ALLOWED:
                    assert (before, after) == (Verdict.DENY, Verdict.ALLOW)
                else:
                    assert (before, after) == (Verdict.ALLOW, Verdict.DENY)
    assert kinds[ChangeKind.ALLOWED] > 100
    assert kinds[ChangeKind.DENIED] > 100


def test_nothing_differs_from_itself() -> None:
    for world in some_worlds("random-1", 200, 10):
        loaded = DiffDoor().load(world)
        assert find_flow_changes(loaded.engine, loaded.engine) == []


def test_a_change_that_is_none_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sets say that something differs; one packet, followed rule by rule, says that it does not."""
    real = Differential.changes

    def claimed(self: Differential) -> object:
        for change in real(self):
            change.newly_allowed, change.newly_denied = change.newly_denied, change.newly_allowed
            yield change

    world = next(world for world in some_worlds("random-2", 7, 1))
    loaded = DiffDoor().load(world)
    assert find_flow_changes(loaded.without, loaded.engine)
    monkeypatch.setattr(flow_changes.Differential, "changes", claimed)
    with pytest.raises(WitnessFailed):
        find_flow_changes(loaded.without, loaded.engine)


def test_rows_hold_each_place_once() -> None:
    for world in some_worlds("random-1", 100, 20):
        loaded = DiffDoor().load(world)
        for change in Differential(loaded.without, loaded.engine, 4).changes():
            seen = 0
            for packets, mask in change.newly_denied.items():
                assert packets != TransportSet.nothing()
                assert not seen & mask
                assert at_place(change.newly_denied, mask.bit_length() - 1) == packets
                seen |= mask


def test_names_cover_exactly_the_pods_that_are_meant() -> None:
    """A name for a whole namespace, workload or cluster stands for nobody else."""
    for world in some_worlds("random-1", 50, 30):
        engine = DiffDoor().load(world).engine
        places = find_places([engine], 4)[0]
        namer = Namer(places)
        everyone = set(places.of_pod)
        numbers = list(numbers_in(places.pods))
        for chosen in range(1, 1 << min(len(numbers), 6)):
            mask = sum(1 << number for place, number in enumerate(numbers) if chosen >> place & 1)
            meant = {key for key, number in places.of_pod.items() if mask >> number & 1}
            assert named(namer.names(mask), everyone) == meant


def named(names: tuple[str, ...], everyone: set[str]) -> set[str]:
    """Read the names back; in these worlds every pod stands for itself."""
    found: set[str] = set()
    for name in names:
        whole, _, exceptions = name.removesuffix(")").partition(" (not ")
        pods = {key for key in everyone if whole in (ALL_PODS, key, f"{key.partition('/')[0]}/*")}
        found |= pods - named(tuple(exceptions.split(", ")) if exceptions else (), everyone)
    return found

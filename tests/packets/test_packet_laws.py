"""Laws of sets of packets, for each class alike, and the comparison with plain Python sets."""

from __future__ import annotations

import copy
import operator
import pickle
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.packets import canonical
from generator.packets.bands import Bands
from tests.faults.packets import FAULTS_OF_OPERATIONS, Fault, forget_results
from tests.packets.worlds import WORLDS, World, shuffled

OPERATIONS = (operator.or_, operator.and_, operator.sub, operator.xor)
every_world = pytest.mark.parametrize("world", WORLDS, ids=str)


def is_canonical(form: tuple[Any, ...]) -> bool:
    """Say whether bands or ranges are sorted and apart, neighbours differ, and nothing in them is empty."""
    rests = [band[2] if len(band) == 3 else None for band in form]
    apart = all(
        upper[0] > lower[1] + 1 or (upper[0] == lower[1] + 1 and rests[at] != rests[at + 1])
        for at, (lower, upper) in enumerate(pairwise(form))
    )
    nested = all(rest is None or (rest.form and is_canonical(rest.form)) for rest in rests)
    return apart and nested and all(band[0] <= band[1] for band in form)


def check_twin(world: World, left: Any, right: Any) -> None:
    left_twin, right_twin = world.twin(left), world.twin(right)
    for operation in OPERATIONS:
        made = operation(left, right)
        assert world.twin(made) == operation(left_twin, right_twin)
        assert is_canonical(made.form)
    assert world.twin(world.complement(left)) == frozenset(world.points()) - left_twin
    assert (left == right) == (left_twin == right_twin)
    assert left.issubset(right) == (left_twin <= right_twin)
    assert left.isdisjoint(right) == left_twin.isdisjoint(right_twin)
    assert bool(left) == bool(left_twin) == (not left.is_empty)


@every_world
@settings(max_examples=50)
@given(data=st.data())
def test_operations_are_those_of_python_sets(world: World, data: st.DataObject) -> None:
    check_twin(world, data.draw(world.sets()), data.draw(world.sets()))


@every_world
@settings(max_examples=30)
@given(data=st.data())
def test_a_box_holds_its_points(world: World, data: st.DataObject) -> None:
    box = data.draw(world.boxes())
    assert world.twin(world.make(box)) == world.box_twin(box)


@every_world
@settings(max_examples=100)
@given(data=st.data())
def test_laws(world: World, data: st.DataObject) -> None:
    a, b, c = (data.draw(world.sets()) for _ in range(3))
    nothing, everything, no = world.nothing, world.complement(world.nothing), world.complement
    for operation in (operator.or_, operator.and_, operator.xor):
        assert operation(a, b) == operation(b, a)
        assert operation(operation(a, b), c) == operation(a, operation(b, c))
    assert a & (b | c) == (a & b) | (a & c)
    assert a | (b & c) == (a | b) & (a | c)
    assert no(a | b) == no(a) & no(b)
    assert no(a & b) == no(a) | no(b)
    assert a | (a & b) == a == a & (a | b)
    assert a - b == a & no(b)
    assert a ^ b == (a | b) - (a & b) == (a - b) | (b - a)
    assert no(no(a)) == a == a | a == a & a
    assert a - a == a ^ a == a & nothing == a & no(a) == nothing
    assert a | no(a) == everything == a | everything
    assert a & everything == a | nothing == a - nothing == a ^ nothing == a
    assert a - everything == nothing - a == nothing
    assert (a - b).isdisjoint(b)
    assert (a & b).issubset(a)
    assert a.issubset(a | b)


@every_world
@settings(max_examples=50)
@given(data=st.data())
def test_the_way_of_making_leaves_no_trace(world: World, data: st.DataObject) -> None:
    boxes = data.draw(st.lists(world.boxes(), max_size=4))
    parts = [part for box in boxes for part in world.split(box)]
    left, right = world.unite(boxes), world.unite(shuffled(parts + boxes, data.draw(st.integers(0, 99))))
    assert left.form == right.form
    assert hash(left) == hash(right)
    assert left is right
    assert type(left).union(map(world.make, boxes)) is left
    # From above as well: take from everything what is not there.
    inside = set(parts)
    cut = world.complement(world.nothing)
    for atom in world.atoms():
        if atom not in inside:
            cut = cut - world.make(atom)
    assert cut == left | world.complement(world.unite(world.atoms()))


@every_world
@settings(max_examples=50)
@given(data=st.data())
def test_a_set_has_a_witness_exactly_if_it_is_not_empty(world: World, data: st.DataObject) -> None:
    made = data.draw(world.sets())
    if made:
        assert world.holds(made, world.point_of(made))
    else:
        assert made == world.nothing
        with pytest.raises(ValueError, match="empty"):
            world.point_of(made)


@every_world
@settings(max_examples=20)
@given(data=st.data())
def test_a_copy_is_the_same_set(world: World, data: st.DataObject) -> None:
    made = data.draw(world.sets())
    assert copy.deepcopy(made) is made
    assert pickle.loads(pickle.dumps(made)) is made


@every_world
def test_a_set_cannot_be_changed(world: World) -> None:
    made = world.make(world.atoms()[0])
    with pytest.raises(AttributeError):
        made.form = ()
    with pytest.raises(AttributeError):
        made.note = "mine"
    with pytest.raises(TypeError):
        type(made)()


def test_sets_of_two_classes_do_not_mix() -> None:
    first, second = WORLDS[0].make((0, (1, 2))), WORLDS[2].make((47,))
    assert first != second
    with pytest.raises(TypeError):
        first & second


@every_world
def test_what_was_asked_before_is_not_worked_out_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_results(monkeypatch)
    worked_out: list[object] = []
    real = canonical.Canonical._make

    def count(cls: type, form: tuple[Any, ...]) -> Any:
        worked_out.append(form)
        return real.__func__(cls, form)

    boxes = world.atoms()
    a, b = world.unite(boxes[:3]), world.unite(boxes[2:5])
    everything = world.complement(world.nothing)
    expected = [operation(a, b) for operation in OPERATIONS]
    monkeypatch.setattr(canonical.Canonical, "_make", classmethod(count))
    assert [operation(a, b) for operation in OPERATIONS] == expected
    assert (b & a, b | a, b ^ a) == (a & b, a | b, a ^ b)
    assert a & a is a
    assert a | a is a
    if isinstance(a, Bands):
        assert a & everything is everything & a is a
        assert a | everything is everything | a is everything
        # A difference that is nothing looks nothing up, and no more.
        assert (a - a, a - everything) == (world.nothing, world.nothing)
    assert set(worked_out) <= {()}


@every_world
@settings(max_examples=20)
@given(data=st.data())
def test_what_is_forgotten_is_equal_still(world: World, data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        forget_results(patch)
        patch.setattr(canonical, "_MOST_RESULTS", 3)
        for kind in canonical.Canonical.__subclasses__() + Bands.__subclasses__():
            patch.setattr(kind, "most", 2)
        left, right = data.draw(world.sets()), data.draw(world.sets())
        check_twin(world, left, right)
        again = world.unite([atom for atom in world.atoms() if world.make(atom).issubset(left)])
        assert again.issubset(left)
        assert len(type(left)._known) <= 2 + len(type(left)._lasting)


def check_many_sets() -> None:
    for world in WORLDS:
        for seed in range(20):
            boxes = shuffled(world.atoms(), seed)
            check_twin(world, world.unite(boxes[:4]), world.unite(boxes[2:9]))


def test_many_sets() -> None:
    check_many_sets()


@pytest.mark.parametrize("fault", FAULTS_OF_OPERATIONS)
def test_many_sets_see_the_fault(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_results(monkeypatch)
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_many_sets()


def test_bands_stay_canonical_where_only_the_rest_changes() -> None:
    # Two bands differ until the same is taken from both: they become one.
    world = WORLDS[2]
    left = world.make((6, (0, 52), (0, 52))) | world.make((6, (53, 32767), (0, 53)))
    made = left - world.make((6, (0, 65535), (53, 53)))
    assert made == world.make((6, (0, 32767), (0, 52)))
    assert len(made.at(6).form) == 1

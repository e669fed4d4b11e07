"""Classes that are taken as one are alike to all that is left for a question, and nothing else is taken as one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import or_

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.calico.rewrite import NAMESPACE_LABEL, ORCHESTRATOR_LABEL
from generator.reach import alike, engine
from generator.reach.alike import AlikeIndex
from generator.reach.find_places import _Finder, find_places
from generator.reach.label_index import LabelIndex
from generator.reach.lower_kubernetes import isolating_policy
from generator.reach.model import Action, Direction, Isolating, PolicyClass, PolicyId, PolicyView, RuleView, TierView
from generator.reach.model import SideView as Side
from generator.reach.place_names import Namer
from generator.reach.places import Places, numbers_in
from generator.reach.question import with_one_pod
from generator.reach.reachability import find_reach
from generator.selectors import And, Equal, Node, evaluate_selector
from tests.reach.small_world import CLUSTER, pod, snapshot_of
from tests.reach.test_label_index import LABELS, SELECTORS
from tests.reach.test_question import compare_reach, engines, states

SPACES = st.sampled_from(["n1", "n2"])
CARRIERS = st.builds(
    lambda labels, space, own: {**labels, NAMESPACE_LABEL: space, **({ORCHESTRATOR_LABEL: "k8s"} if own else {})},
    LABELS,
    SPACES,
    st.booleans(),
)
ISOLATING = st.lists(st.tuples(SPACES, LABELS), max_size=3).map(
    lambda found: Isolating(isolating_policy(frozenset(Direction)), tuple(found))
)


def policy(selector: Node, members: Node | None, excluded: Node | None, staged: bool) -> PolicyView:
    rule = RuleView(Action.ALLOW, 0, frozenset({4}), source=Side(members=members, excluded=excluded))
    id = PolicyId("NetworkPolicy", "n1", "p")
    return PolicyView(id, "t", 1.0, selector, frozenset(Direction), (rule,), (), PolicyClass.FORWARD, staged)


POLICIES = st.builds(policy, SELECTORS, st.none() | SELECTORS, st.none() | SELECTORS, st.booleans())
TIERS = st.builds(
    lambda policies, some: (TierView("t", False, tuple(policies), isolating=tuple(some)),),
    st.lists(POLICIES, max_size=3),
    st.lists(ISOLATING, max_size=2),
)


def written(namespace: str, labels: dict[str, str]) -> Node:
    """Return the selector that Calico makes of a Kubernetes policy's."""
    tests = {ORCHESTRATOR_LABEL: "k8s", **labels}
    return And((Equal(NAMESPACE_LABEL, namespace), *(Equal(key, value) for key, value in tests.items())))


@given(st.lists(CARRIERS, max_size=8), ISOLATING)
def test_whom_policies_isolate(carriers: list[dict[str, str]], some: Isolating) -> None:
    index = LabelIndex(carriers)
    chosen = index.isolated_by(some)
    for labels, number in zip(carriers, index.class_of, strict=True):
        selected = any(evaluate_selector(written(space, dict(asked)), labels) for space, asked in some.selected)
        assert (number in chosen) == selected


def asked_of(tiers: tuple[TierView, ...], labels: dict[str, str]) -> tuple[bool, ...]:
    """Return all that the enforced policies of some tiers ask of one carrier, one after the other."""
    found: list[bool] = []
    for tier in tiers:
        for some in tier.isolating:
            found.append(any(evaluate_selector(written(space, dict(one)), labels) for space, one in some.selected))
        for view in tier.policies:
            side = view.ingress[0].source
            for node in () if view.staged else (view.selector, side.members, side.excluded):
                found.append(node is not None and evaluate_selector(node, labels))
    return tuple(found)


@given(st.lists(CARRIERS, max_size=8), TIERS, st.data())
def test_one_class_is_what_is_asked_alike(
    carriers: list[dict[str, str]], tiers: tuple[TierView, ...], data: st.DataObject
) -> None:
    base = LabelIndex(carriers)
    apart = data.draw(st.sets(st.sampled_from(base.class_of))) if carriers else set()
    index = AlikeIndex(base, tiers, apart)
    asked = [asked_of(tiers, labels) for labels in carriers]
    for first, number in enumerate(index.class_of):
        for second, other in enumerate(index.class_of):
            same = base.class_of[first] == base.class_of[second]
            alone = base.class_of[first] in apart or base.class_of[second] in apart
            assert (number == other) == (same or (not alone and asked[first] == asked[second]))
    assert len(index.labels) == len(set(index.class_of))
    for tier in tiers:
        for some in tier.isolating:
            agrees(index.class_of, index.isolated_by(some), base.class_of, base.isolated_by(some))
        for view in tier.policies:
            if not view.staged:
                agrees(index.class_of, index.select(view.selector), base.class_of, base.select(view.selector))


@given(st.lists(CARRIERS, max_size=8), TIERS, SELECTORS)
def test_nobody_is_told_apart_within_a_class(
    carriers: list[dict[str, str]], tiers: tuple[TierView, ...], selector: Node
) -> None:
    base = LabelIndex(carriers)
    index = AlikeIndex(base, tiers, ())
    try:
        chosen = index.select(selector)
    except KeyError:
        fine = base.select(selector)
        sides: dict[bool, set[int]] = {True: set(), False: set()}
        for number, own in zip(index.class_of, base.class_of, strict=True):
            sides[own in fine].add(number)
        assert sides[True] & sides[False]
    else:
        agrees(index.class_of, chosen, base.class_of, base.select(selector))


def agrees(numbers: list[int], chosen: object, fine_numbers: list[int], fine_chosen: object) -> None:
    assert isinstance(chosen, frozenset)
    assert isinstance(fine_chosen, set | frozenset)
    for number, fine in zip(numbers, fine_numbers, strict=True):
        assert (number in chosen) == (fine in fine_chosen)


def test_much_is_taken_as_one() -> None:
    before = after = 0
    for snapshot in states(30):
        full, waiting = engines(snapshot)
        for own in list(full.inventory.pods.values())[:2]:
            before += len(waiting.directory.endpoint_index.labels)
            asked = waiting.asked(with_one_pod(waiting.inventory, [own]))
            after += len(asked.directory.endpoint_index.labels)
    assert 100 < after < 0.7 * before


def names_both_ways(count: int) -> int:
    """Compare the names of sets of pods in places that are merged and in those of everything; return how many."""
    compared = 0
    for snapshot in states(count):
        full, waiting = engines(snapshot)
        own = next(iter(full.inventory.pods.values()))
        merged = find_places([waiting.asked(with_one_pod(waiting.inventory, [own]))], 4)[0]
        every = find_places([full], 4)[0]
        namers = Namer(merged), Namer(every)
        numbers = list(numbers_in(merged.pods))[:6]
        for chosen in range(1, 1 << len(numbers)):
            mask = sum(1 << number for place, number in enumerate(numbers) if chosen >> place & 1)
            pods = [pod.key for number in numbers_in(mask) for pod in merged.places[number].pods]
            same = reduce(or_, (1 << every.of_pod[key] for key in pods))
            assert namers[0].names(mask) == namers[1].names(same)
            compared += 1
    return compared


def test_names_do_not_tell_how_many_places_there_are() -> None:
    assert names_both_ways(10) > 200


@pytest.mark.parametrize("part", ["_mixed", "_by_namespace"])
def test_naming_by_places_is_caught(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Namer.__init__

    def begin(self: Namer, places: Places) -> None:
        real(self, places)
        setattr(self, part, {"_mixed": 0, "_by_namespace": by_places(self)}[part])

    def by_places(self: Namer) -> dict[str, int]:
        found = {name: reduce(or_, masks.values()) for name, masks in self._by_workload.items()}
        return {name: mask for name, mask in found.items() if mask.bit_count() > 1}

    monkeypatch.setattr(Namer, "__init__", begin)
    with pytest.raises(AssertionError):
        names_both_ways(10)


def what_rules_mean_does_not_matter(patch: pytest.MonkeyPatch) -> None:
    def selectors(tiers: tuple[TierView, ...]) -> Iterator[Node]:
        yield from (policy.selector for tier in tiers for policy in tier.policies if not policy.staged)

    patch.setattr(alike, "_selectors", selectors)
    patch.setattr(AlikeIndex, "select", lambda self, node: self._merged_of(self._base.select(node)))


def whom_policies_select_does_not_matter(patch: pytest.MonkeyPatch) -> None:
    real = alike._selectors

    def selectors(tiers: tuple[TierView, ...]) -> Iterator[Node]:
        own = {policy.selector for tier in tiers for policy in tier.policies}
        yield from (node for node in real(tiers) if node not in own)

    patch.setattr(alike, "_selectors", selectors)
    patch.setattr(AlikeIndex, "select", lambda self, node: self._merged_of(self._base.select(node)))


def isolated_pods_are_as_others(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LabelIndex, "isolated_by", lambda self, some: frozenset())


def policies_of_other_namespaces_isolate(patch: pytest.MonkeyPatch) -> None:
    real = LabelIndex.isolated_by

    def isolated_by(self: LabelIndex, some: Isolating) -> object:
        everywhere = tuple((space, labels) for space in "abcd" for _, labels in some.selected)
        return real(self, Isolating(some.policy, everywhere))

    patch.setattr(LabelIndex, "isolated_by", isolated_by)


def who_is_asked_about_is_as_others(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(engine, "AlikeIndex", lambda base, tiers, apart: AlikeIndex(base, tiers, ()))


FAULTS = (
    what_rules_mean_does_not_matter,
    whom_policies_select_does_not_matter,
    isolated_pods_are_as_others,
    policies_of_other_namespaces_isolate,
    who_is_asked_about_is_as_others,
)


@pytest.mark.parametrize("fault", FAULTS)
def test_taking_too_much_as_one_is_caught(fault: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert callable(fault)
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        compare_reach(60)


# A namespace that is not there has no profile, and Felix lets nothing in to its pods.
NO_NAMESPACE = (*CLUSTER, pod("gone/one", ["192.168.2.1"], "n2"), pod("gone/two", ["192.168.2.2"], "n2"))


def compare_profiles() -> None:
    full, waiting = engines(snapshot_of(NO_NAMESPACE))
    found = find_reach(waiting, "shop/web")
    assert found == find_reach(full, "shop/web")
    into = [name for item in found if "shop/web" in item.sources for name in item.destinations]
    assert "apps/front" in into
    assert "gone/one" not in into


def test_pods_without_a_profile_are_not_as_others() -> None:
    compare_profiles()


def test_passing_over_profiles_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Finder, "_allowed_by", lambda self, engine, profiles: ())
    with pytest.raises(AssertionError):
        compare_profiles()

"""Pause and resume over an API server in memory: proven, in any order, and byte for byte back."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from _pytest.outcomes import Failed
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from generator.apply.enforcement import Enforcement
from generator.apply.enforcement import find_ways as ways_of
from generator.apply.pauses import PauseBook, PauseRecord
from generator.apply.pausing import carry_out, find_ways, pause_writing, require_proven, resume_writing
from generator.apply.ports import LeaseLost
from generator.calico.objects import Identity
from generator.cluster.places import place_of
from generator.cluster.writes import Writer
from generator.foundation.errors import RefusedError
from generator.intent.model import Layout
from generator.plan.model import Manifest, Plan
from generator.plan.simulate import carry_out as carry_out_in_memory
from generator.snapshot.model import Snapshot
from tests.apply.memory_api import FakeClock, MemoryApi
from tests.apply.test_status import OLD, SHAPES, WORLD, dropped, of, snapshot_with
from tests.faults.calico import Fault
from tests.faults.pausing import FAULTS_OF_PAUSES
from tests.plan.worlds import plan_of

WAYS = [(namespace, direction) for namespace in ("pay", "shop") for direction in ("Egress", "Ingress")]
PODS = {"pay": "api", "shop": "web"}


@dataclass
class Cluster:
    """A plan that was carried out, on an API server in memory."""

    plan: Plan
    api: MemoryApi
    clock: FakeClock
    kinds: dict[tuple[str, str], Identity]

    def snapshot(self) -> Snapshot:
        found = {self.kinds[key]: stored for key, stored in self.api.objects.items() if key in self.kinds}
        return snapshot_with(found)

    def book(self) -> PauseBook:
        return PauseBook(self.api, self.clock, "ringfence", "shop")

    def pause(self, ways: Sequence[tuple[str, str]]) -> None:
        found = pause_writing(self.plan, self.snapshot(), ways)
        require_proven(self.plan, self.snapshot(), found.steps)
        self._learn(found.steps)
        carry_out(Writer(self.api, self.clock), self.plan, found.steps)
        self.book().add([PauseRecord(*way, "ann", "2026-01-01") for way in found.ways])

    def resume(self, ways: Sequence[tuple[str, str]]) -> None:
        paused = [(item.namespace, item.direction) for item in self.book().read()]
        found = resume_writing(self.plan, self.snapshot(), ways, paused)
        require_proven(self.plan, self.snapshot(), found.steps)
        carry_out(Writer(self.api, self.clock), self.plan, found.steps)
        self.book().remove(ways)

    def bytes(self) -> str:
        """All that was written and not set by the server."""
        found = {}
        for key in sorted(self.kinds):
            if key in self.api.objects:
                stored = json.loads(json.dumps(self.api.objects[key]))
                del stored["metadata"]["uid"], stored["metadata"]["resourceVersion"]
                found["/".join(key)] = stored
        return json.dumps(found, sort_keys=True)

    def _learn(self, steps: Sequence[Any]) -> None:
        for step in steps:
            self.kinds[_key(step.write.identity, step.write.after)] = step.write.identity


def _key(identity: Identity, manifest: Manifest) -> tuple[str, str]:
    place = place_of(identity.kind, manifest)
    return f"/apis/{place.api_version}/{place.plural}", f"{place.namespace}/{place.name}"


def cluster(layout: Layout, world: list[dict[str, Any]] | None = None, until: int | None = None) -> Cluster:
    planned = plan_of(world or WORLD, SHAPES[layout])
    api = MemoryApi(namespaces={"pay", "shop", "ringfence"})
    found = Cluster(planned.plan, api, FakeClock(), {})
    for identity, manifest in carry_out_in_memory(planned.start, planned.plan.steps[:until]).items():
        key = _key(identity, manifest)
        api.put(key, manifest, "ADDED")
        found.kinds[key] = identity
    return found


@settings(max_examples=25, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(st.sampled_from(list(Layout)), st.permutations(WAYS), st.permutations(WAYS), st.integers(1, 4))
def pauses_end_where_they_began(
    layout: Layout, first: list[tuple[str, str]], last: list[tuple[str, str]], number: int
) -> None:
    """Paused in any order, ended in another; in between exactly what is paused lets through what the set does not."""
    there = cluster(layout)
    begun = there.bytes()
    paused = first[:number]
    for way in paused:
        there.pause([way])
        assert there.bytes() != begun
    check_states(there, paused)
    for way in (way for way in last if way in paused):
        there.resume([way])
        paused = [item for item in paused if item != way]
        check_states(there, paused)
    assert there.bytes() == begun
    assert there.book().read() == ()


def check_states(there: Cluster, paused: Sequence[tuple[str, str]]) -> None:
    snapshot = there.snapshot()
    recorded = [(item.namespace, item.direction) for item in there.book().read()]
    assert sorted(recorded) == sorted(paused)
    ways = ways_of(snapshot, "shop", (), recorded)
    for namespace, direction in WAYS:
        wanted = Enforcement.PAUSED if (namespace, direction) in paused else Enforcement.ENFORCED
        assert of(ways, namespace, direction).state is wanted
        assert dropped(snapshot, namespace, PODS[namespace], direction) is (wanted is Enforcement.ENFORCED)


def test_pauses_end_where_they_began() -> None:
    pauses_end_where_they_began()


def a_rollout_that_is_half_way_is_paused_and_resumed() -> None:
    """Only some namespaces are enforced; a resume brings those back and no others."""
    there = cluster(Layout.TIERS)
    steps = there.plan.steps
    cut = [n for n, step in enumerate(steps) if getattr(step, "namespace", "") and step.stage == "cutover"]
    half = cluster(Layout.TIERS, until=cut[0] + 1)
    step = steps[cut[0]]
    way = (step.namespace, step.direction)
    begun = half.bytes()
    half.pause([way])
    assert not dropped(half.snapshot(), way[0], PODS[way[0]], way[1])
    half.resume([way])
    assert half.bytes() == begun
    other = next(item for item in WAYS if item[0] != way[0] and item[1] == way[1])
    with pytest.raises(RefusedError, match="is not paused"):
        half.resume([other])
    assert pause_writing(half.plan, half.snapshot(), [other]).notes[0].endswith("is not enforced, so nothing is paused")
    half.pause([other])
    assert half.bytes() == begun
    assert half.book().read() == ()


def test_a_rollout_that_is_half_way_is_paused_and_resumed() -> None:
    a_rollout_that_is_half_way_is_paused_and_resumed()


def resume_only_ends_a_pause() -> None:
    for layout in Layout:
        there = cluster(layout)
        with pytest.raises(RefusedError) as caught:
            there.resume([WAYS[0]])
        assert caught.value.diagnostics[0].summary == "egress of 'pay' is not paused"


def test_resume_only_ends_a_pause() -> None:
    resume_only_ends_a_pause()


def somebody_elses_change_is_not_written_over() -> None:
    for layout in Layout:
        there = cluster(layout)
        there.pause([("shop", "Ingress")])
        identity = next(
            write.identity
            for pause in there.plan.pauses
            if (pause.namespace, pause.direction) == ("shop", "Ingress")
            for write in pause.writes
        )
        key = next(key for key, found in there.kinds.items() if found == identity)
        theirs = {**there.api.objects[key], "spec": {**there.api.objects[key]["spec"], "order": 7}}
        there.api.put(key, theirs, "MODIFIED")
        before = there.bytes()
        with pytest.raises(RefusedError):
            there.resume([("shop", "Ingress")])
        assert there.bytes() == before


def test_somebody_elses_change_is_not_written_over() -> None:
    somebody_elses_change_is_not_written_over()


def a_pause_that_is_not_safe_is_refused() -> None:
    """Of writes that also free what nobody asked for, or that cut something, the proof says no."""
    there = cluster(Layout.TIERS)
    tier = next(identity for identity in there.kinds.values() if identity.kind.value == "Tier")
    (step,) = pause_writing(there.plan, there.snapshot(), [WAYS[0]]).steps
    assert step.write.after is not None
    old = next(obj for obj in there.snapshot().policies if obj.name == tier.name)
    closing = {**old.manifest, "spec": {**old.manifest["spec"], "defaultAction": "Deny"}}
    write = replace(step.write, identity=tier, before=old.manifest, after=closing)
    opening = replace(step, id="pause-2", write=replace(write, before=closing, after=old.manifest))
    bad = [replace(step, write=write), opening]
    there.pause([WAYS[1]])
    with pytest.raises(RefusedError) as caught:
        require_proven(there.plan, there.snapshot(), bad)
    assert "RF8207" in [item.code for item in caught.value.diagnostics]


def test_a_pause_that_is_not_safe_is_refused() -> None:
    a_pause_that_is_not_safe_is_refused()


def test_a_lease_that_is_lost_writes_nothing() -> None:
    there = cluster(Layout.TIERS)
    before = there.bytes()

    def lost() -> None:
        raise LeaseLost("bob", "taken over")

    found = pause_writing(there.plan, there.snapshot(), [WAYS[0]])
    with pytest.raises(RefusedError) as caught:
        carry_out(Writer(there.api, there.clock, lost), there.plan, found.steps)
    assert "'bob' has it" in caught.value.diagnostics[0].summary
    assert there.bytes() == before


def test_pods_of_others_are_said_and_unknown_names_are_refused() -> None:
    there = cluster(Layout.SINGLE_TIER, [*WORLD, OLD])
    found = pause_writing(there.plan, there.snapshot(), [("shop", "Ingress")])
    assert found.notes == ("ingress of 'shop': pods that policies of others isolate stay isolated",)
    with pytest.raises(RefusedError) as caught:
        pause_writing(there.plan, there.snapshot(), [("shopp", "Ingress")])
    assert caught.value.diagnostics[0].hint.startswith("did you mean 'shop'")


def test_the_ways_that_a_call_means() -> None:
    plan = cluster(Layout.TIERS).plan
    assert find_ways(plan, []) == WAYS
    assert find_ways(plan, ["shop"], "Ingress") == [("shop", "Ingress")]
    assert find_ways(plan, ["shop", "shop"]) == [("shop", "Egress"), ("shop", "Ingress")]
    assert find_ways(plan, ["nowhere"]) == [("nowhere", "Egress")]


def test_a_book_that_cannot_be_read_is_refused() -> None:
    there = cluster(Layout.TIERS)
    there.book().add([PauseRecord("shop", "Egress", "ann", "2026-01-01", "2026-02-01", "why")])
    there.book().add([PauseRecord("pay", "Egress", "bob", "2026-01-01")])
    assert [item.who for item in there.book().read()] == ["bob", "ann"]
    key = ("/api/v1/configmaps", "ringfence/ringfence-shop-pauses")
    there.api.objects[key]["data"]["pauses"] = "{}"
    with pytest.raises(RefusedError):
        there.book().read()


@pytest.mark.parametrize("fault", FAULTS_OF_PAUSES, ids=lambda fault: fault.__name__)
def test_a_fault_is_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    checks: tuple[Callable[[], None], ...] = (
        resume_only_ends_a_pause,
        a_rollout_that_is_half_way_is_paused_and_resumed,
        somebody_elses_change_is_not_written_over,
        a_pause_that_is_not_safe_is_refused,
        pauses_end_where_they_began,
    )
    failed = 0
    for check in checks:
        try:
            check()
        except (AssertionError, Failed, RefusedError):
            failed += 1
            break
    assert failed

"""A pause, and what is asked for while it lasts: told by whom and until when, not ended unasked, not called drift."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from _pytest.outcomes import Failed

from generator.apply.freshness import NotFresh
from generator.apply.pauses import PauseRecord
from generator.apply.pausing import carry_out, pause_writing
from generator.apply.run import go_on, start_run, take_back
from generator.cluster.writes import Writer
from generator.foundation.errors import RefusedError
from generator.intent.model import Layout
from generator.plan.model import Plan
from tests.apply.memory_api import FakeClock
from tests.apply.policy_api import PolicyApi
from tests.apply.worlds import Told, call_of, shop_objects, shop_plan, shop_shape, world_of
from tests.faults.calico import Fault
from tests.faults.pausing import FAULTS_OF_PAUSED_RUNS
from tests.plan.worlds import space

SHOPS = ("shop-a", "shop-b")
ANN = "ann@laptop"


class Book:
    """Who has paused what, kept here."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], PauseRecord] = {}

    def read(self) -> tuple[PauseRecord, ...]:
        return tuple(sorted(self.records.values()))

    def remove(self, ways: Sequence[tuple[str, str]]) -> None:
        for way in ways:
            self.records.pop(way, None)


class Place:
    """Two shops on an API server in memory, with whoever has paused something."""

    def __init__(self, layout: Layout) -> None:
        self.shape = shop_shape(*SHOPS, layout=layout)
        self.api = PolicyApi(around=[space("ringfence"), *shop_objects(*SHOPS)])
        self.api.namespaces |= set(SHOPS)
        self.book = Book()
        self.folder = Path(tempfile.mkdtemp(prefix="ringfence-paused-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.runs = 0

    def plan(self) -> Plan:
        live = [*self.api.around, *(item for _, item in self.api.policies())]
        return shop_plan(live, self.shape)

    def run(self, command: Callable[..., Any], plan: Plan, folder: str = "run", **more: Any) -> Any:
        call = replace(call_of(plan, self.folder / folder, until=more.pop("until", "")), **more)
        world = world_of(self.api, FakeClock(), self.api.read, "shop", Told())
        return command(call, replace(world, pauses=self.book))

    def refused(self, command: Callable[..., Any], plan: Plan, folder: str = "run", **more: Any) -> list[Any]:
        before = self.state()
        with pytest.raises(RefusedError) as caught:
            self.run(command, plan, folder, **more)
        assert self.state() == before
        return list(caught.value.diagnostics)

    def pause(self, plan: Plan, namespace: str, direction: str) -> None:
        found = pause_writing(plan, self.api.read(), [(namespace, direction)])
        assert found.steps
        carry_out(Writer(self.api, FakeClock()), plan, found.steps)
        self.book.records[namespace, direction] = PauseRecord(
            namespace, direction, ANN, "2026-01-01 08:00 UTC", "2026-02-01", "incident 12"
        )

    def resume(self, plan: Plan, namespace: str, direction: str) -> None:
        from generator.apply.pausing import resume_writing

        found = resume_writing(plan, self.api.read(), [(namespace, direction)], list(self.book.records))
        carry_out(Writer(self.api, FakeClock()), plan, found.steps)
        self.book.remove([(namespace, direction)])

    def state(self) -> dict[Any, Any]:
        return {key: (item["spec"], item["metadata"]["resourceVersion"]) for key, item in self.api.policies()}


SAID = (
    "ingress of 'shop-a' is paused by ann@laptop since 2026-01-01 08:00 UTC, until 2026-02-01: incident 12",
    "resume first: ringfence resume shop-a --direction ingress --intent shop",
)


def a_plan_ends_a_pause_only_where_that_is_asked_for() -> None:
    for layout in Layout:
        place = Place(layout)
        first = place.plan()
        place.run(start_run, first)
        place.pause(first, "shop-a", "Ingress")
        paused = place.state()
        again = place.plan()
        assert not again.is_empty
        (found,) = place.refused(start_run, again, "second")
        assert (found.code, found.summary) == ("RF8211", SAID[0])
        assert found.hint == f"{SAID[1]}; or let the plan enforce it: --end-pauses"
        place.run(start_run, again, "second", end_pauses=True)
        assert place.book.read() == ()
        assert place.state() != paused
        assert place.plan().is_empty


def test_a_plan_ends_a_pause_only_where_that_is_asked_for() -> None:
    a_plan_ends_a_pause_only_where_that_is_asked_for()


def a_plan_from_before_a_pause_names_it_and_no_drift() -> None:
    place = Place(Layout.TIERS)
    plan = place.plan()
    done = next(step.id for step in plan.writes if step.stage == "cutover")
    place.run(start_run, plan, until=done)
    cut = next(step for step in plan.writes if step.stage == "cutover")
    place.pause(plan, cut.namespace, cut.direction)
    (found,) = place.refused(go_on, plan)
    assert (found.code, f"{cut.direction.lower()} of '{cut.namespace}' is paused by {ANN}" in found.summary) == (
        "RF8211",
        True,
    )
    command = f"ringfence resume {cut.namespace} --direction {cut.direction.lower()} --intent shop"
    assert found.hint == f"resume first: {command}"
    (found,) = place.refused(take_back, plan)
    assert (found.code, found.hint) == ("RF8211", f"resume first: {command}")
    place.resume(plan, cut.namespace, cut.direction)
    place.run(go_on, plan)
    assert place.plan().is_empty


def test_a_plan_from_before_a_pause_names_it_and_no_drift() -> None:
    a_plan_from_before_a_pause_names_it_and_no_drift()


def what_others_have_changed_meanwhile_is_told_too() -> None:
    place = Place(Layout.TIERS)
    plan = place.plan()
    cut = next(step for step in plan.writes if step.stage == "cutover")
    place.run(start_run, plan, until=cut.id)
    place.pause(plan, cut.namespace, cut.direction)
    key = place.api.key_of(cut.write.identity)
    theirs = {**place.api.objects[key], "spec": {**place.api.objects[key]["spec"], "order": 4_321}}
    place.api.put(key, theirs, "MODIFIED")
    with pytest.raises(NotFresh) as caught:
        place.run(go_on, plan)
    assert [drift.identity for drift in caught.value.check.drifts] == [cut.write.identity]
    assert [item.code for item in caught.value.more] == ["RF8211"]


def test_what_others_have_changed_meanwhile_is_told_too() -> None:
    what_others_have_changed_meanwhile_is_told_too()


def what_is_recorded_and_over_is_in_nobodys_way() -> None:
    for layout in Layout:
        place = Place(layout)
        first = place.plan()
        place.run(start_run, first)
        place.book.records["shop-a", "Ingress"] = PauseRecord("shop-a", "Ingress", ANN, "2026-01-01 08:00 UTC")
        place.run(take_back, first)
        assert not [item for _, item in place.api.policies()]


def test_what_is_recorded_and_over_is_in_nobodys_way() -> None:
    what_is_recorded_and_over_is_in_nobodys_way()


def test_a_pause_over_a_bridge_tells_by_its_name_and_a_rollback_leaves_none_behind() -> None:
    place = Place(Layout.SINGLE_TIER)
    plan = place.plan()
    place.run(start_run, plan)
    place.pause(plan, "shop-a", "Ingress")
    (found,) = place.refused(take_back, plan)
    assert found.summary == SAID[0]
    place.book.records.clear()
    place.book.records["shop-b", "Egress"] = PauseRecord("shop-b", "Egress", ANN, "2026-01-01 08:00 UTC")
    (found,) = place.refused(take_back, plan)
    assert found.summary == "ingress of 'shop-a' is paused; by whom is not recorded here"
    place.resume(plan, "shop-a", "Ingress")
    place.run(take_back, plan)
    assert not [item for _, item in place.api.policies()]


@pytest.mark.parametrize("fault", FAULTS_OF_PAUSED_RUNS, ids=lambda fault: fault.__name__)
def test_a_fault_is_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    checks: tuple[Callable[[], None], ...] = (
        a_plan_ends_a_pause_only_where_that_is_asked_for,
        a_plan_from_before_a_pause_names_it_and_no_drift,
        what_others_have_changed_meanwhile_is_told_too,
        what_is_recorded_and_over_is_in_nobodys_way,
    )
    failed = 0
    for check in checks:
        try:
            check()
        except (AssertionError, Failed, RefusedError, NotFresh):
            failed += 1
    assert failed

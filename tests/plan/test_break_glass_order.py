"""The order of the break-glass bundle: from every step it is the rollback's, and the proof holds for it."""

from __future__ import annotations

from functools import cache

import pytest

from generator.intent.model import Layout
from generator.plan.model import Plan
from generator.plan.simulate import carry_out
from generator.snapshot.model import Snapshot
from tests.faults.break_glass import FAULTS_OF_THE_BUNDLE
from tests.faults.calico import Fault
from tests.plan import break_glass_laws as laws
from tests.plan.test_break_glass import LIVE, OLD, SERVICES
from tests.plan.worlds import Shape, manifests_of, plan_of, pod, snapshot_of, space

TWO = [*LIVE, space("pay"), pod("pay", "api")]
BOTH = ("pay", "shop")


@cache
def plans() -> dict[str, tuple[Plan, Snapshot]]:
    """Return ways of both layouts: in, with an old policy handed over, a change of scope and feeds, and out."""
    found = {}
    for layout in Layout:
        shape = Shape(BOTH, SERVICES, layout=layout)
        set_up = plan_of(TWO, shape, replaces=[OLD])
        around = [item for item in TWO if item["kind"] != "NetworkPolicy"]
        there = [*around, *map(dict, manifests_of(carry_out(set_up.start, set_up.plan.steps)))]
        change = plan_of(there, Shape(("shop",), SERVICES, nets=("203.0.113.0/24",), layout=layout))
        out = plan_of(there, None, to_none=True)
        for name, planned, live in (("in", set_up, TWO), ("change", change, there), ("out", out, there)):
            assert not planned.plan.errored, planned.plan.unresolved
            found[f"{layout.value}-{name}"] = planned.plan, snapshot_of(live)
    return found


WAYS = [f"{layout.value}-{way}" for layout in Layout for way in ("in", "change", "out")]


@pytest.mark.parametrize("way", WAYS)
def test_it_is_the_rollback_from_every_step(way: str) -> None:
    laws.is_the_rollback(plans()[way][0])


@pytest.mark.parametrize("way", WAYS)
def test_it_is_proven_from_every_step(way: str) -> None:
    laws.is_proven(*plans()[way])


@pytest.mark.parametrize("way", WAYS)
def test_it_ends_at_the_start_whatever_others_did(way: str) -> None:
    laws.ends_at_the_start_whatever_others_did(plans()[way][0])


@pytest.mark.parametrize("fault", FAULTS_OF_THE_BUNDLE, ids=lambda fault: fault.__name__)
def test_the_proof_refuses_a_wrong_order(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    plans()  # made without the fault
    fault(monkeypatch)
    refused = []
    for plan, snapshot in plans().values():
        try:
            laws.is_proven(plan, snapshot)
        except AssertionError as found:
            refused.append(found)
            break
    assert refused

"""Every example in both layouts is observed: nothing fares otherwise, and the log is what cut-over cuts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from generator.compare import compute_diff
from generator.foundation.errors import RefusedError
from generator.intent.model import Layout
from generator.plan.observe import make_observing_plan
from generator.plan.plan_file import write_plan
from generator.plan.simulate import carry_out
from tests.plan import laws
from tests.plan.observing_laws import check_observing_plan, sets_of_logged_and_cut
from tests.plan.observing_worlds import end_of
from tests.plan.test_oracle_examples import violations
from tests.plan.test_plan_examples import INTENTS, Example
from tests.plan.worlds import Planned, start_of

# Its live folder holds a policy of an older set of ours, which is in force: what it would drop otherwise, no log shows.
OLDER_SET = ("examples/online-boutique/intent.yaml", Layout.TIERS)


def observed(example: Example) -> Planned:
    objects = [item.object for item in example.rendered.objects]
    diff = compute_diff(
        objects, example.snapshot.policies, example.intent.name, version=example.rendered.target.version
    )
    plan = make_observing_plan(example.rendered, example.snapshot, example.intent, diff, until="2026-12-01")
    return Planned(plan, diff, example.rendered, start_of(diff))


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("name", INTENTS)
def test_an_example_is_observed_and_then_enforced(name: str, layout: Layout, tmp_path: Path) -> None:
    example = Example.load(name, layout, tmp_path)
    if (name, layout) == OLDER_SET:
        with pytest.raises(RefusedError, match="redis-cart is enforced already"):
            observed(example)
        return
    planned = observed(example)
    check_observing_plan(planned, example.snapshot)
    policies = {identity: laws.object_at(identity, manifest) for identity, manifest in end_of(planned).items()}
    reached = replace(example, snapshot=replace(example.snapshot, policies=tuple(policies.values())))
    rest = reached.planned()
    assert not rest.plan.errored, rest.plan.unresolved
    assert violations(write_plan(rest.plan), reached.snapshot) == []
    direct = example.planned()
    assert dict(carry_out(rest.start, rest.plan.steps)) == dict(carry_out(direct.start, direct.plan.steps))
    missed = any(item.code == "RF8045" for item in planned.plan.warnings)
    unequal = [
        (logged, cut)
        for logged, cut in sets_of_logged_and_cut(example.snapshot, end_of(planned), end_of(rest))
        if logged != cut
    ]
    assert bool(unequal) is missed
    assert planned.plan.observing.drops or layout is Layout.SINGLE_TIER

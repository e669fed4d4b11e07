"""Observing in clusters drawn at random, beside policies of others: laws, the log with three judges, and the rest."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any

from generator.compare import compute_diff
from generator.foundation.errors import RefusedError
from generator.intent import load_intent
from generator.layers.render import build_set
from generator.plan.observe import make_observing_plan
from generator.plan.observed import Form
from generator.plan.plan_file import write_plan
from generator.platforms import load_profile
from tests.plan import laws
from tests.plan.observing_laws import check_log, check_observing_plan
from tests.plan.observing_worlds import after, go_on, observing_plan_of, seen
from tests.plan.oracle_worlds import Drawn
from tests.plan.random_migrations import Drawing
from tests.plan.random_migrations_run import DAY, journey_of
from tests.plan.test_oracle_examples import violations
from tests.plan.worlds import Planned, Shape, start_of

WORLDS = 16
CHANGES = 10


def observe(live: list[Mapping[str, Any]], shape: Shape, counts: Counter[str]) -> None:
    """Observe a set, check what is logged against what the rest of the way cuts, and the rest itself."""
    counts["worlds"] += 1
    counts[f"layout {shape.layout}"] += 1
    try:
        planned = observing_plan_of(live, shape)
    except RefusedError as error:
        counts.update(f"refused {item.code}" for item in error.diagnostics[:1])
        return
    check_observing_plan(planned, seen(live))
    rest = go_on(live, planned, shape)
    if rest.plan.errored:
        counts["the rest is refused"] += 1
        return
    laws.check_plan(rest)
    assert violations(write_plan(rest.plan), seen(after(live, planned))) == []
    assert not [item for item in planned.plan.warnings if item.code == "RF8045"]
    logged = check_log(live, seen(live), planned, rest)
    counts["logged flows"] += logged
    counts["something is logged"] += logged > 0
    counts["isolated before"] += any(item["kind"] == "NetworkPolicy" for item in live)


def test_what_is_logged_is_what_is_cut() -> None:
    counts: Counter[str] = Counter()
    for seed in range(WORLDS):
        drawn = Drawn(seed)
        live = drawn.cluster()
        observe(live, drawn.target(), counts)
    shown = "\n".join(f"  {name}: {count}" for name, count in sorted(counts.items()))
    sys.stdout.write(f"\n{shown}\n")
    assert counts["something is logged"] >= 0.8 * WORLDS
    assert counts["isolated before"] >= 0.5 * WORLDS
    assert counts["layout tiers"] >= 5
    assert counts["layout single-tier"] >= 5


def test_twins_of_sets_that_change() -> None:
    """Half-way or whole under an older set of theirs: nothing fares otherwise, and what misleads is told."""
    counts: Counter[str] = Counter()
    seed = 0
    while counts["worlds"] < CHANGES:
        world = Drawing(seed).world()
        seed += 1
        if world.older is None or world.newer is None:
            continue
        counts["worlds"] += 1
        snapshot = journey_of(world).snapshot
        services = json.dumps(world.newer)
        intent = load_intent(["-"], stdin=services).intent
        rendered = build_set(intent, load_profile("generic"), snapshot=snapshot, as_of=DAY)
        objects = [item.object for item in rendered.objects]
        diff = compute_diff(objects, snapshot.policies, intent.name, version=rendered.target.version)
        plan = make_observing_plan(rendered, snapshot, intent, diff, form=Form.STAGED)
        planned = Planned(plan, diff, rendered, start_of(diff))
        check_observing_plan(planned, snapshot)
        told = any(item.code == "RF8052" for item in plan.warnings)
        counts[f"{rendered.target.layout} {'misleads' if told else 'is exact'}"] += 1
    shown = "\n".join(f"  {name}: {count}" for name, count in sorted(counts.items()))
    sys.stdout.write(f"\n{shown}\n")
    assert counts["tiers is exact"] > counts["tiers misleads"]

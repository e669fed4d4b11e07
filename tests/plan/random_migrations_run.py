"""Plans random migrations and has each plan judged: proven, and the checker finds nothing, or refused with a witness.

The witness of a refusal is followed by the evaluator that the checker uses, in the states that the witness names.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any
from unittest.mock import patch

from generator.compare import compute_diff
from generator.foundation.errors import RefusedError
from generator.intent import load_intent
from generator.intent.model import Intent
from generator.layers.model import ManifestSet
from generator.layers.render import build_set
from generator.plan import make_plan
from generator.plan.isolation import Cluster, Isolation
from generator.plan.model import Plan, Step
from generator.plan.plan_file import write_plan
from generator.plan.proof.prove import Proof, Refuted, Undecided, prove
from generator.plan.simulate import states
from generator.platforms import load_profile
from generator.platforms.model import PlatformProfile
from generator.snapshot.model import Snapshot
from tests.plan import laws
from tests.plan.random_migrations import Drawing, Manifest, World, name_of
from tests.plan.random_migrations_witness import follow_witness, seen_steps
from tests.plan.worlds import snapshot_of, start_of
from tests.plan_oracle import Scene, check_plan_file, scene_of_snapshot
from tests.plan_oracle_parts.demands import Layout, lives
from tests.plan_oracle_parts.questions import ask_about
from tests.plan_oracle_parts.states import Versions, way_forward

DAY = date(2026, 11, 1)
DIRECTIONS = ("Ingress", "Egress")
MOST_HEARD = 4  # of many tries to do with fewer waits the first are enough


@dataclass(frozen=True)
class Heard:
    """One list of steps that the planner put to the proof, and what came of it."""

    steps: tuple[Step, ...]
    result: Proof | Refuted | Undecided


@dataclass(frozen=True)
class Journey:
    """A plan that was asked for; `plan` is None where none can be carried out, and `codes` say why."""

    world: World
    snapshot: Snapshot
    plan: Plan | None
    heard: tuple[Heard, ...]
    codes: tuple[str, ...] = ()


@dataclass
class Tally:
    """What a run of worlds was like, and what was found wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def share(self, name: str, of: str = "worlds") -> float:
        """Return the share of what was counted under a name."""
        return self.counts[name] / max(1, self.counts[of])


@lru_cache(maxsize=1)
def _profile() -> PlatformProfile:
    return load_profile("generic")


def journey_of(world: World) -> Journey:
    """Plan a world's migration, from wherever its older intent has led it."""
    live = [*world.cluster, *world.foreign]
    snapshot = snapshot_of(live, complete=world.complete)
    if world.older is not None:
        intent, rendered = _read(world.older, snapshot)
        # What others have that denies is accepted: these worlds are about the order of steps.
        first = make_plan(rendered, snapshot, intent, _diff(rendered, snapshot), accept=_denies(world))
        if first.steps:
            start = start_of(_diff(rendered, snapshot))
            objects = start
            done = round(world.part * len(first.steps))
            for number, (_, found) in enumerate(states(start, first.steps), start=1):
                objects = dict(found) if number <= done else objects
        else:
            # Refused; it got there in some other way.
            objects = start_of(_diff(rendered, snapshot)) | {
                item.identity: item.object.manifest for item in rendered.objects
            }
        policies = tuple(laws.object_at(identity, objects[identity]) for identity in sorted(objects))
        snapshot = replace(snapshot, policies=policies)
    with _listening() as heard:
        try:
            plan = _plan(world, snapshot)
        except RefusedError as error:
            return Journey(world, snapshot, None, tuple(heard), tuple(item.code for item in error.diagnostics))
    return Journey(world, snapshot, plan, tuple(heard))


def _plan(world: World, snapshot: Snapshot) -> Plan:
    if world.newer is None:
        assert world.older is not None
        intent, _ = _read(world.older, snapshot)
        return make_plan(None, snapshot, intent, compute_diff([], snapshot.policies, intent.name), to_none=True)
    intent, rendered = _read(world.newer, snapshot)
    return make_plan(rendered, snapshot, intent, _diff(rendered, snapshot), accept=_denies(world))


def _read(text: Manifest, snapshot: Snapshot) -> tuple[Intent, ManifestSet]:
    intent = load_intent(["-"], stdin=json.dumps(text)).intent
    return intent, build_set(intent, _profile(), snapshot=snapshot, as_of=DAY)


def _diff(rendered: ManifestSet, snapshot: Snapshot) -> Any:
    objects = [item.object for item in rendered.objects]
    return compute_diff(objects, snapshot.policies, rendered.intent, version=rendered.target.version)


def _denies(world: World) -> list[str]:
    return [name_of(item) for item in world.foreign if '"Deny"' in json.dumps(item) and item["kind"].endswith("Policy")]


@contextmanager
def _listening() -> Iterator[list[Heard]]:
    heard: list[Heard] = []

    def listen(steps: Sequence[Step], *args: Any, **more: Any) -> Proof | Refuted | Undecided:
        result = prove(steps, *args, **more)
        heard.append(Heard(tuple(steps), result))
        return result

    with patch("generator.plan.proving.prove", listen):
        yield heard


def judge(journey: Journey, tally: Tally) -> None:
    """Hold a plan against the checker, or its refusal against the evaluator, and count what it was like."""
    counts, world = tally.counts, journey.world
    counts["worlds"] += 1
    counts["plain"] += world.traits.plain
    counts["one direction"] += _isolated_in_one_direction(journey.snapshot)
    plan = journey.plan
    if plan is None or (plan.errored and not journey.heard):
        _refuse(journey, tally)
        return
    scene = scene_of_snapshot(journey.snapshot, plan.scope)
    if journey.heard:
        _count_changes(scene, journey.heard[-1].steps, counts)
    # Of a plan that is proven in a later order, the witnesses against the earlier ones.
    tally.wrong += [f"{world.seed}: {text}" for text in _doubts(journey, scene, counts)]
    if plan.errored:
        _refuse(journey, tally)
        return
    counts["proven"] += 1
    counts[f"order {plan.proof.order}"] += bool(plan.steps)
    counts["nothing to do"] += not plan.steps
    found = check_plan_file(write_plan(plan), journey.snapshot, elsewhere=True)
    tally.wrong += [f"{world.seed}: proven, and {item}" for item in found[:3]]


def _refuse(journey: Journey, tally: Tally) -> None:
    unresolved = journey.plan.unresolved if journey.plan is not None else ()
    why = " ".join(sorted({*journey.codes, *(item.code for item in unresolved)}))
    tally.counts["refused"] += 1
    tally.counts[f"refused {why}"] += 1
    tally.counts["plain refused"] += journey.world.traits.plain


def _doubts(journey: Journey, scene: Scene, counts: Counter[str]) -> Iterator[str]:
    """Give what is wrong with the witnesses of the orders that were tried, the first few."""
    for heard in journey.heard[:MOST_HEARD]:
        match heard.result:
            case Refuted(history, witnesses):
                steps = seen_steps(heard.steps)
                for witness in witnesses:
                    counts["witnesses followed"] += 1
                    doubt = follow_witness(scene, steps, history, witness)
                    if doubt:
                        yield f"refused, and {doubt}: {witness.flow}"
            case Undecided():
                yield f"undecided: {heard.result}"
            case Proof():
                pass


def _isolated_in_one_direction(snapshot: Snapshot) -> bool:
    cluster = Cluster.of(snapshot)
    isolation = Isolation.of(snapshot.policies, cluster)
    ways = [
        [isolation.isolates(item, direction) for direction in DIRECTIONS]
        for items in cluster.workloads.values()
        for item in items
    ]
    return [True, False] in ways or [False, True] in ways


def _count_changes(scene: Scene, planned: Sequence[Step], counts: Counter[str]) -> None:
    """Count whether flows are both cut and opened, and whether both ends of a flow change."""
    versions, steps = Versions(), seen_steps(planned)
    _, before, after = way_forward(versions, scene.objects, steps)
    layout = Layout(ask_about(scene, steps, versions, before, after, 4))
    old, new = lives(layout, before), lives(layout, after)
    counts["cut and opened"] += bool(old & ~new) and bool(new & ~old)
    out = into = 0
    for place, end in enumerate(layout.ends.ends):
        masks = [layout.ends.mask(end, "egress", state) for state in (before, after)]
        out |= layout.leaving(place, masks[0] ^ masks[1])
        masks = [layout.ends.mask(end, "ingress", state) for state in (before, after)]
        into |= layout.entering(place, masks[0] ^ masks[1])
    counts["both ends"] += bool(out & into)


def run(seeds: Sequence[int]) -> Tally:
    """Plan and judge the worlds of some seeds."""
    tally = Tally()
    for seed in seeds:
        judge(journey_of(Drawing(seed).world()), tally)
    return tally

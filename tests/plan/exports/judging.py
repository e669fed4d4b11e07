"""Holds what an export's files say against the plan and against the independent checker of plans."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import pairwise

from generator.plan.model import Plan, WriteStep
from generator.snapshot.model import Snapshot
from tests.plan.exports.reading import Files, Manifest, State, read_states
from tests.plan_oracle import Step, Wait, Write, check_steps, scene_of_snapshot
from tests.plan_oracle_parts.steps import Key, key_of


def faults_of(files: Files, tool: str, plan: Plan, snapshot: Snapshot, orders: int = 2) -> list[str]:
    """Return what is wrong with an export: its states, their order, its guards, what nodes go through.

    So many orders of the writes of each commit are put to the checker of plans.
    """
    try:
        states = read_states(files, tool)
    except (AssertionError, KeyError) as error:
        return [f"cannot be read: {error!r}"]
    found = [*_wrong_states(states, plan, snapshot), *_wrong_guards(states, tool)]
    for order in range(orders):
        steps = steps_of(states, random.Random(order), live_objects(snapshot))
        found += [str(item) for item in check_steps(scene_of_snapshot(snapshot, plan.scope), steps, most=3)]
    return found


def live_objects(snapshot: Snapshot) -> dict[Key, Manifest]:
    """Return the policy objects that are live."""
    return {key_of(obj.manifest): obj.manifest for obj in snapshot.policies}


def steps_of(states: Sequence[State], orders: random.Random, live: Mapping[Key, Manifest]) -> list[Step]:
    """Return the writes of an export in some order, with a wait where the files make the tool wait.

    What is as it is live is given as it is live: a file writes 900 for 900.0.
    """
    steps: list[Step] = []
    for number, (before, after) in enumerate(pairwise(states), start=1):
        changed = [key for key in {**before.objects, **after.objects} if _at(before, key) != _at(after, key)]
        orders.shuffle(changed)
        for key in changed:
            parts = (
                live[key] if key in live and part == live[key] else part for part in (_at(before, key), _at(after, key))
            )
            steps.append(Write(f"{after.name}-{'-'.join(key)}", *parts))
        if after.waited_for:
            steps.append(Wait(f"wait-{number}"))
    return steps


def _at(state: State, key: Key) -> Manifest | None:
    return state.objects.get(key)


def _wrong_states(states: Sequence[State], plan: Plan, snapshot: Snapshot) -> list[str]:
    """Say which state is none of the plan's, or not where the one before it was."""
    touched = {
        key_of(part) for step in plan.writes for part in (step.write.before, step.write.after) if part is not None
    }
    live = live_objects(snapshot)
    current: dict[Key, Manifest] = {key: live[key] for key in touched if key in live}
    passed = [dict(current)]
    for step in plan.steps:
        if isinstance(step, WriteStep):
            for part, gone in ((step.write.before, True), (step.write.after, False)):
                if part is not None:
                    current.pop(key_of(part), None)
                    if not gone:
                        current[key_of(part)] = part
            passed.append(dict(current))
    found = [
        f"{state.name} is no state of the plan, or not in its order"
        for number, state in enumerate(states)
        if (at := _among(passed, _of(state.objects, touched))) is None
        or (number and at <= (_among(passed, _of(states[number - 1].objects, touched)) or 0))
    ]
    for number, end in ((0, passed[0]), (-1, passed[-1])):
        if _of(states[number].objects, touched) != end:
            found.append(f"{states[number].name} is not where the plan begins or ends")
    for state in states:
        for key, manifest in state.objects.items():
            if key not in touched and live.get(key) != manifest:
                found.append(f"{state.name} changes {key}, which the plan leaves as it is")
    return found


def _of(objects: Mapping[Key, Manifest], keys: set[Key]) -> dict[Key, Manifest]:
    return {key: manifest for key, manifest in objects.items() if key in keys}


def _among(passed: Sequence[Mapping[Key, Manifest]], objects: Mapping[Key, Manifest]) -> int | None:
    return next((number for number, item in enumerate(passed) if item == objects), None)


def _wrong_guards(states: Sequence[State], tool: str) -> list[str]:
    """Walk through everything that somebody may merge, in any order, and say where a guard is wrong.

    What nodes may have are the state that was last on all of them and those begun since. A state may be next only if
    each of them is it or its neighbour. Before anything was waited for only the first may be next.
    """
    if tool == "kustomize":
        return []
    found: list[str] = []
    start = (frozenset[int](), _frozen({}))
    seen, waiting = {start}, [start]
    while waiting and not found:
        nodes, marks = waiting.pop()
        written = {name: dict(data) for name, data in marks}
        for number, state in enumerate(states):
            may = all(key in written.get(name, {}) for name, key in state.needs)
            may &= not any(key in written.get(name, {}) for name, key in state.refuses)
            right = all(abs(number - other) <= 1 for other in nodes) if nodes else number == 0
            if may is not right:
                found.append(f"with {sorted(nodes)} on the nodes the guard of {state.name} is wrong")
            if may:
                begun = {**written, **state.begun}
                for item in (
                    (nodes | {number} if nodes else nodes, _frozen(begun)),
                    (frozenset({number}), _frozen({**begun, **state.reached})),
                ):
                    if item not in seen:
                        seen.add(item)
                        waiting.append(item)
    return found


def _frozen(marks: Mapping[str, Mapping[str, str]]) -> frozenset[tuple[str, frozenset[tuple[str, str]]]]:
    return frozenset((name, frozenset(data.items())) for name, data in marks.items())

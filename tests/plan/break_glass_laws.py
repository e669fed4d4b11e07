"""What has to hold of the break-glass bundle, from every step that a run may stop at; planted faults break it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from generator.calico.normalize import normalize_object
from generator.calico.objects import Identity, as_api_object
from generator.foundation.source import SourceMap
from generator.plan import break_glass_signs
from generator.plan.break_glass import break_glass_parts
from generator.plan.break_glass_signs import Shown, Sign, find_signs
from generator.plan.model import Manifest, Plan, Step, WaitStep, Write, WriteStep
from generator.plan.proving import Judged
from generator.plan.proving_again import judge_again
from generator.plan.rollback import rollback_steps
from generator.plan.stages import Stage
from generator.snapshot.model import Snapshot

Live = dict[Identity, Manifest | None]


def live_after(plan: Plan, done: int) -> Live:
    """Return the plan's objects after its first `done` steps."""
    found: Live = {}
    for step in plan.writes:
        found.setdefault(step.write.identity, step.write.before)
    return found | {step.write.identity: step.write.after for step in plan.steps[:done] if isinstance(step, WriteStep)}


def position(plan: Plan, live: Mapping[Identity, Manifest | None]) -> int:
    """Return how many of the plan's writes the script believes to have happened."""
    signs = find_signs(plan)
    return break_glass_signs.find_position(signs, {sign.number: _is_seen(sign, live) for sign in signs})


def _is_seen(sign: Sign, live: Mapping[Identity, Manifest | None]) -> bool:
    there = live[sign.identity]
    match sign.shown:
        case Shown.ABSENT:
            return there is None
        case Shown.THERE:
            return there is not None
        case Shown.CONTENT:
            return there is not None and meaning(there) == meaning(sign.like)


def meaning(manifest: Manifest) -> object:
    obj = as_api_object(manifest, SourceMap("", ""))
    assert obj is not None
    return normalize_object(obj)


def steps_from(plan: Plan, live: Live) -> Iterator[Step]:
    """Yield what the script does: the writes that change something, and its rests."""
    kinds = tuple(sorted({identity.kind for identity in live}))
    at = position(plan, live)
    for number, part in enumerate(break_glass_parts(plan), start=1):
        if number > 1:
            yield WaitStep(f"glass-wait-{number}", Stage.END, "The script rests.", kinds)
        for item in part.restorations:
            there = live[item.identity]
            if (item.always or item.number <= at) and there != item.content:
                write = Write(item.identity, there, item.content)
                yield WriteStep(f"glass-{item.number}", Stage.END, "The script takes it back.", write)
                live[item.identity] = item.content


def judge_bundle(plan: Plan, snapshot: Snapshot, done: int) -> Judged:
    """Prove what the script writes after `done` steps, in the states of a run forward, the script, a run again.

    So each state is held against the two sides of the plan. No wait is supposed before the script's first write.
    """
    kinds = tuple(sorted({step.write.identity.kind for step in plan.writes}))
    over = WaitStep("glass-over", Stage.END, "Every node has what the script wrote.", kinds)
    script = steps_from(plan, live_after(plan, done))
    return judge_again(plan, (*plan.steps[:done], *script, over, *plan.steps), snapshot)


def is_the_rollback(plan: Plan) -> None:
    """From every step the script writes what a rollback writes, in its order, and rests where that waits."""
    for done in range(len(plan.steps) + 1):
        script = [_in_words(step) for step in steps_from(plan, live_after(plan, done))]
        rollback = [_in_words(step) for step in rollback_steps(plan.steps, done)[1:-1]]
        assert _between_writes(script) == _between_writes(rollback), done


def _in_words(step: Step) -> object:
    match step:
        case WriteStep():
            return step.write.identity, step.write.before, step.write.after
        case _:
            return "wait"


def _between_writes(words: list[object]) -> list[object]:
    """Return writes and the waits that stand between two of them, once each."""
    while words and words[0] == "wait":
        words = words[1:]
    while words and words[-1] == "wait":
        words = words[:-1]
    return [word for number, word in enumerate(words) if word != "wait" or words[number - 1] != "wait"]


def is_proven(plan: Plan, snapshot: Snapshot) -> None:
    """From every step that ends a write, what the script does is proven like a rollback."""
    for done, step in enumerate(plan.steps, start=1):
        if done == 1 or isinstance(step, WriteStep):
            judged = judge_bundle(plan, snapshot, done)
            assert judged.holds, (done, [item.summary for item in judged.problems])


def ends_at_the_start_whatever_others_did(plan: Plan) -> None:
    """Wherever it stopped, with any one object edited or taken away by somebody: all is as before the plan."""
    start = live_after(plan, 0)
    for done in range(0, len(plan.steps) + 1, 4):
        for identity in start:
            for foreign in (None, {**_any_content(plan, identity), "spec": {"order": 7777}}):
                live = {**live_after(plan, done), identity: foreign}
                for _ in steps_from(plan, live):
                    pass
                assert live == start, (done, identity)


def _any_content(plan: Plan, identity: Identity) -> Manifest:
    write = next(step.write for step in plan.writes if step.write.identity == identity)
    found = write.after if write.after is not None else write.before
    assert found is not None
    return found

"""What is asked of a cluster beside the intent itself: expectations, and whether it is open to pods that come."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from generator.calico.names import identity_of
from generator.calico.objects import Identity
from generator.calico.versions import NEWEST, Version, parse_version
from generator.checks.out_of_force import find_refused
from generator.cli.codes import NOTHING_OF_IT_SEEN, USAGE
from generator.cli.live import read_stdin
from generator.cli.progress import show_progress
from generator.compare.applied import apply_diff
from generator.expect.addresses import Addresses, find_addresses
from generator.expect.findings import expectation_problems, openness_problems, target_problems
from generator.expect.judge import judge_expectations
from generator.expect.needs import declared_needs, need_problems, violated
from generator.expect.strangers import find_impostors, find_open_namespaces
from generator.foundation.diagnostics import Diagnostic, Place, Severity, problem
from generator.foundation.errors import EnvironmentFailure, InputError
from generator.intent import load_expectations
from generator.intent.expectation import Expectation
from generator.layers.inputs import read_addresses
from generator.layers.needed import needed_capabilities
from generator.platforms.effective import effective_facts
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.ignored_kinds import find_taken_for_granted
from generator.report.expectations import NOW, THEN, JudgedState
from generator.report.formats import names_text
from generator.snapshot.model import Snapshot

if TYPE_CHECKING:
    from generator.cli.target import Call, Target
    from generator.compare.model import ObjectDiff


_MOST_NAMES: Final = 6


@dataclass(frozen=True, slots=True)
class Judgement:
    """The states of the cluster with what was judged in each, and what is wrong."""

    states: tuple[JudgedState, ...]
    problems: list[Diagnostic]


def check_stdin(call: Call, files: Sequence[str] | None) -> None:
    """Refuse to read standard input twice."""
    if "-" in (files or ()) and "-" in (call.intent, *(call.overlays or ()), *(call.live or ())):
        raise InputError([problem(USAGE, "standard input cannot be both the expectations and something else")])


def read_expectations(files: Sequence[str] | None, target: Target | None) -> tuple[Expectation, ...]:
    """Return the expectations of the intent, and those of files of their own; InputError with all problems."""
    intent = target.loaded.intent if target is not None else None
    found = list(intent.expectations) if intent is not None else []
    problems: list[Diagnostic] = []
    for path in files or ():
        try:
            found += load_expectations(path, intent, read_stdin([path]))
        except InputError as error:
            problems += error.diagnostics
    if problems:
        raise InputError(problems)
    return tuple(found)


def judge_live(snapshot: Snapshot, expectations: Sequence[Expectation], version: Version = NEWEST) -> Judgement:
    """Judge expectations on what is live, where there is no intent to put in place."""
    with show_progress("judging"):
        engine = Engine(snapshot, Environment(version=version))
        judged = tuple(judge_expectations(engine, snapshot, expectations))
    assumed = find_taken_for_granted(engine, snapshot) if expectations else []
    return Judgement((JudgedState(NOW, judged, engine.environment),), [*expectation_problems(judged), *assumed])


def judge_both(target: Target, snapshot: Snapshot, expectations: Sequence[Expectation]) -> Judgement:
    """Judge expectations, and how open the owned namespaces are, as it is now and with the set in place."""
    from generator.cli.target import compare_with_live

    try:
        diff, replaced, _ = compare_with_live(target, snapshot)
    except (InputError, EnvironmentFailure) as error:
        judged = judge_live(snapshot, expectations, parse_version(target.rendered.target.version))
        return Judgement(judged.states, [*judged.problems, *error.diagnostics])
    environment = Environment(version=parse_version(target.rendered.target.version))
    addresses = meaning_of(target)
    owned = owned_in(target, snapshot)
    impostors = find_impostors(target.loaded.intent.services.values())
    states: list[JudgedState] = []
    opened = []
    assumed: list[Diagnostic] = []
    with show_progress("judging"):
        for when, state in ((NOW, snapshot), (THEN, apply_diff(snapshot, diff, replaced))):
            engine = Engine(state, environment)
            assumed = assumed or (find_taken_for_granted(engine, state) if expectations else [])
            judged_here = tuple(judge_expectations(engine, state, expectations, addresses))
            rendered = _rendered(target) if when == THEN else frozenset()
            states.append(JudgedState(when, judged_here, engine.environment, rendered))
            opened.append(find_open_namespaces(engine, state, owned, addresses, impostors))
    place = (
        target.loaded.source.place(("owns",)) if "owns" in target.loaded.effective else Place(target.loaded.intent.file)
    )
    problems = expectation_problems(states[0].judged, states[1].judged)
    return Judgement(tuple(states), [*problems, *openness_problems(opened[0], opened[1], place), *assumed])


def judge_target(
    target: Target,
    snapshot: Snapshot,
    diff: ObjectDiff,
    replaced: Collection[Identity],
    files: Sequence[str] | None,
) -> list[Diagnostic]:
    """Return what of the intent's expectations and those of files is not met where a plan leads."""
    expectations = read_expectations(files, target)
    if not expectations:
        return []
    after = apply_diff(snapshot, diff, replaced)
    environment = Environment(version=parse_version(target.rendered.target.version))
    with show_progress("judging"):
        return target_problems(judge_expectations(Engine(after, environment), after, expectations, meaning_of(target)))


def judge_needs(
    target: Target, snapshot: Snapshot, diff: ObjectDiff, replaced: Collection[Identity]
) -> list[Diagnostic]:
    """Return which needs of the intent policies of others deny where a plan leads, and whether they live now.

    Where nothing but the set is left the set alone decides, and that it allows them was proven when it was rendered.
    """
    needs = declared_needs(target.loaded.intent)
    after = apply_diff(snapshot, diff, replaced)
    version = target.rendered.target.version
    ours = {item.identity for item in target.rendered.objects}
    if not needs or ours >= {identity_of(obj, version) for obj in after.policies}:
        return []
    environment = Environment(version=parse_version(version))
    addresses = meaning_of(target)
    if snapshot.complete and not Engine(snapshot, environment).inventory.pods:
        # Manifests of a whole cluster in which nothing runs: the pods that its workloads will have are asked about.
        snapshot, after = replace(snapshot, complete=False), replace(after, complete=False)
    with show_progress("judging what is needed"):
        then = judge_expectations(Engine(after, environment), after, needs, addresses)
        denied = [item.expectation for item in violated(then)]
        now = judge_expectations(Engine(snapshot, environment), snapshot, denied, addresses) if denied else ()
    return need_problems(now, then)


def refused_in(target: Target, snapshot: Snapshot) -> list[Diagnostic]:
    """Return which live policies decide nothing because Felix of the target's version refuses them."""
    return find_refused(snapshot.policies, parse_version(target.rendered.target.version))


def blind_spots(target: Target, snapshot: Snapshot) -> list[Diagnostic]:
    """Return all of what is live that no verdict counts: policies without effect, namespaces without pods."""
    return [*refused_in(target, snapshot), *unseen_in(target, snapshot)]


def unseen_in(target: Target, snapshot: Snapshot) -> list[Diagnostic]:
    """Return which namespaces of the intent have no pods in what is live, so that nothing seems to be cut there."""
    there = {workload.namespace for workload in snapshot.workloads}
    unseen = [name for name in target.rendered.scope if name not in there]
    if not unseen:
        return []
    names = names_text([f"'{name}'" for name in unseen], _MOST_NAMES)
    summary = f"what is live holds no pods of {names}: what becomes of flows there is not known"
    found = problem(NOTHING_OF_IT_SEEN, summary, hint="is it the right cluster or folder? give the workloads too")
    every = len(unseen) == len(target.rendered.scope)
    return [found if every else replace(found, severity=Severity.NOTE)]


def owned_in(target: Target, snapshot: Snapshot) -> list[str]:
    """Return the namespaces that the set owns and that are there."""
    return [name for name in target.rendered.scope if name in snapshot.namespaces]


def meaning_of(target: Target) -> Addresses:
    """Return what the words of expectations mean in addresses."""
    intent = target.loaded.intent
    facts = effective_facts(target.profile, intent.cluster, needed_capabilities(intent))
    resolved, _ = read_addresses(intent, facts, date.min)  # what is wrong with them was said when the set was rendered
    return find_addresses(intent, facts, resolved, intent.cluster.pod_cidrs)


def _rendered(target: Target) -> frozenset[str]:
    return frozenset(item.object.source.file for item in target.rendered.objects)

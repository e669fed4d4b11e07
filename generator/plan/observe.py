"""A plan that ends before cut-over: the set is in place, decides nothing, and logs what it would drop (product.md 6).

A plan made without observing on such a cluster goes on from there: what logs is ours like everything else of the set.
That nothing changes while observing is proven as a way there and back: its end is what is live, so each state lets
through exactly that.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from generator.calico.kinds import Kind
from generator.calico.names import TIERED_KINDS
from generator.calico.objects import ApiObject, Identity
from generator.calico.versions import parse_version
from generator.compare.model import ObjectDiff, Status
from generator.foundation.diagnostics import Diagnostic, has_errors, problem, sort_diagnostics
from generator.foundation.errors import RefusedError
from generator.intent.model import Intent
from generator.layers.model import ManifestSet
from generator.plan.bridge_way import plan_bridges
from generator.plan.codes import NOT_PROVEN, OBSERVE_BEYOND, OBSERVE_CHANGES, OBSERVE_MISLEADS, OBSERVE_NOT_LOGGED
from generator.plan.effects import Effect, FlowEffect, find_effects
from generator.plan.freeze import freezing_objects
from generator.plan.left import find_left
from generator.plan.model import Check, CheckStep, Plan, Step
from generator.plan.observed import Form, Observing
from generator.plan.observing import LOG, is_observing, observed_namespaces
from generator.plan.observing_log import limit_of, log_warnings, prefix_of, refuse_without_logs
from generator.plan.observing_set import observing_diff, observing_moves, unnamed_namespaces
from generator.plan.observing_staged import (
    pending,
    refuse_without_staged,
    staged_diff,
    staged_moves,
    staged_warnings,
    staged_ways,
)
from generator.plan.obstacles import find_obstacles, refuse_foreign_writes, warnings_of
from generator.plan.planner import (
    all_moves,
    api_servers_of,
    digests_of,
    environment_of,
    live_objects,
    make_subject,
    summarize,
)
from generator.plan.proof.history import read_history
from generator.plan.proving import Judged, judge_steps
from generator.plan.record import Order
from generator.plan.replace import find_replaced
from generator.plan.rollback import rollback_steps
from generator.plan.sequence import make_steps
from generator.plan.subject import Subject
from generator.snapshot.model import Snapshot

_SHOWN: Final = 5
_POLICIES: Final = frozenset({*TIERED_KINDS, Kind.KUBERNETES_NETWORK_POLICY, Kind.CLUSTER_NETWORK_POLICY})
Objects = Mapping[Identity, ApiObject]


@dataclass(frozen=True, slots=True)
class Shown:
    """What observing is worth: flows that it shows and cut-over cuts, and flows of which it shows something else.

    Of logs the second are those that are cut and not logged, of staged policies all whose verdict is another one.
    """

    drops: tuple[FlowEffect, ...]
    misled: tuple[FlowEffect, ...]


def make_observing_plan(
    manifests: ManifestSet,
    snapshot: Snapshot,
    intent: Intent,
    diff: ObjectDiff,
    *,
    replace: Sequence[str] = (),
    until: str = "",
    form: Form = Form.LOG,
) -> Plan:
    """Order the steps that put the set in place without enforcing it, and prove that no flow fares otherwise.

    `diff` and `replace` are as for `make_plan`; `until` is the day up to which logs are meant to last. Raises
    RefusedError where nothing would be shown (logs on eBPF and Windows, staged policies before 3.30), for logs where
    the set is enforced already and would change, and for what lets no plan be carried out.
    """
    staged = form is Form.STAGED
    if not staged:
        refuse_without_logs(snapshot)
    frozen = freezing_objects(live_objects(diff).values())
    if frozen:
        raise RefusedError(frozen)
    replaced, problems = find_replaced(intent, live_objects(diff).items(), replace)
    enforced = make_subject(manifests, snapshot, intent, diff, replaced, to_none=False)
    version = parse_version(enforced.target.version)
    if staged:
        refuse_without_staged(version)
    observed = staged_diff(enforced, diff) if staged else observing_diff(enforced, diff, until)
    subject = make_subject(manifests, snapshot, intent, observed, replaced, to_none=False)
    refuse_foreign_writes(subject, observed, replaced)
    bridges = plan_bridges(subject)
    problems += [*bridges.problems, *find_obstacles(subject, observed, bridges), *diff.diagnostics]
    problems += [*warnings_of(subject), *unnamed_namespaces(enforced)]
    problems += staged_warnings(diff, snapshot) if staged else log_warnings(snapshot, version)
    moves = all_moves(subject, bridges, Order.OPEN_FIRST)
    moves = staged_moves(moves, subject) if staged else observing_moves(moves, subject, bridges, until)
    steps = _ending(make_steps(subject, observed, moves))
    judged = _judge(steps, subject, observed)
    unresolved = [*(item for item in problems if has_errors([item])), *judged.problems]
    observing = Observing()
    if judged.holds:
        end = _end(observed, steps)
        shown = find_shown(subject, end, _enforced(enforced, diff), form)
        problems += [*_misled(shown, form), *([] if staged else _beyond(diff))]
        ways = staged_ways(end.values(), subject) if staged else observed_namespaces(end.values(), intent.name)
        logs = (prefix_of(snapshot), limit_of(snapshot), until) if not staged else ("", "", "")
        observing = Observing(ways, *logs, shown.drops, form)
    return Plan(
        intent=intent.name,
        target=subject.target,
        to_none=False,
        complete=snapshot.complete,
        applyable=snapshot.complete and not unresolved,
        errored=bool(unresolved),
        proof=judged.record,
        effects=(),
        digests=digests_of(manifests, snapshot, intent),
        summary=summarize(subject, observed),
        steps=steps if judged.holds else (),
        warnings=tuple(sort_diagnostics(item for item in problems if not has_errors([item]))),
        unresolved=tuple(sort_diagnostics(unresolved)),
        scope=subject.scope,
        api_servers=api_servers_of(snapshot),
        pod_ranges=tuple(map(str, intent.cluster.pod_cidrs)),
        observing=observing,
        left=find_left(subject, steps) if judged.holds else (),
    )


def find_shown(subject: Subject, observing: Objects, enforced: Objects, form: Form = Form.LOG) -> Shown:
    """Compare what is shown while observing with what the enforced set does.

    Where each Log rule is a Deny, exactly the flows that it logs are gone. What opens then is shown by no log, and
    none is asked for; a staged policy shows both.
    """
    environment = environment_of(subject)
    if form is Form.STAGED:
        after = pending(observing)
    else:
        after = {identity: _denying(obj) for identity, obj in observing.items()}
    drops = find_effects(subject.snapshot, observing, after, environment)
    rest = find_effects(subject.snapshot, after, enforced, environment)
    misled = tuple(item for item in rest if item.effect is not Effect.UNKNOWN) if form is Form.STAGED else _cut(rest)
    return Shown(_cut(drops), misled)


def _cut(effects: Sequence[FlowEffect]) -> tuple[FlowEffect, ...]:
    return tuple(item for item in effects if item.effect is Effect.CUT)


def _denying(obj: ApiObject) -> ApiObject:
    """Return a policy that observes with a Deny in the place of each Log rule."""
    if not is_observing(obj):
        return obj
    manifest: dict[str, Any] = copy.deepcopy(dict(obj.manifest))
    for direction in ("ingress", "egress"):
        for rule in manifest["spec"].get(direction) or ():
            if rule.get("action") == LOG:
                rule["action"] = "Deny"
    return ApiObject(obj.kind, manifest, obj.source)


def _judge(steps: tuple[Step, ...], subject: Subject, diff: ObjectDiff) -> Judged:
    """Prove that on the way there and back no flow fares otherwise than now; the record is of the way there.

    Both ends of that way are what is live, so the two inclusions (product.md 6) leave each state nothing else.
    """
    judged = judge_steps(
        (*steps, *rollback_steps(steps, len(steps))),
        live_objects(diff),
        subject.snapshot,
        environment_of(subject),
        Order.OPEN_FIRST,
        subject.scope,
        system=subject.system_namespaces,
    )
    there = {step.id for step in steps}
    stretches = tuple(item for item in judged.record.stretches if {item.first, item.last} <= there)
    record = replace(judged.record, stretches=stretches, rollbacks=min(judged.record.rollbacks, len(steps)))
    return replace(judged, record=record, problems=tuple(map(_changes, judged.problems)))


def _changes(item: Diagnostic) -> Diagnostic:
    """Say of a flow that would fare otherwise what that means here; what could not be decided stays as it is."""
    if item.code != NOT_PROVEN.id:
        return item
    hint = "where the set is in force already only staged policies show a change: --observe-as staged"
    return problem(OBSERVE_CHANGES, item.summary, place=item.place, hint=hint)


def _ending(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the steps with a last check that is not for the enforced set."""
    if not steps:
        return ()
    last = steps[-1]
    assert isinstance(last, CheckStep)
    purpose = "Check that every object is as the plan leaves it: in place, and deciding nothing."
    return (*steps[:-1], replace(last, purpose=purpose, checks=(Check.AS_PLANNED,)))


def _end(diff: ObjectDiff, steps: Sequence[Step]) -> Objects:
    history = read_history(live_objects(diff), steps)
    return history.objects_at(history.everything)


def _enforced(subject: Subject, diff: ObjectDiff) -> Objects:
    """Return what is there when the set is enforced and everything that it replaces is gone."""
    gone = {item.identity for item in subject.changes if item.status is Status.REMOVED}
    found = {}
    for change in diff.changes:
        obj = change.live if change.status is Status.SAME or change.intended is None else change.intended
        if obj is not None and change.identity not in gone:
            found[change.identity] = obj
    return found


def _misled(shown: Shown, form: Form) -> Iterator[Diagnostic]:
    code, words = OBSERVE_NOT_LOGGED, "cut, and not logged"
    hint = "look at it in ringfence diff before cut-over; a tier before what allows it would log it"
    if form is Form.STAGED:
        code, words, hint = OBSERVE_MISLEADS, "shown otherwise than it will be", "look at it in ringfence diff"
    for item in shown.misled[:_SHOWN]:
        summary = f"{', '.join(item.sources)} to {', '.join(item.destinations)}, {item.packets}: {words}"
        yield problem(code, summary, hint=hint)
    if len(shown.misled) > _SHOWN:
        yield problem(code, f"{len(shown.misled) - _SHOWN} more groups of flows: {words}")


def _beyond(diff: ObjectDiff) -> Iterator[Diagnostic]:
    foreign = [item for item in diff.with_status(Status.FOREIGN) if item.identity.kind in _POLICIES]
    if foreign:
        summary = f"policies of others may deny already what is logged: {foreign[0].identity}"
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        yield problem(OBSERVE_BEYOND, summary + more)

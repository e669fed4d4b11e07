"""What a plan that only observes leads to: the set in the form that decides nothing, and what logs the rest.

What is enforced already stays as it is. In a tier of ours a policy for each namespace and direction stands where the
default deny would, and logs; in tier `default` the bridge does that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from generator.calico.kinds import CALICO_V3, Kind
from generator.calico.manifest import read_manifest
from generator.calico.names import TIERED_KINDS
from generator.calico.objects import ApiObject, Identity
from generator.compare import compute_diff
from generator.compare.model import ObjectChange, ObjectDiff, Status
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.errors import RefusedError
from generator.layers.model import ANNOTATION_WHY, LABEL_INTENT, LABEL_LAYER
from generator.layers.names import Names
from generator.plan.bridge_way import DIRECTIONS, Bridges
from generator.plan.close_first import was_left_passing
from generator.plan.codes import OBSERVE_ENFORCED, OBSERVE_NO_FORM, OBSERVE_UNNAMED
from generator.plan.model import Manifest, Move
from generator.plan.observing import (
    ANNOTATION_OBSERVING,
    ANNOTATION_UNTIL,
    OBSERVE_LAYER,
    is_observing,
    logs,
    only_logs,
)
from generator.plan.observing_forms import NotObservable, log_rules, manifest_object, observing_form, with_log
from generator.plan.scoped import ScopedPolicy, with_names
from generator.plan.stages import ORDER, Stage
from generator.plan.subject import Subject, in_own_tier, is_default_deny, object_of
from generator.plan.tiers_way import own_tier_denies


def observing_diff(subject: Subject, diff: ObjectDiff, until: str = "") -> ObjectDiff:
    """Return the difference between what is live and the set in the form that observes.

    `until` is the day up to which it is meant to last. RefusedError for what cannot be observed by logs: a policy that
    is enforced already and would change, or one that has no form which decides nothing.
    """
    wanted: list[ApiObject] = []
    problems: list[Diagnostic] = []
    for change in diff.changes:
        if change.intended is not None:
            wanted += _observed(change, subject, until, problems)
    if problems:
        raise RefusedError(problems)
    wanted += _log_policies(subject, {item.identity: item.live for item in diff.changes}, until)
    live = [item.live for item in diff.changes if item.live is not None]
    return compute_diff(wanted, live, diff.intent, version=subject.target.version)


def observing_moves(moves: Sequence[Move], subject: Subject, bridges: Bridges, until: str = "") -> list[Move]:
    """Return those of the moves that come before anything is enforced, and then those that begin to log."""
    found = [move for move in moves if ORDER[move.stage] < ORDER[Stage.OBSERVE]]
    for change in subject.ours(Status.CREATED, Status.CHANGED, Status.REMOVED):
        if not only_logs(object_of(change)):
            continue
        identity = change.identity
        if change.intended is None:
            purpose = f"Log nothing any more in namespace '{identity.namespace}', which the set does not own."
            found.append(Move(Stage.OBSERVE, identity, None, purpose, identity.namespace))
            continue
        direction = str(read_manifest(change.intended)["spec"]["types"][0])
        purpose = f"Log what the set would drop of {direction.lower()} in namespace '{identity.namespace}'."
        found.append(Move(Stage.OBSERVE, identity, change.intended.manifest, purpose, identity.namespace, direction))
    return found + list(_logging_bridges(subject, bridges, until))


def unnamed_namespaces(subject: Subject) -> list[Diagnostic]:
    """Say that namespaces which appear later are not observed, where the set reaches them."""
    if not subject.rest:
        return []
    hint = "make the plan anew when one has been created"
    return [problem(OBSERVE_UNNAMED, "namespaces that appear while observing are not observed", hint=hint)]


def _observed(change: ObjectChange, subject: Subject, until: str, problems: list[Diagnostic]) -> Iterator[ApiObject]:
    """Yield what an object of the set is to be while it observes."""
    assert change.intended is not None
    if change.identity.kind not in TIERED_KINDS:
        yield change.intended
    elif is_default_deny(change):
        if not in_own_tier(change):
            yield change.intended
        elif change.live is not None:
            yield change.live
    elif change.live is not None and not is_observing(change.live):
        if change.status is not Status.SAME and not was_left_passing(change, subject):
            summary = f"{change.identity} is enforced already, and would change"
            hint = "logs show only what is not enforced yet; staged policies preview a change: --observe-as staged"
            problems.append(problem(OBSERVE_ENFORCED, summary, place=change.live.source.place(), hint=hint))
        yield change.live
    else:
        try:
            forms = observing_form(change.intended, subject, until)
        except NotObservable as error:
            hint = "use layout tiers, where what observes comes before the policies of others"
            summary = f"{change.identity} cannot observe: {error}"
            problems.append(problem(OBSERVE_NO_FORM, summary, hint=hint))
            return
        for form in forms:
            yield ApiObject(change.intended.kind, subject.form.write(form), change.intended.source)


def _log_policies(subject: Subject, there: Mapping[Identity, ApiObject | None], until: str) -> Iterator[ApiObject]:
    """Yield the policies that log at the end of a tier of ours, one for each namespace and direction.

    Where the default deny is in force already there is nothing to log, and what logs there from before stays. Their
    order is after the default deny's, so that nothing is logged that it drops.
    """
    names = Names(subject.intent.name, subject.intent.name_prefix, subject.target.tier)
    denies = own_tier_denies(subject)
    for policy in denies:
        spec = policy.template["spec"]
        for direction in (item for item in DIRECTIONS if item in (spec.get("types") or ())):
            rules = log_rules(spec.get(direction.lower()) or [])
            for namespace in sorted(policy.target_reach.spaces):
                identity = _log_identity(subject, names, direction, namespace, there)
                if identity not in there and _is_denied(denies, direction, namespace):
                    continue
                manifest = _log_policy(subject, identity, until)
                manifest["spec"] = {
                    "tier": subject.target.tier,
                    "order": _after(spec.get("order")),
                    "selector": spec.get("selector") or "all()",
                    "types": [direction],
                    direction.lower(): rules,
                }
                yield ApiObject(Kind.NETWORK_POLICY, subject.form.write(manifest), manifest_object(manifest).source)


def _is_denied(denies: Sequence[ScopedPolicy], direction: str, namespace: str) -> bool:
    return any(
        item.live is not None and item.direction in (direction, "") and namespace in item.live_reach.spaces
        for item in denies
    )


def _log_identity(
    subject: Subject, names: Names, direction: str, namespace: str, there: Mapping[Identity, ApiObject | None]
) -> Identity:
    """Return the identity of a policy that logs; it has another name where its own is taken."""
    name = names.namespaced(f"{subject.intent.name}-observe-{direction.lower()}")
    identity = Identity(Kind.NETWORK_POLICY, namespace, name)
    if identity not in there or only_logs(there[identity]):
        return identity
    return Identity(Kind.NETWORK_POLICY, namespace, names.distinct(name, f"observe/{namespace}"))


def _after(order: Any) -> Any:
    return order + 1 if isinstance(order, int | float) else order


def _log_policy(subject: Subject, identity: Identity, until: str) -> dict[str, Any]:
    labels = {**dict(subject.intent.labels), LABEL_INTENT: subject.intent.name, LABEL_LAYER: OBSERVE_LAYER}
    notes = {ANNOTATION_WHY: "observe", ANNOTATION_OBSERVING: "true"} | ({ANNOTATION_UNTIL: until} if until else {})
    return {
        "apiVersion": CALICO_V3,
        "kind": Kind.NETWORK_POLICY.value,
        "metadata": {
            "name": identity.name,
            "namespace": identity.namespace,
            "labels": dict(sorted(labels.items())),
            "annotations": dict(sorted(notes.items())),
        },
    }


def _logging_bridges(subject: Subject, bridges: Bridges, until: str) -> Iterator[Move]:
    """Yield the writes by which the bridges log what they pass, each once it stands."""
    for policy in bridges.entering:
        reach = policy.live_reach if policy.live is not None else policy.target_reach
        manifest = subject.form.write(
            with_log(with_names(policy.template, sorted(reach.spaces)), policy.direction, until)
        )
        if policy.live is None or not _logs_so(policy.template, policy.direction, until):
            purpose = f"Log the {policy.direction.lower()} that the bridge passes and the set would drop."
            yield Move(Stage.OBSERVE, policy.identity, manifest, purpose)


def _logs_so(bridge: Manifest, direction: str, until: str) -> bool:
    notes = bridge["metadata"].get("annotations") or {}
    return logs(bridge, direction) and notes.get(ANNOTATION_UNTIL, "") == until

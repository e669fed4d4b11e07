"""What every plan must keep, whatever it is made from; each function raises AssertionError where it does not."""

from __future__ import annotations

from collections.abc import Mapping

from generator.calico.applies import policy_selection
from generator.calico.kinds import Kind
from generator.calico.metadata import effective_labels
from generator.calico.names import TIERED_KINDS, tier_of
from generator.calico.objects import ApiObject, Identity
from generator.calico.validator import ValidationContext, validate_object
from generator.compare.model import Status
from generator.foundation.source import SourceMap
from generator.plan.isolation import Cluster
from generator.plan.model import Manifest, Verb, WaitStep, WriteStep
from generator.plan.plan_file import read_plan, write_plan
from generator.plan.rollback import rollback_steps
from generator.plan.simulate import carry_out, states
from generator.plan.stages import Stage
from generator.selectors import evaluate_selector
from tests.plan.worlds import Planned, meaning


def check_plan(planned: Planned, handed_over: frozenset[str] = frozenset()) -> None:
    """Check all laws that need no pods."""
    assert not planned.plan.errored, planned.plan.unresolved
    ends_at_the_set(planned, handed_over)
    rolls_back_from_every_step(planned)
    touches_nothing_foreign(planned, handed_over)
    tier_holds_its_policies(planned)
    waits_between_stages(planned)
    stages_are_in_order(planned)
    writes_valid_objects(planned)
    assert read_plan(write_plan(planned.plan), "plan.json") == planned.plan


def ends_at_the_set(planned: Planned, handed_over: frozenset[str]) -> None:
    expected = {
        change.identity: change.live.manifest
        for change in planned.diff.with_status(Status.FOREIGN)
        if change.live is not None and str(change.identity) not in handed_over
    }
    end = dict(carry_out(planned.start, planned.plan.steps))
    if planned.set is not None and not planned.plan.to_none:
        for item in planned.set.objects:
            expected[item.identity] = item.object.manifest
        for change in planned.diff.with_status(Status.CREATED, Status.CHANGED):
            assert change.intended is not None
            assert end[change.identity] == change.intended.manifest, change.identity
    assert meaning(end) == meaning(expected)


def rolls_back_from_every_step(planned: Planned) -> None:
    steps = planned.plan.steps
    for done, (_, objects) in enumerate(states(planned.start, steps), start=1):
        back = carry_out(objects, rollback_steps(steps, done))
        assert dict(back) == planned.start


def touches_nothing_foreign(planned: Planned, handed_over: frozenset[str]) -> None:
    for step in planned.plan.writes:
        if str(step.write.identity) in handed_over:
            assert step.write.verb is Verb.DELETE
            assert step.stage in (Stage.STALE_ALLOWS, Stage.STALE_SETS)
            continue
        for manifest in (step.write.before, step.write.after):
            if manifest is not None:
                assert labels_of(step.write.identity, manifest)["ringfence/intent"] == planned.plan.intent


def labels_of(identity: Identity, manifest: Manifest) -> dict[str, str]:
    return effective_labels(object_at(identity, manifest))


def object_at(identity: Identity, manifest: Manifest) -> ApiObject:
    return ApiObject(identity.kind, manifest, SourceMap("", ""))


def tier_holds_its_policies(planned: Planned) -> None:
    for step, objects in states(planned.start, planned.plan.steps):
        tiers = {"default", *(identity.name for identity in objects if identity.kind is Kind.TIER)}
        for identity, manifest in objects.items():
            if identity.kind in TIERED_KINDS:
                assert tier_of(object_at(identity, manifest)) in tiers, f"{step.id}: {identity} without its tier"


JOINED = {
    (Stage.ALLOWS, Stage.ISOLATION),
    (Stage.STALE_SETS, Stage.TIER_REMOVAL),
    (Stage.BRIDGE_REMOVAL, Stage.TIER_REMOVAL),
}


def waits_between_stages(planned: Planned) -> None:
    """A wait for every kind written so far stands before each stage but the first and what joins the one before."""
    last: WriteStep | None = None
    waited: WaitStep | None = None
    kinds: set[Kind] = set()
    for step in planned.plan.steps:
        match step:
            case WaitStep():
                waited = step
            case WriteStep():
                joined = last is not None and (last.stage, step.stage) in JOINED
                if last is not None and last.stage is not step.stage:
                    assert joined or (waited is not None and kinds <= set(waited.kinds)), f"no wait before {step.id}"
                kinds.add(step.write.identity.kind)
                last, waited = step, None
            case _:
                pass
    if last is not None:
        assert waited is not None


# Written out a second time, so that an order that is wrong in the product is wrong here.
FIRST_TO_LAST = (
    Stage.TIER,
    Stage.BRIDGE,
    Stage.DENIES,
    Stage.SETS,
    Stage.ALLOWS,
    Stage.ISOLATION,
    Stage.OBSERVE,
    Stage.CLOSING,
    Stage.CUTOVER,
    Stage.OPENING,
    Stage.HANDOVER,
    Stage.RELEASE,
    Stage.STALE_ALLOWS,
    Stage.STALE_DENIES,
    Stage.STALE_SETS,
    Stage.BRIDGE_REMOVAL,
    Stage.TIER_REMOVAL,
)


def stages_are_in_order(planned: Planned) -> None:
    numbers = [FIRST_TO_LAST.index(step.stage) for step in planned.plan.writes]
    assert numbers == sorted(numbers)


def writes_valid_objects(planned: Planned) -> None:
    context = ValidationContext(version=planned.plan.target.version, ours=True)
    for step in planned.plan.writes:
        if step.write.after is None:
            continue
        found = validate_object(object_at(step.write.identity, step.write.after), context)
        assert not [item for item in found if item.severity == "error"], (step.write.identity, found)
        spec = step.write.after["spec"]
        assert all(len(str(spec.get(field, ""))) <= 1024 for field in ("selector", "namespaceSelector"))


def pods_are_led_over_in_one_write(planned: Planned, cluster: Cluster) -> None:
    """An open pod stays open until its namespace is cut over, a closed one stays closed until it is let go.

    Asked of every prefix of the writes and every pod, direction by direction: closed means that the default deny of a
    tier of ours selects it, or that a policy of tier `default` does and the bridge does not.
    """
    pods = [item for items in cluster.workloads.values() for item in items]
    for direction in ("Ingress", "Egress"):
        for pod in pods:
            labels = cluster.pod_labels(pod)
            fate = [fate_of(planned.start, labels, direction)]
            at: list[tuple[str, str]] = [("", "")]
            for step, objects in states(planned.start, planned.plan.steps):
                if isinstance(step, WriteStep):
                    fate.append(fate_of(objects, labels, direction))
                    at.append((step.namespace, step.direction))
            changes = [number for number in range(1, len(fate)) if fate[number] != fate[number - 1]]
            assert len(changes) <= 1, (pod.namespace, pod.name, direction, fate)
            for number in changes:
                assert at[number] == (pod.namespace, direction), (planned.plan.writes[number - 1].purpose, pod.name)


def fate_of(objects: Mapping[Identity, Manifest], labels: Mapping[str, str], direction: str) -> str:
    if denied_by_own_tier(objects, labels, direction):
        return "closed"
    selected = False
    for identity, manifest in objects.items():
        obj = object_at(identity, manifest)
        if identity.kind not in (*TIERED_KINDS, Kind.KUBERNETES_NETWORK_POLICY) or tier_of(obj) != "default":
            continue
        selection = policy_selection(obj)
        if selection is None or direction not in selection.directions:
            continue
        if evaluate_selector(selection.selector, labels):
            if effective_labels(obj).get("ringfence/layer") == "bridge":
                rules = manifest["spec"][direction.lower()]
                deciding = [rule for rule in rules if rule != {"action": "Log"}]
                assert deciding == [{"action": "Pass"}], "the bridge passes, it never allows"
                assert "order" not in manifest["spec"], "the bridge comes last in its tier"
                return "open"
            selected = True
    return "closed" if selected else "open"


def denied_by_own_tier(objects: Mapping[Identity, Manifest], labels: Mapping[str, str], direction: str) -> bool:
    """Tell whether a default deny of a tier of ours, with its Deny rule, selects a pod."""
    for identity, manifest in objects.items():
        obj = object_at(identity, manifest)
        if identity.kind is not Kind.GLOBAL_NETWORK_POLICY or tier_of(obj) == "default":
            continue
        if effective_labels(obj).get("ringfence/layer") != "default-deny":
            continue
        selection = policy_selection(obj)
        if selection is not None and direction in selection.directions:
            assert manifest["spec"][direction.lower()] == [{"action": "Deny"}]
            if evaluate_selector(selection.selector, labels):
                return True
    return False


def own_tier_takes_each_namespace_in_one_write(planned: Planned, cluster: Cluster) -> None:
    """In a tier of ours a pod comes under the default deny once, or leaves it once, by a write of its namespace."""
    for direction in ("Ingress", "Egress"):
        for pod in (item for items in cluster.workloads.values() for item in items):
            before = denied_by_own_tier(planned.start, cluster.pod_labels(pod), direction)
            turns = 0
            for step, objects in states(planned.start, planned.plan.steps):
                now = denied_by_own_tier(objects, cluster.pod_labels(pod), direction)
                if now != before:
                    assert isinstance(step, WriteStep)
                    assert (step.namespace, step.direction) == (pod.namespace, direction), step.purpose
                    assert step.stage in (Stage.CUTOVER, Stage.RELEASE)
                    turns += 1
                before = now
            assert turns <= 1


def the_way_back_cuts_nobody(planned: Planned, cluster: Cluster) -> None:
    """Rolled back from any step, a pod turns at most once, and to what it was at the start."""
    pods = [cluster.pod_labels(item) for items in cluster.workloads.values() for item in items]
    ends = [(labels, direction) for labels in pods for direction in ("Ingress", "Egress")]
    start = [fate_of(planned.start, *end) for end in ends]
    for done, (_, objects) in enumerate(states(planned.start, planned.plan.steps), start=1):
        settled = [fate_of(objects, *end) == fate for end, fate in zip(ends, start, strict=True)]
        for _, found in states(objects, rollback_steps(planned.plan.steps, done)):
            now = [fate_of(found, *end) == fate for end, fate in zip(ends, start, strict=True)]
            assert all(new or not old for old, new in zip(settled, now, strict=True)), f"back from step {done}"
            settled = now
        assert all(settled)

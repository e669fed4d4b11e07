"""From what is live to the set: collect the moves of all parts, put them in stages, and say what stands in the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from itertools import product
from typing import Any, Final

from generator import __version__
from generator.calico.kinds import Kind
from generator.calico.metadata import is_stored_form
from generator.calico.names import DEFAULT_TIER, TIERED_KINDS, tier_of
from generator.calico.objects import ApiObject, Identity
from generator.calico.versions import NEWEST, parse_version
from generator.compare.model import ObjectChange, ObjectDiff, Status
from generator.foundation.diagnostics import Diagnostic, has_errors, sort_diagnostics
from generator.foundation.digest import digest_value
from generator.foundation.errors import RefusedError
from generator.intent.model import Intent, Layout
from generator.layers.model import ManifestSet, Target
from generator.packets.addresses import AddressSet
from generator.plan.bridge_way import Bridges, bridge_moves, isolation_moves, plan_bridges
from generator.plan.close_first import was_left_passing
from generator.plan.effects import FlowEffect, find_effects_and_pairs
from generator.plan.foreign_denies import Override, find_overrides, judge_overrides, read_accepted
from generator.plan.freeze import freezing_objects
from generator.plan.isolation import Cluster, Isolation
from generator.plan.layer_moves import layer_moves
from generator.plan.least_risk import rank_namespaces
from generator.plan.left import find_left
from generator.plan.model import Digests, Move, Plan, Step, Summary
from generator.plan.more_waits import part_writes
from generator.plan.obstacles import find_obstacles, refuse_foreign_writes, warnings_of
from generator.plan.pauses import find_pauses
from generator.plan.proof.breach_names import is_breach_name
from generator.plan.proof.history import read_history
from generator.plan.proving import Judged, judge_steps, unused_harm
from generator.plan.record import Order
from generator.plan.removals import removal_moves
from generator.plan.replace import find_replaced, to_be_removed
from generator.plan.scoped import Form, named_spaces, read_reach
from generator.plan.sequence import make_steps, number_steps
from generator.plan.stages import ORDER
from generator.plan.subject import Subject, is_bridge, is_default_deny
from generator.plan.tiers_way import tier_moves, tier_scope_moves
from generator.reach.environment import Environment
from generator.reach.flow_counts import PairCounts
from generator.snapshot.model import Snapshot

_V3: Final = "projectcalico.org/v3"
_CRD: Final = "crd.projectcalico.org/v1"


def make_plan(
    manifests: ManifestSet | None,
    snapshot: Snapshot,
    intent: Intent,
    diff: ObjectDiff,
    *,
    to_none: bool = False,
    replace: Sequence[str] = (),
    accept: Sequence[str] = (),
) -> Plan:
    """Order the steps from what is live to the set and prove them; equal input gives an equal plan.

    `diff` is that of the set and the snapshot's policies; with `to_none` all that is ours in it goes, and `manifests`
    may be None. `replace` names further old policies to hand over, in the form of the intent's `replaces`; `accept` the
    policies of others whose Deny may come after an Allow of ours, which otherwise leave the plan unresolved. Raises
    RefusedError where no plan can be carried out: an object that freezes Felix, a tier in use, a name that is taken.
    """
    live = [change.live for change in diff.changes if change.live is not None]
    frozen = freezing_objects(live)
    if frozen:
        raise RefusedError(frozen)
    replaced, problems = (frozenset[Identity](), list[Diagnostic]())
    if not to_none:
        pairs = ((change.identity, change.live) for change in diff.changes if change.live is not None)
        replaced, problems = find_replaced(intent, pairs, replace)
    subject = make_subject(manifests, snapshot, intent, diff, replaced, to_none=to_none)
    refuse_foreign_writes(subject, diff, replaced)
    bridges = plan_bridges(subject)
    problems += [*bridges.problems, *find_obstacles(subject, diff, bridges), *diff.diagnostics]
    problems += warnings_of(subject)
    overrides = find_overrides(subject, diff)
    harms = frozenset(filter(is_breach_name, accept))
    accepted = read_accepted(name for name in accept if name not in harms)
    problems += judge_overrides(overrides, diff, accepted)
    unresolved = [item for item in problems if has_errors([item])]
    steps, judged = _find_order(subject, diff, bridges, overrides, harms)
    unresolved += judged.problems
    if judged.holds:
        problems += [unused_harm(name) for name in sorted(harms - judged.accepted)]
    effects, counts = _effects(subject, diff, steps)
    return Plan(
        intent=intent.name,
        target=subject.target,
        to_none=to_none,
        complete=snapshot.complete,
        applyable=snapshot.complete and not unresolved,
        errored=bool(unresolved),
        proof=judged.record,
        effects=effects,
        digests=digests_of(manifests, snapshot, intent),
        summary=summarize(subject, diff),
        steps=steps if judged.holds else (),
        warnings=tuple(sort_diagnostics(item for item in problems if not has_errors([item]))),
        unresolved=tuple(sort_diagnostics(unresolved)),
        scope=subject.scope,
        accepted=tuple(sorted(accepted & {str(item.theirs) for item in overrides} | judged.accepted)),
        api_servers=api_servers_of(snapshot),
        pauses=() if to_none or not judged.holds else find_pauses(subject),
        pod_ranges=tuple(map(str, intent.cluster.pod_cidrs)),
        system_namespaces=subject.system_namespaces,
        pairs=counts,
        left=find_left(subject, steps) if judged.holds else (),
    )


def _find_order(
    subject: Subject, diff: ObjectDiff, bridges: Bridges, overrides: Sequence[Override], harms: frozenset[str]
) -> tuple[tuple[Step, ...], Judged]:
    """Return the steps in the first order that is proven, or in the first one with what stands in its way."""
    start, environment = live_objects(diff), environment_of(subject)
    orders = _orders(subject)
    refused: tuple[tuple[Step, ...], Judged] | None = None

    @cache
    def steps_in(order: Order) -> tuple[Step, ...]:
        return make_steps(subject, diff, all_moves(subject, bridges, order), overrides)

    def judge(order: Order, allowed: frozenset[str], steps: Sequence[Step]) -> Judged:
        return judge_steps(
            steps, start, subject.snapshot, environment, order, subject.scope, allowed, system=subject.system_namespaces
        )

    def holds(order: Order, allowed: frozenset[str], steps: Sequence[Step]) -> bool:
        return judge(order, allowed, steps).holds

    # What is accepted is done only where no order does without it, and no wait more helps either.
    for allowed, old_before in product([frozenset[str](), harms] if harms else [harms], [False, True]):
        group = [order for order in orders if order.old_before is old_before]
        for order in group:
            judged = judge(order, allowed, steps_in(order))
            if judged.holds:
                return steps_in(order), judged
            refused = refused or (steps_in(order), judged)
        for order in group:
            parted = part_writes(steps_in(order), partial(holds, order, allowed))
            if parted is not None:
                numbered = number_steps(parted)
                return numbered, judge(order, allowed, numbered)
    assert refused is not None
    return refused


def _orders(subject: Subject) -> list[Order]:
    """Return the orders to try; one that an earlier run has begun goes first."""
    policies = [item for item in subject.ours(Status.CHANGED) if item.identity.kind in TIERED_KINDS]
    begun = any(was_left_passing(item, subject) for item in policies if not is_default_deny(item))
    orders = [order for order in Order if subject.replaced or not order.old_before]
    return sorted(orders, key=lambda order: (order.old_before, order.closes_first != begun))


def environment_of(subject: Subject) -> Environment:
    """Return what verdicts hang on: Calico's version, and where the intent says that pods have their addresses."""
    ranges = AddressSet.of_cidrs(map(str, subject.intent.cluster.pod_cidrs))
    return Environment(version=parse_version(subject.target.version), pod_ranges=ranges)


def live_objects(diff: ObjectDiff) -> dict[Identity, ApiObject]:
    """Return what is live, by identity."""
    return {change.identity: change.live for change in diff.changes if change.live is not None}


def _effects(subject: Subject, diff: ObjectDiff, steps: Sequence[Step]) -> tuple[tuple[FlowEffect, ...], PairCounts]:
    history = read_history(live_objects(diff), steps)
    return find_effects_and_pairs(
        subject.snapshot, history.start, history.objects_at(history.everything), environment_of(subject)
    )


def find_overridden(
    manifests: ManifestSet,
    snapshot: Snapshot,
    intent: Intent,
    diff: ObjectDiff,
    replaced: frozenset[Identity],
    accept: Sequence[str] = (),
) -> list[Diagnostic]:
    """Return the denies of others that an allow of the set comes before, as `make_plan` judges them.

    `replaced` are the live objects that are handed over; InputError where a name in `accept` cannot be read.
    """
    accepted = read_accepted(accept)
    subject = make_subject(manifests, snapshot, intent, diff, replaced, to_none=False)
    return sort_diagnostics(judge_overrides(find_overrides(subject, diff), diff, accepted))


def make_subject(
    manifests: ManifestSet | None,
    snapshot: Snapshot,
    intent: Intent,
    diff: ObjectDiff,
    replaced: frozenset[Identity],
    *,
    to_none: bool,
) -> Subject:
    """Put together what all parts of the planner read."""
    going = to_be_removed(diff, replaced)
    changes = tuple(_changes(diff, intent.name, going, to_none=to_none))
    target = manifests.target if manifests is not None else _target_of(changes, intent)
    cluster = Cluster.of(snapshot)
    rest = any(
        read_reach(obj.manifest, {}).rest
        for item in changes
        for obj in (item.live, item.intended)
        if obj is not None and is_default_deny(item)
    )
    gone = {item.identity for item in changes if item.status is Status.REMOVED}
    ours = {item.identity: item for item in changes}
    live = [item for item in diff.changes if item.live is not None]
    then = [item.intended for item in changes if item.intended is not None]
    then += [item.live for item in live if item.identity not in ours and item.live is not None]
    without_bridge = [item.live for item in live if item.live is not None and not _our_bridge(item, intent.name)]
    others = [item.live for item in live if item.live is not None and item.owner != intent.name]
    named = () if to_none or manifests is None else manifests.scope
    universe = _universe(changes, named, cluster)
    scope = tuple(sorted({*named, *_reached(changes, universe)}))
    return Subject(
        intent=intent,
        target=target,
        form=Form(target.api_group, target.version),
        changes=changes,
        replaced=going & gone,
        scope=scope,
        system_namespaces=manifests.system_namespaces if manifests is not None else (),
        rest=rest,
        snapshot=snapshot,
        cluster=cluster,
        before=Isolation.of([item.live for item in live if item.live is not None], cluster),
        before_without_bridge=Isolation.of(without_bridge, cluster),
        by_others=Isolation.of(others, cluster),
        after=Isolation.of(then, cluster),
        universe=universe,
        ranks=rank_namespaces(snapshot, universe),
    )


def _changes(diff: ObjectDiff, intent: str, going: frozenset[Identity], *, to_none: bool) -> Iterable[ObjectChange]:
    for change in diff.changes:
        if change.identity in going:
            yield ObjectChange(change.identity, Status.REMOVED, change.live, None, owner=change.owner)
        elif change.status is Status.FOREIGN:
            continue
        elif not to_none:
            yield change
        elif change.live is not None and change.owner == intent:
            yield ObjectChange(change.identity, Status.REMOVED, change.live, None, owner=intent)


def _our_bridge(change: ObjectChange, intent: str) -> bool:
    return change.owner == intent and is_bridge(change)


def _target_of(changes: Sequence[ObjectChange], intent: Intent) -> Target:
    """Guess for what the live set was rendered, where no new one is at hand."""
    live = [item.live for item in changes if item.live is not None]
    tiers = sorted({tier_of(obj) for obj in live if obj.kind in TIERED_KINDS} - {DEFAULT_TIER})
    layout = Layout.TIERS if tiers else Layout.SINGLE_TIER
    stored = bool(live) and all(is_stored_form(obj) for obj in live)
    tier = tiers[0] if tiers else DEFAULT_TIER
    return Target(intent.calico or NEWEST.minor_text, _CRD if stored else _V3, layout, tier)


def _universe(
    changes: Sequence[ObjectChange], scope: Sequence[str], cluster: Cluster
) -> Mapping[str, Mapping[str, str]]:
    names = {*cluster.namespaces, *scope}
    for change in changes:
        for obj in (change.live, change.intended):
            if obj is None:
                continue
            if obj.namespace:
                names.add(obj.namespace)
            elif obj.kind is Kind.GLOBAL_NETWORK_POLICY:
                names |= named_spaces(obj.manifest)
    return {name: cluster.labels_of(name) for name in sorted(names)}


def _reached(changes: Sequence[ObjectChange], universe: Mapping[str, Mapping[str, str]]) -> set[str]:
    """Return the known namespaces that global policies of the set reach; one that owns the cluster names none."""
    return {
        name
        for item in changes
        if item.intended is not None and item.identity.kind is Kind.GLOBAL_NETWORK_POLICY
        for name in read_reach(item.intended.manifest, universe).spaces
    }


def all_moves(subject: Subject, bridges: Bridges, order: Order) -> list[Move]:
    """Return the moves of all parts of the planner, by stage."""
    moves = [
        *tier_moves(subject),
        *layer_moves(subject, order),
        *bridge_moves(bridges, subject),
        *tier_scope_moves(subject),
        *removal_moves(subject, order),
        *isolation_moves(subject),
    ]
    return sorted(moves, key=lambda move: ORDER[move.stage])


def summarize(subject: Subject, diff: ObjectDiff) -> Summary:
    """Count what becomes of the objects."""
    replaced = len(subject.replaced)
    return Summary(
        created=len(subject.ours(Status.CREATED)),
        changed=len(subject.ours(Status.CHANGED)),
        removed=len(subject.ours(Status.REMOVED)),
        same=len(subject.ours(Status.SAME)),
        foreign=len(diff.with_status(Status.FOREIGN)) - replaced,
        replaced=replaced,
    )


def digests_of(manifests: ManifestSet | None, snapshot: Snapshot, intent: Intent) -> Digests:
    """Return the digests of what a plan is made from."""
    return Digests(
        intent=intent.digest,
        templates=manifests.templates_digest if manifests is not None else "",
        profile=manifests.profile_digest if manifests is not None else "",
        snapshot=snapshot_digest(snapshot),
        set=manifests.digest if manifests is not None else "",
        tool=__version__,
    )


def snapshot_digest(snapshot: Snapshot) -> str:
    """Return the digest of what a plan hangs on: policy objects, namespaces and workloads, not the files they are in.

    Pods that differ only by replica do not count (product.md 6).
    """
    workloads = {
        (item.kind, item.namespace, item.name, item.labels, item.service_account, item.host_network)
        for item in snapshot.workloads
        if not item.owner
    }
    value: dict[str, Any] = {
        "policies": [_without_status(obj) for obj in snapshot.policies],
        "namespaces": {name: [dict(item.labels), item.assumed] for name, item in snapshot.namespaces.items()},
        "workloads": [[*row[:3], dict(row[3]), *row[4:]] for row in sorted(workloads)],
    }
    return digest_value(value)


def _without_status(obj: ApiObject) -> dict[str, Any]:
    return {key: value for key, value in obj.manifest.items() if key != "status"}


def api_servers_of(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the addresses of the API server, for commands that need no DNS."""
    found = {
        f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        for item in snapshot.endpoint_slices
        if (item.namespace, item.service) == ("default", "kubernetes")
        for address in item.addresses
        for _, _, port in item.ports
    }
    return tuple(sorted(found))

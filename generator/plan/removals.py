"""What goes at the end: replaced policies and stale allows, then denies, then entries and sets; the tier comes last."""

from __future__ import annotations

from generator.calico.kinds import KINDS, Kind
from generator.calico.names import TIERED_KINDS
from generator.calico.objects import Identity
from generator.calico.ordering import order_of
from generator.compare.model import ObjectChange, Status
from generator.plan.close_first import leaving_form
from generator.plan.layer_moves import SETS
from generator.plan.model import Move
from generator.plan.observing import only_logs
from generator.plan.record import Order
from generator.plan.stages import DENY_LAYERS, Stage
from generator.plan.subject import Subject, is_bridge, is_default_deny, layer_of, object_of, v3_of


def removal_moves(subject: Subject, order: Order) -> list[Move]:
    """Return the removals, in reverse order of evaluation; default denies, bridge and tier see to themselves."""
    replaced = [item for item in subject.changes if item.identity in subject.replaced and item.intended is None]
    stale = [
        item
        for item in subject.ours(Status.REMOVED)
        if not is_default_deny(item) and not is_bridge(item) and item.identity.kind is not Kind.TIER
    ]
    replaced.sort(key=_reverse_order)
    if order.old_before:
        replaced.sort(key=_denies)  # what an old policy denies may open when it goes, so the others go first
    moves = [_replaced(item, order) for item in replaced]
    if order.closes_first:
        moves += [move for item in sorted(stale, key=_reverse_order) for move in _closing(item, subject)]
    moves += [_stale(item) for item in sorted(stale, key=_reverse_order)]
    moves += [
        Move(
            Stage.STALE_SETS,
            item.identity,
            item.intended.manifest,
            f"Take the entries that are not in the set out of the network set '{item.identity.name}'.",
        )
        for item in subject.ours(Status.CHANGED)
        if item.identity.kind in SETS and item.intended is not None
    ]
    return moves


def _reverse_order(change: ObjectChange) -> tuple[float, Identity]:
    return -order_of(object_of(change)), change.identity


def _replaced(change: ObjectChange, order: Order) -> Move:
    stage = Stage.STALE_SETS if change.identity.kind in SETS else Stage.STALE_ALLOWS
    if order.old_before and stage is Stage.STALE_ALLOWS:
        stage = Stage.HANDOVER
    purpose = f"Remove {_words(change.identity)}, which the set replaces; its content is kept for the way back."
    return Move(stage, change.identity, None, purpose, change.identity.namespace)


def _denies(change: ObjectChange) -> bool:
    """Tell whether an old policy has a rule that denies; what it denies may open when it goes."""
    spec = change.live.manifest.get("spec") if change.live is not None else None
    rules = [rule for way in ("ingress", "egress") for rule in (spec or {}).get(way) or ()]
    return any(rule.get("action") == "Deny" for rule in rules)


def _stale(change: ObjectChange) -> Move:
    stage = Stage.STALE_ALLOWS
    if change.identity.kind in SETS:
        stage = Stage.STALE_SETS
    elif change.identity.kind in TIERED_KINDS and layer_of(change) in DENY_LAYERS:
        stage = Stage.STALE_DENIES
    purpose = f"Remove {_words(change.identity)}, which is not in the set any more."
    if only_logs(change.live):
        purpose = f"Remove {_words(change.identity)}, for nothing is observed any more."
    return Move(stage, change.identity, None, purpose, change.identity.namespace)


def _closing(change: ObjectChange, subject: Subject) -> list[Move]:
    """Return the write by which an allow that goes lets no more through than what comes after it."""
    if change.identity.kind not in TIERED_KINDS or layer_of(change) in DENY_LAYERS or change.live is None:
        return []
    if only_logs(change.live):
        return []
    late = subject.form.write(leaving_form(v3_of(change.live), subject))
    purpose = f"Let {_words(change.identity)} pass what it allows, before anything is let go."
    return [Move(Stage.CLOSING, change.identity, late, purpose, change.identity.namespace)]


def _words(identity: Identity) -> str:
    where = f" of namespace '{identity.namespace}'" if identity.namespace else ""
    kind = "Kubernetes NetworkPolicy" if identity.kind is Kind.KUBERNETES_NETWORK_POLICY else None
    return f"{kind or KINDS[identity.kind].manifest_kind} '{identity.name}'{where}"

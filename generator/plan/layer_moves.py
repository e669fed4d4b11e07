"""The writes of the layers: denies while their sets are still empty, additions to sets, then the allows."""

from __future__ import annotations

from typing import Any, Final

from generator.calico.kinds import KINDS, Kind
from generator.calico.metadata import effective_labels
from generator.calico.names import TIERED_KINDS
from generator.calico.objects import Identity
from generator.calico.ordering import order_of
from generator.compare.model import ObjectChange, Status
from generator.plan.changed import change_moves
from generator.plan.close_first import passing_form
from generator.plan.model import Manifest, Move
from generator.plan.observing import is_observing, only_logs
from generator.plan.record import Order
from generator.plan.scoped import Form
from generator.plan.stages import DENY_LAYERS, Stage
from generator.plan.subject import Subject, is_bridge, is_default_deny, layer_of, object_of, v3_of

SETS: Final = frozenset({Kind.GLOBAL_NETWORK_SET, Kind.NETWORK_SET})
_OBSERVES: Final = {True: "it logs what it will deny", False: "it passes what it will allow"}


def layer_moves(subject: Subject, order: Order) -> list[Move]:
    """Return the writes that put the layers in place, in the order of evaluation; the default deny is not among them.

    A set that does not exist yet is to a rule the same as an empty one, so it is made when it is filled.
    """
    moves: list[Move] = []
    changes = subject.ours(Status.CREATED, Status.CHANGED)
    for change in sorted(changes, key=_evaluation_order):
        if change.intended is None or is_default_deny(change) or is_bridge(change) or only_logs(change.intended):
            continue
        if change.identity.kind in SETS:
            moves += _set_additions(change, subject.form)
        elif change.identity.kind in TIERED_KINDS:
            moves += _creation(change, subject, order) if change.live is None else change_moves(change, subject, order)
    return moves


def _evaluation_order(change: ObjectChange) -> tuple[float, Identity]:
    return order_of(object_of(change)), change.identity


def _creation(change: ObjectChange, subject: Subject, order: Order) -> list[Move]:
    assert change.intended is not None
    layer = layer_of(change)
    denies = layer in DENY_LAYERS
    identity, manifest = change.identity, change.intended.manifest
    what = f"{KINDS[identity.kind].manifest_kind} '{identity.name}'"
    where = f" in namespace '{identity.namespace}'" if identity.namespace else ""
    purpose = f"Create {what}{where}, which {'denies' if denies else 'allows'} (layer {layer})."
    if is_observing(change.intended):
        purpose = f"Create {what}{where} (layer {layer}), which decides nothing: {_OBSERVES[denies]}."
    if denies:
        return [Move(Stage.DENIES, identity, manifest, purpose, identity.namespace)]
    if not order.closes_first:
        return [Move(Stage.ALLOWS, identity, manifest, purpose, identity.namespace)]
    early = passing_form(v3_of(change.intended), subject)
    first = f"Create {what}{where} (layer {layer}), which passes for now what it will allow."
    last = f"Let {what}{where} allow what it passes."
    return [
        Move(Stage.ALLOWS, identity, subject.form.write(early), first, identity.namespace),
        Move(Stage.OPENING, identity, manifest, last, identity.namespace),
    ]


def _set_additions(change: ObjectChange, form: Form) -> list[Move]:
    """Return the write of a set's new entries beside its old ones, where it has any; what goes is taken out last."""
    assert change.intended is not None
    name = change.identity.name
    if change.live is None:
        purpose = f"Create the network set '{name}' with its entries."
        return [Move(Stage.SETS, change.identity, change.intended.manifest, purpose)]
    old, new = _nets(v3_of(change.live)), _nets(v3_of(change.intended))
    if set(new) < set(old) and effective_labels(change.live) == effective_labels(change.intended):
        return []
    if set(old) <= set(new):
        purpose = f"Add entries to the network set '{name}'."
        return [Move(Stage.SETS, change.identity, change.intended.manifest, purpose)]
    union = sorted({*old, *new})
    manifest: dict[str, Any] = dict(v3_of(change.intended))
    manifest["spec"] = {**manifest["spec"], "nets": union}
    purpose = f"Add entries to the network set '{name}'; what goes is taken out at the end."
    return [Move(Stage.SETS, change.identity, form.write(manifest), purpose)]


def _nets(manifest: Manifest) -> list[str]:
    spec = manifest.get("spec") or {}
    return [str(item) for item in spec.get("nets") or ()]

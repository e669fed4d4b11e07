"""A policy of the set that is there already and becomes another: what comes is written first, what goes goes last.

A change that only adds is one write among those that add, and one that only takes away is one write among the removals.
Any other change would do both at once, and a flow between two nodes that have different versions of it could be cut or
opened. So the new content stands beside the old under a name of its own until the cut-over has been made, then the old
object gets it, and the other goes.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from generator.calico.kinds import KINDS, Kind
from generator.calico.objects import Identity
from generator.compare.model import ObjectChange
from generator.foundation.digest import canonical_json
from generator.plan.close_first import was_left_passing
from generator.plan.model import Manifest, Move
from generator.plan.observing import is_observing, was_left_observing
from generator.plan.record import Order
from generator.plan.scoped import Reach, read_reach
from generator.plan.stages import DENY_LAYERS, Stage
from generator.plan.subject import Subject, layer_of, v3_of

_SUFFIX: Final = "-next"
_LONGEST: Final = 63


class _Change(Enum):
    ADDS = "adds"
    TAKES = "takes"
    BOTH = "both"


def change_moves(change: ObjectChange, subject: Subject, order: Order) -> list[Move]:
    """Return the writes that lead a live policy of ours to its new content."""
    assert change.live is not None
    assert change.intended is not None
    denies = layer_of(change) in DENY_LAYERS
    coming, going = (Stage.DENIES, Stage.STALE_DENIES) if denies else (Stage.ALLOWS, Stage.STALE_ALLOWS)
    identity, manifest = change.identity, change.intended.manifest
    what = _words(change, denies=denies)
    if is_observing(change.live):
        return [_from_observing(change, what, coming, order)]
    if was_left_passing(change, subject):
        # An earlier run left it so; it allows when the order of this one says so.
        stage = Stage.OPENING if order.closes_first else Stage.ALLOWS
        return [Move(stage, identity, manifest, f"Let {what} allow what it passes.", identity.namespace)]
    match _kind_of(v3_of(change.live), v3_of(change.intended), subject):
        case _Change.ADDS:
            return [Move(coming, identity, manifest, f"Change {what}; nothing is taken away.", identity.namespace)]
        case _Change.TAKES:
            return [Move(going, identity, manifest, f"Change {what}; nothing is added.", identity.namespace)]
        case _:
            beside = _beside(identity)
            copy_of = _renamed(v3_of(change.intended), beside.name)
            return [
                Move(
                    coming,
                    beside,
                    subject.form.write(copy_of),
                    f"Put the new content of {what} beside the old, as '{beside.name}'.",
                    identity.namespace,
                ),
                Move(
                    going,
                    identity,
                    manifest,
                    f"Change {what}; its new content is in force already.",
                    identity.namespace,
                ),
                Move(
                    going, beside, None, f"Remove '{beside.name}', whose content is in {what} now.", identity.namespace
                ),
            ]


def _from_observing(change: ObjectChange, what: str, coming: Stage, order: Order) -> Move:
    """Return the one write of a policy that decides nothing while it observes: nothing of it has to be kept."""
    assert change.intended is not None
    purpose = f"Change {what}, which still decides nothing."
    if was_left_observing(change):
        denies = coming is Stage.DENIES
        purpose = f"Let {what} {'deny what it logs' if denies else 'allow what it passes'}."
        if not denies and order.closes_first:
            coming = Stage.OPENING
    return Move(coming, change.identity, change.intended.manifest, purpose, change.identity.namespace)


def _words(change: ObjectChange, *, denies: bool) -> str:
    kind = KINDS[change.identity.kind].manifest_kind
    where = f" of namespace '{change.identity.namespace}'" if change.identity.namespace else ""
    return f"{kind} '{change.identity.name}'{where} ({'deny' if denies else 'allow'}, layer {layer_of(change)})"


def _beside(identity: Identity) -> Identity:
    tier, dot, label = identity.name.rpartition(".")
    return Identity(identity.kind, identity.namespace, f"{tier}{dot}{label[: _LONGEST - len(_SUFFIX)]}{_SUFFIX}")


def _renamed(manifest: Manifest, name: str) -> dict[str, Any]:
    found: dict[str, Any] = copy.deepcopy(dict(manifest))
    found["metadata"] = {**found["metadata"], "name": name}
    return found


def _kind_of(old: Manifest, new: Manifest, subject: Subject) -> _Change:
    before, after = _spec(old), _spec(new)
    if _rest(before) != _rest(after):
        return _Change.BOTH
    signs = {
        _compare(_rules(before, "ingress"), _rules(after, "ingress")),
        _compare(_rules(before, "egress"), _rules(after, "egress")),
        _compare(_spaces(old, subject), _spaces(new, subject)),
    }
    if None in signs or {_Change.ADDS, _Change.TAKES} <= signs:
        return _Change.BOTH
    return _Change.TAKES if _Change.TAKES in signs else _Change.ADDS


def _compare(old: frozenset[str], new: frozenset[str]) -> _Change | str | None:
    """Return what became of a set: ADDS, TAKES, "" for nothing; None where it is neither."""
    if old == new:
        return ""
    if old < new:
        return _Change.ADDS
    return _Change.TAKES if new < old else None


def _spec(manifest: Manifest) -> Mapping[str, Any]:
    spec = manifest.get("spec")
    return spec if isinstance(spec, Mapping) else {}


def _rest(spec: Mapping[str, Any]) -> str:
    return canonical_json(
        {key: value for key, value in spec.items() if key not in ("ingress", "egress", "namespaceSelector")}
    )


def _rules(spec: Mapping[str, Any], direction: str) -> frozenset[str]:
    rules = spec.get(direction) or ()
    return frozenset(canonical_json({key: value for key, value in rule.items() if key != "metadata"}) for rule in rules)


def _spaces(manifest: Manifest, subject: Subject) -> frozenset[str]:
    """Return the namespaces that a policy reaches; a namespaced one has no such selector and reaches its own."""
    if manifest.get("kind") != Kind.GLOBAL_NETWORK_POLICY.value:
        return frozenset()
    reach: Reach = read_reach(manifest, subject.universe)
    return reach.spaces | ({"*"} if reach.rest else frozenset())

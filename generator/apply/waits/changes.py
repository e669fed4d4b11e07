"""By how much one event moves the number that a node shows, as far as that is certain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.apply.waits.canaries import LABEL_CANARY
from generator.apply.waits.feeds import Happening
from generator.apply.waits.kinds import MEASURES, Measure
from generator.apply.waits.ledger import Change
from generator.calico.kinds import Kind
from generator.calico.metadata import effective_labels
from generator.calico.names import identity_of
from generator.calico.objects import ApiObject
from generator.calico.validator import ValidationContext, validate_object
from generator.foundation.diagnostics import has_errors
from generator.foundation.source import SourceMap
from generator.layers.model import LABEL_INTENT

_NOWHERE: Final = SourceMap("", "")
_DOUBTFUL: Final[Mapping[str, Change]] = {"ADDED": (0, 1), "MODIFIED": (-1, 1), "DELETED": (-1, 0)}


def change_of(kind: Kind, event: Happening, version: str, *, coalesced: bool) -> Change | None:
    """Return the change; None for an event that no node hears of.

    A policy that Felix refuses is not counted, so what happens to one that others wrote is certain only as far as the
    validator takes it. Each update of a set counts one; `coalesced` says that a Typha stands between, which passes on
    the last of several updates of one object alone, so that a later one may not count.
    """
    obj = ApiObject(kind, event.manifest, _NOWHERE)
    if identity_of(obj).kind is not kind:
        return None  # Calico's view of a Kubernetes policy
    measure = MEASURES.get(kind)
    if measure is None:
        return _DOUBTFUL[event.type]
    if measure is Measure.SET_UPDATES:
        return (0, 1) if coalesced and not (event.type == "ADDED" and _is_canary(event.manifest)) else (1, 1)
    labels = effective_labels(obj)
    known = measure is Measure.TIERS or LABEL_INTENT in labels or LABEL_CANARY in labels
    known = known or not has_errors(validate_object(obj, ValidationContext(version=version)))
    match event.type:
        case "ADDED":
            return (1, 1) if known else (0, 1)
        case "DELETED":
            return (-1, -1) if known else (-1, 0)
        case _ if measure is Measure.TIERS or LABEL_INTENT in labels or LABEL_CANARY in labels:
            return (0, 0)
        case _:
            # What it was before is not known: it may have been refused, and it may be now.
            return (0, 1) if known else (-1, 0)


def _is_canary(manifest: Mapping[str, Any]) -> bool:
    return LABEL_CANARY in ((manifest.get("metadata") or {}).get("labels") or {})

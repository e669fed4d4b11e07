"""Intended against live: what becomes of each object, and whose it is.

Ours is what carries the label `ringfence/intent` with the intent's name. Nothing else is ever changed or removed: two
intents in one cluster leave each other's objects alone, and everybody else's are foreign.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from generator.calico.metadata import effective_labels
from generator.calico.normalize import normalize_object
from generator.calico.objects import ApiObject, Identity
from generator.compare.codes import INTENDED_WITHOUT_LABEL, NOT_OURS, OWNED_BY_OTHER
from generator.compare.fields import changed_fields
from generator.compare.index import index_intended, index_live, rejoin_renamed
from generator.compare.model import ObjectChange, ObjectDiff, Status
from generator.foundation.diagnostics import Diagnostic, has_errors, problem, sort_diagnostics
from generator.foundation.errors import InputError

INTENT_LABEL: Final = "ringfence/intent"


def owner_of(obj: ApiObject) -> str:
    """Return the name of the intent that owns an object, "" for none."""
    return effective_labels(obj).get(INTENT_LABEL, "")


def compute_diff(
    intended: Sequence[ApiObject],
    live: Sequence[ApiObject],
    intent: str,
    *,
    adopt: frozenset[Identity] = frozenset(),
    version: str | None = None,
) -> ObjectDiff:
    """Compare the objects that an intent means with those of a cluster.

    `adopt` names objects that may be taken over although they carry no label or another intent's. `version` is
    Calico's, where it is known; without it `foo` and `default.foo` are one policy, unless the live set holds both,
    which no server before 3.32 can; with a version from 3.32 they are two, save that a `default.foo` of ours is still
    found again as `foo`. InputError, with all problems at once, for intended objects that exist and are
    not ours, and for what stands twice with different content.
    """
    wanted, problems = index_intended(intended, version)
    problems += [_unlabelled(obj, intent) for obj in wanted.values() if owner_of(obj) != intent]
    there, found = index_live(live, version, ours=lambda identity, obj: identity in wanted or owner_of(obj) == intent)
    there = rejoin_renamed(there, wanted, ours=lambda obj: owner_of(obj) == intent)
    problems += found
    problems += _not_ours(wanted, there, intent, adopt)
    if has_errors(problems):
        raise InputError(problems)
    changes = [
        _change(identity, wanted.get(identity), there.get(identity), intent, version)
        for identity in sorted({*wanted, *there})
    ]
    return ObjectDiff(intent, tuple(changes), tuple(sort_diagnostics(problems)))


def _change(
    identity: Identity, wanted: ApiObject | None, live: ApiObject | None, intent: str, version: str | None
) -> ObjectChange:
    if live is None:
        return ObjectChange(identity, Status.CREATED, None, wanted, owner=intent)
    owner = owner_of(live)
    if wanted is None:
        status = Status.REMOVED if owner == intent else Status.FOREIGN
        return ObjectChange(identity, status, live, None, owner=owner)
    old, new = _comparable(live, identity, version), _comparable(wanted, identity, version)
    if old == new:
        return ObjectChange(identity, Status.SAME, live, wanted, owner=owner)
    return ObjectChange(identity, Status.CHANGED, live, wanted, changed_fields(old, new), owner)


def _comparable(obj: ApiObject, identity: Identity, version: str | None) -> dict[str, Any]:
    form = normalize_object(obj, version=version)
    # The two have been found to be one object already; a name that is spelt in another way is no difference.
    form["metadata"] = {**form["metadata"], "name": identity.name}
    return form


def _not_ours(
    wanted: dict[Identity, ApiObject], there: dict[Identity, ApiObject], intent: str, adopt: frozenset[Identity]
) -> Iterable[Diagnostic]:
    for identity in sorted(wanted.keys() & there.keys()):
        live = there[identity]
        owner = owner_of(live)
        if owner == intent or identity in adopt:
            continue
        place = live.source.place(("metadata", "name"))
        if owner:
            summary = f"{identity} is owned by intent '{owner}'"
            hint = "let one of the two intents own it and take it out of the other, or give it another name"
            yield problem(OWNED_BY_OTHER, summary, place=place, path="metadata.labels", hint=hint)
        else:
            hint = "choose another name, or list it under replaces to take it over"
            yield problem(NOT_OURS, f"{identity} exists and is not ours", place=place, path="metadata.name", hint=hint)


def _unlabelled(obj: ApiObject, intent: str) -> Diagnostic:
    owner = owner_of(obj)
    said = f"says it is of intent '{owner}'" if owner else "has no label ringfence/intent"
    return problem(
        INTENDED_WITHOUT_LABEL,
        f"{obj.kind} '{obj.name}' is compared for intent '{intent}' and {said}",
        place=obj.source.place(("metadata",)),
        path="metadata.labels",
    )

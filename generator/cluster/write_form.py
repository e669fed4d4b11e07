"""The one request that brings an object from what was just read to what it shall be.

Which form a write has is decided by what its result would be, since the result must be exactly what the plan proved:

* what is not there is created with POST, which never touches an object that somebody made meanwhile;
* a change is a server-side apply, so that a field which another manager holds is a conflict with a name, save where its
  result would be something else. What was created with POST belongs to (`ringfence`, Update), and an apply is
  (`ringfence`, Apply), another manager to the server: it meets a conflict with ourselves, takes no field away that it
  did not itself bring, and merges into lists that are sets, so that `nets`, `notNets` and `types` keep what they had.
  So it takes fields over by force where they belong to nobody else, and where a field goes, a list that is a set
  becomes another, and for every network set, the object is replaced with PUT;
* what is restored is replaced with PUT, or created with POST;
* a removal is a DELETE.

Every form carries uid and resourceVersion of what was read (PUT and DELETE as preconditions, apply in its body), except
POST, which has none to carry.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from generator.calico.kinds import Kind
from generator.calico.normalize import SET_FIELDS
from generator.cluster.access import Request
from generator.cluster.places import place_of
from generator.cluster.sameness import Manifest, without_server_fields

MANAGER: Final = "ringfence"
_SECONDS: Final = 25  # the server gives up before the client does, and then says so
_SETS: Final = frozenset({Kind.NETWORK_SET, Kind.GLOBAL_NETWORK_SET})


class Form(StrEnum):
    """How an object is written."""

    POST = "post"
    APPLY = "apply"
    PUT = "put"
    DELETE = "delete"


def choose_form(kind: Kind, before: Manifest | None, after: Manifest | None, *, restoring: bool = False) -> Form:
    """Return the form whose result is exactly `after`."""
    if before is None:
        return Form.POST
    if after is None:
        return Form.DELETE
    if restoring or kind in _SETS or _takes_away(before, after):
        return Form.PUT
    return Form.APPLY


def write_request(
    kind: Kind,
    form: Form,
    found: Manifest | None,
    before: Manifest | None,
    after: Manifest | None,
    *,
    force: bool = False,
    dry_run: bool = False,
) -> Request:
    """Return the request; `found` is the object as it was just read.

    `force` lets an apply take fields over; it is meant for those that the same program created.
    """
    query = (("fieldManager", MANAGER), ("fieldValidation", "Strict"), ("timeout", f"{_SECONDS}s"))
    dry = (("dryRun", "All"),) if dry_run else ()
    shown = after if after is not None else found
    assert shown is not None
    place = place_of(kind, shown)
    if form is Form.POST:
        assert after is not None
        return Request("POST", place.collection, query + dry, without_server_fields(after))
    assert found is not None
    uid, version = found["metadata"]["uid"], found["metadata"]["resourceVersion"]
    if form is Form.DELETE:
        conditions = {"uid": uid, "resourceVersion": version}
        # Orphans: nothing hangs on a policy object, and no controller is waited for.
        body = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": conditions,
            "propagationPolicy": "Background",
        }
        return Request("DELETE", place.path, dry, body | ({"dryRun": ["All"]} if dry_run else {}))
    assert after is not None
    if form is Form.APPLY:
        sent = without_server_fields(after)
        sent["metadata"] |= {"uid": uid, "resourceVersion": version}
        forced = (("force", "true"),) if force else ()
        return Request("PATCH", place.path, query + forced + dry, sent, "application/apply-patch+yaml")
    return Request("PUT", place.path, query + dry, _replacement(found, before, after))


def _replacement(found: Manifest, before: Manifest | None, after: Manifest) -> dict[str, Any]:
    """Return `after` with what of the metadata others have put there: labels, annotations, owners, finalizers."""
    sent = without_server_fields(after)
    theirs, metadata = found["metadata"], dict(sent["metadata"])
    for field in ("labels", "annotations"):
        known = {**_mapping(before, field), **_mapping(after, field)}
        foreign = {key: value for key, value in (theirs.get(field) or {}).items() if key not in known}
        merged = {**foreign, **_mapping(after, field)}
        if merged:
            metadata[field] = merged
        else:
            metadata.pop(field, None)
    for field in ("ownerReferences", "finalizers"):
        if theirs.get(field):
            metadata[field] = theirs[field]
    metadata |= {"uid": theirs["uid"], "resourceVersion": theirs["resourceVersion"]}
    status = {"status": found["status"]} if "status" in found else {}
    return {**sent, "metadata": metadata, **status}


def _mapping(manifest: Manifest | None, field: str) -> Mapping[str, Any]:
    return ((manifest or {}).get("metadata") or {}).get(field) or {}


def _takes_away(before: Manifest, after: Manifest) -> bool:
    """Tell whether a field of `before` is not in `after`, or a list that merges is another."""
    return _loses(without_server_fields(before), without_server_fields(after))


def _loses(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    for key, old in before.items():
        if old is None:
            continue
        if key not in after or after[key] is None:
            return True
        new = after[key]
        if isinstance(old, Mapping):
            if not isinstance(new, Mapping) or _loses(old, new):
                return True
        elif key in SET_FIELDS and old != new:
            return True
    return False

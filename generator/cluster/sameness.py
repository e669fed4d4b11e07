"""Is an object on the server what a plan speaks of? What servers fill in, and what others may add, does not count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.calico.kinds import Kind
from generator.calico.metadata import METADATA_ANNOTATION, TIER_LABEL
from generator.calico.normalize import normalize_object
from generator.calico.objects import ApiObject
from generator.foundation.source import SourceMap

Manifest = Mapping[str, Any]

# What only a server sets; a manifest that is sent carries none of it.
SERVER_SET: Final = frozenset(
    {
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "managedFields",
        "selfLink",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    }
)
_NOWHERE: Final = SourceMap("", "")


def is_same(kind: Kind, found: Manifest | None, wanted: Manifest | None, version: str) -> bool:
    """Tell whether an object on the server is the one that is meant, in the comparison form.

    An object that is being deleted is none that anybody means.
    """
    if found is None or wanted is None:
        return found is None and wanted is None
    return not is_leaving(found) and comparison_form(kind, found, version) == comparison_form(kind, wanted, version)


def is_restored(kind: Kind, found: Manifest | None, wanted: Manifest | None, version: str) -> bool:
    """Tell whether an object has come to be what was written: the same, with every label and annotation of it."""
    if found is None or wanted is None:
        return found is None and wanted is None
    return is_same(kind, found, wanted, version) and all(
        _texts(wanted, field).items() <= _texts(found, field).items() for field in ("labels", "annotations")
    )


def is_leaving(manifest: Manifest) -> bool:
    """Tell whether an object is being deleted."""
    return bool((manifest.get("metadata") or {}).get("deletionTimestamp"))


def comparison_form(kind: Kind, manifest: Manifest, version: str) -> dict[str, Any]:
    """Return what two manifests must have in common to be the same object."""
    return normalize_object(ApiObject(kind, manifest, _NOWHERE), version=version)


def without_server_fields(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest as it may be sent: nothing in it that only a server sets."""
    metadata = {key: value for key, value in (manifest.get("metadata") or {}).items() if key not in SERVER_SET}
    return {key: value for key, value in manifest.items() if key not in ("metadata", "status")} | {"metadata": metadata}


def _texts(manifest: Manifest, field: str) -> dict[str, Any]:
    found = (manifest.get("metadata") or {}).get(field) or {}
    # The server writes the tier's label; the stored metadata was compared by what it says.
    return {key: value for key, value in found.items() if key not in (TIER_LABEL, METADATA_ANNOTATION)}

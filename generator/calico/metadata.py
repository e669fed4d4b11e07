"""Labels and annotations that count: of a `crd.projectcalico.org` object those in its annotation (calico.md 7.1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from generator.calico.codes import LABEL_NOT_TEXT, STORED_METADATA
from generator.calico.kinds import CALICO_CRD
from generator.calico.objects import ApiObject
from generator.foundation.diagnostics import Diagnostic, problem

METADATA_ANNOTATION: Final = "projectcalico.org/metadata"
_STORED_GROUP: Final = CALICO_CRD.partition("/")[0]
TIER_LABEL: Final = "projectcalico.org/tier"


@dataclass(frozen=True, slots=True)
class Metadata:
    """What selectors, owners and people see of an object: the v3 name, namespace, labels and annotations."""

    name: str
    namespace: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


def is_stored_form(obj: ApiObject) -> bool:
    """Tell whether the object is in the classic stored form, whose annotation may hold the real metadata."""
    written = obj.manifest.get("apiVersion", "")
    # Asked several times of each object, and nearly always of one of a group with another first letter.
    return str(written).startswith(_STORED_GROUP) and str(written).partition("/")[0] == _STORED_GROUP


def stored_metadata(obj: ApiObject) -> Mapping[str, Any] | None:
    """Return the v3 metadata that a stored object carries in its annotation; None without one, or if it is no JSON."""
    if not is_stored_form(obj):
        return None
    annotations = obj.metadata.get("annotations")
    text = annotations.get(METADATA_ANNOTATION) if isinstance(annotations, Mapping) else None
    if not isinstance(text, str):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, Mapping) else None


def effective_labels(obj: ApiObject) -> dict[str, str]:
    """Return the labels that count; those on a stored object itself only where the annotation is absent."""
    return _texts(_counting(obj).get("labels"))


def effective_annotations(obj: ApiObject) -> dict[str, str]:
    """Return the annotations that count, without the one that holds the metadata."""
    found = _texts(_counting(obj).get("annotations"))
    found.pop(METADATA_ANNOTATION, None)
    return found


def check_metadata(obj: ApiObject) -> list[Diagnostic]:
    """Report a metadata annotation that is no JSON object, and labels or annotations that are no text."""
    found: list[Diagnostic] = []
    annotations = obj.metadata.get("annotations")
    if is_stored_form(obj) and isinstance(annotations, Mapping) and METADATA_ANNOTATION in annotations:
        way = ("metadata", "annotations", METADATA_ANNOTATION)
        if stored_metadata(obj) is None:
            hint = "it holds a JSON object with name, labels and annotations"
            summary = f"the annotation {METADATA_ANNOTATION} is no JSON object"
            path = f"metadata.annotations.{METADATA_ANNOTATION}"
            found.append(problem(STORED_METADATA, summary, place=obj.source.place(way), path=path, hint=hint))
    for group in ("labels", "annotations"):
        values = obj.metadata.get(group)
        if values is None:
            continue
        if not isinstance(values, Mapping):
            place = obj.source.place(("metadata", group))
            summary = f"{group} is no mapping of text to text"
            found.append(problem(LABEL_NOT_TEXT, summary, place=place, path=f"metadata.{group}"))
            continue
        for key, value in values.items():
            # Nothing is the empty text to Go, as for every text field.
            if value is not None and not isinstance(value, str):
                place = obj.source.place(("metadata", group, str(key)))
                summary = f"the value of '{key}' is read as {_type_name(value)}, not as text"
                found.append(
                    problem(LABEL_NOT_TEXT, summary, place=place, path=f"metadata.{group}.{key}", hint="quote it")
                )
    return found


def _counting(obj: ApiObject) -> Mapping[str, Any]:
    stored = stored_metadata(obj)
    return stored if stored is not None else obj.metadata


def _texts(values: Any) -> dict[str, str]:
    if not isinstance(values, Mapping):
        return {}
    return {str(key): value if isinstance(value, str) else _as_text(value) for key, value in values.items()}


def _as_text(value: Any) -> str:
    return "" if value is None else json.dumps(value, sort_keys=True)


def _type_name(value: Any) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case _:
            return "a list or mapping"

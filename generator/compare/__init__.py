"""Object diff: intended against live, normalised, field by field, and whose each object is."""

from generator.compare.diff import INTENT_LABEL, compute_diff, owner_of
from generator.compare.fields import changed_fields
from generator.compare.model import FieldChange, ObjectChange, ObjectDiff, Status

__all__ = [
    "INTENT_LABEL",
    "FieldChange",
    "ObjectChange",
    "ObjectDiff",
    "Status",
    "changed_fields",
    "compute_diff",
    "owner_of",
]

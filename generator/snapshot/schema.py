"""The JSON Schema of a saved snapshot, made from the model, so that the two cannot part."""

from __future__ import annotations

from generator.foundation.json_codec import Schema, file_schema
from generator.snapshot.model import Snapshot
from generator.snapshot.store import CODEC, FORMAT, FORMAT_VERSION


def snapshot_schema() -> Schema:
    """Return the JSON Schema (2020-12) of what `write_snapshot` writes."""
    parts: dict[str, Schema] = {}
    body = CODEC.schema(Snapshot, parts)
    heads: dict[str, Schema] = {"format": {"const": FORMAT}, "version": {"const": FORMAT_VERSION}}
    return file_schema("ringfence snapshot", {**heads, "snapshot": body}, parts)

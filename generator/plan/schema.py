"""The JSON Schema of a plan file, made from the model, so that the two cannot part."""

from __future__ import annotations

from generator.foundation.json_codec import Schema, file_schema
from generator.plan.model import Plan
from generator.plan.plan_file import CODEC, FORMAT, FORMAT_VERSION


def plan_schema() -> Schema:
    """Return the JSON Schema (2020-12) of what `write_plan` writes."""
    parts: dict[str, Schema] = {}
    body = CODEC.schema(Plan, parts)
    heads: dict[str, Schema] = {"format": {"const": FORMAT}, "version": {"const": FORMAT_VERSION}}
    return file_schema("ringfence plan", {**heads, "plan": body}, parts)

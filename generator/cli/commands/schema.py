"""`ringfence schema`."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from generator.cli import options
from generator.cli.outputs import write_output
from generator.intent import intent_schema
from generator.plan.schema import plan_schema
from generator.platforms import profile_schema
from generator.snapshot import snapshot_schema


class Schema(StrEnum):
    """A file format that has a schema."""

    INTENT = "intent"
    SNAPSHOT = "snapshot"
    PLAN = "plan"
    PROFILE = "profile"


_WRITE: Final[dict[Schema, Callable[[], dict[str, Any]]]] = {
    Schema.INTENT: lambda: intent_schema(),
    Schema.SNAPSHOT: lambda: snapshot_schema(),
    Schema.PLAN: lambda: plan_schema(),
    Schema.PROFILE: lambda: profile_schema(),
}


def command(
    of: Annotated[
        Schema, typer.Argument(metavar="[FORMAT]", help="intent, snapshot, plan or profile.")
    ] = Schema.INTENT,
    output: options.OutputFile = None,
) -> None:
    """Print the JSON Schema of a file format.

    An editor that is given the schema completes the intent and marks unknown keys.
    """
    write_output(json.dumps(_WRITE[of](), indent=2) + "\n", output)

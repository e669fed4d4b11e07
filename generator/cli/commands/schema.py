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
from generator.report.schema import Report, report_schema
from generator.snapshot import snapshot_schema


class Schema(StrEnum):
    """A file, or a report of `--format json`, that has a schema."""

    INTENT = "intent"
    SNAPSHOT = "snapshot"
    PLAN = "plan"
    PROFILE = "profile"
    VALIDATE = "validate"
    RENDER = "render"
    DIFF = "diff"
    PLAN_CHECK = "plan-check"
    APPLY = "apply"
    STATUS = "status"
    EXPLAIN = "explain"
    REACH = "reach"


_FILES: Final[dict[Schema, Callable[[], dict[str, Any]]]] = {
    Schema.INTENT: lambda: intent_schema(),
    Schema.SNAPSHOT: lambda: snapshot_schema(),
    Schema.PLAN: lambda: plan_schema(),
    Schema.PROFILE: lambda: profile_schema(),
}


def command(
    of: Annotated[
        Schema,
        typer.Argument(
            metavar="OF",
            help="A file: intent, snapshot, plan, profile; or a report as JSON: validate, render, diff, plan-check, "
            "apply, status, explain, reach.",
        ),
    ] = Schema.INTENT,
    output: options.OutputFile = None,
) -> None:
    """Print the JSON Schema of a file or a report.

    An editor that is given the schema of the intent completes it and marks unknown keys. That of a report holds what
    --format json of its command prints; `plan` prints the plan file, `apply` and `rollback` a line for each event.
    """
    schema = _FILES[of]() if of in _FILES else report_schema(Report(of.value))
    write_output(json.dumps(schema, indent=2) + "\n", output)

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


class FileForm(StrEnum):
    """A file that has a schema."""

    INTENT = "intent"
    SNAPSHOT = "snapshot"
    PLAN = "plan"
    PROFILE = "profile"


_FILES: Final[dict[FileForm, Callable[[], dict[str, Any]]]] = {
    FileForm.INTENT: lambda: intent_schema(),
    FileForm.SNAPSHOT: lambda: snapshot_schema(),
    FileForm.PLAN: lambda: plan_schema(),
    FileForm.PROFILE: lambda: profile_schema(),
}
NAMES: Final = (*FileForm, *Report)


def _parse(text: str) -> str:
    """Return the name of a form; BadParameter for what is none."""
    if text not in NAMES:
        raise typer.BadParameter(f"'{text}' is not one of {', '.join(map(repr, map(str, NAMES)))}")
    return text


def command(
    of: Annotated[
        str,
        typer.Argument(
            metavar="OF",
            parser=_parse,
            autocompletion=lambda: list(map(str, NAMES)),
            help=f"A file: {', '.join(FileForm)}; or a report as JSON: {', '.join(Report)}.",
        ),
    ] = FileForm.INTENT.value,
    output: options.OutputFile = None,
) -> None:
    """Print the JSON Schema of a file or a report.

    An editor that is given the schema of the intent completes it and marks unknown keys. That of a report holds what
    --format json of its command prints; `plan` prints the plan file, `apply` and `rollback` a line for each event.
    """
    schema = _FILES[FileForm(of)]() if of in list(FileForm) else report_schema(Report(of))
    write_output(json.dumps(schema, indent=2) + "\n", output)

"""`ringfence plan show`."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.cli import options
from generator.cli.live import read_text
from generator.cli.outputs import write_report
from generator.plan.plan_file import read_plan, write_plan
from generator.report.formats import Format
from generator.report.plan import plan_markdown, plan_text


def command(
    path: Annotated[str, typer.Argument(metavar="PLAN", help="A saved plan; - is standard input.")],
    format: options.OutputFormat = Format.TEXT,
    output: options.OutputFile = None,
) -> None:
    """Print a saved plan.

    What is shown is read from the file alone.
    """
    plan = read_plan(read_text(path), path)
    write_report(
        format,
        output,
        text=lambda ink: plan_text(plan, ink),
        json=lambda: write_plan(plan),
        markdown=lambda: plan_markdown(plan),
    )

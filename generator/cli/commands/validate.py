"""`ringfence validate`."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.checks import check_against_snapshot
from generator.cli import options
from generator.cli.inputs import read_live, read_target, report_problems
from generator.cli.outputs import write_output, write_report
from generator.foundation.diagnostics import Severity, sort_diagnostics
from generator.foundation.yaml_writer import write_document
from generator.layers import render_set
from generator.report.formats import Format
from generator.report.validation import validation_json, validation_markdown, validation_text


def command(
    intent: options.Intent = None,
    overlays: options.Overlays = None,
    live: options.Live = None,
    namespace: options.Namespace = "default",
    complete: options.Complete = False,
    templates: options.Templates = None,
    as_of: options.AsOf = None,
    effective: Annotated[bool, typer.Option("--effective", help="Print the intent with its overlays.")] = False,
    format: options.OutputFormat = Format.TEXT,
    output: options.OutputFile = None,
) -> None:
    """Check an intent, and with --live what it selects.

    Exit code 1 says that there are errors or warnings. With --effective the intent is printed as it counts:
    overlays laid over, defaults not filled in.
    """
    target = read_target(intent, overlays)
    if effective:
        report_problems(target.loaded.diagnostics)
        write_output(write_document(target.loaded.effective), output)
        return
    snapshot, problems = read_live(live, namespace, complete, intent=intent)
    day = options.day_of(as_of)
    rendered = render_set(target.loaded.intent, target.profile, snapshot=snapshot, templates=templates, as_of=day)
    found = [*target.loaded.diagnostics, *problems, *rendered.notes]
    if snapshot is not None:
        found.extend(check_against_snapshot(target.loaded.intent, target.profile, snapshot))
    found = sort_diagnostics(found)
    name = target.loaded.intent.name
    write_report(
        format,
        output,
        text=lambda ink: validation_text(name, found, ink),
        json=lambda: validation_json(name, found),
        markdown=lambda: validation_markdown(name, found),
    )
    if any(item.severity is not Severity.NOTE for item in found):
        raise typer.Exit(1)

"""`ringfence diff`."""

from __future__ import annotations

import typer

from generator.cli import options
from generator.cli.inputs import need_live, read_target, report_problems
from generator.cli.outputs import write_report
from generator.compare import compute_diff
from generator.layers import render_set
from generator.report.formats import Format
from generator.report.object_diff import diff_json, diff_markdown, diff_text


def command(
    intent: options.Intent = None,
    overlays: options.Overlays = None,
    live: options.Live = None,
    namespace: options.Namespace = "default",
    complete: options.Complete = False,
    templates: options.Templates = None,
    as_of: options.AsOf = None,
    format: options.OutputFormat = Format.TEXT,
    output: options.OutputFile = None,
) -> None:
    """Compare the policy set with what is live.

    Exit code 1 says that something of ours would be created, changed or removed; objects of others are listed
    and left.
    """
    target = read_target(intent, overlays)
    snapshot = need_live(live, namespace, complete, intent=intent)
    day = options.day_of(as_of)
    rendered = render_set(target.loaded.intent, target.profile, snapshot=snapshot, templates=templates, as_of=day)
    diff = compute_diff(
        [item.object for item in rendered.objects], snapshot.policies, rendered.intent, version=rendered.target.version
    )
    report_problems([*target.loaded.diagnostics, *rendered.notes, *diff.diagnostics])
    write_report(
        format,
        output,
        text=lambda ink: diff_text(diff, ink),
        json=lambda: diff_json(diff),
        markdown=lambda: diff_markdown(diff),
    )
    if not diff.is_empty:
        raise typer.Exit(1)

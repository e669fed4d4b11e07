"""`ringfence plan show`."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.cli import cluster_options, options, plan_options
from generator.cli.cluster_options import ClusterCall
from generator.cli.exported import Saving, check_fresh
from generator.cli.live import read_text, read_whole_live
from generator.cli.outputs import write_report
from generator.cli.progress import show_progress
from generator.cli.screen import report_problems
from generator.plan.plan_file import read_plan, write_plan
from generator.report.formats import Format
from generator.report.plan import plan_markdown, plan_text
from generator.report.plan_export import export_text
from generator.snapshot.model import Snapshot


def command(
    path: Annotated[str, typer.Argument(metavar="PLAN", help="A saved plan; - is standard input.")],
    format: options.OutputFormat = Format.TEXT,
    output: options.OutputFile = None,
    export: plan_options.ExportAs = None,
    live: options.Live = None,
    namespace: options.Namespace = "default",
    complete: options.Complete = False,
    context: cluster_options.Context = None,
    kubeconfig: cluster_options.Kubeconfig = None,
    single: plan_options.Single = False,
    image: plan_options.Image = plan_options.DEFAULT_IMAGE,
) -> None:
    """Print a saved plan, or export it.

    What is shown is read from the file alone. An export with --live is proven anew, which takes fewer commits; the
    plan must be fresh there. Exit code 3 says that it cannot be exported.
    """
    saving = Saving(output if export is not None else None, None, export, single, image).checked()
    plan = read_plan(read_text(path), path)
    snapshot: Snapshot | None = None
    if live:
        with show_progress("reading what is live"):
            snapshot, found = read_whole_live(live, namespace, complete, ClusterCall(context, kubeconfig))
        report_problems(found)
        check_fresh(plan, snapshot)
    written = saving.save(plan, snapshot)
    write_report(
        format,
        output if export is None else None,
        text=lambda ink: plan_text(plan, ink) + export_text(written),
        json=lambda: write_plan(plan),
        markdown=lambda: plan_markdown(plan),
    )

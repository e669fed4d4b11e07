"""`ringfence plan check`."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.cli import cluster_options, options, run_options
from generator.cli.cluster_options import ClusterCall
from generator.cli.live import read_text, read_whole_live
from generator.cli.outputs import write_report
from generator.cli.paused import look_for_pauses
from generator.cli.progress import show_progress
from generator.cli.screen import report_problems
from generator.foundation.errors import InputError
from generator.plan.check import Standing, check_plan
from generator.plan.plan_file import read_plan
from generator.report.formats import Format
from generator.report.plan_check import plan_check_json, plan_check_markdown, plan_check_text

_FINDINGS = 1


def command(
    path: Annotated[str, typer.Argument(metavar="PLAN", help="A saved plan; - is standard input.")],
    live: options.Live = None,
    namespace: options.Namespace = "default",
    complete: options.Complete = False,
    context: cluster_options.Context = None,
    kubeconfig: cluster_options.Kubeconfig = None,
    state_namespace: run_options.StateNamespace = run_options.STATE_NAMESPACE,
    format: options.OutputFormat = Format.TEXT,
    output: options.OutputFile = None,
) -> None:
    """Prove a saved plan again on what is live now.

    It is fresh, stale (its proof does not hold any more, it would cut or open something else, or Calico is another one)
    or drifted (an object that it writes or counts on is not as it was). Exit code 1 says that it is not fresh.
    """
    if not live:
        raise InputError([options.no_live()])
    plan = read_plan(read_text(path), path)
    cluster = ClusterCall(context, kubeconfig)
    with show_progress("reading what is live"):
        snapshot, found = read_whole_live(live, namespace, complete, cluster)
    paused = look_for_pauses(snapshot, plan.intent, live, cluster, state_namespace)
    report_problems([*found, *paused])
    with show_progress("proving"):
        check = check_plan(plan, snapshot)
    write_report(
        format,
        output,
        text=lambda ink: plan_check_text(plan, check, ink),
        json=lambda: plan_check_json(plan, check),
        markdown=lambda: plan_check_markdown(plan, check),
    )
    if check.standing is not Standing.FRESH:
        raise typer.Exit(_FINDINGS)

"""`ringfence status`."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.apply.waits.node_waits import PAUSE
from generator.cli import options, run_options
from generator.cli.codes import USAGE
from generator.cli.intent_state import Site, statuses_of_cluster, statuses_of_files
from generator.cli.live import CLUSTER, read_whole_live
from generator.cli.outputs import write_report
from generator.cli.progress import show_progress
from generator.cli.run_options import STATE_NAMESPACE
from generator.cli.screen import report_problems
from generator.cli.waited import wait_for_nodes
from generator.foundation.diagnostics import problem
from generator.foundation.errors import InputError
from generator.report.formats import Format
from generator.report.status import status_json, status_markdown, status_text


def command(
    live: options.Live = None,
    intent: Annotated[
        str | None, typer.Option("--intent", metavar="NAME", help="Only this intent; default: all that are there.")
    ] = None,
    namespace: options.Namespace = "default",
    wait: Annotated[
        bool, typer.Option("--wait", help="Return once every node has shown that it has all that is written.")
    ] = False,
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout",
            metavar="DURATION",
            parser=run_options.parse_duration,
            show_default=False,
            help="With --wait: give up after this time, as in 90s; default: 5m.",
        ),
    ] = 300.0,
    pause: Annotated[
        float | None,
        typer.Option(
            "--pause",
            metavar="SECONDS",
            min=0,
            help=f"With --wait: where nodes show nothing, wait as long ({PAUSE:g} is apply's) and call it a guess.",
        ),
    ] = None,
    context: run_options.Context = None,
    kubeconfig: run_options.Kubeconfig = None,
    state_namespace: run_options.StateNamespace = STATE_NAMESPACE,
    format: options.OutputFormat = Format.TEXT,
    output: options.OutputFile = None,
) -> None:
    """Say what is enforced where, who has paused what, and what a run is doing.

    For each namespace and direction, counting pods where they differ: off, observed (the set is in place, but what it
    does not allow fares as without it), paused, or enforced; what policies of others do is for reach to say. Without
    --live the cluster is read; files tell what is enforced. With --wait exit code 4: time was over before all had it.
    """
    paths = live or [CLUSTER]
    site: Site | None = None
    if paths != [CLUSTER]:
        if wait or context is not None or kubeconfig is not None:
            raise InputError([problem(USAGE, "files have no nodes, no context and no kubeconfig", hint=_HINT)])
        with show_progress("reading what is live"):
            snapshot, found = read_whole_live(paths, namespace, False)
        report_problems(found)
        statuses = statuses_of_files(snapshot, intent)
    else:
        site = Site.open(kubeconfig, context, state_namespace)
        with show_progress("reading the cluster"):
            snapshot = site.read()
            statuses = statuses_of_cluster(site, snapshot, intent)
    write_report(
        format,
        output,
        text=lambda ink: status_text(statuses, ink),
        json=lambda: status_json(statuses),
        markdown=lambda: status_markdown(statuses),
    )
    if wait and site is not None:
        wait_for_nodes(site, snapshot, timeout, pause)


_HINT = "leave them out, or leave --live out"

"""`ringfence reach`."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.calico.versions import NEWEST, parse_version
from generator.cli import options
from generator.cli.codes import USAGE
from generator.cli.live import read_whole_live
from generator.cli.outputs import write_report
from generator.cli.progress import show_progress
from generator.cli.screen import report_problems
from generator.foundation.diagnostics import problem
from generator.foundation.errors import InputError
from generator.foundation.spelling import did_you_mean
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.reachability import find_reach, workload_names
from generator.report.formats import Format
from generator.report.reachability import reach_json, reach_markdown, reach_text

Subject = Annotated[
    str | None, typer.Argument(metavar="WORKLOAD", help="Only what goes to or from it: NAMESPACE/NAME.")
]
Calico = Annotated[str | None, typer.Option(metavar="VERSION", help="The cluster's version; default: the newest.")]


def command(
    workload: Subject = None,
    live: options.Live = None,
    namespace: options.Namespace = "default",
    complete: options.Complete = False,
    calico: Calico = None,
    format: options.OutputFormat = Format.TEXT,
    output: options.OutputFile = None,
) -> None:
    """Say who can reach what.

    Of all pods, nodes and addresses outside, for all protocols and ports, under the policies that are live. A node
    means processes on other nodes than the pod's own, which always reaches it.
    """
    if not live:
        raise InputError([problem(USAGE, "missing option --live", hint="name a directory or file of manifests")])
    with show_progress("reading what is live"):
        snapshot, problems = read_whole_live(live, namespace, complete)
    version = parse_version(calico) if calico else NEWEST
    engine = Engine(snapshot, Environment(version=version))
    if engine.undecodable:
        raise InputError(engine.undecodable)
    names = workload_names(engine)
    if workload is not None and workload not in names:
        hint = did_you_mean(workload, names) or "write NAMESPACE/NAME of a pod or of what makes it"
        raise InputError([problem(USAGE, f"there is no pod or workload '{workload}'", hint=hint)])
    with show_progress("computing"):
        found = find_reach(engine, workload or "")
    report_problems(problems)
    subject = workload or ""
    write_report(
        format,
        output,
        text=lambda ink: reach_text(found, subject, version, ink),
        json=lambda: reach_json(found, subject, version),
        markdown=lambda: reach_markdown(found, subject, version),
    )

"""`ringfence explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.calico.versions import parse_version
from generator.cli import options
from generator.cli.called_flow import judge, read_flow
from generator.cli.codes import USAGE
from generator.cli.live import read_whole_live
from generator.cli.outputs import write_report
from generator.cli.progress import show_progress
from generator.cli.screen import report_problems
from generator.foundation.diagnostics import problem
from generator.foundation.errors import InputError
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.report.flow_verdict import Explanation, verdict_json, verdict_markdown, verdict_text
from generator.report.formats import Format

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="NAMESPACE/NAME of a pod or workload, host:NODE, ip:IP.")]
Destination = Annotated[
    str,
    typer.Argument(
        metavar="DESTINATION:PORT", help="The same, with :PORT, :PORT/UDP, :PORT/SCTP, :icmp or :icmp:TYPE/CODE."
    ),
]


def command(
    source: Source,
    destination: Destination,
    live: options.Live = None,
    namespace: options.Namespace = "default",
    complete: options.Complete = False,
    ipv6: Annotated[bool, typer.Option("--ipv6", help="A packet of IPv6.")] = False,
    source_port: Annotated[
        int, typer.Option(min=1, max=65535, metavar="PORT", help="The packet comes from it.")
    ] = 40000,
    calico: Annotated[str, typer.Option(metavar="VERSION", help="The cluster's version of Calico.")] = "3.32",
    format: options.OutputFormat = Format.TEXT,
    output: options.OutputFile = None,
) -> None:
    """Say which rule of which policy decides on one flow.

    The answer is of the first packet of a connection: allowed, denied, or unknown where what is live does not
    tell. Exit code 0 whatever it is.
    """
    if not live:
        raise InputError([problem(USAGE, "missing option --live", hint="name a directory or file of manifests")])
    version = parse_version(calico)
    with show_progress("reading what is live"):
        snapshot, problems = read_whole_live(live, namespace, complete)
    engine = Engine(snapshot, Environment(version=version))
    undecodable = [*engine.lowered.undecodable, *engine.inventory.undecodable]
    if undecodable:  # one of them stops Felix from reading all of its kind, so that no verdict is known
        raise InputError([*problems, *undecodable])
    called = read_flow(engine, source, destination, ipv6=ipv6, source_port=source_port)
    verdict, unknown = judge(engine, called.flow)
    report_problems(problems)
    found = Explanation(engine, called.flow, verdict, unknown, called.notes)
    write_report(
        format,
        output,
        text=lambda ink: verdict_text(found, ink),
        json=lambda: verdict_json(found),
        markdown=lambda: verdict_markdown(found),
    )

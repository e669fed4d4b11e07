"""`ringfence explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.cli import cluster_options, options
from generator.cli.cluster_options import ClusterCall
from generator.cli.explained import explain_flow
from generator.cli.outputs import write_report
from generator.cli.screen import report_problems
from generator.cli.states import read_states
from generator.foundation.errors import InputError
from generator.reach.environment import Staged
from generator.reach.ignored_kinds import find_taken_for_granted
from generator.report.flow_verdict import verdict_markdown, verdict_text
from generator.report.flow_verdict_json import verdict_json
from generator.report.formats import Format

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="NAMESPACE/NAME of a pod or workload, host:NODE, ip:IP.")]
Destination = Annotated[
    str,
    typer.Argument(
        metavar="DESTINATION:PORT", help="The same, with :PORT, :PORT/UDP, :PORT/SCTP, :icmp or :icmp:TYPE/CODE."
    ),
]
IntentFile = Annotated[
    str | None, typer.Option("--intent", metavar="INTENT", help="An intent file: say what its policy set changes too.")
]
SourcePort = Annotated[int, typer.Option(min=1, max=65535, metavar="PORT", help="The port that the packet comes from.")]


def command(
    source: Source,
    destination: Destination,
    live: options.Live = None,
    intent: IntentFile = None,
    overlays: options.Overlays = None,
    namespace: options.Namespace = "default",
    complete: options.Complete = False,
    context: cluster_options.Context = None,
    kubeconfig: cluster_options.Kubeconfig = None,
    facts: cluster_options.Facts = cluster_options.FactsFrom.PROFILE,
    as_of: options.AsOf = None,
    ipv6: Annotated[bool, typer.Option("--ipv6", help="A packet of IPv6.")] = False,
    source_port: SourcePort = 40000,
    calico: cluster_options.Calico = None,
    dataplane: options.DataplaneName = None,
    staged: options.StagedAs = Staged.IGNORED,
    format: options.OutputFormat = Format.TEXT,
    output: options.OutputFile = None,
) -> None:
    """Say which rule of which policy decides on one flow.

    The answer is of the first packet of a connection: allowed, denied, or unknown where what is live does not
    tell. With --intent it is of now and of when that policy set is in place; for what is denied then it shows the
    smallest change of the intent that would allow it, which was tried before. Exit code 0 whatever it is.
    """
    if not live:
        raise InputError([options.no_live()])
    cluster = ClusterCall(context, kubeconfig)
    states = read_states(intent, overlays, live, namespace, complete, as_of, calico, dataplane, staged, cluster, facts)
    found = explain_flow(states, source, destination, ipv6, source_port)
    report_problems([*states.problems, *find_taken_for_granted(found.engine, states.snapshots[0])])
    write_report(
        format,
        output,
        text=lambda ink: verdict_text(found, ink),
        json=lambda: verdict_json(found),
        markdown=lambda: verdict_markdown(found),
    )

"""`ringfence reach`."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.cli import cluster_options, options
from generator.cli.cluster_options import ClusterCall
from generator.cli.outputs import write_output, write_report
from generator.cli.progress import show_progress
from generator.cli.reached import (
    Account,
    Labels,
    NewPodIn,
    OutputTable,
    Table,
    called_pod,
    check_name,
    find_engine,
    remarks,
)
from generator.cli.screen import report_problems
from generator.cli.states import read_states
from generator.foundation.errors import InputError
from generator.reach.environment import Staged
from generator.reach.reachability import find_reach
from generator.report.formats import Format
from generator.report.reachability import reach_csv, reach_json, reach_markdown, reach_text

Subject = Annotated[
    str | None, typer.Argument(metavar="WORKLOAD", help="Only what goes to or from it: NAMESPACE/NAME.")
]
IntentFile = Annotated[
    str | None, typer.Option("--intent", metavar="INTENT", help="An intent file: answer with its policy set in place.")
]


def command(
    workload: Subject = None,
    live: options.Live = None,
    intent: IntentFile = None,
    overlays: options.Overlays = None,
    namespace: options.Namespace = "default",
    complete: options.Complete = False,
    context: cluster_options.Context = None,
    kubeconfig: cluster_options.Kubeconfig = None,
    facts: cluster_options.Facts = cluster_options.FactsFrom.PROFILE,
    new_pod: NewPodIn = None,
    label: Labels = None,
    service_account: Account = "default",
    as_of: options.AsOf = None,
    calico: cluster_options.Calico = None,
    dataplane: options.DataplaneName = None,
    staged: options.StagedAs = Staged.IGNORED,
    format: OutputTable = Table.TEXT,
    output: options.OutputFile = None,
) -> None:
    """Say who can reach what.

    Of all pods, nodes and addresses outside, for all protocols and ports, under the policies that are live or, with
    --intent, once its set is in place. A node means processes on other nodes than the pod's own, which always reaches
    it. With --new-pod the answer is for a pod that may come, by default one without labels, for which nobody wrote a
    policy; its namespace need not exist yet. What hangs on its address is unknown.
    """
    if not live:
        raise InputError([options.no_live()])
    pod = called_pod(workload, new_pod, label, service_account)
    cluster = ClusterCall(context, kubeconfig)
    states = read_states(intent, overlays, live, namespace, complete, as_of, calico, dataplane, staged, cluster, facts)
    engine, subject = find_engine(states, pod), pod.key if pod is not None else workload or ""
    if pod is None and workload is not None:
        check_name(engine, workload)
    with show_progress("computing"):
        found = find_reach(engine, subject)
    report_problems([*states.problems, *remarks(states, engine, pod, subject)])
    if format is Table.CSV:
        write_output(reach_csv(found), output)
        return
    asked = bool(engine.inventory.pods)
    write_report(
        Format(format.value),
        output,
        text=lambda ink: reach_text(found, subject, engine.environment, ink, asked=asked),
        json=lambda: reach_json(found, subject, engine.environment),
        markdown=lambda: reach_markdown(found, subject, engine.environment, asked=asked),
    )

"""`ringfence snapshot`."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.cli import cluster_options, options
from generator.cli.cluster_options import ClusterCall
from generator.cli.live import CLUSTER, freezing_warnings, read_whole_live
from generator.cli.outputs import write_output
from generator.cli.progress import show_progress
from generator.cli.screen import report_problems
from generator.snapshot import write_snapshot


def command(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH...", help="Directories or files of manifests, or -.")
    ] = None,
    namespace: options.Namespace = "default",
    complete: options.Complete = False,
    context: cluster_options.Context = None,
    kubeconfig: cluster_options.Kubeconfig = None,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="Of a cluster also read ConfigMaps, in which init looks for needs.")
    ] = False,
    output: options.OutputFile = None,
) -> None:
    """Save what was read as one JSON file.

    Without a path, or with the word cluster, that is the cluster of the kubeconfig. The file holds what diff and plan
    need, and only its owner may read it; Secrets and values that look like secrets are never stored.
    """
    with show_progress("reading what is live"):
        call = ClusterCall(context, kubeconfig)
        snapshot, problems = read_whole_live(paths or [CLUSTER], namespace, complete, call, evidence=evidence)
    report_problems([*problems, *freezing_warnings(snapshot)])
    write_output(write_snapshot(snapshot), output, private=True)

"""`ringfence init`."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.cli import cluster_options, options
from generator.cli.cluster_options import ClusterCall
from generator.cli.codes import USAGE
from generator.cli.live import read_live
from generator.cli.outputs import write_output
from generator.cli.progress import show_progress
from generator.cli.screen import report_problems, write_note
from generator.discover import propose_intent, write_proposal
from generator.foundation.diagnostics import has_errors, problem
from generator.foundation.errors import InputError
from generator.report.saved import proposal_note


def command(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH...", help="Directories or files of manifests, or -.")
    ] = None,
    platform: options.Platform = "generic",
    name: options.Name = None,
    policies: Annotated[
        bool, typer.Option("--policies/--no-policies", help="Take live policies as evidence too.")
    ] = True,
    namespace: options.Namespace = "default",
    live: options.Live = None,
    complete: options.Complete = False,
    context: cluster_options.Context = None,
    kubeconfig: cluster_options.Kubeconfig = None,
    output: options.OutputFile = None,
) -> None:
    """Propose an intent from manifests.

    Every line stands with its evidence; what is uncertain is written as a comment and listed. With --live cluster the
    manifests are those of a cluster, and what its policies allow today is evidence too. Exit code 2 says that there is
    no workload, or that a document could not be read; the intent is then proposed from the others.
    """
    named = [*(paths or []), *(live or [])]
    if not named:
        raise InputError([problem(USAGE, "nothing is named to look at", hint="name manifests, or --live cluster")])
    with show_progress("reading what is live"):
        snapshot, problems = read_live(named, namespace, complete, ClusterCall(context, kubeconfig), evidence=True)
    report_problems(problems)
    proposal = propose_intent(snapshot, platform=platform, name=name, use_policies=policies)
    write_output(write_proposal(proposal), output)
    if output is not None and str(output) != "-":
        write_note(proposal_note(proposal, str(output), named))
    if has_errors(problems):  # what could not be read may be a service, or call one
        raise typer.Exit(InputError.exit_code)

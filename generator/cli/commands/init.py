"""`ringfence init`."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.cli import options
from generator.cli.live import read_live
from generator.cli.outputs import write_output
from generator.cli.screen import report_problems
from generator.discover import propose_intent, write_proposal


def command(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Directories or files of manifests, or -.")],
    platform: options.Platform = "generic",
    name: options.Name = None,
    policies: Annotated[
        bool, typer.Option("--policies/--no-policies", help="Take live policies as evidence too.")
    ] = True,
    namespace: options.Namespace = "default",
    complete: options.Complete = False,
    output: options.OutputFile = None,
) -> None:
    """Propose an intent from manifests.

    Every line stands with its evidence; what is uncertain is written as a comment and listed.
    """
    snapshot, problems = read_live(paths, namespace, complete)
    report_problems(problems)
    write_output(write_proposal(propose_intent(snapshot, platform=platform, name=name, use_policies=policies)), output)

"""`ringfence snapshot`."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.cli import options
from generator.cli.live import read_whole_live
from generator.cli.outputs import write_output
from generator.cli.screen import report_problems
from generator.snapshot import write_snapshot


def command(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Directories or files of manifests, or -.")],
    namespace: options.Namespace = "default",
    complete: options.Complete = False,
    output: options.OutputFile = None,
) -> None:
    """Save what was read as one JSON file.

    The file holds what diff and plan need; Secrets and values that look like secrets are never stored.
    """
    snapshot, problems = read_whole_live(paths, namespace, complete)
    report_problems(problems)
    write_output(write_snapshot(snapshot), output)

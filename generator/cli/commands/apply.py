"""`ringfence apply`."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.apply.run import go_on, start_run
from generator.cli.expanded import expands
from generator.cli.rehearsed import rehearse_call
from generator.cli.run_call import RunCall, RunOptions
from generator.cli.run_options import DryRun
from generator.cli.runs import carry_out


@expands(RunOptions)
def command(
    going_on: Annotated[bool, typer.Option("--continue", help="Go on with a run that was stopped or killed.")] = False,
    until: Annotated[str | None, typer.Option("--until", metavar="STEP", help="Stop after this step.")] = None,
    namespaces: Annotated[
        list[str] | None,
        typer.Option("--namespace", metavar="NS", help="Stop when these namespaces are cut over; repeatable."),
    ] = None,
    dry_run: Annotated[
        DryRun | None,
        typer.Option("--dry-run", metavar="WHO", help="server: let the API server look at all writes; makes none."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force-conflicts", help="Take fields over that belong to other field managers.")
    ] = False,
    end_pauses: Annotated[
        bool, typer.Option("--end-pauses", help="Let the plan enforce what somebody has paused; else it is refused.")
    ] = False,
    *,
    options: RunOptions,
) -> None:
    """Carry a plan out on a cluster.

    Before the first write the plan is proven again on what is live, every right is asked for, and you are. Each write
    is journalled, made only if its object is as the plan saw it, and read back. SIGINT stops between two steps, twice
    at once; --continue goes on from here or from another machine, rollback goes back.

    Exit code 3 says that it stopped, was refused or declined, 4 that the cluster or the disk failed, or that not every
    node confirmed a wait within --timeout; it has then stopped between two steps, and --continue waits again.
    """
    call = RunCall(options, until or "", tuple(namespaces or ()), force=force, end_pauses=end_pauses)
    if dry_run is not None:
        rehearse_call(call)
        return
    carry_out(call, go_on if going_on else start_run)

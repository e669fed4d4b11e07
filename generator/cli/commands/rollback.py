"""`ringfence rollback`."""

from __future__ import annotations

from generator.apply.run import take_back
from generator.cli import run_options
from generator.cli.expanded import expands
from generator.cli.run_call import RunCall, RunOptions
from generator.cli.runs import carry_out


@expands(RunOptions)
def command(accept: run_options.AcceptHarm = None, *, options: RunOptions) -> None:
    """Take back what apply has written.

    From wherever it stopped: the inverse writes in reverse order, with the same waits between them, so that each object
    becomes what it was. A rollback that was stopped goes on when it is called again.

    Before the first write the way back is proven on what is live now, where others may have made policies and pods
    since. Where it is not, nothing is written, and each flow that may come to harm is named; --accept goes all the
    same, and so does the break-glass bundle beside the plan.
    """
    carry_out(RunCall(options, accept=tuple(accept or ())), take_back)

"""`ringfence pause`."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from generator.cli import run_options
from generator.cli.intent_state import Site
from generator.cli.options import parse_date
from generator.cli.pause_options import Namespaces, OneDirection, PausedIntent
from generator.cli.pauses import PauseCall, pause
from generator.cli.run_options import STATE_NAMESPACE


def command(
    namespaces: Namespaces,
    direction: OneDirection = None,
    until: Annotated[
        date | None,
        typer.Option("--until", metavar="DATE", parser=parse_date, help="For people: when it is meant to end."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="For people: why.")] = "",
    intent: PausedIntent = None,
    yes: run_options.Yes = False,
    context: run_options.Context = None,
    kubeconfig: run_options.Kubeconfig = None,
    state_namespace: run_options.StateNamespace = STATE_NAMESPACE,
) -> None:
    """Take namespaces out of enforcement, without taking anything of the set away.

    What the set does not allow then fares as before cut-over. The writes are those that the plan of the last run holds
    for it, on what is live now, and are proven on that before they are made. Who paused, until when and why is shown
    by status, plan, plan check and diff; nothing ends a pause but resume, or a plan that is applied with --end-pauses.
    """
    site = Site.open(kubeconfig, context, state_namespace)
    asked = direction.field if direction is not None else ""
    pause(PauseCall(site, intent, namespaces, asked, yes, until, reason))

"""`ringfence resume`."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.cli import run_options
from generator.cli.intent_state import Site
from generator.cli.pause_options import OneDirection, PausedIntent
from generator.cli.pauses import PauseCall, resume
from generator.cli.run_options import STATE_NAMESPACE


def command(
    namespaces: Annotated[
        list[str] | None, typer.Argument(metavar="NAMESPACE", help="Whose pause ends; default: all.")
    ] = None,
    direction: OneDirection = None,
    intent: PausedIntent = None,
    yes: run_options.Yes = False,
    context: run_options.Context = None,
    kubeconfig: run_options.Kubeconfig = None,
    state_namespace: run_options.StateNamespace = STATE_NAMESPACE,
) -> None:
    """End a pause, and do nothing else.

    What was paused is enforced again, byte for byte as before; a run that was interrupted goes on with apply
    --continue.
    """
    site = Site.open(kubeconfig, context, state_namespace)
    asked = direction.field if direction is not None else ""
    resume(PauseCall(site, intent, namespaces or (), asked, yes))

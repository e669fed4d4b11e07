"""What apply and rollback both take from the command line."""

from __future__ import annotations

from dataclasses import dataclass

from generator.apply.waits.node_waits import PAUSE
from generator.cli import run_options
from generator.cli.run_options import STATE_NAMESPACE, StreamFormat, WaitBy


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Which plan, on which cluster, how to wait, whom to ask and how to tell."""

    plan: run_options.PlanPath = None
    intent: run_options.IntentName = None
    yes: run_options.Yes = False
    context: run_options.Context = None
    kubeconfig: run_options.Kubeconfig = None
    state_namespace: run_options.StateNamespace = STATE_NAMESPACE
    journal: run_options.JournalFolder = None
    wait_by: run_options.Waiting = WaitBy.SIGN
    timeout: run_options.Timeout = None
    pause: run_options.Pause = PAUSE
    gates: run_options.Gates = None
    gate_query: run_options.GateQuery = None
    prometheus: run_options.Prometheus = None
    format: run_options.Stream = StreamFormat.TEXT


@dataclass(frozen=True, slots=True)
class RunCall:
    """One call of either: what both take, and what only one of them does."""

    options: RunOptions
    until: str = ""
    namespaces: tuple[str, ...] = ()
    force: bool = False
    end_pauses: bool = False
    accept: tuple[str, ...] = ()

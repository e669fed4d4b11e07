"""`ringfence rollback`."""

from __future__ import annotations

from generator.apply.run import take_back
from generator.cli import run_options
from generator.cli.run_options import STATE_NAMESPACE, StreamFormat, WaitBy
from generator.cli.runs import DEFAULT_PAUSE, RunCall, carry_out


def command(
    plan: run_options.PlanPath = None,
    intent: run_options.IntentName = None,
    accept: run_options.AcceptHarm = None,
    yes: run_options.Yes = False,
    context: run_options.Context = None,
    kubeconfig: run_options.Kubeconfig = None,
    state_namespace: run_options.StateNamespace = STATE_NAMESPACE,
    journal: run_options.JournalFolder = None,
    wait_by: run_options.Waiting = WaitBy.SIGN,
    timeout: run_options.Timeout = None,
    pause: run_options.Pause = DEFAULT_PAUSE,
    gates: run_options.Gates = None,
    gate_query: run_options.GateQuery = None,
    prometheus: run_options.Prometheus = None,
    format: run_options.Stream = StreamFormat.TEXT,
) -> None:
    """Take back what apply has written.

    From wherever it stopped: the inverse writes in reverse order, with the same waits between them, so that each object
    becomes what it was. A rollback that was stopped goes on when it is called again.

    Before the first write the way back is proven on what is live now, where others may have made policies and pods
    since. Where it is not, nothing is written, and each flow that may come to harm is named; --accept goes all the
    same, and so does the break-glass bundle beside the plan.
    """
    call = RunCall(
        plan=plan,
        intent=intent,
        yes=yes,
        state_namespace=state_namespace,
        journal=journal,
        format=format,
        wait_by=wait_by.value,
        timeout=timeout,
        pause=pause,
        context=context,
        kubeconfig=kubeconfig,
        gates=gates or (),
        gate_query=gate_query,
        prometheus=prometheus,
        accept=tuple(accept or ()),
    )
    carry_out(call, take_back)

"""`ringfence plan`."""

from __future__ import annotations

import typer

from generator.cli import cluster_options, options, plan_options, run_options
from generator.cli.cluster_options import ClusterCall
from generator.cli.exported import Saving
from generator.cli.judged import blind_spots, check_stdin, judge_needs, judge_target
from generator.cli.observed_flows import read_observed, with_findings
from generator.cli.outputs import write_report
from generator.cli.paused import IN_A_PLAN, look_for_pauses
from generator.cli.progress import show_progress
from generator.cli.screen import report_problems
from generator.cli.target import Call, compare_with_live, read_both
from generator.foundation.errors import RefusedError
from generator.plan import make_plan
from generator.plan.observe import make_observing_plan
from generator.plan.plan_file import write_plan
from generator.report.formats import Format
from generator.report.plan import plan_markdown, plan_text
from generator.report.plan_export import export_text


def command(
    intent: options.Intent = None,
    overlays: options.Overlays = None,
    live: options.Live = None,
    namespace: options.Namespace = "default",
    complete: options.Complete = False,
    context: cluster_options.Context = None,
    kubeconfig: cluster_options.Kubeconfig = None,
    facts: cluster_options.Facts = cluster_options.FactsFrom.PROFILE,
    state_namespace: run_options.StateNamespace = run_options.STATE_NAMESPACE,
    to: plan_options.To = plan_options.Destination.SET,
    observe: plan_options.Observe = False,
    observe_as: plan_options.ObserveAs = plan_options.Form.LOG,
    observe_until: plan_options.ObserveUntil = None,
    replace: options.Replace = None,
    accept: options.Accept = None,
    expect: options.Expect = None,
    flows: plan_options.Flows = None,
    templates: options.Templates = None,
    as_of: options.AsOf = None,
    format: options.OutputFormat = Format.TEXT,
    output: options.PlanFile = None,
    break_glass: options.BreakGlass = None,
    export: plan_options.ExportAs = None,
    single: plan_options.Single = False,
    image: plan_options.Image = plan_options.DEFAULT_IMAGE,
) -> None:
    """Order the steps from what is live to the policy set.

    Every state in between is proven: nothing is cut or opened on the way that is not so at one of its ends. The
    break-glass bundle takes it back with plain kubectl commands. Expectations are judged where the plan leads; those
    that are not met there are warnings of the plan. Exit code 1 says that there are such, 3 that something stands in
    the way. With --flows it says first which of the flows that logs have shown it would cut, and what would keep them.

    With --observe the plan ends before anything is enforced: the set is in place, no flow fares otherwise than now, and
    what the set would drop is logged, or previewed by staged policies. A plan without it goes on from there.

    With --as the plan is exported instead of saved: for each stretch between waits a commit and a wait for all nodes.
    """
    saving = Saving(output, break_glass, export, single, image).checked()
    until = plan_options.check_observing(observe, observe_as, observe_until, to, accept)
    call = Call(intent, overlays, live, namespace, complete, templates, as_of, ClusterCall(context, kubeconfig), facts)
    check_stdin(call, expect)
    target, snapshot = read_both(call)
    to_none = to is plan_options.Destination.NONE
    seen = read_observed(flows, call, expect, snapshot)
    diff, replaced, _ = compare_with_live(target, snapshot, replace or (), leaving=to_none)
    report_problems(target.problems)
    with show_progress("planning"):
        asked = (target.rendered, snapshot, target.loaded.intent, diff)
        if observe:
            plan = make_observing_plan(*asked, replace=replace or (), until=until, form=observe_as)
        else:
            plan = make_plan(*asked, to_none=to_none, replace=replace or (), accept=accept or ())
    unmet = [] if to_none else judge_target(target, snapshot, diff, replaced, expect)
    broken = [] if to_none or observe else judge_needs(target, snapshot, diff, replaced)
    paused = look_for_pauses(snapshot, plan.intent, live, call.cluster, state_namespace, IN_A_PLAN)
    beside = [*paused, *blind_spots(target, snapshot), *unmet, *broken]
    plan = with_findings(plan, beside, seen, call, target, snapshot, diff, replaced)
    written = saving.save(plan, snapshot)
    texts = {"json": lambda: write_plan(plan), "markdown": lambda: plan_markdown(plan)}
    write_report(format, None, text=lambda ink: plan_text(plan, ink) + export_text(written), **texts)
    if plan.errored or unmet:
        raise typer.Exit(RefusedError.exit_code if plan.errored else 1)

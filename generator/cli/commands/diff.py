"""`ringfence diff`."""

from __future__ import annotations

import typer

from generator.calico.versions import parse_version
from generator.cli import cluster_options, options, run_options
from generator.cli.cluster_options import ClusterCall
from generator.cli.flows import compare_flows
from generator.cli.judged import unseen_in
from generator.cli.outputs import write_report
from generator.cli.paused import look_for_pauses
from generator.cli.progress import show_progress
from generator.cli.report_to import ReportTo, check_report_to, keep_in_cluster
from generator.cli.screen import report_problems
from generator.cli.target import Call, compare_with_live, read_both
from generator.foundation.diagnostics import has_errors
from generator.foundation.errors import RefusedError
from generator.packets.addresses import AddressSet
from generator.plan import find_overridden
from generator.reach.environment import Environment, Staged
from generator.report.formats import PLAIN, Format
from generator.report.object_diff import diff_headline, diff_json, diff_markdown, diff_text


def command(
    intent: options.Intent = None,
    overlays: options.Overlays = None,
    live: options.Live = None,
    namespace: options.Namespace = "default",
    complete: options.Complete = False,
    context: cluster_options.Context = None,
    kubeconfig: cluster_options.Kubeconfig = None,
    facts: cluster_options.Facts = cluster_options.FactsFrom.PROFILE,
    templates: options.Templates = None,
    accept: options.Accept = None,
    as_of: options.AsOf = None,
    dataplane: options.DataplaneName = None,
    staged: options.StagedAs = Staged.IGNORED,
    format: options.OutputFormat = Format.TEXT,
    output: options.OutputFile = None,
    report_to: ReportTo = None,
    state_namespace: run_options.StateNamespace = run_options.STATE_NAMESPACE,
) -> None:
    """Compare the policy set with what is live.

    Listed are the objects that differ, and the flows: what is newly allowed and newly denied, each group with an
    example that was replayed before and after. Of a directory, pods stand for what makes them; flows that hang on an
    address that it does not tell are listed as unknown.

    Exit code 1 says that something of ours would be created, changed or removed; objects of others are listed
    and left. Exit code 3 says that an Allow of ours would come before a Deny of others that was not accepted.
    """
    check_report_to(report_to, live)
    cluster = ClusterCall(context, kubeconfig)
    target, snapshot = read_both(Call(intent, overlays, live, namespace, complete, templates, as_of, cluster, facts))
    diff, replaced, not_found = compare_with_live(target, snapshot)
    with show_progress("comparing flows"):
        version = parse_version(target.rendered.target.version)
        ranges = AddressSet.of_cidrs(map(str, target.loaded.intent.cluster.pod_cidrs))
        environment = Environment(version=version, dataplane=dataplane, staged=staged, pod_ranges=ranges)
        flows, not_compared = compare_flows(snapshot, diff, replaced, environment)
    paused = look_for_pauses(snapshot, target.loaded.intent.name, live, cluster, state_namespace)
    unseen = unseen_in(target, snapshot) if flows is not None else []
    report_problems([*target.problems, *diff.diagnostics, *not_found, *not_compared, *unseen, *paused])
    with show_progress("comparing"):
        denies = find_overridden(target.rendered, snapshot, target.loaded.intent, diff, replaced, accept or ())
    write_report(
        format,
        output,
        text=lambda ink: diff_text(diff, ink, replaced, denies, flows),
        json=lambda: diff_json(diff, replaced, denies, flows),
        markdown=lambda: diff_markdown(diff, replaced, denies, flows),
    )
    if report_to is not None:
        headline, report = diff_headline(diff, replaced), diff_text(diff, PLAIN, replaced, denies, flows)
        keep_in_cluster(report_to, cluster, diff, headline, report)
    if has_errors(denies):
        raise typer.Exit(RefusedError.exit_code)
    if not diff.is_empty:
        raise typer.Exit(1)

"""`--report-to`: the result kept in the cluster that was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from generator.cli.cluster_options import ClusterCall
from generator.cli.codes import USAGE
from generator.cli.live import CLUSTER
from generator.cli.options import parse_label
from generator.compare.model import ObjectDiff
from generator.foundation.diagnostics import problem
from generator.foundation.errors import InputError

ReportTo = Annotated[
    str | None,
    typer.Option(
        "--report-to",
        metavar="NS",
        parser=parse_label,
        help="With --live cluster: keep the result there too, as a ConfigMap, and an Event for each drift.",
    ),
]


def check_report_to(namespace: str | None, live: Sequence[str] | None) -> None:
    """Raise InputError where a report shall be kept in a cluster that is not read."""
    if namespace is not None and CLUSTER not in (live or ()):
        raise InputError([problem(USAGE, "--report-to keeps the result in the cluster that is read", hint=_HINT)])


_HINT = "give --live cluster, or write the result to a file with -o"


def keep_in_cluster(namespace: str, call: ClusterCall, diff: ObjectDiff, headline: str, text: str) -> None:
    """Keep a difference in a namespace of the cluster."""
    from generator.apply.stopping import SystemClock
    from generator.cli.attended import reach_cluster
    from generator.cluster.drift_report import DriftReport, keep_report
    from generator.report.drift import drift_digest

    report = DriftReport(diff.intent, f"intent '{diff.intent}': {headline}", text, drift_digest(diff))
    keep_report(reach_cluster(call.kubeconfig, call.context).attended, SystemClock(), namespace, report)

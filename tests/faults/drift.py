"""Planted faults of the report that is kept in a cluster."""

from __future__ import annotations

import pytest

from generator.cluster import drift_report
from generator.cluster.drift_report import DriftReport, Stored
from tests.faults.calico import Fault


def each_check_is_an_event_of_its_own(patch: pytest.MonkeyPatch) -> None:
    right = drift_report._event

    def event(namespace: str, report: DriftReport, about: Stored, now: str) -> Stored:
        made = right(namespace, report, about, now)
        name = f"{made['metadata']['name']}-{now[11:13]}"
        return {**made, "metadata": {**made["metadata"], "name": name}}

    patch.setattr(drift_report, "_event", event)


def all_drifts_are_one_event(patch: pytest.MonkeyPatch) -> None:
    right = drift_report._event

    def event(namespace: str, report: DriftReport, about: Stored, now: str) -> Stored:
        made = right(namespace, report, about, now)
        return {**made, "metadata": {**made["metadata"], "name": f"ringfence-{report.intent}"}}

    patch.setattr(drift_report, "_event", event)


def a_drift_begins_with_each_check(patch: pytest.MonkeyPatch) -> None:
    right = drift_report._update_report
    patch.setattr(
        drift_report,
        "_update_report",
        lambda found, fresh: right({**found, "data": {}}, fresh),  # no former digest
    )


def the_first_report_stays(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(drift_report, "_update_report", lambda found, fresh: found)


def the_event_is_not_counted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(drift_report, "_count_up", lambda found, fresh: found)


FAULTS_OF_DRIFT_REPORTS: tuple[Fault, ...] = (
    each_check_is_an_event_of_its_own,
    all_drifts_are_one_event,
    a_drift_begins_with_each_check,
    the_first_report_stays,
    the_event_is_not_counted,
)

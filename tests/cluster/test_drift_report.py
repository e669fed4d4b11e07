"""A report in the cluster: kept once, counted up while the drift is the same, and never over what others made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from generator.cluster.access import Connection
from generator.cluster.drift_report import DriftReport, keep_report
from generator.cluster.kubeconfig import open_connection
from generator.foundation.errors import EnvironmentFailure, RefusedError
from tests.faults.calico import Fault
from tests.faults.drift import FAULTS_OF_DRIFT_REPORTS
from tests.testbed import faults
from tests.testbed.client import Client
from tests.testbed.fault_proxy import ALWAYS, FaultProxy
from tests.testbed.server import ApiServer

NAMESPACE = "reports"
NAME = "ringfence-shop-report"


class Day:
    """A clock on which an hour passes with every look, and waiting takes no time."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 1, tzinfo=UTC)
        self.slept = 0.0

    def now(self) -> datetime:
        self.time += timedelta(hours=1)
        return self.time

    def monotonic(self) -> float:
        return self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


@pytest.fixture
def proxy(clean_server: ApiServer) -> Iterator[FaultProxy]:
    admin = clean_server.client()
    admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    with FaultProxy(clean_server) as made:
        yield made


@pytest.fixture
def connection(proxy: FaultProxy, tmp_path: Path) -> Connection:
    return open_connection(str(proxy.server.kubeconfig(tmp_path / "config", url=proxy.url))).connection


def drift(digest: str = "sha256:0123456789abcdef00") -> DriftReport:
    return DriftReport("shop", "intent 'shop': 1 to create", "+ Tier ringfence\n", digest)


def kept(admin: Client) -> dict[str, str]:
    found = admin.get("v1", "ConfigMap", NAME, NAMESPACE)
    assert found is not None
    data: dict[str, str] = found["data"]
    return data


def events(admin: Client) -> list[dict[str, Any]]:
    return admin.objects("v1", "Event", NAMESPACE)


def check_story(proxy: FaultProxy, connection: Connection) -> None:
    """Three checks find a drift, the fourth another one, the fifth none."""
    admin, clock = proxy.server.client(), Day()
    for _ in range(3):
        keep_report(connection, clock, NAMESPACE, drift())
    [event] = events(admin)
    times = (event["firstTimestamp"], event["lastTimestamp"])
    assert (event["count"], times) == (3, ("2026-11-01T01:00:00Z", "2026-11-01T03:00:00Z"))
    assert (kept(admin)["since"], kept(admin)["checked"]) == times
    keep_report(connection, clock, NAMESPACE, drift("sha256:fedcba98765432100"))
    assert len(events(admin)) == 2
    assert kept(admin)["since"] == "2026-11-01T04:00:00Z"
    keep_report(connection, clock, NAMESPACE, DriftReport("shop", "intent 'shop': nothing", ""))
    assert len(events(admin)) == 2
    assert (kept(admin)["drift"], kept(admin)["digest"]) == ("no", "")


def test_the_same_drift_is_one_event_that_is_counted(proxy: FaultProxy, connection: Connection) -> None:
    check_story(proxy, connection)


@pytest.mark.parametrize("fault", FAULTS_OF_DRIFT_REPORTS)
def test_a_planted_fault_is_seen(
    proxy: FaultProxy, connection: Connection, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    fault(monkeypatch)
    with pytest.raises((AssertionError, ValueError)):
        check_story(proxy, connection)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("fault", [faults.DropBefore(), faults.DropAfter(), faults.unavailable()], ids=type)
def test_what_gets_lost_is_made_good_and_counted_once(
    proxy: FaultProxy, connection: Connection, method: str, fault: faults.Fault
) -> None:
    keep_report(connection, Day(), NAMESPACE, drift())
    again = drift("sha256:fedcba98765432100") if method == "POST" else drift()
    planted = proxy.plant(fault, method, "/configmaps/|/events")
    clock = Day()
    clock.now()
    keep_report(connection, clock, NAMESPACE, again)
    assert planted.hits == 1
    assert sum(event["count"] for event in events(proxy.server.client())) == 2


def test_a_server_that_does_not_answer_is_told(proxy: FaultProxy, connection: Connection) -> None:
    proxy.plant(faults.internal_error(), times=ALWAYS)
    with pytest.raises(EnvironmentFailure, match="configmaps in 'reports'"):
        keep_report(connection, Day(), NAMESPACE, drift())


def test_what_others_made_is_left(proxy: FaultProxy, connection: Connection) -> None:
    admin = proxy.server.client()
    foreign = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME, "namespace": NAMESPACE}, "data": {}}
    before = admin.create(foreign)
    with pytest.raises(RefusedError, match="ConfigMap ringfence-shop-report is no report of 'shop'"):
        keep_report(connection, Day(), NAMESPACE, drift())
    assert admin.get("v1", "ConfigMap", NAME, NAMESPACE) == before
    assert events(admin) == []


def test_a_missing_namespace_is_told_with_the_command_that_makes_it(connection: Connection) -> None:
    with pytest.raises(RefusedError, match="there is no namespace 'nowhere'") as refused:
        keep_report(connection, Day(), "nowhere", drift())
    assert refused.value.diagnostics[0].hint == "kubectl create namespace nowhere"


def test_a_long_report_is_cut_at_a_line(proxy: FaultProxy, connection: Connection) -> None:
    long = DriftReport("shop", "x" * 2000, "a line of ünïcode\n" * 60_000, "sha256:00")
    keep_report(connection, Day(), NAMESPACE, long)
    text = kept(proxy.server.client())["report"]
    assert len(text.encode()) <= 512 * 1024
    assert text.endswith("a line of ünïcode\n(cut here: ringfence diff shows all of it)\n")
    [event] = events(proxy.server.client())
    assert len(event["message"]) == 1024

"""What becomes of flows of the small cluster once a namespace is closed: the table that must come out of its logs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from generator.flows.gather import observe_flows
from generator.flows.judge import JudgedFlow, judge_flows
from generator.flows.model import Observations
from generator.flows.read import read_flows
from generator.flows.result import ObservedFlows
from generator.reach.engine import Engine
from generator.snapshot.model import Snapshot
from tests.flows.samples import KERNEL, WHISKER, interface, observe, packet, record, told, world
from tests.plan.worlds import intent_of
from tests.support.objects import api_object

ALLOW_SQL = {
    "apiVersion": "projectcalico.org/v3",
    "kind": "NetworkPolicy",
    "metadata": {"name": "default.sql", "namespace": "notes"},
    "spec": {
        "order": 100,
        "selector": "app in {'web', 'database'}",
        "types": ["Ingress", "Egress"],
        "ingress": [{"action": "Allow", "protocol": "TCP", "source": {"selector": "app == 'web'"}}],
        "egress": [
            {"action": "Allow", "protocol": "TCP", "destination": {"selector": "app == 'database'", "ports": [5432]}}
        ],
    },
}
OPS_CLOSED = {
    "apiVersion": "projectcalico.org/v3",
    "kind": "NetworkPolicy",
    "metadata": {"name": "default.closed", "namespace": "ops"},
    "spec": {"order": 100, "types": ["Egress"], "egress": []},
}
ONE_WEB, OTHER_WEB = "notes/web-574ff6d9fd-x7k2p", "notes/web-574ff6d9fd-q9m4z"


def with_policies(*manifests: dict[str, object]) -> Snapshot:
    return replace(world(), policies=tuple(api_object(item) for item in manifests))


def judged(found: Observations, now: Snapshot, then: Snapshot) -> list[JudgedFlow]:
    before = Engine(now)
    return judge_flows(found, now, before, Engine(then, like=before))


def gathered(found: Observations, now: Snapshot, then: Snapshot) -> ObservedFlows:
    before = Engine(now)
    return observe_flows(
        found, now, intent_of("notes"), before, Engine(then, like=before), scope=("notes",), rate="10/second"
    )


def check_the_logs_of_the_world() -> None:
    found, _ = read_flows([KERNEL, WHISKER])
    listed = judged(found, with_policies(), with_policies(ALLOW_SQL))
    assert told(listed) == [
        "cut notes/web -> ops/metrics-0 TCP 9090",
        "cut ops/metrics-0 -> notes/web TCP 9102",
        "cut notes/web -> 203.0.113.5 TCP 443",
        "cut notes/web -> a public address TCP 443",
        "cut notes/web -> notes/database TCP 5433",
        "cut ops/web-574ff6d9fd-x7k2p -> notes/database TCP 5432",
        "kept notes/web -> notes/database TCP 5432",
        "unknown 10.1.2.30 -> 203.0.113.5 TCP 443",
        "unknown notes/database -> 10.1.9.9 TCP 443",
        "unknown notes/scraper-5cd68f8d6c-* -> notes/web TCP 8080",
    ]
    assert [[seen.times for seen in item.seen] for item in listed] == [[2], [2], *([[1]] * 8)]
    assert listed[0].seen[0].last == "2026-11-20T08:10:01Z"
    assert all(item.outcome.says for item in listed if item.outcome.fate in ("cut", "unknown"))
    whole = gathered(found, with_policies(), with_policies(ALLOW_SQL))
    assert (whole.count, len(whole.cut), len(whole.unknown), whole.kept, whole.denied) == (10, 6, 3, 1, 1)
    assert whole.unseen == ("notes/backup (0 3 * * 0)",)
    assert any("10/second" in text for text in whole.limits)


def check_what_was_denied_already(folder: Path) -> None:
    """Neither what the log shows as denied nor what is denied as it is now is a need that would be cut."""
    found = observe(
        folder,
        record("ops/metrics-0", ONE_WEB, 9102),
        record("ops/metrics-0", ONE_WEB, 9103, action="Deny"),
        record("ops/metrics-0", ONE_WEB, 9104, action="Pass"),
    )
    now, then = with_policies(OPS_CLOSED), with_policies(OPS_CLOSED, ALLOW_SQL)
    assert told(judged(found, now, then)) == [
        "denied-now ops/metrics-0 -> notes/web TCP 9102",
        "unknown ops/metrics-0 -> notes/web TCP 9104",
    ]
    whole = gathered(found, now, then)
    assert (whole.count, whole.denied_now, whole.denied, len(whole.unknown)) == (2, 1, 1, 1)


def check_pods_of_one_name_that_fare_differently(folder: Path) -> None:
    """Where only one of the pods that a name stands for is closed nobody knows whose flow it was."""
    closed = {
        **ALLOW_SQL,
        "metadata": {"name": "default.one", "namespace": "notes"},
        "spec": {
            "types": ["Egress"],
            "selector": "app == 'web'",
            "egress": [{"action": "Allow", "source": {"nets": ["10.1.1.0/24"]}}],
        },
    }
    found = observe(
        folder, record("notes/web-574ff6d9fd-*", "ops/metrics-0", 9090), record(OTHER_WEB, "ops/metrics-0", 9091)
    )
    assert told(judged(found, with_policies(), with_policies(closed))) == [
        "cut notes/web -> ops/metrics-0 TCP 9091",
        "unknown notes/web -> ops/metrics-0 TCP 9090",
    ]


def check_the_interface_goes_before_the_address(folder: Path) -> None:
    line = packet("10.1.1.50", "10.1.1.20", 5432, into=interface(ONE_WEB), out=interface("notes/database-0"))
    assert told(judged(observe(folder, line), with_policies(), with_policies(ALLOW_SQL))) == [
        "unknown 10.1.1.50 -> notes/database TCP 5432"
    ]


def check_all(folder: Path) -> None:
    check_the_logs_of_the_world()
    check_what_was_denied_already(folder)
    check_pods_of_one_name_that_fare_differently(folder)
    check_the_interface_goes_before_the_address(folder)

"""What becomes of observed flows between two states, and what a record tells too little of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generator.flows.ends import Missing
from generator.flows.result import Fate
from tests.flows import fates
from tests.flows.fates import ALLOW_SQL, ONE_WEB, judged, with_policies
from tests.flows.samples import observe, packet, record, told


def test_the_logs_of_the_world() -> None:
    fates.check_the_logs_of_the_world()


def test_what_was_denied_already(tmp_path: Path) -> None:
    fates.check_what_was_denied_already(tmp_path)


def test_pods_of_one_name_that_fare_differently(tmp_path: Path) -> None:
    fates.check_pods_of_one_name_that_fare_differently(tmp_path)


def test_the_interface_goes_before_the_address(tmp_path: Path) -> None:
    fates.check_the_interface_goes_before_the_address(tmp_path)


def policy(**rule: object) -> dict[str, Any]:
    return {
        **ALLOW_SQL,
        "metadata": {"name": "default.rule", "namespace": "notes"},
        "spec": {"types": ["Egress"], "selector": "app == 'web'", "egress": [{"action": "Allow", **rule}]},
    }


def test_a_rule_on_source_ports_leaves_unknown_what_only_they_decide(tmp_path: Path) -> None:
    found = observe(tmp_path, packet("10.1.1.10", "10.1.1.50", 9090))
    low = policy(protocol="TCP", source={"ports": ["1:1023"]})
    (item,) = judged(found, with_policies(), with_policies(low))
    assert (item.outcome.fate, item.outcome.says) == (Fate.UNKNOWN, str(Missing.SOURCE_PORT))
    every = policy(protocol="TCP", source={"ports": ["1:65535"]})
    assert told(judged(found, with_policies(), with_policies(every))) == ["kept notes/web -> ops/metrics-0 TCP 9090"]


def test_icmp_of_whisker_has_no_type(tmp_path: Path) -> None:
    found = observe(tmp_path, record(ONE_WEB, "ops/metrics-0", 0, protocol="icmp"))
    echo = policy(protocol="ICMP", icmp={"type": 8})
    (item,) = judged(found, with_policies(), with_policies(echo))
    assert (item.outcome.fate, item.outcome.says) == (Fate.UNKNOWN, str(Missing.ICMP_TYPE))
    assert told(judged(found, with_policies(), with_policies(policy(protocol="ICMP")))) == [
        "kept notes/web -> ops/metrics-0 ICMP"
    ]
    line = packet("10.1.1.10", "10.1.1.50", protocol="ICMP", fields="TYPE=8 CODE=0 ID=1 SEQ=1 ")
    assert told(judged(observe(tmp_path, line), with_policies(), with_policies(echo))) == [
        "kept notes/web -> ops/metrics-0 ICMP type 8 code 0"
    ]


def test_what_the_snapshot_does_not_tell_of_then_is_unknown(tmp_path: Path) -> None:
    domains = policy(destination={"domains": ["example.com"]})
    found = observe(tmp_path, packet("10.1.1.10", "203.0.113.5", 443))
    (item,) = judged(found, with_policies(), with_policies(domains))
    assert item.outcome.fate is Fate.UNKNOWN
    assert "domains" in item.outcome.says


def test_where_no_verdict_is_known_all_is_unknown(tmp_path: Path) -> None:
    broken = {**ALLOW_SQL, "spec": {"order": "many"}}
    found = observe(tmp_path, packet("10.1.1.10", "10.1.1.50", 9090))
    (item,) = judged(found, with_policies(broken), with_policies(broken))
    assert item.outcome.fate is Fate.UNKNOWN
    assert "cannot decode" in item.outcome.says


def test_a_flow_seen_in_both_formats_is_one(tmp_path: Path) -> None:
    kernel = observe(tmp_path, packet("10.1.1.10", "10.1.1.50", 9090))
    whisker = observe(tmp_path, record("notes/web-574ff6d9fd-*", "ops/metrics-0", 9090))
    both = type(kernel)(kernel.logs + whisker.logs, kernel.flows + whisker.flows)
    (item,) = judged(both, with_policies(), with_policies(ALLOW_SQL))
    assert [(seen.format, seen.times) for seen in item.seen] == [("whisker", 1), ("kernel-log", 1)]


@pytest.mark.parametrize("end", ["source", "destination"])
def test_a_reason_says_which_end(tmp_path: Path, end: str) -> None:
    pair = ("PRIVATE NETWORK", ONE_WEB) if end == "source" else (ONE_WEB, "PRIVATE NETWORK")
    (item,) = judged(observe(tmp_path, record(*pair, 8080)), with_policies(), with_policies())
    assert item.outcome.says == f"{end}: {Missing.PRIVATE}"


def to(nets: list[str]) -> dict[str, Any]:
    return policy(protocol="TCP", destination={"nets": nets})


@pytest.mark.parametrize(
    ("then", "fate"),
    [
        (to(["10.0.0.0/8"]), "cut"),  # no public address is allowed, so it is none that is
        (to(["0.0.0.0/0"]), "kept"),
        (to(["8.0.0.0/5", "0.0.0.0/5", "16.0.0.0/4", "32.0.0.0/3", "64.0.0.0/2", "128.0.0.0/1"]), "kept"),
        (to(["203.0.113.0/24"]), "unknown"),  # one of these, or another
        (to(["0.0.0.0/1"]), "unknown"),
    ],
)
def test_a_public_address_is_decided_where_all_fare_alike(tmp_path: Path, then: dict[str, Any], fate: str) -> None:
    (item,) = judged(observe(tmp_path, record(ONE_WEB, "PUBLIC NETWORK", 443)), with_policies(), with_policies(then))
    assert told([item]) == [f"{fate} notes/web -> a public address TCP 443"]
    assert item.outcome.flow is None
    if fate == "unknown":
        assert item.outcome.says == f"destination: {Missing.PUBLIC}"


def test_a_public_client_is_decided_too(tmp_path: Path) -> None:
    found = observe(tmp_path, record("PUBLIC NETWORK", ONE_WEB, 8080))
    assert told(judged(found, with_policies(), with_policies(ALLOW_SQL))) == [
        "cut a public address -> notes/web TCP 8080"
    ]
    assert told(judged(found, with_policies(), with_policies())) == ["kept a public address -> notes/web TCP 8080"]


def test_too_many_sorts_of_addresses_are_not_asked(tmp_path: Path) -> None:
    found = observe(tmp_path, record(ONE_WEB, "PUBLIC NETWORK", 443))
    nets = [f"{number}.0.0.0/8" for number in range(11, 150, 2)]
    many = policy()
    many["spec"]["egress"] = [{"action": "Allow", "destination": {"nets": [net]}} for net in nets]
    (item,) = judged(found, with_policies(), with_policies(many))
    assert item.outcome.says == f"destination: {Missing.PUBLIC}"

"""Which change is the smallest, case by case; each is applied, and then opens what it says and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generator.packets.printing import describe_transport
from generator.report.flow_verdict_remedy import remedy_lines
from generator.suggest import Obstacle, Suggestion
from tests.suggest.clusters import Cluster, prove, refused

HERE = Path(__file__).parent / "cluster"


@pytest.fixture(scope="module")
def own_tier() -> Cluster:
    return Cluster.read(HERE / "intent.yaml", HERE / "live.yaml")


@pytest.fixture(scope="module")
def single_tier() -> Cluster:
    return Cluster.read(HERE / "single-tier.yaml", HERE / "live.yaml", HERE / "between.yaml")


def edits(suggestion: Suggestion) -> list[tuple[str, str, Any]]:
    return [(edit.way, edit.verb, edit.value) for edit in suggestion.edits]


ORDERS = {"from": {"namespace": "billing", "select": {"app": "orders"}}, "to": ["cart"], "ports": ["grpc"]}
CASES: list[tuple[str, str, list[tuple[str, str, Any]], str]] = [
    # One port of several; the callee names its ports.
    (
        "shop/web",
        "shop/cart:7070",
        [("services.web.needs", "add", {"service": "cart", "ports": ["grpc"]})],
        "shop/web -> shop/cart TCP 7070",
    ),
    # A port that the callee does not have: who needs "its ports" keeps those it had.
    (
        "shop/web",
        "shop/cart:9091",
        [
            ("services.cart.ports", "add", 9091),
            ("services.mail.needs", "keep", {"service": "cart", "ports": ["grpc", "metrics"]}),
            ("services.web.needs", "add", {"service": "cart", "ports": [9091]}),
        ],
        "shop/web -> shop/cart TCP 9091",
    ),
    # Pods that no service covers.
    (
        "shop/stray",
        "shop/cart:9090",
        [("services", "add", {"stray": {"needs": [{"service": "cart", "ports": ["metrics"]}]}})],
        "shop/stray -> shop/cart TCP 9090",
    ),
    (
        "shop/web",
        "shop/stray:80/UDP",
        [("services", "add", {"stray": {"ports": ["80/UDP"]}}), ("services.web.needs", "add", "stray")],
        "shop/web -> shop/stray UDP 80",
    ),
    (
        "shop/stray",
        "shop/stray:99",
        [("services", "add", {"stray": {"ports": [99], "needs": ["self"]}})],
        "shop/stray -> shop/stray TCP 99",
    ),
    # One end belongs to nobody here.
    (
        "billing/orders",
        "shop/cart:7070",
        [("shared", "add", {"orders": ORDERS})],
        "billing/orders -> shop/cart TCP 7070",
    ),
    (
        "shop/web",
        "billing/orders:80",
        [("services.web.needs", "add", {"service": "orders", "namespace": "billing", "ports": [80]})],
        "shop/web -> billing/orders TCP 80",
    ),
    # Nodes and addresses.
    (
        "host:n2",
        "shop/cart:7070",
        [("services.cart.exposed", "add", {"by": "cidrs", "cidrs": ["10.9.0.2/32"], "ports": ["grpc"]})],
        "host:n2 -> shop/cart TCP 7070",
    ),
    (
        "203.0.113.7",
        "shop/web:8080",
        [("services.web.exposed", "add", {"by": "cidrs", "cidrs": ["203.0.113.7/32"]})],
        "203.0.113.7 -> shop/web TCP 8080",
    ),
    (
        "shop/web",
        "host:n2:10250",
        [
            ("externals", "add", {"host-n2": {"cidrs": ["10.9.0.2/32"], "ports": [10250]}}),
            ("services.web.needs", "add", "host-n2"),
        ],
        "shop/web -> host:n2 TCP 10250",
    ),
    # What the intent or the platform has a name for goes before a bare address.
    (
        "shop/web",
        "192.0.2.9:443",
        [("services.web.needs", "add", {"external": "office", "ports": [443]})],
        "shop/web -> 192.0.2.0/24 TCP 443",
    ),
    (
        "shop/web",
        "169.254.169.254:80",
        [("services.web.needs", "add", "cloud-metadata")],
        "shop/web -> 169.254.169.254 TCP 80",
    ),
    (
        "shop/web",
        "192.0.2.9:8443",
        [
            ("externals", "add", {"host-192-0-2-9": {"cidrs": ["192.0.2.9/32"], "ports": [8443]}}),
            ("services.web.needs", "add", "host-192-0-2-9"),
        ],
        "shop/web -> 192.0.2.9 TCP 8443",
    ),
    (
        "shop/cart",
        "kube-system/coredns:53/UDP",
        [("services.cart.dns", "set", True)],
        "shop/cart -> kube-system/coredns, 169.254.20.10 TCP 53; UDP 53",
    ),
]


@pytest.mark.parametrize(
    ("source", "destination", "wanted", "opened"), CASES, ids=[f"{a} to {b}" for a, b, *_ in CASES]
)
def test_the_smallest_change(
    source: str, destination: str, wanted: list[tuple[str, str, Any]], opened: str, own_tier: Cluster, tmp_path: Path
) -> None:
    found = own_tier.explain(source, destination)
    changes = prove(own_tier, found, tmp_path)
    assert isinstance(found.remedy, Suggestion)
    assert edits(found.remedy) == wanted
    assert (found.remedy.beyond, found.remedy.unsure, found.remedy.overridden) == (False, (), None)
    shown = [
        f"{', '.join(item.sources)} -> {', '.join(item.destinations)} {describe_transport(item.packets)}"
        for item in changes
    ]
    assert shown == [opened]


def test_what_opens_more_says_so(own_tier: Cluster, tmp_path: Path) -> None:
    """ICMP has no port that a need could name; only the isolation of whole namespaces lets it through."""
    found = own_tier.explain("shop/web", "shop/cart:icmp")
    changes = prove(own_tier, found, tmp_path)
    assert isinstance(found.remedy, Suggestion)
    assert edits(found.remedy) == [("isolation", "set", "namespace")]
    assert found.remedy.beyond
    assert {"shop/mail", "shop/stray", "shop/web"} <= {name for item in changes for name in item.destinations}


def test_what_the_snapshot_does_not_tell_is_said(tmp_path: Path) -> None:
    """A pod without a known address could be the one that is let in."""
    cluster = Cluster.read(HERE / "intent.yaml", HERE / "live.yaml", HERE / "unknown.yaml")
    found = cluster.explain("host:n2", "shop/cart:7070")
    prove(cluster, found, tmp_path)
    assert isinstance(found.remedy, Suggestion)
    assert [(item.sources, item.destinations) for item in found.remedy.unsure] == [
        (("kube-system/agent",), ("shop/cart",))
    ]


def test_an_exception_goes_before_what_others_put_between(single_tier: Cluster, tmp_path: Path) -> None:
    found = single_tier.explain("shop/web", "shop/cart:7070")
    prove(single_tier, found, tmp_path)
    remedy = found.remedy
    assert isinstance(remedy, Suggestion)
    assert [edit.way for edit in remedy.edits] == ["exceptions"]
    assert remedy.fill_in
    assert not remedy.beyond
    assert remedy.overridden is not None
    assert [str(item.policy) for item in remedy.overridden.decisions] == ["NetworkPolicy/shop/default.between"]


REFUSED: list[tuple[str, str, Obstacle, list[str]]] = [
    ("shop/web", "billing/ledger:80", Obstacle.POLICY, ["NetworkPolicy/billing/default.ledger"]),
    ("shop/web", "shop/cart:23", Obstacle.POLICY, ["GlobalNetworkPolicy/security.no-telnet"]),
    ("billing/orders", "billing/ledger:80", Obstacle.NOT_OURS, ["NetworkPolicy/billing/default.ledger"]),
    ("shop/web", "203.0.113.9:icmp", Obstacle.NO_WORDS, ["GlobalNetworkPolicy/ringfence.shop-default-deny-egress"]),
]


@pytest.mark.parametrize(("source", "destination", "obstacle", "policies"), REFUSED)
def test_what_no_change_can_allow(
    source: str, destination: str, obstacle: Obstacle, policies: list[str], own_tier: Cluster
) -> None:
    found = refused(own_tier.explain(source, destination))
    assert found.obstacle is obstacle
    assert [str(item.policy) for item in found.still.decisions] == policies


def test_no_hole_is_made_in_a_threat_feed() -> None:
    cluster = Cluster.read(HERE / "feeds.yaml", HERE / "live.yaml")
    found = cluster.explain("shop/web", "198.51.100.7:443")
    assert refused(found).obstacle is Obstacle.FEED
    said = " ".join(" ".join(remedy_lines(found)).split())
    assert "GlobalNetworkPolicy ringfence.shop-threat-feeds" in said
    assert "layer threat-feeds" in said


def test_no_hole_is_made_in_a_guardrail_but_by_a_name_of_the_platform(own_tier: Cluster) -> None:
    found = own_tier.explain("shop/web", "169.254.169.254:81")
    assert refused(found).obstacle is Obstacle.GUARDRAIL
    assert any("layer guardrails" in line for line in remedy_lines(found))
    named = own_tier.explain("shop/web", "169.254.169.254:80")
    assert isinstance(named.remedy, Suggestion)
    assert any("a guardrail denies it otherwise" in line for line in remedy_lines(named))
    plain = own_tier.explain("shop/web", "192.0.2.9:8443")
    assert not any("guardrail" in line for line in remedy_lines(plain))


def test_nothing_is_looked_for_where_nothing_is_denied(own_tier: Cluster) -> None:
    assert own_tier.explain("shop/mail", "shop/cart:7070").remedy is None
    assert own_tier.explain("billing/orders", "monitoring/prometheus:80").remedy is None

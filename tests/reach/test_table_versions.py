"""Version differences of calico.md 2.1 and 5.2 and landmine L1, row by row, each beside one that is alike in all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from generator.calico.versions import parse_version
from generator.reach.environment import Environment
from generator.reach.unknown import UnknownReason
from tests.faults import versions as faults
from tests.reach.small_world import (
    CLUSTER,
    Manifest,
    ask,
    calico,
    engine_of,
    kubernetes,
    manifest,
    packet,
    pod,
    verdict,
)

VERSIONS = ("3.26", "3.27", "3.28", "3.29", "3.30", "3.31", "3.32")


def at(version: str) -> Environment:
    return Environment(version=parse_version(version), interface="eth0")


def said_by(objects: list[Manifest], transport: Any = None, **ends: str) -> dict[str, str]:
    asked = transport or packet()
    return {version: verdict(objects, asked, environment=at(version), **ends) for version in VERSIONS}


def until_3_31(first: str, then: str) -> dict[str, str]:
    return {version: then if version == "3.32" else first for version in VERSIONS}


def only(said: str, versions: tuple[str, ...], otherwise: str) -> dict[str, str]:
    return {version: said if version in versions else otherwise for version in VERSIONS}


# --- 2.1: equal order in one tier ---------------------------------------------------------------------------------

Maker = Callable[[str], Manifest]  # from an action to a policy about shop/db


def global_policy(name: str, **more: Any) -> Maker:
    spec = {"selector": "app == 'db'", "types": ["Ingress"], "order": 1000, **more}
    return lambda action: calico("GlobalNetworkPolicy", name, **spec, ingress=[{"action": action}])


def policy(name: str) -> Maker:
    spec: dict[str, Any] = {"selector": "app == 'db'", "types": ["Ingress"], "order": 1000}
    return lambda action: calico("NetworkPolicy", name, "shop", **spec, ingress=[{"action": action}])


def of_kubernetes(name: str, namespace: str = "shop") -> Maker:
    return lambda _: kubernetes(name, namespace, policyTypes=["Ingress"], ingress=[{}])


# The first column goes first up to 3.31; the last says which one does at 3.32.
TIES: list[tuple[str, Maker, Maker, str]] = [
    ("cluster-wide before namespaced, until the name decides", global_policy("b"), policy("a"), "second"),
    ("the same, and the name says so too", global_policy("aa"), policy("zz"), "first"),
    ("one name: cluster-wide first", global_policy("a"), policy("a"), "first"),
    ("a- comes before a/ since the name is no longer last", global_policy("a"), global_policy("a-b"), "second"),
    ("a. does too", global_policy("a"), global_policy("a.b"), "second"),
    ("a0 does not", global_policy("a"), global_policy("a0"), "first"),
    ("one name, Calico's and Kubernetes' kind", policy("a"), of_kubernetes("a"), "second"),
    ("a smaller order is first whatever the names are", global_policy("z", order=999), policy("a"), "first"),
]


def check_tie(first: Maker, second: Maker, at_3_32: str) -> None:
    denies_first = [first("Deny"), second("Allow")]
    assert said_by(denies_first) == until_3_31("deny", "deny" if at_3_32 == "first" else "allow")
    if "Deny" in str(second("Deny")):  # Kubernetes' policies only allow
        allows_first = [first("Allow"), second("Deny")]
        assert said_by(allows_first) == until_3_31("allow", "allow" if at_3_32 == "first" else "deny")


@pytest.mark.parametrize("row", TIES, ids=[row[0] for row in TIES])
def test_equal_orders(row: tuple[str, Maker, Maker, str]) -> None:
    check_tie(*row[1:])


L1: list[tuple[str, str, str, str]] = [  # namespace, name, verdict up to 3.31, verdict from 3.32
    ("shop", "allow-web", "deny", "allow"),
    ("apps", "frontend", "allow", "deny"),
]


@pytest.mark.parametrize(("namespace", "name", "before", "since"), L1)
def test_a_deny_at_the_order_of_kubernetes_policies(namespace: str, name: str, before: str, since: str) -> None:
    """L1: four cases, two policies by two versions."""
    deny = calico("GlobalNetworkPolicy", "default-deny", order=1000, types=["Ingress"], ingress=[{"action": "Deny"}])
    objects = [deny, kubernetes(name, namespace, policyTypes=["Ingress"], ingress=[{}])]
    destination = {"shop": "shop/db", "apps": "apps/front"}[namespace]
    assert said_by(objects, destination=destination) == until_3_31(before, since)


@pytest.mark.parametrize(("namespace", "name"), [row[:2] for row in L1])
@pytest.mark.parametrize(("order", "said"), [(999, "deny"), (1001, "allow"), (None, "allow")])
def test_a_deny_at_another_order_is_the_same_in_all(namespace: str, name: str, order: int | None, said: str) -> None:
    written = {} if order is None else {"order": order}
    deny = calico("GlobalNetworkPolicy", "default-deny", types=["Ingress"], ingress=[{"action": "Deny"}], **written)
    objects = [deny, kubernetes(name, namespace, policyTypes=["Ingress"], ingress=[{}])]
    destination = {"shop": "shop/db", "apps": "apps/front"}[namespace]
    assert said_by(objects, destination=destination) == dict.fromkeys(VERSIONS, said)


# --- 2.1: tiers ---------------------------------------------------------------------------------------------------


def in_tier(tier: str, name: str, action: str) -> Manifest:
    rules = [{"action": action}]
    spec = {"tier": tier, "selector": "app == 'db'", "types": ["Ingress"], "order": 1, "ingress": rules}
    return calico("GlobalNetworkPolicy", f"{tier}.{name}", **spec)


def tier(name: str, order: int | None, action: str = "Deny") -> Manifest:
    return calico("Tier", name, defaultAction=action, **({} if order is None else {"order": order}))


SINCE_TIERS = ("3.29", "3.30", "3.31", "3.32")
TIERS: list[tuple[str, list[Manifest], dict[str, str]]] = [
    ("a lower order first", [tier("b", 1), tier("a", 2), in_tier("b", "p", "Deny"), in_tier("a", "p", "Allow")],
     only("deny", SINCE_TIERS, "allow")),  # without tiers both are in `default`, by name
    ("equal orders by name", [tier("b", 1), tier("a", 1), in_tier("b", "p", "Deny"), in_tier("a", "p", "Allow")],
     dict.fromkeys(VERSIONS, "allow")),
    ("no order ties with default: before it", [tier("a", None), in_tier("a", "p", "Allow"),
                                               kubernetes("k", "shop", policyTypes=["Ingress"])],
     dict.fromkeys(VERSIONS, "allow")),
    ("no order ties with default: after it", [tier("z", None), in_tier("z", "p", "Allow"),
                                              kubernetes("k", "shop", policyTypes=["Ingress"])],
     only("deny", SINCE_TIERS, "allow")),
    ("a missing tier is last, with deny", [in_tier("a", "p", "Log"), in_tier("default", "p", "Pass")],
     only("deny", SINCE_TIERS, "allow")),
    ("a tier that is there passes", [tier("a", 5, "Pass"), in_tier("a", "p", "Log"), in_tier("default", "p", "Pass")],
     dict.fromkeys(VERSIONS, "allow")),
]  # fmt: skip


@pytest.mark.parametrize("row", TIERS, ids=[row[0] for row in TIERS])
def test_order_of_tiers(row: tuple[str, list[Manifest], dict[str, str]]) -> None:
    assert said_by(row[1]) == row[2]


# --- 5.2: cluster-wide Kubernetes policies ------------------------------------------------------------------------

ALL_PODS: Mapping[str, Any] = {"namespaces": {}}


def admin(action: str, *, priority: int = 10, name: str = "admin", **rule: Any) -> Manifest:
    spec = {"priority": priority, "subject": ALL_PODS, "ingress": [{"action": action, "from": [ALL_PODS], **rule}]}
    return manifest("AdminNetworkPolicy", name, api="policy.networking.k8s.io/v1alpha1", spec=spec)


def baseline(action: str, **rule: Any) -> Manifest:
    spec = {"subject": ALL_PODS, "ingress": [{"action": action, "from": [ALL_PODS], **rule}]}
    return manifest("BaselineAdminNetworkPolicy", "default", api="policy.networking.k8s.io/v1alpha1", spec=spec)


def cluster(action: str, in_tier: str = "Admin", *, priority: int = 10, name: str = "cluster", **rule: Any) -> Manifest:
    rules = [{"action": action, "from": [ALL_PODS], **rule}]
    spec = {"tier": in_tier, "priority": priority, "subject": ALL_PODS, "ingress": rules}
    return manifest("ClusterNetworkPolicy", name, api="policy.networking.k8s.io/v1alpha2", spec=spec)


ADMIN, BASELINE, CLUSTER_POLICY = ("3.29", "3.30", "3.31"), ("3.30", "3.31"), ("3.32",)
CLOSED = kubernetes("closed", "shop", policyTypes=["Ingress"])
OPEN = kubernetes("open", "shop", policyTypes=["Ingress"], ingress=[{}])
BAD_RANGE: list[dict[str, Any]] = [{"portRange": {"protocol": "TCP", "start": 90, "end": 80}}]
BAD_PROTOCOLS: list[dict[str, Any]] = [{"tcp": {"destinationPort": {"range": {"start": 90, "end": 80}}}}]
WIDE: list[tuple[str, list[Manifest], dict[str, str]]] = [
    ("an admin policy denies", [admin("Deny")], only("deny", ADMIN, "allow")),
    ("one of another port does not", [admin("Deny", ports=[{"portNumber": {"protocol": "TCP", "port": 81}}])],
     dict.fromkeys(VERSIONS, "allow")),
    ("it allows before tier default", [admin("Allow"), CLOSED], only("allow", ADMIN, "deny")),
    ("it passes to tier default", [admin("Pass"), CLOSED], dict.fromkeys(VERSIONS, "deny")),
    ("a smaller priority first", [admin("Deny", priority=2, name="b"), admin("Allow", priority=1, name="a"), CLOSED],
     only("allow", ADMIN, "deny")),
    ("equal priorities by name", [admin("Deny", name="b"), admin("Allow", name="a"), CLOSED],
     only("allow", ADMIN, "deny")),
    ("its tier is after one of order 999", [admin("Allow"), tier("early", 999), in_tier("early", "p", "Deny")],
     dict.fromkeys(VERSIONS, "deny")),
    ("and before one of order 1001", [admin("Allow"), tier("late", 1001), in_tier("late", "p", "Deny")],
     only("allow", ADMIN, "deny")),
    ("a baseline policy denies", [baseline("Deny")], only("deny", BASELINE, "allow")),
    ("not where tier default decides", [baseline("Deny"), OPEN], dict.fromkeys(VERSIONS, "allow")),
    ("a cluster policy denies", [cluster("Deny")], only("deny", CLUSTER_POLICY, "allow")),
    ("it accepts before tier default", [cluster("Accept"), CLOSED], only("allow", CLUSTER_POLICY, "deny")),
    ("its baseline denies", [cluster("Deny", "Baseline")], only("deny", CLUSTER_POLICY, "allow")),
    ("not where tier default decides, either", [cluster("Deny", "Baseline"), OPEN], dict.fromkeys(VERSIONS, "allow")),
    ("its tier is after one of order 999", [cluster("Accept"), tier("early", 999), in_tier("early", "p", "Deny")],
     dict.fromkeys(VERSIONS, "deny")),
    ("and before one of order 1001", [cluster("Accept"), tier("late", 1001), in_tier("late", "p", "Deny")],
     only("allow", CLUSTER_POLICY, "deny")),
    ("the deny of an admin policy is gone at 3.32", [admin("Deny"), baseline("Deny")], only("deny", ADMIN, "allow")),
    # rules that Calico cannot convert
    ("a broken Deny is a deny-all", [admin("Deny", ports=BAD_RANGE)], only("deny", ADMIN, "allow")),
    ("a broken Allow is nothing", [admin("Allow", ports=BAD_RANGE), CLOSED], dict.fromkeys(VERSIONS, "deny")),
    ("a broken Pass: not known", [admin("Pass", ports=BAD_RANGE)], only("unknown", ADMIN, "allow")),
    ("a broken Pass at 3.32 is a deny-all", [cluster("Pass", protocols=BAD_PROTOCOLS)],
     only("deny", CLUSTER_POLICY, "allow")),
    # named ports: 3.32 takes them, how 3.29 to 3.31 do was not read
    ("a named port denied", [admin("Deny", ports=[{"namedPort": "http"}])], only("unknown", ADMIN, "allow")),
    ("a named port allowed", [admin("Allow", ports=[{"namedPort": "http"}]), CLOSED], only("unknown", ADMIN, "deny")),
    ("a named port allowed where all is", [admin("Allow", ports=[{"namedPort": "http"}])],
     dict.fromkeys(VERSIONS, "allow")),
    ("a named port passed", [admin("Pass", ports=[{"namedPort": "http"}])], only("unknown", ADMIN, "allow")),
    ("a named port and a broken peer", [admin("Deny", ports=[{"namedPort": "http"}], **{"from": [{}]})],
     only("deny", ADMIN, "allow")),
    ("a named port at 3.32", [cluster("Deny", protocols=[{"destinationNamedPort": "http"}])],
     only("deny", CLUSTER_POLICY, "allow")),
    ("a name that the pod has not", [cluster("Deny", protocols=[{"destinationNamedPort": "https"}])],
     dict.fromkeys(VERSIONS, "allow")),
]  # fmt: skip
NAMED = {"containers": [{"name": "c", "ports": [{"name": "http", "containerPort": 80, "protocol": "TCP"}]}]}


@pytest.mark.parametrize("row", WIDE, ids=[row[0] for row in WIDE])
def test_cluster_wide_kubernetes_policies(row: tuple[str, list[Manifest], dict[str, str]]) -> None:
    check_wide(row[1], row[2])


def check_wide(objects: list[Manifest], said: dict[str, str]) -> None:
    assert said_by([*objects, *with_named_port()], destination="shop/named") == said


def with_named_port() -> list[Manifest]:
    made = pod("shop/named", ["192.168.1.9", "fd00::1:9"], "n2", **NAMED)
    return [made | {"metadata": made["metadata"] | {"labels": {"app": "db"}}}]


# --- named ports without a protocol: before 3.32 Felix takes such a policy for absent (seen on packets at 3.31.0) ----


def about_named(kind: str, **rule: Any) -> list[Manifest]:
    rules = [{"action": "Deny", **rule}, {"action": "Allow"}]
    return [calico(kind, "p", "" if kind.startswith("Global") else "shop", types=["Ingress"], ingress=rules)]


HTTP: Mapping[str, Any] = {"ports": ["http"]}
NAMED_ALONE: list[tuple[str, list[Manifest], dict[str, str]]] = [
    ("named ports", about_named("NetworkPolicy", destination=HTTP), until_3_31("allow", "deny")),
    ("of a cluster-wide policy", about_named("GlobalNetworkPolicy", destination=HTTP), until_3_31("allow", "deny")),
    ("beside notProtocol", about_named("NetworkPolicy", destination=HTTP, notProtocol="UDP"),
     until_3_31("allow", "deny")),
    ("as notPorts", about_named("NetworkPolicy", destination={"notPorts": ["https"]}), until_3_31("allow", "deny")),
    ("of the source", about_named("NetworkPolicy", source={"notPorts": ["https"]}), until_3_31("allow", "deny")),
    ("the whole policy is absent",
     [*about_named("NetworkPolicy", protocol="TCP"),
      calico("NetworkPolicy", "a", "shop", order=1, types=["Ingress"],
             ingress=[{"action": "Deny", "destination": {"ports": ["nobody"]}}, {"action": "Allow"}])],
     until_3_31("deny", "allow")),
    ("with a protocol", about_named("NetworkPolicy", destination=HTTP, protocol="TCP"),
     dict.fromkeys(VERSIONS, "deny")),
    ("a rule without ports", about_named("NetworkPolicy", notProtocol="UDP"), dict.fromkeys(VERSIONS, "deny")),
]  # fmt: skip


@pytest.mark.parametrize("row", NAMED_ALONE, ids=[row[0] for row in NAMED_ALONE])
def test_named_ports_without_a_protocol(row: tuple[str, list[Manifest], dict[str, str]]) -> None:
    check_wide(row[1], row[2])


def test_what_is_not_known_says_why() -> None:
    engine = engine_of([*CLUSTER, admin("Deny", ports=[{"namedPort": "http"}])], at("3.31"))
    found = ask(engine, "shop/web", "shop/db", packet())
    assert found.unknown == (UnknownReason.ADMIN_POLICY,)


@pytest.mark.parametrize("fault", faults.ALL, ids=lambda fault: fault.__name__)
def test_planted_fault_is_found(fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    def everything() -> None:
        for tie in TIES:
            check_tie(*tie[1:])
        for row in L1:
            test_a_deny_at_the_order_of_kubernetes_policies(*row)
        for line in TIERS:
            test_order_of_tiers(line)
        for line in (*WIDE, *NAMED_ALONE):
            check_wide(line[1], line[2])

    fault(monkeypatch)
    with pytest.raises(AssertionError):
        everything()

"""Rules that name a Service, where manifests hold no endpoint slices: the pods that it selects are behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from generator.reach import engine as engine_module
from generator.reach.engine import Engine
from tests.faults import rule_services as faults
from tests.reach.small_world import (
    CLUSTER,
    UDP,
    Manifest,
    ask,
    calico,
    engine_of,
    in_pairs,
    manifest,
    packet,
    pod,
    snapshot_of,
)
from tests.reach.small_world import resolve_end as end_of

SERVICE = {"services": {"name": "db", "namespace": "shop"}}
WEB = {"selector": "app == 'web'", "types": ["Egress"]}
TO_IT = calico("NetworkPolicy", "out", "shop", **WEB, egress=[{"action": "Allow", "destination": SERVICE}])
NOT_TO_IT = calico("NetworkPolicy", "out", "shop", **WEB,
                   egress=[{"action": "Deny", "destination": SERVICE}, {"action": "Allow"}])  # fmt: skip
FROM_IT = calico("NetworkPolicy", "in", "shop", selector="app == 'web'", types=["Ingress"],
                 ingress=[{"action": "Allow", "source": SERVICE}])  # fmt: skip
WITHOUT_NAMESPACE = calico("NetworkPolicy", "out", "shop", **WEB,
                           egress=[{"action": "Allow", "destination": {"services": {"name": "db"}}}])  # fmt: skip
DEPLOYMENT = manifest("Deployment", "sql", "shop", api="apps/v1", spec={"template": {
    "metadata": {"labels": {"app": "db"}},
    "spec": {"containers": [{"name": "c", "ports": [{"name": "sql", "containerPort": 5432}]}]}}})  # fmt: skip
AGENT = manifest("DaemonSet", "agent", "shop", api="apps/v1", spec={"template": {
    "metadata": {"labels": {"app": "db"}}, "spec": {"hostNetwork": True, "containers": [{"name": "c"}]}}})  # fmt: skip


def service(target: int | str = 80, protocol: str = "TCP", **spec: object) -> Manifest:
    ports = [{"port": 8080, "targetPort": target, "protocol": protocol}]
    return manifest("Service", "db", "shop", spec={"selector": {"app": "db"}, "ports": ports, **spec})


SLICE = manifest("EndpointSlice", "db-1", "shop", api="discovery.k8s.io/v1", addressType="IPv4",
                 metadata={"labels": {"kubernetes.io/service-name": "db"}},
                 endpoints=[{"addresses": ["192.168.1.2"]}], ports=[{"name": "", "port": 80}])  # fmt: skip
DUAL = {"clusterIPs": ["10.96.0.9", "fd00:9::9"]}
# What is there, of which destination, port and family, and what is said of manifests and of a whole cluster.
ROWS: list[tuple[str, Sequence[Manifest], str, int, int, str, str]] = [
    ("behind it", [service(), TO_IT], "shop/db", 80, 4, "allow", "deny"),
    ("not to it", [service(), NOT_TO_IT], "shop/db", 80, 4, "deny", "allow"),
    ("the Service's own port", [service(), TO_IT], "shop/db", 8080, 4, "deny", "deny"),
    ("another namespace's pod", [service(), TO_IT], "apps/front", 80, 4, "deny", "deny"),
    ("a machine outside", [service(), TO_IT], "ip:203.0.113.9", 80, 4, "deny", "deny"),
    ("a workload of which no pod is there", [service("sql"), TO_IT, DEPLOYMENT], "shop/sql", 5432, 4,
     "allow", "absent"),
    ("the other family", [service(), TO_IT], "shop/db", 80, 6, "unknown", "deny"),
    ("a Service of both families", [service(**DUAL), TO_IT], "shop/db", 80, 6, "allow", "deny"),
    ("a Service of one family", [service(clusterIP="10.96.0.9"), TO_IT], "shop/db", 80, 6, "deny", "deny"),
    ("its slices count", [service(), TO_IT, SLICE], "shop/db", 80, 4, "deny", "deny"),
    ("its slices count, here too", [service(), TO_IT, SLICE], "apps/front", 80, 4, "allow", "allow"),
    ("pods on the host's network", [service(), TO_IT, AGENT], "host:n1", 80, 4, "unknown", "deny"),
    ("no such Service", [TO_IT], "shop/db", 80, 4, "unknown", "deny"),
    ("no namespace", [service(), WITHOUT_NAMESPACE], "shop/db", 80, 4, "deny", "deny"),
    ("another protocol", [service(protocol="UDP"), TO_IT], "shop/db", 80, 4, "deny", "deny"),
]  # fmt: skip


def check_row(row: tuple[str, Sequence[Manifest], str, int, int, str, str]) -> None:
    _, objects, destination, port, family, of_manifests, of_cluster = row
    for complete, said in ((False, of_manifests), (True, of_cluster)):
        if said == "absent":
            continue
        engine = engine_of([*CLUSTER, *objects], complete=complete)
        assert ask(engine, "shop/web", destination, packet(port=port), family).verdict == said
        ends = [end_of(engine, name, family) for name in ("shop/web", destination)]
        assert in_pairs(engine, ends, packet(port=port), family) == said


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_row(row: tuple[str, Sequence[Manifest], str, int, int, str, str]) -> None:
    check_row(row)


def test_manifests_and_a_whole_cluster_are_not_one_cluster() -> None:
    """An engine made like another one takes over what is behind Services, which is not known of manifests alone."""
    check_two_states()


def check_two_states() -> None:
    objects = [*CLUSTER, TO_IT]
    of_cluster = engine_of(objects)
    like_it = Engine(snapshot_of(objects, complete=False), of_cluster.environment, like=of_cluster)
    for engine, said in ((of_cluster, "deny"), (like_it, "unknown")):
        assert ask(engine, "shop/web", "shop/db", packet()).verdict == said


def test_states_taken_for_one_cluster_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "is_same_cluster", lambda before, after: True)
    with pytest.raises(AssertionError):
        check_two_states()


def check_sources() -> None:
    """A source is asked for its address alone, whatever the port."""
    engine = engine_of([*CLUSTER, service(), FROM_IT, pod("shop/other", ["192.168.1.7"])], complete=False)
    for source, said in (("shop/db", "allow"), ("shop/other", "deny")):
        assert ask(engine, source, "shop/web", packet(UDP, 9)).verdict == said


def test_sources_are_asked_for_their_address_alone() -> None:
    check_sources()


@pytest.mark.parametrize("fault", faults.ALL, ids=lambda fault: fault.__name__)
def test_planted_fault_is_found(fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_all()


def check_all() -> None:
    for row in ROWS:
        check_row(row)
    check_sources()

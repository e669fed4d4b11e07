"""An engine made like that of another state says what one that shares nothing says, whatever the two differ in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from generator.reach import engine as engine_module
from generator.reach import find_places
from generator.reach.differential import Differential
from generator.reach.ends import resolve_end
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.snapshot.facts import Seen, write_seen
from tests.reach.small_world import CLUSTER, Manifest, ask, calico, manifest, node, packet, pod, snapshot_of

FLOWS = [
    *((source, destination) for source in ("shop/web", "apps/front") for destination in ("shop/db", "host:n2")),
    *(("shop/web", f"ip:{address}") for address in ("203.0.113.9", "192.168.0.9")),
    ("ip:203.0.113.9", "host:n2"),
]
TO_SERVICE = calico("NetworkPolicy", "s", "shop", selector="app == 'web'", types=["Egress"], egress=[
    {"action": "Allow", "destination": {"services": {"name": "db", "namespace": "shop"}}},
    {"action": "Allow", "destination": {"selector": "set == 'a'"}}])  # fmt: skip
FROM_TEAM = calico("NetworkPolicy", "t", "shop", selector="app == 'db'", types=["Ingress"], ingress=[
    {"action": "Allow", "source": {"namespaceSelector": "team == 'red'"}},
    {"action": "Allow", "source": {"serviceAccounts": {"selector": "power == 'high'"}}},
    {"action": "Allow", "protocol": "TCP", "destination": {"ports": ["sql"]}}])  # fmt: skip
FORWARDED = calico("GlobalNetworkPolicy", "f", selector="has(h)", applyOnForward=True, types=["Ingress"])
CLOSED = calico("NetworkPolicy", "n", "shop", selector="app == 'new'", types=["Ingress"])


def by_net(net: str, direction: str, side: str) -> Manifest:
    rule = {"action": "Allow", side: {"nets": [net]}}
    return calico("NetworkPolicy", "b", "shop", types=[direction.title()], **{direction: [rule]})


def piece(address: str) -> Manifest:
    labels = {"kubernetes.io/service-name": "db"}
    behind = {"endpoints": [{"addresses": [address]}], "ports": [{"name": "", "port": 80}]}
    made = manifest("EndpointSlice", "db-1", "shop", api="discovery.k8s.io/v1", metadata={"labels": labels}, **behind)
    return made | {"addressType": "IPv4"}


def a_set(net: str) -> Manifest:
    return calico("NetworkSet", "s", "shop", nets=[net]) | {
        "metadata": {"name": "s", "namespace": "shop", "labels": {"set": "a"}}
    }


def host(**spec: object) -> Manifest:
    return calico("HostEndpoint", "h", **{"node": "n2", "interfaceName": "*", **spec}) | {
        "metadata": {"name": "h", "labels": {"h": "y"}}
    }


def labelled(kind: str, name: str, labels: dict[str, str], namespace: str = "") -> Manifest:
    return manifest(kind, name, namespace, metadata={"labels": labels})


def named_port(port: int, **more: object) -> Manifest:
    ports = [{"name": "sql", "containerPort": port, **more}]
    return pod("shop/db", ["192.168.1.1", "fd00::1:1"], "n2", containers=[{"name": "c", "ports": ports}])


NO_NET = by_net("10.0.0.7/32", "egress", "destination")
NO_SOURCE = by_net("192.168.1.8/32", "ingress", "source")
# The policies of both states, what stands in the one, and what in its place in the other.
CHANGES: list[tuple[str, Manifest, list[Manifest], list[Manifest]]] = [
    ("endpoint slices", TO_SERVICE, [piece("192.168.1.9")], [piece("192.168.1.1")]),
    ("a set", TO_SERVICE, [a_set("10.9.0.0/16")], [a_set("203.0.113.0/24")]),
    ("labels of a namespace", FROM_TEAM, [], [labelled("Namespace", "apps", {"team": "red"})]),
    ("labels of an account", FROM_TEAM, [], [labelled("ServiceAccount", "default", {"power": "high"}, "shop")]),
    ("a named port", FROM_TEAM, [named_port(81)], [named_port(80)]),
    ("a host endpoint", FORWARDED, [host(interfaceName="eth9")], [host()]),
    ("its profiles", CLOSED, [host()], [host(profiles=["projectcalico-default-allow"])]),
    ("the address of a node", NO_NET, [], [node("n2", ["10.0.0.7"])]),
    ("the address of a pod", NO_SOURCE, [], [pod("apps/front", ["192.168.1.8"], "n2")]),
    ("a pod more", CLOSED, [], [pod("shop/new", ["192.168.0.9"])]),
    ("a port of the node", NO_SOURCE, [named_port(81)], [named_port(81, hostPort=80)]),
    ("the system of a node", FROM_TEAM, [], [node("n2", ["10.0.0.2"], {"kubernetes.io/os": "windows"})]),
]


def state(policy: Manifest, changed: Sequence[Manifest]) -> list[Manifest]:
    found: dict[tuple[str, str, str], Manifest] = {}
    for item in (*CLUSTER, policy, *changed):
        metadata = item["metadata"]
        found[item["kind"], metadata.get("namespace", ""), metadata["name"]] = item
    return list(found.values())


def check_change(policy: Manifest, before: list[Manifest], after: list[Manifest]) -> int:
    """Return how many flows fare otherwise; all are asked of engines that share, of such that do not, and of sets."""
    environment = Environment(interface="eth0")
    snapshots = [snapshot_of(state(policy, changed)) for changed in (before, after)]
    return _check(Engine(snapshots[0], environment), [Engine(one, environment) for one in snapshots],
                  Engine(snapshots[1], environment, like=Engine(snapshots[0], environment)))  # fmt: skip


def _check(first: Engine, apart: Sequence[Engine], like: Engine) -> int:
    differential = Differential(first, like, 4)
    changes = 0
    for source, destination in FLOWS:
        was, now = (str(ask(engine, source, destination, packet()).verdict) for engine in apart)
        assert str(ask(like, source, destination, packet()).verdict) == now
        ends = [(resolve_end(first, name, 4), resolve_end(like, name, 4)) for name in (source, destination)]
        changes += was != now
        try:
            change = differential.between(ends[0], ends[1])
        except KeyError:
            continue  # it is in one state alone
        if not change.unknown.contains(packet()):
            assert change.newly_allowed.contains(packet()) == ((was, now) == ("deny", "allow"))
            assert change.newly_denied.contains(packet()) == ((was, now) == ("allow", "deny"))
    return changes


@pytest.mark.parametrize("row", CHANGES, ids=lambda row: row[0])
def test_change(row: tuple[str, Manifest, list[Manifest], list[Manifest]]) -> None:
    assert check_change(*row[1:])


def check_settings() -> int:
    snapshot = snapshot_of(state(FROM_TEAM, []))
    other = replace(snapshot, extra={**snapshot.extra, **write_seen(Seen(felix_nodes={"n2": {"bpfEnabled": True}}))})
    environment = Environment(interface="eth0")
    first = Engine(snapshot, environment)
    return _check(first, [first, Engine(other, environment)], Engine(other, environment, like=first))


def test_settings_of_a_node() -> None:
    assert check_settings()


@pytest.mark.parametrize("row", [row for row in CHANGES if row[0] in ("endpoint slices", "a set", "a named port")],
                         ids=lambda row: row[0])  # fmt: skip
def test_states_taken_for_one_cluster_are_found(
    row: tuple[str, Manifest, list[Manifest], list[Manifest]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (engine_module, find_places):
        monkeypatch.setattr(module, "is_same_cluster", lambda before, after: True, raising=False)
    with pytest.raises(AssertionError):
        check_change(*row[1:])

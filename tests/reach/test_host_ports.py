"""Ports of nodes that pods take for themselves: the pod's policy may decide there, and not the node's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.cli.main import run_command
from generator.packets.transport import TransportSet
from generator.reach import flow, to_service
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.flow_changes import find_flow_changes
from generator.snapshot.store import read_saved, write_snapshot
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

CLIENT = "ip:203.0.113.9"


def taking(name: str = "shop/api", port: Any = 80, **more: Any) -> Manifest:
    ports = [{"containerPort": 8443, "hostPort": port, **more.pop("listed", {})}]
    return pod(name, ["192.168.0.9"], containers=[{"name": "c", "ports": ports}], **more)


CLOSED = calico("NetworkPolicy", "in", "shop", selector="app == 'api'", types=["Ingress"])
OPEN = calico("NetworkPolicy", "in", "shop", selector="app == 'api'", types=["Ingress"],
              ingress=[{"action": "Allow", "protocol": "TCP", "destination": {"ports": [8443]}}])  # fmt: skip
SHUT_NODE = calico("HostEndpoint", "h", node="n1", interfaceName="eth0")
PRE_DNAT = [SHUT_NODE | {"metadata": {"name": "h", "labels": {"h": "y"}}},
            calico("GlobalNetworkPolicy", "pre", selector="has(h)", preDNAT=True, applyOnForward=True,
                   types=["Ingress"], ingress=[{"action": "Allow"}])]  # fmt: skip
AGENTS = manifest("DaemonSet", "api", "shop", api="apps/v1", spec={"template": {
    "metadata": {"labels": {"app": "api"}},
    "spec": {"containers": [{"name": "c", "ports": [{"containerPort": 8443, "hostPort": 80}]}]}}})  # fmt: skip
ROWS: list[tuple[str, Sequence[Manifest], str, int, bool, str]] = [
    ("both say yes", [taking(), OPEN], "host:n1", 80, True, "allow"),
    ("the pod says no", [taking(), CLOSED], "host:n1", 80, True, "unknown"),
    ("the node says no", [taking(), OPEN, SHUT_NODE], "host:n1", 80, True, "unknown"),
    ("both say no", [taking(), CLOSED, SHUT_NODE], "host:n1", 80, True, "deny"),
    ("another port", [taking(), CLOSED], "host:n1", 81, True, "allow"),
    ("the pod's own port", [taking(), CLOSED], "host:n1", 8443, True, "allow"),
    ("another node", [taking(), CLOSED], "host:n2", 80, True, "allow"),
    ("another protocol", [taking(listed={"protocol": "UDP"}), CLOSED], "host:n1", 80, True, "allow"),
    ("the node's loopback", [taking(listed={"hostIP": "127.0.0.1"}), CLOSED], "host:n1", 80, True, "allow"),
    ("on the host's network it is its own", [taking(hostNetwork=True), CLOSED], "host:n1", 80, True, "allow"),
    ("no port of the node", [taking(port=None), CLOSED], "host:n1", 80, True, "allow"),
    ("before the address is replaced", [taking(), OPEN, *PRE_DNAT], "host:n1", 80, True, "unknown"),
    ("pods that a workload will have", [AGENTS, CLOSED], "host:n2", 80, False, "unknown"),
    ("of a whole cluster only pods count", [AGENTS, CLOSED], "host:n2", 80, True, "allow"),
]  # fmt: skip


def check_row(row: tuple[str, Sequence[Manifest], str, int, bool, str]) -> None:
    _, objects, node, port, complete, said = row
    engine = engine_of([*CLUSTER, *objects], complete=complete)
    assert ask(engine, CLIENT, node, packet(port=port)).verdict == said
    ends = [end_of(engine, name, 4) for name in (CLIENT, node)]
    # The sets leave the port out of what goes to any node: nobody is told there what one flow would not say.
    assert in_pairs(engine, ends, packet(port=port), 4) in (said, "unknown")


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_row(row: tuple[str, Sequence[Manifest], str, int, bool, str]) -> None:
    check_row(row)


def test_the_differential_leaves_them_out() -> None:
    before, after = (Engine(snapshot_of([*CLUSTER, taking(), *more]), Environment(interface="eth0"))
                     for more in ([], [SHUT_NODE]))  # fmt: skip
    changed = [item for item in find_flow_changes(before, after) if "host:n1" in item.destinations]
    assert changed
    taken = packet(port=80)
    assert not any(item.packets.contains(taken) for item in changed)
    assert any(item.packets.contains(packet(port=81)) for item in changed)
    assert any(item.packets.contains(packet(UDP, 80)) for item in changed)


def test_they_are_saved_with_the_snapshot(tmp_path: Path) -> None:
    snapshot = snapshot_of([*CLUSTER, taking()])
    path = tmp_path / "saved.json"
    path.write_text(write_snapshot(snapshot))
    saved = read_saved(json.loads(path.read_text()), str(path))
    assert Engine(saved).inventory.host_ports == (("shop/api", 6, 80, 8443),)


def test_explain_asks_the_policies_of_the_pod_that_takes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "live.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [*CLUSTER, taking(), CLOSED]}))
    for source in (CLIENT, "apps/front"):
        assert run_command(["explain", source, "host:n1:80", "--live", str(path), "--complete"]) == 0
        assert "unknown:" in capsys.readouterr().out


def no_pod_takes_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "behind_host_port", lambda engine, asked: ())


def pods_of_every_node_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = to_service.behind_host_port

    def anywhere(engine: Engine, asked: Any) -> Any:
        pods = engine.inventory.pods
        nodes = {pods[key].node for key, *_ in engine.inventory.host_ports}
        end = asked.destination
        return tuple(one for node in nodes for one in real(engine, replace(asked, destination=replace(end, node=node))))

    monkeypatch.setattr(flow, "behind_host_port", anywhere)


def the_sets_do_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "host_port_packets", TransportSet.nothing())


@pytest.mark.parametrize("fault", [no_pod_takes_a_port, pods_of_every_node_take_it, the_sets_do_not_know])
def test_planted_fault_is_found(fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_all()


def check_all() -> None:
    for row in ROWS:
        check_row(row)

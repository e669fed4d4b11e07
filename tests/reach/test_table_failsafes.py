"""Failsafe ports that count for a net alone (calico.md 2.6), each row beside its opposite, through all doors.

Calico's felix/rules/static.go: the net is the source of what comes in and the destination of what goes out, for
answers that are let through untracked as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from generator.packets.addresses import AddressSet
from generator.packets.transport import TransportPacket
from generator.reach import failsafes
from generator.reach.ends import resolve_end
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from tests.obvious import answer_flow, read_cluster
from tests.reach.small_world import (
    CLUSTER,
    TCP,
    UDP,
    Manifest,
    ask,
    calico,
    engine_of,
    in_pairs,
    manifest,
    packet,
    snapshot_of,
    through_all_doors,
)

HOST = calico("HostEndpoint", "h", node="n2", interfaceName="eth0")
NAMED = manifest(
    "HostEndpoint", "h", api="projectcalico.org/v3", metadata={"labels": {"role": "node"}},
    spec={"node": "n2", "interfaceName": "eth0"},
)  # fmt: skip
OWN = "192.168.0.0/24"  # shop/web is in it
OTHER = "192.168.9.0/24"


def felix(port: int, *nets: str, outbound: tuple[Mapping[str, Any], ...] = (), protocol: str = "TCP") -> Manifest:
    inbound = [{"protocol": protocol, "port": port, **({"net": net} if net else {})} for net in nets]
    return calico("FelixConfiguration", "default", failsafeInboundHostPorts=inbound,
                  failsafeOutboundHostPorts=list(outbound))  # fmt: skip


def out(port: int, net: str) -> Mapping[str, Any]:
    return {"protocol": "TCP", "port": port, "net": net}


def early(**spec: Any) -> Manifest:
    """Return a policy of the host endpoint that denies everything before routing."""
    return calico("GlobalNetworkPolicy", "early", selector="role == 'node'", applyOnForward=True, **spec)


UNTRACKED_IN = early(doNotTrack=True, types=["Ingress"], ingress=[{"action": "Deny"}])
PRE_DNAT = early(preDNAT=True, types=["Ingress"], ingress=[{"action": "Deny"}])
UNTRACKED_OUT = early(doNotTrack=True, types=["Egress"], egress=[{"action": "Deny"}])
ALLOWED = calico("GlobalNetworkPolicy", "late", selector="role == 'node'", types=["Ingress", "Egress"],
                 ingress=[{"action": "Allow"}], egress=[{"action": "Allow"}])  # fmt: skip
ANSWER = TransportPacket(TCP, 7000, 80)
Row = tuple[str, list[Manifest], str, str, TransportPacket, int, str]
ROWS: list[Row] = [
    ("in the net", [HOST, felix(9000, OWN)], "shop/web", "host:n2", packet(TCP, 9000), 4, "allow"),
    ("a single address", [HOST, felix(9000, "192.168.0.1")], "shop/web", "host:n2", packet(TCP, 9000), 4, "allow"),
    ("the address beside it", [HOST, felix(9000, "192.168.0.2")], "shop/web", "host:n2", packet(TCP, 9000), 4, "deny"),
    ("in another net", [HOST, felix(9000, OTHER)], "shop/web", "host:n2", packet(TCP, 9000), 4, "deny"),
    ("in one of two", [HOST, felix(9000, OTHER, OWN)], "shop/web", "host:n2", packet(TCP, 9000), 4, "allow"),
    ("or in any", [HOST, felix(9000, OTHER, "")], "shop/web", "host:n2", packet(TCP, 9000), 4, "allow"),
    ("another port", [HOST, felix(9000, OWN)], "shop/web", "host:n2", packet(TCP, 9001), 4, "deny"),
    ("another protocol", [HOST, felix(9000, OWN)], "shop/web", "host:n2", packet(UDP, 9000), 4, "deny"),
    ("the defaults are gone", [HOST, felix(9000, OWN)], "shop/web", "host:n2", packet(TCP, 22), 4, "deny"),
    ("the other family", [HOST, felix(9000, OWN)], "shop/web", "host:n2", packet(TCP, 9000), 6, "deny"),
    ("a net of that family", [HOST, felix(9000, "fd00::/16")], "shop/web", "host:n2", packet(TCP, 9000), 6, "allow"),
    ("the destination is not asked", [HOST, felix(9000, "10.0.0.2/32")], "shop/web", "host:n2", packet(TCP, 9000), 4,
     "deny"),
    ("from outside", [HOST, felix(9000, "203.0.113.0/24")], "ip:203.0.113.255", "host:n2", packet(TCP, 9000), 4,
     "allow"),
    ("from outside, one further", [HOST, felix(9000, "203.0.113.0/24")], "ip:203.0.114.0", "host:n2",
     packet(TCP, 9000), 4, "deny"),
    ("going out", [HOST, felix(1, "", outbound=(out(9000, OWN),))], "host:n2", "shop/web", packet(TCP, 9000), 4,
     "allow"),
    ("going out elsewhere", [HOST, felix(1, "", outbound=(out(9000, OTHER),))], "host:n2", "shop/web",
     packet(TCP, 9000), 4, "deny"),
    ("going out: the source is not asked", [HOST, felix(1, "", outbound=(out(9000, "10.0.0.2"),))], "host:n2",
     "shop/web", packet(TCP, 9000), 4, "deny"),
    ("preDNAT", [NAMED, PRE_DNAT, felix(80, OWN)], "shop/web", "shop/db", packet(), 4, "allow"),
    ("preDNAT, elsewhere", [NAMED, PRE_DNAT, felix(80, OTHER)], "shop/web", "shop/db", packet(), 4, "deny"),
    ("untracked", [NAMED, UNTRACKED_IN, felix(80, OWN)], "shop/web", "shop/db", packet(), 4, "allow"),
    ("untracked, elsewhere", [NAMED, UNTRACKED_IN, felix(80, OTHER)], "shop/web", "shop/db", packet(), 4, "deny"),
    ("an answer, untracked", [NAMED, UNTRACKED_IN, felix(1, "", outbound=(out(7000, OWN),))], "shop/web", "shop/db",
     ANSWER, 4, "allow"),
    ("an answer from elsewhere", [NAMED, UNTRACKED_IN, felix(1, "", outbound=(out(7000, OTHER),))], "shop/web",
     "shop/db", ANSWER, 4, "deny"),
    ("an answer, going out", [NAMED, UNTRACKED_OUT, ALLOWED, felix(7000, OWN)], "host:n2", "shop/web", ANSWER, 4,
     "allow"),
    ("an answer to elsewhere", [NAMED, UNTRACKED_OUT, ALLOWED, felix(7000, OTHER)], "host:n2", "shop/web", ANSWER, 4,
     "deny"),
]  # fmt: skip


def check_row(
    objects: list[Manifest], source: str, destination: str, transport: TransportPacket, family: int, said: str
) -> None:
    snapshot = snapshot_of((*CLUSTER, *objects))
    engine = Engine(snapshot, Environment(interface="eth0"))
    assert through_all_doors(engine, snapshot, source, destination, transport, family) == said
    asked = {
        "src": source,
        "dst": destination,
        "family": family,
        "protocol": transport.protocol,
        "sport": transport.source_port,
        "dport": transport.destination_port,
    }
    assert answer_flow(read_cluster([*CLUSTER, *objects]), asked)["verdict"] == said


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_row(row: Row) -> None:
    check_row(*row[1:])


COMING = manifest(
    "Pod", "api", "shop", metadata={"labels": {"app": "api"}},
    spec={"nodeName": "n1", "serviceAccountName": "default", "containers": [{"name": "c"}]},
    status={"phase": "Pending"},
)  # fmt: skip
POD_RANGE = AddressSet.of_cidrs(["192.168.0.0/16"])


@pytest.mark.parametrize(
    ("objects", "destination", "said"),
    [
        ([HOST, felix(80, "192.168.5.0/24")], "host:n2", "unknown"),
        ([HOST, felix(80, "203.0.113.0/24")], "host:n2", "deny"),
        ([HOST, felix(80, "")], "host:n2", "allow"),
        ([NAMED, PRE_DNAT, felix(80, "192.168.5.0/24")], "shop/db", "unknown"),
        ([NAMED, PRE_DNAT, felix(80, "203.0.113.0/24")], "shop/db", "deny"),
        ([NAMED, UNTRACKED_IN, felix(80, "192.168.5.0/24")], "shop/db", "unknown"),
    ],
)
def test_a_pod_without_an_address(objects: list[Manifest], destination: str, said: str) -> None:
    snapshot = snapshot_of((*CLUSTER, COMING, *objects), complete=False)
    engine = Engine(snapshot, Environment(interface="eth0", pod_ranges=POD_RANGE))
    assert through_all_doors(engine, snapshot, "shop/api", destination, packet()) == said


def test_where_policy_allows_it_anyway_the_address_does_not_matter() -> None:
    asked = [NAMED, ALLOWED, felix(80, "192.168.5.0/24")]
    engine = engine_of((*CLUSTER, COMING, *asked), Environment(interface="eth0", pod_ranges=POD_RANGE), complete=False)
    assert ask(engine, "shop/api", "host:n2", packet()).verdict == "allow"
    ends = [resolve_end(engine, name, 4) for name in ("shop/api", "host:n2")]
    assert in_pairs(engine, ends, packet(), 4) == "allow"


def test_nets_that_are_not_asked_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failsafes, "holds_address", lambda nets, address, ranges: True)
    with pytest.raises(AssertionError):
        check_all()


def check_all() -> None:
    for row in ROWS:
        check_row(*row[1:])

"""What a FelixConfiguration in the snapshot changes of verdicts (calico.md 6.6), each beside what it leaves alone."""

from __future__ import annotations

from typing import Any

import pytest

from generator.packets.transport import TransportPacket
from generator.reach import engine as engine_module
from generator.reach import inventory
from generator.reach.engine import Engine
from generator.reach.environment import Dataplane, EndpointToHost, Environment
from generator.snapshot import build
from tests.reach.small_world import (
    CLUSTER,
    TCP,
    UDP,
    UDPLITE,
    Manifest,
    calico,
    packet,
    snapshot_of,
    through_all_doors,
)


def felix(name: str = "default", **spec: Any) -> Manifest:
    return calico("FelixConfiguration", name, **spec)


DENY_UDPLITE = calico(
    "NetworkPolicy",
    "p",
    "shop",
    selector="app == 'db'",
    types=["Ingress"],
    ingress=[{"action": "Deny", "protocol": "UDPLite"}, {"action": "Allow"}],
)
NOT_ECHO = calico(
    "NetworkPolicy",
    "p",
    "shop",
    selector="app == 'db'",
    types=["Ingress"],
    ingress=[{"action": "Deny", "protocol": "ICMP", "notICMP": {"type": 8, "code": 0}}, {"action": "Allow"}],
)
HOST = calico("HostEndpoint", "h", node="n2", interfaceName="eth0")
PORTS = [{"protocol": "TCP", "port": 9000}]
ECHO_1 = TransportPacket(1, icmp_type=8, icmp_code=1)
Row = tuple[str, list[Manifest], str, TransportPacket, str]
ROWS: list[Row] = [
    ("iptables, by default", [DENY_UDPLITE], "shop/db", packet(UDPLITE), "deny"),
    ("eBPF", [felix(bpfEnabled=True), DENY_UDPLITE], "shop/db", packet(UDPLITE), "allow"),
    ("eBPF that is off", [felix(bpfEnabled=False), DENY_UDPLITE], "shop/db", packet(UDPLITE), "deny"),
    ("that of one node is not that of all", [felix("node.n1", bpfEnabled=True), DENY_UDPLITE], "shop/db",
     packet(UDPLITE), "deny"),
    ("nftables", [felix(nftablesMode="Enabled"), NOT_ECHO], "shop/db", ECHO_1, "allow"),
    ("nftables that is off", [felix(nftablesMode="Disabled"), NOT_ECHO], "shop/db", ECHO_1, "deny"),
    ("to the own node, by default", [], "host:n1", packet(), "allow"),
    ("Drop", [felix(defaultEndpointToHostAction="Drop")], "host:n1", packet(), "deny"),
    ("Return", [felix(defaultEndpointToHostAction="Return")], "host:n1", packet(), "unknown"),
    ("Return with eBPF", [felix(defaultEndpointToHostAction="Return", bpfEnabled=True)], "host:n1", packet(), "allow"),
    ("VXLAN from a pod", [], "shop/db", packet(UDP, 4789), "deny"),
    ("VXLAN that pods may send", [felix(allowVXLANPacketsFromWorkloads=True)], "shop/db", packet(UDP, 4789), "allow"),
    ("another port of VXLAN", [felix(vxlanPort=4790)], "shop/db", packet(UDP, 4789), "allow"),
    ("and that one is dropped", [felix(vxlanPort=4790)], "shop/db", packet(UDP, 4790), "deny"),
    ("IPIP from a pod", [], "shop/db", TransportPacket(4), "deny"),
    ("IPIP that pods may send", [felix(allowIPIPPacketsFromWorkloads=True)], "shop/db", TransportPacket(4), "allow"),
    ("IPIP is not VXLAN", [felix(allowIPIPPacketsFromWorkloads=True)], "shop/db", packet(UDP, 4789), "deny"),
    ("a failsafe port", [HOST], "host:n2", packet(TCP, 22), "allow"),
    ("another port", [HOST], "host:n2", packet(TCP, 9000), "deny"),
    ("failsafe ports of one's own", [HOST, felix(failsafeInboundHostPorts=PORTS)], "host:n2", packet(TCP, 9000),
     "allow"),
    ("instead of the others", [HOST, felix(failsafeInboundHostPorts=PORTS)], "host:n2", packet(TCP, 22), "deny"),
    ("none at all", [HOST, felix(failsafeInboundHostPorts=[])], "host:n2", packet(TCP, 22), "deny"),
    ("stored in the other group", [felix(bpfEnabled=True) | {"apiVersion": "crd.projectcalico.org/v1"}, DENY_UDPLITE],
     "shop/db", packet(UDPLITE), "allow"),
]  # fmt: skip


def check_row(objects: list[Manifest], destination: str, transport: TransportPacket, said: str) -> None:
    snapshot = snapshot_of((*CLUSTER, *objects))
    engine = Engine(snapshot, Environment(interface="eth0"))
    assert through_all_doors(engine, snapshot, "shop/web", destination, transport) == said


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_row(row: Row) -> None:
    check_row(*row[1:])


OWN = felix("node.n2", failsafeInboundHostPorts=PORTS)
OF_NODES: list[Row] = [
    ("a node's own failsafe ports may close one", [HOST, OWN], "host:n2", packet(TCP, 22), "unknown"),
    ("and open one", [HOST, OWN], "host:n2", packet(TCP, 9000), "unknown"),
    ("those of another node do not", [HOST, felix("node.n1", failsafeInboundHostPorts=PORTS)], "host:n2",
     packet(TCP, 9000), "deny"),
    ("they are no others", [HOST, OWN, felix(failsafeInboundHostPorts=PORTS)], "host:n2", packet(TCP, 9000), "allow"),
    ("they are of no pods", [HOST, OWN, NOT_ECHO], "shop/db", ECHO_1, "deny"),
    ("another dataplane on the node of a pod under policy", [felix("node.n2", bpfEnabled=True), NOT_ECHO], "shop/db",
     packet(), "unknown"),
    ("its logs are its own affair", [felix("node.n2", logPrefix="x"), NOT_ECHO], "shop/db", packet(), "allow"),
]  # fmt: skip


@pytest.mark.parametrize("row", OF_NODES, ids=[row[0] for row in OF_NODES])
def test_row_of_one_node(row: Row) -> None:
    check_row(*row[1:])


def test_settings_of_nodes_that_are_not_read_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_felix_nodes", lambda settings, settled: {})
    with pytest.raises(AssertionError):
        check_all_of_nodes()


def check_all_of_nodes() -> None:
    for row in OF_NODES:
        check_row(*row[1:])


def ports(*entries: object) -> Manifest:
    return felix(failsafeInboundHostPorts=list(entries))


SSH = {"protocol": "TCP", "port": 22}
# With the first of each pair Felix does not start, with the second it does (PortListParam, die-on-fail).
STANDS_STILL: list[tuple[Manifest, Manifest]] = [
    (ports(SSH, {"protocol": "SCTP", "port": 22}), ports(SSH, {"protocol": "udp", "port": 22})),
    (ports({"port": 22}), ports(SSH)),
    (ports(SSH | {"port": 65536}), ports(SSH | {"port": 65535})),
    (ports(SSH | {"port": "22"}), ports({"protocol": "tcp"})),
    (ports(SSH | {"net": "10.0.0.0/33"}), ports(SSH | {"net": "10.0.0.1/8"})),
    (felix(failsafeOutboundHostPorts=[{"protocol": "icmp", "port": 1}]), felix(failsafeOutboundHostPorts=[])),
    (felix(defaultEndpointToHostAction="Allow"), felix(defaultEndpointToHostAction="ACCEPT")),
    (calico("NetworkSet", "s", "shop", nets=["10.0.0.0/8", "example.com"]),
     calico("GlobalNetworkSet", "s", nets=["10.0.0.0/8", "example.com"])),
    (calico("NetworkSet", "s", "shop", nets=["10.0.0.0/33"]), calico("NetworkSet", "s", "shop", nets=["10.0.0.1"])),
]  # fmt: skip


@pytest.mark.parametrize("pair", STANDS_STILL)
def test_settings_with_which_felix_does_not_start(pair: tuple[Manifest, Manifest]) -> None:
    check_pair(pair)


def check_pair(pair: tuple[Manifest, Manifest]) -> None:
    for objects, unknown in zip(pair, (True, False), strict=True):
        snapshot = snapshot_of((*CLUSTER, objects))
        engine = Engine(snapshot, Environment(interface="eth0"))
        assert [item.code for item in engine.blind_to] == (["RF5203"] if unknown else [])
        assert through_all_doors(engine, snapshot, "shop/web", "shop/db", packet()) == (
            "unknown" if unknown else "allow"
        )


@pytest.mark.parametrize("pair", STANDS_STILL)
def test_settings_that_are_taken_for_readable_are_found(
    pair: tuple[Manifest, Manifest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory, "find_unreadable", lambda spec: [])
    monkeypatch.setattr(inventory, "_fatal_nets", lambda obj, resource: [])
    with pytest.raises(AssertionError):
        check_pair(pair)


def test_what_is_stated_otherwise_stays() -> None:
    snapshot = snapshot_of((*CLUSTER, felix(bpfEnabled=True, defaultEndpointToHostAction="Return"), DENY_UDPLITE))
    stated = Environment(dataplane=Dataplane.IPTABLES, endpoint_to_host=EndpointToHost.DROP, interface="eth0")
    engine = Engine(snapshot, stated)
    assert engine.environment == stated
    assert through_all_doors(engine, snapshot, "shop/web", "shop/db", packet(UDPLITE)) == "deny"


def test_settings_that_are_not_read_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "with_felix_settings", lambda environment, spec: environment)
    with pytest.raises(AssertionError):
        check_all()


def check_all() -> None:
    for row in ROWS:
        check_row(*row[1:])

"""calico.md 2.8, row by row: a verdict where dataplanes differ, and one beside it where they do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from generator.packets.transport import TransportPacket
from generator.reach.engine import Engine
from generator.reach.environment import Dataplane, EndpointToHost, Environment
from generator.reach.unknown import UnknownReason
from tests.faults import dataplanes as faults
from tests.reach.small_world import (
    CLUSTER,
    ICMP,
    ICMPV6,
    TCP,
    UDP,
    UDPLITE,
    Manifest,
    ask,
    calico,
    node,
    packet,
    pod,
    snapshot_of,
    through_all_doors,
    verdict,
)

IPTABLES, NFTABLES, EBPF = Dataplane.IPTABLES, Dataplane.NFTABLES, Dataplane.EBPF


def deny(**rule: Any) -> list[Manifest]:
    """Return a policy that denies what one rule matches at shop/db, and allows the rest."""
    rules = [{"action": "Deny", **rule}, {"action": "Allow"}]
    return [calico("NetworkPolicy", "p", "shop", selector="app == 'db'", types=["Ingress"], ingress=rules)]


def on_host(**rule: Any) -> list[Manifest]:
    """Return a host endpoint of n2 with an untracked policy of one rule."""
    endpoint = calico("HostEndpoint", "n2-eth0", node="n2", interfaceName="eth0")
    endpoint["metadata"]["labels"] = {"host": "n2"}
    policy = calico(
        "GlobalNetworkPolicy",
        "untracked",
        selector="host == 'n2'",
        doNotTrack=True,
        applyOnForward=True,
        types=["Ingress"],
        ingress=[rule],
    )
    return [endpoint, policy]


Row = tuple[str, list[Manifest], TransportPacket, int, dict[Dataplane, str]]


def alike(said: str) -> dict[Dataplane, str]:
    return dict.fromkeys(Dataplane, said)


ROWS: list[Row] = [
    # protocol by a name that the eBPF builder does not know
    ("ICMPv6 by name", deny(protocol="ICMPv6"), packet(ICMPV6, type=128), 6, alike("deny") | {EBPF: "allow"}),
    ("ICMPv6 by number", deny(protocol=58), packet(ICMPV6, type=128), 6, alike("deny")),
    ("UDPLite by name", deny(protocol="UDPLite"), packet(UDPLITE), 4, alike("deny") | {EBPF: "allow"}),
    ("UDPLite by number", deny(protocol=136), packet(UDPLITE), 4, alike("deny")),
    ("not ICMPv6, by name", deny(notProtocol="ICMPv6"), packet(ICMPV6, type=128), 6, alike("allow") | {EBPF: "deny"}),
    ("not ICMPv6, by number", deny(notProtocol=58), packet(ICMPV6, type=128), 6, alike("allow")),
    ("SCTP by name is known everywhere", deny(protocol="SCTP"), packet(132), 4, alike("deny")),
    # notICMP with type and code: in nftables both must differ
    ("type differs", deny(protocol="ICMP", notICMP={"type": 8, "code": 0}), packet(ICMP, type=3), 4,
     alike("deny") | {NFTABLES: "allow"}),
    ("code differs", deny(protocol="ICMP", notICMP={"type": 8, "code": 0}), packet(ICMP, type=8, code=1), 4,
     alike("deny") | {NFTABLES: "allow"}),
    ("both differ", deny(protocol="ICMP", notICMP={"type": 8, "code": 0}), packet(ICMP, type=3, code=1), 4,
     alike("deny")),
    ("none differs", deny(protocol="ICMP", notICMP={"type": 8, "code": 0}), packet(ICMP, type=8), 4, alike("allow")),
    ("notICMP with the type alone", deny(protocol="ICMP", notICMP={"type": 8}), packet(ICMP, type=3), 4, alike("deny")),
    # notICMP without a protocol (4.4): eBPF reads bytes of the port
    ("notICMP without protocol, TCP", deny(notICMP={"type": 8}), packet(TCP), 4, alike("allow") | {EBPF: "unknown"}),
    ("notICMP with protocol, TCP", deny(protocol="ICMP", notICMP={"type": 8}), packet(TCP), 4, alike("allow")),
    # http is ignored everywhere: the rule is that without it
    ("http", deny(protocol="TCP", http={"methods": ["GET"]}), packet(TCP), 4, alike("deny")),
    ("http, another protocol", deny(protocol="TCP", http={"methods": ["GET"]}), packet(UDP), 4, alike("allow")),
    # Log never decides
    ("no rule denies it", deny(protocol="UDP"), packet(TCP), 4, alike("allow")),
    ("Log first", [calico("NetworkPolicy", "p", "shop", selector="app == 'db'", types=["Ingress"],
                          ingress=[{"action": "Log"}, {"action": "Deny"}])], packet(TCP), 4, alike("deny")),
    ("Log last", [calico("NetworkPolicy", "p", "shop", selector="app == 'db'", types=["Ingress"],
                         ingress=[{"action": "Allow"}, {"action": "Log"}])], packet(TCP), 4, alike("allow")),
    # three match blocks (4.9): the engine follows the policy as written
    ("three blocks, the third does not hold",
     deny(protocol="TCP", source={"nets": ["192.168.0.0/24", "10.9.0.0/16"]},
          destination={"nets": ["10.1.0.0/16", "10.2.0.0/16"], "ports": ["http", 80]}), packet(TCP), 4, alike("allow")),
    ("three blocks, all hold",
     deny(protocol="TCP", source={"nets": ["192.168.0.0/24", "10.9.0.0/16"]},
          destination={"nets": ["192.168.1.0/24", "10.2.0.0/16"], "ports": ["http", 80]}), packet(TCP), 4,
     alike("deny")),
    # negative matches, named ports, IPv6 are as written on all but Windows
    ("a negative match", deny(protocol="TCP", source={"notNets": ["10.0.0.0/8"]}), packet(TCP), 4, alike("deny")),
    ("a negative match that does not hold", deny(protocol="TCP", source={"notNets": ["192.168.0.0/24"]}),
     packet(TCP), 4, alike("allow")),
    ("ICMP type and code", deny(protocol="ICMP", icmp={"type": 3, "code": 1}), packet(ICMP, type=3, code=1), 4,
     alike("deny")),
    ("another code", deny(protocol="ICMP", icmp={"type": 3, "code": 1}), packet(ICMP, type=3), 4, alike("allow")),
    ("IPv6", deny(protocol="TCP", ipVersion=6), packet(TCP), 6, alike("deny")),
    ("IPv4 where IPv6 is asked", deny(protocol="TCP", ipVersion=6), packet(TCP), 4, alike("allow")),
    # doNotTrack
    ("untracked deny", on_host(action="Deny", protocol="TCP"), packet(TCP), 4, alike("deny")),
    ("untracked deny of another protocol", on_host(action="Deny", protocol="UDP"), packet(TCP), 4, alike("allow")),
]  # fmt: skip


def check_row(name: str, objects: list[Manifest], transport: TransportPacket, family: int, said: Any) -> None:
    found = {
        dataplane: verdict(
            objects, transport, family=family, environment=Environment(dataplane=dataplane, interface="eth0")
        )
        for dataplane in Dataplane
    }
    assert found == said, name


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_row(row: Row) -> None:
    check_row(*row)


@pytest.mark.parametrize(("port", "said"), [(8080, "deny"), (80, "allow")])
@pytest.mark.parametrize("dataplane", list(Dataplane))
def test_a_named_port_is_as_written_on_all(dataplane: Dataplane, port: int, said: str) -> None:
    ports = [{"name": "http", "containerPort": 8080, "protocol": "TCP"}]
    named = pod("shop/named", ["192.168.1.9"], "n2", containers=[{"name": "c", "ports": ports}])
    rules = [{"action": "Deny", "protocol": "TCP", "destination": {"ports": ["http"]}}, {"action": "Allow"}]
    policy = calico("NetworkPolicy", "p", "shop", selector="app == 'named'", types=["Ingress"], ingress=rules)
    environment = Environment(dataplane=dataplane, interface="eth0")
    assert verdict([named, policy], packet(TCP, port), environment=environment, destination="shop/named") == said


def on_windows() -> list[Manifest]:
    changed = [item for item in CLUSTER if item["metadata"]["name"] not in ("n2", "db")]
    return [
        *changed,
        node("n2", ["10.0.0.2", "fd00:1::2"], {"kubernetes.io/os": "windows"}),
        pod("shop/db", ["192.168.1.1", "fd00::1:1"], "n2"),
    ]


@pytest.mark.parametrize(
    ("policies", "said"),
    [
        ([], "allow"),  # no policy asks: the profile allows
        (deny(protocol="UDP"), "unknown"),
        ([calico("NetworkPolicy", "p", "shop", selector="app == 'web'", types=["Ingress"])], "allow"),
    ],
)
def test_policy_of_windows_nodes_is_not_known(policies: list[Manifest], said: str) -> None:
    snapshot = snapshot_of([*on_windows(), *policies])
    engine = Engine(snapshot, Environment(interface="eth0"))
    assert through_all_doors(engine, snapshot, "shop/web", "shop/db", packet()) == said
    found = ask(engine, "shop/web", "shop/db", packet())
    assert (UnknownReason.WINDOWS in found.unknown) == (said == "unknown")


def check_hosts_on(cluster: Sequence[Manifest], said: str) -> None:
    """Ask what host endpoints decide on node n2: for itself, before it routes, and as it routes."""
    forward = calico(
        "GlobalNetworkPolicy", "f", selector="host == 'n2'", applyOnForward=True, types=["Ingress"], ingress=[]
    )
    for policies, destination in ((on_host(action="Deny"), "shop/db"), ([], "host:n2"), ([forward], "shop/db")):
        endpoint = on_host(action="Deny")[0]
        snapshot = snapshot_of([*cluster, endpoint, *(item for item in policies if item["kind"] != "HostEndpoint")])
        engine = Engine(snapshot, Environment(interface="eth0"))
        assert through_all_doors(engine, snapshot, "shop/web", destination, packet()) == said


@pytest.mark.parametrize("system", ["linux", "windows"])
def test_there_is_no_host_endpoint_policy_on_windows(system: str) -> None:
    check_hosts_on(*{"linux": (CLUSTER, "deny"), "windows": (on_windows(), "allow")}[system])


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (EndpointToHost.ACCEPT, alike("allow")),
        (EndpointToHost.DROP, alike("deny")),
        (EndpointToHost.RETURN, alike("unknown") | {EBPF: "allow"}),
    ],
)
def test_a_pod_to_its_own_node(action: EndpointToHost, said: dict[Dataplane, str]) -> None:
    """2.5: Return leaves it to the node's own rules, which eBPF does not ask."""
    found = {
        dataplane: verdict(
            [],
            packet(),
            destination="host:n1",
            environment=Environment(dataplane=dataplane, endpoint_to_host=action, interface="eth0"),
        )
        for dataplane in Dataplane
    }
    assert found == said


@pytest.mark.parametrize("fault", faults.ALL, ids=lambda fault: fault.__name__)
def test_planted_fault_is_found(fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    def everything() -> None:
        for row in ROWS:
            check_row(*row)
        test_policy_of_windows_nodes_is_not_known(deny(protocol="UDP"), "unknown")
        check_hosts_on(on_windows(), "allow")
        for action in EndpointToHost:
            said = {EndpointToHost.ACCEPT: alike("allow"), EndpointToHost.DROP: alike("deny")}
            test_a_pod_to_its_own_node(action, said.get(action, alike("unknown") | {EBPF: "allow"}))

    everything()
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        everything()

"""Each reason for an unknown verdict: a flow that has it, and the like one, known, where the snapshot tells more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from generator.calico.versions import Version
from generator.packets.transport import TransportPacket
from generator.reach.differential import Differential
from generator.reach.ends import resolve_end
from generator.reach.engine import Engine
from generator.reach.environment import Dataplane, EndpointToHost, Environment
from generator.reach.reachability import find_reach
from generator.reach.unknown import UnknownReason
from generator.snapshot.facts import Seen, write_seen
from generator.snapshot.unread import UnreadKind, write_unread
from tests.faults import unknown_reasons as faults
from tests.reach.small_world import (
    CLUSTER,
    DEPLOYMENT,
    UDP,
    Manifest,
    ask,
    calico,
    engine_of,
    in_pairs,
    manifest,
    node,
    packet,
    pod,
    snapshot_of,
)

ETH0 = Environment(interface="eth0")


@dataclass(frozen=True)
class Asked:
    """A flow in the small cluster, or in other objects."""

    more: list[Manifest] = field(default_factory=list)
    source: str = "shop/web"
    destination: str = "shop/db"
    transport: TransportPacket = field(default_factory=packet)
    environment: Environment = ETH0
    complete: bool = True
    base: tuple[Manifest, ...] = CLUSTER
    unread: tuple[str, ...] = ()
    settings: Mapping[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def engine(self) -> Engine:
        if self.unread or self.settings:
            snapshot = snapshot_of((*self.base, *self.more), complete=not self.unread)
            rows = write_unread(UnreadKind(name, decides=True) for name in self.unread)
            extra = {**snapshot.extra, **rows, **write_seen(Seen(felix_nodes=self.settings))}
            return Engine(replace(snapshot, extra=extra), self.environment)
        return engine_of((*self.base, *self.more), self.environment, complete=self.complete)


def service(name: str, ports: list[dict[str, Any]], **spec: Any) -> Manifest:
    return manifest("Service", name, "shop", spec={"clusterIP": "10.96.0.7", "ports": ports, **spec})


def piece(name: str, *addresses: str, port: int = 80) -> Manifest:
    made = manifest("EndpointSlice", name, "shop", api="discovery.k8s.io/v1")
    made["metadata"]["labels"] = {"kubernetes.io/service-name": name}
    ports = [{"name": "", "protocol": "TCP", "port": port}]
    return made | {"addressType": "IPv4", "ports": ports, "endpoints": [{"addresses": list(addresses)}]}


def egress(*rules: dict[str, Any]) -> Manifest:
    return calico("NetworkPolicy", "out", "shop", selector="app == 'web'", types=["Egress"], egress=list(rules))


def ingress(*rules: dict[str, Any]) -> Manifest:
    return calico("NetworkPolicy", "in", "shop", selector="app == 'db'", types=["Ingress"], ingress=list(rules))


def allow(**destination: Any) -> dict[str, Any]:
    return {"action": "Allow", "destination": destination}


WEB = [{"port": 8080, "targetPort": 80, "protocol": "TCP"}]
AT_SERVICE = "ip:10.96.0.7"
TO_DB = egress(allow(nets=["192.168.1.1/32"]))
BALANCED = {"type": "LoadBalancer", "status": {}}
TO_PRIVATE = egress(allow(nets=["10.1.0.0/24"]))
BY_NODES = calico("NetworkPolicy", "in", "shop", selector="app == 'api'", types=["Ingress"],
                  ingress=[{"action": "Allow", "source": {"nets": ["10.0.0.0/24"]}}])  # fmt: skip
CLOSED = calico("NetworkPolicy", "in", "shop", selector="app == 'api'", types=["Ingress"])
FROM_CLIENT = ingress({"action": "Allow", "source": {"nets": ["203.0.113.0/24"]}})


def balanced(policy: str) -> Manifest:
    made = service("db", WEB, type="LoadBalancer", externalTrafficPolicy=policy)
    return made | {"status": {"loadBalancer": {"ingress": [{"ip": "198.51.100.7"}]}}}


def at_balancer(policy: str, *rules: Manifest, **more: Any) -> Asked:
    objects = [balanced(policy), piece("db", "192.168.1.1"), *rules]
    return Asked(objects, **{"source": "ip:203.0.113.9", "destination": "ip:198.51.100.7",
                             "transport": packet(port=8080), **more})  # fmt: skip


def node_port(number: int, *rules: Manifest, policy: str = "Cluster", **more: Any) -> Asked:
    ports = [{"port": 8080, "targetPort": 80, "protocol": "TCP", "nodePort": 30080}]
    made = service("db", ports, type="NodePort", externalTrafficPolicy=policy)
    objects = [made, piece("db", "192.168.1.1"), *rules]
    asked = {"source": "ip:203.0.113.9", "destination": "host:n1", **more}
    return Asked(objects, transport=packet(port=number), **asked)


DNS = manifest("Service", "dns", "shop", spec={"clusterIP": "10.96.0.7", "ports": [{"port": 53, "protocol": "UDP"}]})
DNS_SLICE = piece("dns", "192.168.1.1") | {"ports": [{"name": "", "protocol": "UDP", "port": 53}]}
TO_DNS_PODS = egress(allow(selector="app == 'db'"))
UNREADABLE = calico("NetworkPolicy", "bad", "apps", types=["Ingress"], ingress=[{"action": "Allow", "protocol": 300}])
DOMAIN_RULE = egress({"action": "Allow", "destination": {"domains": ["example.com"]}})
DOMAIN_SET = calico("NetworkSet", "s", "shop", allowedEgressDomains=["example.com"]) | {
    "metadata": {"name": "s", "namespace": "shop", "labels": {"set": "a"}}
}
EMPTY_SET = calico("NetworkSet", "s", "shop", nets=[]) | {"metadata": DOMAIN_SET["metadata"]}
TO_SET = egress(allow(selector="set == 'a'"))
PRE_DNAT = [
    calico("HostEndpoint", "h", node="n2", interfaceName="eth0")
    | {"metadata": {"name": "h", "labels": {"host": "n2"}}},
    calico("GlobalNetworkPolicy", "pre", selector="host == 'n2'", preDNAT=True, applyOnForward=True, types=["Ingress"],
           ingress=[{"action": "Allow"}]),
]  # fmt: skip
ADMIN = manifest(
    "AdminNetworkPolicy",
    "a",
    api="policy.networking.k8s.io/v1alpha1",
    spec={
        "priority": 1,
        "subject": {"namespaces": {}},
        "ingress": [{"action": "Deny", "from": [{"namespaces": {}}], "ports": [{"namedPort": "http"}]}],
    },
)
NUMBERED = ADMIN | {
    "spec": ADMIN["spec"]
    | {"ingress": [{"action": "Deny", "from": [{"namespaces": {}}], "ports": [{"portNumber": {"port": 80}}]}]}
}
V31 = replace(ETH0, version=type(ETH0.version)(3, 31))
RETURNED = replace(ETH0, endpoint_to_host=EndpointToHost.RETURN)
NOT_ECHO = ingress({"action": "Deny", "notICMP": {"type": 8}}, {"action": "Allow"})
RETURN = {"defaultEndpointToHostAction": "Return"}
EBPF = replace(ETH0, dataplane=Dataplane.EBPF)
WINDOWS = tuple(node("n2", ["10.0.0.2"], {"kubernetes.io/os": "windows"}) if one["metadata"]["name"] == "n2" else one
                for one in CLUSTER)  # fmt: skip

TUNNEL = tuple(
    one | {"metadata": one["metadata"] | {"annotations": {"projectcalico.org/IPv4VXLANTunnelAddr": "192.168.200.1"}}}
    if one["metadata"]["name"] == "n1" else one for one in CLUSTER
)  # fmt: skip
FROM_NODES = ingress({"action": "Allow", "source": {"nets": ["10.0.0.0/24"]}})
FROM_TUNNELS = ingress({"action": "Allow", "source": {"nets": ["10.0.0.0/24", "192.168.200.0/24"]}})

BY_SERVICE = egress(allow(services={"name": "db", "namespace": "shop"}))
TAKES_PORT = pod("shop/api", ["192.168.0.9"], containers=[{"name": "c", "ports": [
    {"containerPort": 8443, "hostPort": 80}]}])  # fmt: skip
IN_SHOP = pod("shop/front", ["192.168.1.9"])

# For each reason: what has it, and the like flow that is known, with its verdict.
HOST = calico("HostEndpoint", "h", node="n2", interfaceName="eth0")
V28 = Environment(interface="eth0", version=Version(3, 28))
SAFE_FOR_IPV4, SAFE_FOR_IPV6 = (
    calico("FelixConfiguration", "default", failsafeInboundHostPorts=[{"protocol": "TCP", "port": 80, "net": net}])
    for net in ("192.168.0.0/24", "fd00::/16")
)
ROWS: list[tuple[UnknownReason, Asked, Asked, str]] = [
    (UnknownReason.POD_ADDRESS, Asked([DEPLOYMENT, TO_PRIVATE], destination="shop/api", complete=False),
     Asked([pod("shop/api", ["10.1.0.9"]), TO_PRIVATE], destination="shop/api"), "allow"),
    (UnknownReason.POD_ADDRESS, Asked([DEPLOYMENT, TO_PRIVATE], destination="shop/api", complete=False),
     Asked([DEPLOYMENT, egress(allow(nets=["203.0.113.0/24"]))], destination="shop/api", complete=False), "deny"),
    (UnknownReason.POD_NODE, Asked([DEPLOYMENT, CLOSED], "host:n1", "shop/api", complete=False),
     Asked([DEPLOYMENT, BY_NODES], "host:n1", "shop/api", complete=False), "allow"),
    (UnknownReason.POD_NODE, Asked([DEPLOYMENT, CLOSED], "host:n1", "shop/api", complete=False),
     Asked([pod("shop/api", ["10.1.0.9"], "n2"), CLOSED], "host:n1", "shop/api"), "deny"),
    (UnknownReason.HOST_SOURCE, Asked([FROM_NODES], "host:n1", base=TUNNEL),
     Asked([FROM_NODES], "host:n1"), "allow"),
    (UnknownReason.HOST_SOURCE, Asked([FROM_NODES], "host:n1", base=TUNNEL),
     Asked([FROM_TUNNELS], "host:n1", base=TUNNEL), "allow"),
    (UnknownReason.HOST_SOURCE, Asked([FROM_NODES], "host:n1", base=TUNNEL),
     Asked([ingress()], "host:n1", base=TUNNEL), "deny"),
    (UnknownReason.NODE_INTERFACE, Asked([HOST], destination="host:n2", environment=Environment()),
     Asked([HOST], destination="host:n2"), "deny"),
    (UnknownReason.RULE_SERVICE, Asked([BY_SERVICE], complete=False), Asked([BY_SERVICE]), "deny"),
    (UnknownReason.RULE_SERVICE, Asked([BY_SERVICE, service("db", WEB)], complete=False),
     Asked([BY_SERVICE, service("db", WEB, selector={"app": "db"})], complete=False), "allow"),
    (UnknownReason.RULE_SERVICE, Asked([BY_SERVICE, service("db", WEB, selector={"app": "x"})], complete=False),
     Asked([BY_SERVICE, service("db", WEB, selector={"app": "front"}), IN_SHOP], complete=False), "deny"),
    (UnknownReason.SERVICE_BACKENDS, Asked([service("db", WEB)], destination=AT_SERVICE, transport=packet(port=8080)),
     Asked([service("db", WEB), piece("db", "192.168.1.1"), TO_DB], destination=AT_SERVICE,
           transport=packet(port=8080)), "allow"),
    (UnknownReason.SERVICE_BACKENDS, Asked([service("db", WEB)], destination=AT_SERVICE, transport=packet(port=8080)),
     Asked([service("db", WEB, selector={"app": "db"}), TO_DB], destination=AT_SERVICE, transport=packet(port=8080)),
     "allow"),
    (UnknownReason.SERVICE_CHOICE,
     Asked([service("db", WEB), piece("db", "192.168.1.1", "192.168.1.2"), TO_DB], destination=AT_SERVICE,
           transport=packet(port=8080)),
     Asked([service("db", WEB), piece("db", "192.168.1.2"), TO_DB], destination=AT_SERVICE,
           transport=packet(port=8080)), "deny"),
    (UnknownReason.SERVICE_PORT,
     Asked([service("db", WEB), piece("db", "192.168.1.1")], destination=AT_SERVICE, transport=packet(port=80)),
     Asked([service("db", WEB), piece("db", "192.168.1.1")], destination=AT_SERVICE, transport=packet(port=8080)),
     "allow"),
    (UnknownReason.BEFORE_TRANSLATION,
     Asked([service("db", WEB), piece("db", "192.168.1.1"), *PRE_DNAT], destination=AT_SERVICE,
           transport=packet(port=8080)),
     Asked([*PRE_DNAT], transport=packet()), "allow"),
    (UnknownReason.SERVICE_IMPLEMENTATION, at_balancer("Local", TO_DB, source="shop/web"),
     at_balancer("Local", egress(allow()), source="shop/web"), "allow"),
    (UnknownReason.SERVICE_IMPLEMENTATION, node_port(30080, policy="Local"),
     node_port(30080, policy="Local", destination="host:n2"), "allow"),
    (UnknownReason.SERVICE_IMPLEMENTATION, node_port(30080, policy="Local"),
     node_port(30080, policy="Local", source="shop/web"), "allow"),
    (UnknownReason.SOURCE_TRANSLATION, at_balancer("Cluster", FROM_CLIENT), at_balancer("Local", FROM_CLIENT), "allow"),
    (UnknownReason.SOURCE_TRANSLATION, at_balancer("Cluster", FROM_CLIENT),
     at_balancer("Cluster", FROM_CLIENT, environment=EBPF), "allow"),
    (UnknownReason.SOURCE_TRANSLATION, at_balancer("Cluster", FROM_CLIENT), at_balancer("Cluster", ingress()), "deny"),
    (UnknownReason.SOURCE_TRANSLATION, node_port(30080, FROM_CLIENT), node_port(30081, FROM_CLIENT), "allow"),
    (UnknownReason.HOST_PORT, Asked([TAKES_PORT, CLOSED], source="ip:203.0.113.9", destination="host:n1"),
     Asked([TAKES_PORT, CLOSED], source="ip:203.0.113.9", destination="host:n2"), "allow"),
    (UnknownReason.NODE_LOCAL_DNS,
     Asked([DNS, DNS_SLICE, TO_DNS_PODS], destination=AT_SERVICE, transport=packet(UDP, 53), complete=False),
     Asked([DNS, DNS_SLICE, TO_DNS_PODS], destination=AT_SERVICE, transport=packet(UDP, 53)), "allow"),
    (UnknownReason.DOMAINS, Asked([DOMAIN_RULE], destination="ip:203.0.113.9"),
     Asked([egress(allow(nets=["203.0.113.0/24"]))], destination="ip:203.0.113.9"), "allow"),
    (UnknownReason.DOMAINS, Asked([DOMAIN_SET, TO_SET], destination="ip:203.0.113.9"),
     Asked([EMPTY_SET, TO_SET], destination="ip:203.0.113.9"), "deny"),
    (UnknownReason.UNREAD, Asked([], unread=("tiers.projectcalico.org",)), Asked([]), "allow"),
    (UnknownReason.UNDECODABLE, Asked([UNREADABLE]), Asked([UNREADABLE], "host:n2"), "allow"),
    (UnknownReason.ADMIN_POLICY, Asked([ADMIN], environment=V31), Asked([NUMBERED], environment=V31), "deny"),
    (UnknownReason.EBPF_ICMP, Asked([NOT_ECHO], environment=EBPF), Asked([NOT_ECHO]), "allow"),
    (UnknownReason.HOST_INPUT, Asked([], destination="host:n1", environment=RETURNED),
     Asked([], destination="host:n1"), "allow"),
    (UnknownReason.NODE_SETTINGS, Asked([ingress(allow())], settings={"n2": {"bpfEnabled": True}}),
     Asked([ingress(allow())], settings={"n2": RETURN}), "allow"),
    (UnknownReason.NODE_SETTINGS, Asked([], destination="host:n1", settings={"n1": RETURN}),
     Asked([], destination="host:n1", settings={"n2": RETURN}), "allow"),
    (UnknownReason.FAILSAFE_FAMILY, Asked([HOST, SAFE_FOR_IPV6], destination="host:n2", environment=V28),
     Asked([HOST, SAFE_FOR_IPV6], destination="host:n2"), "deny"),
    (UnknownReason.FAILSAFE_FAMILY, Asked([HOST, SAFE_FOR_IPV6], destination="host:n2", environment=EBPF),
     Asked([HOST, SAFE_FOR_IPV4], destination="host:n2", environment=EBPF), "allow"),
    (UnknownReason.WINDOWS, Asked([ingress(allow())], base=WINDOWS), Asked([], base=WINDOWS), "allow"),
]  # fmt: skip


def check_row(reason: UnknownReason, asked: Asked, like: Asked, said: str) -> None:
    engine = asked.engine
    found = ask(engine, asked.source, asked.destination, asked.transport)
    assert found.verdict == "unknown"
    assert reason in found.unknown
    assert in_sets(engine, asked) == "unknown"
    known = like.engine
    verdict = ask(known, like.source, like.destination, like.transport)
    assert verdict.verdict == said
    assert verdict.unknown == ()
    # All pairs do not follow a Service: nobody is told a verdict there that one flow would not have.
    assert in_sets(known, like) in (said, "unknown")


def in_sets(engine: Engine, asked: Asked) -> str:
    ends = [resolve_end(engine, name, 4) for name in (asked.source, asked.destination)]
    found = in_pairs(engine, ends, asked.transport, 4)
    change = Differential(engine, engine, 4).between((ends[0], ends[0]), (ends[1], ends[1]))
    assert change.unknown.contains(asked.transport) == (found == "unknown")
    return found


@pytest.mark.parametrize("row", ROWS, ids=[row[0].name for row in ROWS])
def test_row(row: tuple[UnknownReason, Asked, Asked, str]) -> None:
    check_row(*row)


def test_every_reason_has_a_row() -> None:
    assert {row[0] for row in ROWS} == set(UnknownReason)


def test_reach_names_the_reason_and_leaves_out_addresses_of_services() -> None:
    asked = Asked([DEPLOYMENT, TO_PRIVATE, service("db", WEB)], complete=False)
    found = find_reach(asked.engine)
    assert {item.reasons for item in found if not item.known} == {(UnknownReason.POD_ADDRESS,)}
    assert all(item.known or item.reasons for item in found)
    named = {name.partition(" but ")[0] for item in found for name in (*item.sources, *item.destinations)}
    assert not any("10.96.0.7" in name for name in named)


def check_all() -> None:
    for row in ROWS:
        check_row(*row)


def test_what_nodes_send_is_unknown_in_the_pairs_turned_round_too() -> None:
    for policy, reasons in ((FROM_NODES, (UnknownReason.HOST_SOURCE,)), (FROM_TUNNELS, ())):
        found = find_reach(Asked([policy], base=TUNNEL).engine)
        into_db = [item for item in found if "shop/db" in item.destinations and "host:n1" in str(item.sources)]
        assert {reason for item in into_db for reason in item.reasons} == set(reasons)


@pytest.mark.parametrize("fault", faults.ALL, ids=lambda fault: fault.__name__)
def test_planted_fault_is_found(fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_all()

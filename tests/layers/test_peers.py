"""Peers and rows of rules: pinned, one family a rule, within Calico's limits, nothing lost."""

from __future__ import annotations

from ipaddress import ip_network

from hypothesis import given
from hypothesis import strategies as st

from generator.intent.model import PodSelection, PortSpec
from generator.layers.peers import (
    MAX_NETS,
    MAX_PORTS,
    PODS_ONLY,
    Peer,
    network_peers,
    pods_peer,
    port_groups,
    rule_rows,
    set_peer,
)
from generator.selectors import evaluate_selector, parse_selector

networks = st.one_of(
    st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)).map(lambda p: ip_network(p, strict=False)),
    st.tuples(st.integers(0, 2**128 - 1), st.integers(0, 128)).map(lambda p: ip_network(p, strict=False)),
)
ports = st.one_of(
    st.builds(
        lambda protocol, a, b: PortSpec(protocol, min(a, b), max(a, b)),
        st.sampled_from(["TCP", "UDP", "SCTP"]),
        st.integers(1, 65535),
        st.integers(1, 65535),
    ),
    st.builds(lambda protocol, name: PortSpec(protocol, 0, 0, name), st.sampled_from(["TCP", "UDP"]), st.just("http")),
)


@given(st.lists(networks, max_size=600), st.lists(networks, max_size=5))
def test_network_peers_keep_every_network_in_its_family(nets: list, holes: list) -> None:
    peers = network_peers(nets, holes)
    assert {net for peer in peers for net in peer.nets} == {str(net) for net in nets}
    for peer in peers:
        assert 1 <= len(peer.nets) <= MAX_NETS
        families = {ip_network(net).version for net in (*peer.nets, *peer.not_nets)}
        assert len(families) == 1
        (family,) = families
        assert set(peer.not_nets) == {str(net) for net in holes if net.version == family}


def test_no_network_gives_no_peer() -> None:
    assert network_peers([]) == []
    assert rule_rows([], (PortSpec("TCP", 80, 80),), "x") == []


@given(st.lists(ports, max_size=130))
def test_port_groups_keep_every_port(chosen: list[PortSpec]) -> None:
    groups = port_groups(chosen)
    assert all(1 <= len(values) <= MAX_PORTS for _, values in groups)
    written = {(protocol, str(value)) for protocol, values in groups for value in values}
    expected = {
        (port.protocol, port.name or (str(port.first) if port.first == port.last else f"{port.first}:{port.last}"))
        for port in chosen
    }
    assert written == expected


def test_a_named_port_of_the_own_pods_stands_beside_their_selector() -> None:
    own = Peer(selector="app == 'web'")
    named, number = PortSpec("TCP", 0, 0, "http"), PortSpec("TCP", 80, 80)
    rows = rule_rows([Peer(selector="a == 'b'")], (named, number), "why", own)
    assert {row.ports: row.own for row in rows} == {("http",): own, (80,): Peer()}
    assert all(row.own == Peer() for row in rule_rows([own], (named,), "why", own, named_on_peer=True))


def test_a_pods_peer_matches_pods_and_never_a_network_set_of_the_same_labels() -> None:
    peer = pods_peer(PodSelection("shop", (("app", "web"),), "runner"), "shop")
    node = parse_selector(peer.selector)
    labels = {"app": "web", "projectcalico.org/serviceaccount": "runner"}
    assert evaluate_selector(node, {**labels, "projectcalico.org/orchestrator": "k8s"})
    assert not evaluate_selector(node, labels)
    assert peer.namespace_selector == ""
    assert pods_peer(PodSelection("shop"), "") == Peer(PODS_ONLY, namespace_selector="projectcalico.org/name == 'shop'")


def test_a_set_peer_is_pinned_to_global_sets() -> None:
    assert set_peer("feed-x", "shop").namespace_selector == "global()"

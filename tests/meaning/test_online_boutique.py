"""Online Boutique: the rendered set and the meaning both equal a graph that somebody wrote by hand, plus DNS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.equality.compare import Comparison
from generator.equality.proof_world import build_world
from generator.foundation.yaml_reader import read_documents
from generator.meaning.mean import mean
from generator.meaning.model import Way
from generator.meaning.rows import at
from generator.packets.addresses import AddressSet
from generator.packets.intervals import Intervals
from generator.packets.transport import TCP, UDP, TransportSet
from generator.platforms.model import PlatformProfile
from generator.reach.places import Place
from generator.reach.rows import at_place
from tests.meaning.proving import build, load
from tests.support.shared import shared_folder

INTENT = Path(__file__).parents[2] / "examples" / "online-boutique" / "intent.yaml"
GRAPH = "corpora/apps/online-boutique/expected-graph.yaml"
NAMESPACE = "boutique"
NOTHING = TransportSet.nothing()
DNS = TransportSet.of_ports(UDP, None, Intervals.single(53)) | TransportSet.of_ports(TCP, None, Intervals.single(53))


class Graph:
    """The third source: who calls whom on which port of the pod, and who is called from outside."""

    def __init__(self, value: dict[str, Any]) -> None:
        self.services = {item["name"] for item in value["services"] if item.get("type") != "LoadBalancer"}
        self.services |= {item["pod_labels"]["app"] for item in value["workloads_without_service"]}
        self.edges: dict[tuple[str, str], TransportSet] = {}
        for item in value["edges"]:
            edge = (item["from"], item["to"])
            self.edges[edge] = self.edges.get(edge, NOTHING) | tcp(item["pod_port"])
        self.entries = {item["to"]: tcp(item["pod_port"]) for item in value["entry_points"]}

    def called(self, source: str, destination: str) -> TransportSet:
        """Return what one may send to the other; "" is anybody outside."""
        if not source:
            return self.entries.get(destination, NOTHING)
        return self.edges.get((source, destination), NOTHING)


def tcp(port: int) -> TransportSet:
    return TransportSet.of_ports(TCP, None, Intervals.single(port))


@pytest.fixture(scope="module")
def graph() -> Graph:
    (document,), problems = read_documents((shared_folder() / GRAPH).read_text(encoding="utf-8"), GRAPH)
    assert not problems
    return Graph(document.value)


def who(place: Place) -> str | None:
    """Return the service that a place's pods are, "" for anybody outside; None for pods that no graph knows."""
    if not place.pods:
        return ""
    labels = dict(place.pods[0].workload.labels)
    if place.pods[0].namespace == NAMESPACE and set(labels) == {"app"}:
        return labels["app"]
    if place.pods[0].namespace == "kube-system" and labels.get("k8s-app") == "kube-dns":
        return "dns"
    return None


def flows(comparison: Comparison) -> Iterator[tuple[Place, Place, TransportSet, TransportSet]]:
    """Give what the set and what the meaning let through from end to end, for every two places."""
    spots = comparison.meant.world.spots
    for source in comparison.places.places:
        for destination in comparison.places.places:
            if not (source.pods or destination.pods):
                continue
            rendered = meant = TransportSet.all()
            for place, peer, way in ((source, destination, Way.LEAVING), (destination, source, Way.ARRIVING)):
                if place.pods:
                    rendered &= at_place(comparison.rendered(place, way)[0], peer.number)
                    meant &= at(comparison.meant.row(spots[place.number], way), peer.number)
            yield source, destination, rendered, meant


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("layout", ["tiers", "single-tier"])
def test_three_sources_agree(graph: Graph, layout: str, family: int) -> None:
    check(graph, family, layout=layout)


@pytest.mark.parametrize(
    "overlay",
    [
        {"services": {"adservice": {"needs": ["redis-cart"]}}},
        {"services": {"loadgenerator": {"needs": None}}},
        {"services": {"emailservice": {"ports": [5000]}}},
        {"services": {"cartservice": {"exposed": "nodeport"}}},
        {"services": {"redis-cart": {"dns": False}}},
    ],
    ids=lambda overlay: next(iter(overlay["services"])),
)
def test_an_intent_that_says_something_else_is_found(graph: Graph, overlay: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        check(graph, 4, **overlay)


def check(graph: Graph, family: int, **overlay: Any) -> None:
    """Hold what the set and what the meaning let through against the graph, between every two places."""
    intent, profile = load(INTENT, **overlay)
    rendered = build(intent, profile)
    meaning = mean(intent, profile)
    comparison = Comparison(build_world(meaning, intent, rendered, None), meaning, family)
    seen: set[tuple[str, str]] = set()
    addresses = dns_addresses(profile)
    for source, destination, by_set, by_meaning in flows(comparison):
        first, last = who(source), who(destination)
        owned = [place for place in (source, destination) if place.pods and place.pods[0].namespace == NAMESPACE]
        if not owned:
            continue
        assert by_set == by_meaning
        asks = source.pods and source.pods[0].namespace == NAMESPACE
        if asks and (last == "dns" or destination.outside & addresses):
            assert by_set == DNS, "every owned pod may ask for names"
        elif first is None or last is None:
            assert by_set == NOTHING, "a pod that the graph does not know reaches nothing else, and nobody reaches it"
        else:
            assert by_set == graph.called(first, last), (first, last)
        if first is not None and last is not None:
            seen.add((first, last))
    assert {(source, last) for source, last in graph.edges} <= seen
    assert {("", entry) for entry in graph.entries} <= seen
    assert {(service, "dns") for service in graph.services} <= seen


def dns_addresses(profile: PlatformProfile) -> AddressSet:
    """Return the addresses at which the platform answers for DNS without a pod."""
    dns = profile.dns
    return AddressSet.of_cidrs(str(net) for net in (*dns.node_local.value, *dns.service_addresses.value))

"""DNS as each platform runs it, for every profile, layout and topology (P1): the engine says who reaches it.

Rendered sets go into a small cluster with the resolvers of the topology; every owned pod, one without labels too, asks
over UDP and TCP, guardrails on. What is not DNS is asked too, so that a set which isolates nobody is red.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from generator.calico.versions import parse_version
from generator.foundation.yaml_writer import write_document
from generator.layers import render
from generator.layers.context import Composed
from generator.layers.model import ManifestSet
from generator.packets.addresses import parse_address
from generator.platforms import load_profile
from generator.platforms.model import Presence
from generator.reach.ends import resolve_end
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.flow import End, Flow, evaluate_flow
from tests.faults import layers as faults
from tests.layers.rendering import SHOP, manifests, render_text
from tests.reach.small_world import TCP, UDP, Manifest, manifest, node, packet, pod, snapshot_of

PROFILES = sorted(path.stem for path in (Path(__file__).parents[2] / "profiles").glob("*.yaml"))
LAYOUTS = ("tiers", "single-tier")
OWNED = ("shop/web", "shop/cart", "shop/redis", "shop/loose")
POD_ADDRESSES = ["192.168.9.53", "fd00:9::53"]
SERVICE_ADDRESS = "10.96.0.10"


@dataclass(frozen=True)
class Resolvers:
    """Who answers: pods (namespace, labels, port, on the host's network), addresses on each node, addresses outside."""

    namespace: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    port: int = 53
    on_host: bool = False
    service: str = "kube-dns"
    on_nodes: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()


TOPOLOGIES: dict[str, Resolvers] = {
    "plain": Resolvers("kube-system", (("k8s-app", "kube-dns"),)),
    "node-local": Resolvers("kube-system", (("k8s-app", "kube-dns"),), on_nodes=("169.254.20.10", SERVICE_ADDRESS)),
    "host-network": Resolvers("kube-system", (("k8s-app", "kube-dns"),), on_host=True),
    "openshift": Resolvers(
        "openshift-dns", (("dns.operator.openshift.io/daemonset-dns", "default"),), 5353, service="dns-default"
    ),
    "other-label": Resolvers("dns", (("app.kubernetes.io/name", "coredns"),), 1053, service="coredns"),
    "external": Resolvers(outside=("192.0.2.53", "2001:db8::53")),
}


def overlay(profile: str, topology: str) -> str:
    """Return a profile that is another one with the DNS of a topology, every fact of it written out."""
    found = TOPOLOGIES[topology]

    def fact(value: Any) -> dict[str, Any]:
        return {"value": value, "source": "this test", "verified": False}

    pods = {
        "namespace": found.namespace,
        "labels": dict(found.labels),
        "ports": [f"{found.port}/UDP", f"{found.port}/TCP"],
        **({"hostNetwork": True} if found.on_host else {}),
    }
    dns = {
        "pods": fact(pods) if found.namespace else None,
        "service": fact({"namespace": found.namespace, "name": found.service}) if found.namespace else None,
        "serviceAddresses": fact([SERVICE_ADDRESS] if found.namespace else []),
        "nodeLocal": fact([address for address in found.on_nodes if address.startswith("169.254.")]),
        "nodeLocalPresence": fact("always" if found.on_nodes else "never"),
        "resolvers": fact(list(found.outside)),
    }
    head = {"version": 1, "name": f"{profile}-{topology}", "title": "DNS", "extends": profile}
    return write_document({**head, "dns": dns})


def as_it_is(profile: str) -> Resolvers:
    """Return who answers by the profile's own facts."""
    dns = load_profile(profile).dns
    local = dns.node_local_presence.value is not Presence.NEVER
    on_nodes = (*dns.node_local.value, *dns.service_addresses.value) if local else ()
    pods = dns.pods.value if dns.pods is not None else None
    return Resolvers(
        pods.namespace if pods is not None else "",
        pods.labels if pods is not None else (),
        pods.ports[0].first if pods is not None else 53,
        pods is not None and pods.host_network,
        dns.service.value[1] if dns.service is not None else "",
        tuple(str(net.network_address) for net in on_nodes),
        tuple(str(net.network_address) for net in dns.resolvers.value),
    )


def cluster(resolvers: Resolvers) -> list[Manifest]:
    """Return a cluster with the owned pods on one node and the DNS pods on another."""
    names = sorted({"shop", "kube-system", resolvers.namespace or "kube-system"})
    found: list[Manifest] = [
        manifest("Namespace", name, metadata={"labels": {"kubernetes.io/metadata.name": name}}) for name in names
    ]
    found += [manifest("ServiceAccount", "default", name) for name in names]
    found += [node("n1", ["10.0.0.1", "fd00:1::1"]), node("n2", ["10.0.0.2", "fd00:1::2"])]
    for number, name in enumerate(OWNED, start=1):
        made = pod(name, [f"192.168.0.{number}", f"fd00::{number}"])
        bare = made | {"metadata": {"name": "loose", "namespace": "shop"}}
        found.append(bare if name == "shop/loose" else made)
    if resolvers.namespace:
        on_host = {"hostNetwork": True} if resolvers.on_host else {}
        addresses = ["10.0.0.2", "fd00:1::2"] if resolvers.on_host else POD_ADDRESSES
        made = pod(f"{resolvers.namespace}/resolver", addresses, "n2", **on_host)
        labels = {"labels": dict(resolvers.labels)}
        found.append(made | {"metadata": made["metadata"] | labels})
        found += [endpoint_slice(resolvers, address) for address in addresses]
    return found


def endpoint_slice(resolvers: Resolvers, address: str) -> Manifest:
    family = "IPv6" if ":" in address else "IPv4"
    made = manifest("EndpointSlice", f"dns-{family.lower()}", resolvers.namespace, api="discovery.k8s.io/v1")
    made["metadata"]["labels"] = {"kubernetes.io/service-name": resolvers.service}
    ports = [{"name": f"dns-{word.lower()}", "protocol": word, "port": resolvers.port} for word in ("UDP", "TCP")]
    return made | {"addressType": family, "endpoints": [{"addresses": [address]}], "ports": ports}


def answering(engine: Engine, resolvers: Resolvers) -> Iterator[tuple[End, int]]:
    """Yield who answers, as policy sees it, with the port."""
    if resolvers.namespace:
        name = "host:n2" if resolvers.on_host else f"{resolvers.namespace}/resolver"
        for family in (4, 6):
            yield resolve_end(engine, name, family), resolvers.port
    for address in resolvers.on_nodes:
        yield End("host:n1", parse_address(address), node="n1"), 53  # the asking pods' own node, no translation
    for address in resolvers.outside:
        yield resolve_end(engine, f"ip:{address}", parse_address(address)[0]), 53


def engine_with(found: ManifestSet, resolvers: Resolvers) -> Engine:
    version = parse_version(found.target.version)
    return Engine(snapshot_of([*cluster(resolvers), *manifests(found)]), Environment(version=version, interface="eth0"))


def verdict(engine: Engine, source: str, destination: End, protocol: int, port: int) -> str:
    asking = resolve_end(engine, source, destination.address[0])
    return str(evaluate_flow(engine, Flow(asking, destination, packet(protocol, port))).verdict)


def check_dns(platform: str, layout: str, resolvers: Resolvers) -> None:
    """Every owned pod reaches each resolver over UDP and TCP; the next port and the metadata address it does not."""
    engine = engine_with(render_text(f"{SHOP}    layout: {layout}\n", platform=platform), resolvers)
    asked = 0
    for destination, port in answering(engine, resolvers):
        for source in OWNED:
            for protocol in (UDP, TCP):
                asked += 1
                about = (platform, source, destination.name, destination.address, protocol)
                assert verdict(engine, source, destination, protocol, port) == "allow", about
                assert verdict(engine, source, destination, protocol, port + 1) == "deny", about
    metadata = resolve_end(engine, "ip:169.254.169.254", 4)
    assert all(verdict(engine, source, metadata, TCP, 80) == "deny" for source in OWNED)
    assert asked >= len(OWNED) * 4


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("topology", TOPOLOGIES)
@pytest.mark.parametrize("profile", PROFILES)
def test_every_topology(profile: str, topology: str, layout: str, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(overlay(profile, topology), encoding="utf-8")
    check_dns(str(path), layout, TOPOLOGIES[topology])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_as_it_is(profile: str, layout: str) -> None:
    check_dns(profile, layout, as_it_is(profile))


def test_each_topology_is_another() -> None:
    """A set that is rendered for one of them does not let another one through."""
    for topology, others in {"plain": ("openshift", "external", "other-label"), "external": ("plain",)}.items():
        profile = str(Path(__file__).parent / "dns" / f"{topology}.yaml")
        found = render_text(SHOP, platform=profile)
        for other in others:
            engine = engine_with(found, TOPOLOGIES[other])
            for destination, port in answering(engine, TOPOLOGIES[other]):
                assert verdict(engine, "shop/loose", destination, UDP, port) == "deny", (topology, other)


def without_tcp(patch: pytest.MonkeyPatch) -> None:
    faults._template(patch, "dns.yaml.j2", "{%- for row in rows %}", '{%- for row in rows if row.protocol != "TCP" %}')


def without_the_layer(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(render._COMPOSE, "dns", lambda context: Composed({}))


def after_the_default_deny(patch: pytest.MonkeyPatch) -> None:
    layers = tuple(replace(layer, order=1100) if layer.name == "dns" else layer for layer in render.ALL)
    patch.setattr(render, "ALL", layers)


# Each fault with the topologies in which it must be seen.
FAULTS: list[tuple[Callable[[pytest.MonkeyPatch], None], tuple[str, ...]]] = [
    # On the host's network the endpoints of the Service are named, with all their protocols in one rule.
    (without_tcp, tuple(name for name in TOPOLOGIES if name != "host-network")),
    (without_the_layer, tuple(TOPOLOGIES)),
    (faults.guardrail_denies_node_local_dns, ("node-local",)),
    (after_the_default_deny, tuple(TOPOLOGIES)),
]


@pytest.mark.parametrize(("fault", "topologies"), FAULTS, ids=[fault.__name__ for fault, _ in FAULTS])
def test_planted_fault_is_found(
    fault: Callable[[pytest.MonkeyPatch], None],
    topologies: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    fault(monkeypatch)
    monkeypatch.setattr(render, "_prove", lambda *args: None, raising=False)  # it would refuse to render such a set
    for topology in topologies:
        path = tmp_path / f"{topology}.yaml"
        path.write_text(overlay("generic", topology), encoding="utf-8")
        with pytest.raises(AssertionError):
            check_dns(str(path), "tiers", TOPOLOGIES[topology])

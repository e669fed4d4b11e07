"""The six ways in which clusters run DNS (field-notes P1): each is let through as it is, with guardrails on."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from generator.layers.model import ManifestSet
from tests.faults import layers as faults
from tests.layers.rendering import SHOP, render_text, rules

PROFILES = Path(__file__).parent / "dns"
# For each topology: what a query looks like after translation, as (address, port) or (labels, namespace, port).
QUERIES: dict[str, list[tuple[Any, ...]]] = {
    "plain": [({"k8s-app": "kube-dns"}, "kube-system", 53)],
    "node-local": [({"k8s-app": "kube-dns"}, "kube-system", 53), ("169.254.20.10", 53), ("10.96.0.10", 53)],
    "host-network": [(("kube-system", "kube-dns"), 53)],
    "openshift": [({"dns.operator.openshift.io/daemonset-dns": "default"}, "openshift-dns", 5353)],
    "other-label": [({"app.kubernetes.io/name": "coredns"}, "dns", 1053)],
    "external": [("192.0.2.53", 53), ("2001:db8::53", 53)],
}


def allowed_by_dns(found: ManifestSet, query: tuple[Any, ...], protocol: str) -> bool:
    return any(_matches(rule, query, protocol) for _, _, rule in rules(found, "dns"))


def denied_by_guardrails(found: ManifestSet, address: str, port: int, protocol: str) -> bool:
    for _, _, rule in rules(found, "guardrails"):
        side = rule["destination"]
        if rule.get("protocol", protocol) != protocol or port in side.get("notPorts", ()):
            continue
        inside = any(ip_address(address) in ip_network(net) for net in side["nets"])
        if inside and not any(ip_address(address) in ip_network(net) for net in side.get("notNets", ())):
            return True
    return False


def _matches(rule: dict[str, Any], query: tuple[Any, ...], protocol: str) -> bool:
    side = rule["destination"]
    if rule.get("protocol", protocol) != protocol:
        return False
    match query:
        case (dict() as labels, str(namespace), int(port)):
            wanted = [f"{key} == '{value}'" for key, value in labels.items()]
            return (
                all(text in side.get("selector", "") for text in wanted)
                and side.get("namespaceSelector") == f"projectcalico.org/name == '{namespace}'"
                and port in side["ports"]
            )
        case (str(address), int(port)):
            return any(ip_address(address) in ip_network(net) for net in side.get("nets", ())) and port in side["ports"]
        case ((str(namespace), str(name)), int()):
            return bool(side.get("services") == {"name": name, "namespace": namespace})
    return False


def check_dns_is_reachable(topology: str, layout: str) -> None:
    found = render_text(SHOP + f"    layout: {layout}\n", platform=str(PROFILES / f"{topology}.yaml"))
    for query in QUERIES[topology]:
        for protocol in ("UDP", "TCP"):
            assert allowed_by_dns(found, query, protocol), (query, protocol)
            if isinstance(query[0], str):
                assert not denied_by_guardrails(found, query[0], query[1], protocol), (query, protocol)


@pytest.mark.parametrize("layout", ["tiers", "single-tier"])
@pytest.mark.parametrize("topology", QUERIES)
def test_dns_is_reachable(topology: str, layout: str) -> None:
    check_dns_is_reachable(topology, layout)


def test_an_exemption_opens_the_one_port_only() -> None:
    found = render_text(SHOP, platform=str(PROFILES / "node-local.yaml"))
    assert denied_by_guardrails(found, "169.254.20.10", 80, "TCP")
    assert denied_by_guardrails(found, "169.254.169.254", 80, "TCP")
    assert denied_by_guardrails(found, "169.254.20.11", 53, "UDP")


def forget_tcp(patch: pytest.MonkeyPatch) -> None:
    faults._template(patch, "dns.yaml.j2", "{%- for row in rows %}", '{%- for row in rows if row.protocol != "TCP" %}')


@pytest.mark.parametrize("fault", [faults.guardrail_denies_node_local_dns, forget_tcp])
@pytest.mark.usefixtures("unproven")
def test_planted_fault_is_found(fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_dns_is_reachable("node-local", "tiers")

"""Guardrails deny link-local and metadata addresses, and of these nothing that is needed and everything that is not."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from generator.layers.model import ManifestSet
from tests.faults import layers as faults
from tests.layers.rendering import SHOP, render_text, rules

PROTOCOLS = ("TCP", "UDP", "SCTP")


def covers(rule: dict[str, Any], address: str, protocol: str, port: int) -> bool:
    """Tell whether a rule matches a packet to an address outside the cluster."""
    side = rule["destination"]
    if rule.get("protocol", protocol) != protocol or any(inside(port, item) for item in side.get("notPorts", ())):
        return False
    return holds(side["nets"], address) and not holds(side.get("notNets", ()), address)


def inside(port: int, item: int | str) -> bool:
    first, _, last = str(item).partition(":")
    return int(first) <= port <= int(last or first)


def holds(nets: list[str] | tuple[()], address: str) -> bool:
    return any(ip_address(address) in ip_network(net) for net in nets)


def open_ports(found: ManifestSet, address: str) -> set[str]:
    """Return what guardrails leave open of an address, among ports that matter."""
    listed = [rule for _, _, rule in rules(found, "guardrails")]
    return {
        f"{port}/{protocol}"
        for port in (53, 80, 443, 987, 8443)
        for protocol in PROTOCOLS
        if not any(covers(rule, address, protocol, port) for rule in listed)
    }


def check_nested_exemptions() -> None:
    """An exempt range around an exempt address: each leaves its own open, and the inner one both."""
    text = SHOP.replace("needs: [cart,", "needs: [cloud-metadata, cart,") + (
        '    cluster: {nodeLocalDns: [169.254.169.0/24, "fe80::/64", "fd00:ec2::254"]}\n'
    )
    found = render_text(text)
    assert open_ports(found, "169.254.169.254") == {"53/TCP", "53/UDP", "80/TCP"}
    assert open_ports(found, "169.254.169.253") == {"53/TCP", "53/UDP"}
    assert open_ports(found, "169.254.20.10") == set()
    assert open_ports(found, "fe80::1") == {"53/TCP", "53/UDP"}
    assert open_ports(found, "fe80:0:0:1::1") == set()
    assert open_ports(found, "fd00:ec2::254") == {"53/TCP", "53/UDP"}


def check_named_addresses() -> None:
    """What the intent names on purpose is meant (product.md 2): an external, an exception, and nothing beside them."""
    text = SHOP.replace("needs: [cart,", "needs: [relay, cart,").replace(
        "externals:", "externals:\n      relay: {cidrs: [169.254.7.1, 168.0.0.0/6], ports: [443]}"
    )
    text += """
    exceptions:
      - from: cart
        to: {cidrs: [169.254.7.2]}
        ports: [8440-8449]
        owner: team
        until: 2027-01-01
        reason: until the move
"""
    found = render_text(text)
    assert open_ports(found, "169.254.7.1") == {"443/TCP"}
    assert open_ports(found, "169.254.7.2") == {"8443/TCP"}
    assert open_ports(found, "169.254.7.3") == set()
    assert open_ports(found, "169.254.169.254") == set()


CHECKS: list[tuple[Callable[[], None], Callable[[pytest.MonkeyPatch], None]]] = [
    (check_nested_exemptions, faults.guardrail_exemptions_know_only_themselves),
    (check_named_addresses, faults.guardrail_denies_node_local_dns),
]


@pytest.mark.parametrize("check", [check for check, _ in CHECKS])
def test_guardrails(check: Callable[[], None]) -> None:
    check()


@pytest.mark.parametrize(("check", "fault"), CHECKS)
@pytest.mark.usefixtures("unproven")
def test_planted_fault_is_found(
    check: Callable[[], None], fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check()


def test_an_unused_external_is_no_exemption() -> None:
    text = SHOP.replace("externals:", "externals:\n      relay: {cidrs: [169.254.7.1], ports: [443]}")
    assert open_ports(render_text(text), "169.254.7.1") == set()


@pytest.mark.parametrize(
    ("platform", "need", "address", "port"),
    [
        ("gke", "cloud-identity", "169.254.169.254", "80/TCP"),
        ("gke", "cloud-identity", "169.254.169.252", "987/TCP"),
        ("gke", "cloud-metadata", "fd20:ce::254", "80/TCP"),
        ("eks", "cloud-metadata", "fd00:ec2::254", "80/TCP"),
        ("eks", "cloud-identity", "169.254.170.23", "80/TCP"),
        ("aks", "cloud-identity", "169.254.169.254", "80/TCP"),
        ("gke", "self", "169.254.169.254", "53/UDP"),
        ("aks", "self", "168.63.129.16", "53/TCP"),
        ("eks", "self", "169.254.169.253", "53/UDP"),
    ],
)
def test_platforms_keep_what_they_need(platform: str, need: str, address: str, port: str) -> None:
    text = SHOP.replace("platform: generic", f"platform: {platform}").replace("needs: [self]", f"needs: [{need}]")
    assert port in open_ports(render_text(text, platform=platform), address)

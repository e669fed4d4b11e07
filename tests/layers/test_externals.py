"""Externals at the caller's end: proxies in a chain, ranges beside domains, and sets that rules ask for."""

from __future__ import annotations

from generator.layers.model import LABEL_SET, ManifestSet
from tests.layers.rendering import manifests, render_text, rules

HEAD = """
    version: 1
    name: shop
    platform: generic
    namespace: shop
    services: {web: {ports: [8080], needs: [bank]}}
"""


def allowed(found: ManifestSet) -> list[tuple[object, object]]:
    return [
        (rule["destination"].get("nets") or rule["destination"].get("selector"), rule["destination"]["ports"])
        for _, direction, rule in rules(found, "workloads")
        if direction == "egress"
    ]


def test_a_proxy_that_is_an_external_has_its_set_rendered() -> None:
    ranges = ", ".join(f"198.51.{number}.0/25" for number in range(65))
    text = f"""{HEAD}
    externals:
      bank: {{domains: [bank.example.com], ports: [443], strategy: proxy, proxy: exit}}
      exit: {{cidrs: [{ranges}], ports: [3128]}}
"""
    found = render_text(text)
    (network_set,) = manifests(found, "sets")
    assert network_set["metadata"]["labels"][LABEL_SET] == "external-exit"
    assert len(network_set["spec"]["nets"]) == 65
    assert allowed(found) == [("ringfence/set == 'external-exit' && ringfence/intent == 'shop'", [3128])]


def test_ranges_beside_domains_behind_a_proxy_are_reached_directly() -> None:
    text = f"""{HEAD}
    externals:
      bank:
        domains: [bank.example.com]
        cidrs: [203.0.113.0/24]
        ports: [443]
        strategy: proxy
        proxy: exit
      exit: {{cidrs: [198.51.100.1], ports: [3128]}}
"""
    assert allowed(render_text(text)) == [(["203.0.113.0/24"], [443]), (["198.51.100.1/32"], [3128])]


def test_an_external_that_nobody_needs_is_not_rendered() -> None:
    ranges = ", ".join(f"198.51.{number}.0/25" for number in range(65))
    text = f"""{HEAD.replace("needs: [bank]", "needs: [self]")}
    externals:
      bank: {{cidrs: [{ranges}], ports: [443]}}
"""
    assert manifests(render_text(text), "sets") == []

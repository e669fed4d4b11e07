"""Who brings the traffic of exposed services: controllers, nodes, load balancers, the API server, at both ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generator.foundation.errors import InputError
from generator.layers.model import ManifestSet
from tests.faults import layers as faults
from tests.layers.rendering import manifests, render_text, rules

HEAD = """
    version: 1
    name: shop
    platform: generic
    namespace: shop
"""
PINNED = "projectcalico.org/orchestrator == 'k8s'"


def sources(found: ManifestSet, layer: str = "workloads") -> list[dict[str, Any]]:
    return [rule["source"] for _, direction, rule in rules(found, layer) if direction == "ingress"]


def check_controller_in_an_owned_namespace() -> None:
    """One exposure is declared once: where the controller's namespace is owned its egress is rendered too."""
    text = f"""{HEAD}
    owns: cluster
    cluster: {{ingress: {{namespace: edge, select: {{app: nginx}}}}}}
    services:
      web: {{ports: [8080, metrics], exposed: {{by: ingress, ports: [8080]}}}}
      api: {{ports: [9090], exposed: {{by: ingress}}}}
"""
    found = render_text(text)
    policies = [m for m in manifests(found, "workloads") if m["metadata"]["namespace"] == "edge"]
    assert len(policies) == 1
    policy = policies[0]
    assert policy["spec"]["selector"] == "app == 'nginx'"
    assert policy["spec"]["types"] == ["Egress"]
    assert [rule["destination"] for rule in policy["spec"]["egress"]] == [
        {
            "selector": f"app == '{app}' && {PINNED}",
            "namespaceSelector": "projectcalico.org/name == 'shop'",
            "ports": [port],
        }
        for app, port in (("api", 9090), ("web", 8080))
    ]


def check_gateway_of_ones_own() -> None:
    """A platform's load balancers are not the gateway where the intent says which pods are."""
    services = "services: {web: {ports: [80], exposed: {by: gateway}}}"
    stated = f"{HEAD}    {services}\n    cluster: {{gateway: {{namespace: edge, select: {{app: envoy}}}}}}\n"
    assert ["selector" in side for side in sources(render_text(stated, platform="gke"))] == [True]
    other = f"{HEAD}    {services}\n    cluster: {{ingress: {{namespace: edge, select: {{app: nginx}}}}}}\n"
    assert [side["nets"] for side in sources(render_text(other, platform="gke"))] == [
        ["35.191.0.0/16", "130.211.0.0/22"]
    ]


CHECKS: list[tuple[Callable[[], None], Callable[[pytest.MonkeyPatch], None]]] = [
    (check_controller_in_an_owned_namespace, faults.controllers_have_no_egress),
    (check_gateway_of_ones_own, faults.ranges_of_load_balancers_beside_a_gateway),
]


@pytest.mark.parametrize("check", [check for check, _ in CHECKS])
def test_exposure(check: Callable[[], None]) -> None:
    check()


@pytest.mark.parametrize(("check", "fault"), CHECKS)
@pytest.mark.usefixtures("unproven")
def test_planted_fault_is_found(
    check: Callable[[], None], fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check()


def test_the_pods_through_which_the_api_server_calls_are_taken_from_the_intent() -> None:
    text = f"""{HEAD}
    owns: [tunnel]
    cluster: {{apiServer: [10.9.9.9]}}
    services:
      hook: {{ports: [webhook], exposed: {{by: apiserver, from: {{namespace: tunnel, select: {{app: agent}}}}}}}}
"""
    found = render_text(text)
    assert [side["selector"] for side in sources(found, "system")] == [f"app == 'agent' && {PINNED}"]
    (egress,) = [rule for _, direction, rule in rules(found, "workloads") if direction == "egress"]
    assert egress["destination"]["ports"] == ["webhook"]
    assert egress["destination"]["selector"] == f"app == 'hook' && {PINNED}"


ON_HOST = """
version: 1
name: own
title: Own
extends: generic
ingress:
  value: {namespace: kube-system, labels: {app: nginx}, hostNetwork: true, ports: [80/TCP]}
  source: test
  verified: no
"""


def test_a_controller_on_the_host_has_the_addresses_of_the_nodes(tmp_path: Path) -> None:
    profile = tmp_path / "own.yaml"
    profile.write_text(ON_HOST)
    text = f"{HEAD}    services: {{web: {{ports: [80], exposed: {{by: ingress}}}}}}\n"
    nodes = f'{text}    cluster: {{nodes: [10.1.0.0/24, "fd00:1::/64"]}}\n'
    found = render_text(nodes, platform=str(profile))
    assert sources(found) == [{"nets": ["10.1.0.0/24"]}, {"nets": ["fd00:1::/64"]}]
    with pytest.raises(InputError, match="runs on the nodes' network") as caught:
        render_text(text, platform=str(profile))
    assert "cluster.nodes" in caught.value.diagnostics[0].hint


@pytest.mark.parametrize("by", ["nodeport", "loadbalancer"])
def test_clients_of_both_families_and_no_pods(by: str) -> None:
    text = f"{HEAD}    services: {{web: {{ports: [80], exposed: {{by: {by}}}}}}}\n"
    assert sources(render_text(text)) == [{"notSelector": PINNED}]
    ranges = text.replace(f"by: {by}", f'by: {by}, cidrs: [192.0.2.0/24, "2001:db8::/32"]')
    assert sources(render_text(ranges)) == [{"nets": ["192.0.2.0/24"]}, {"nets": ["2001:db8::/32"]}]

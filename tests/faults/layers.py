"""Planted faults of the layers room (field-notes L1, L2, L4 to L7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from generator.layers import environment, inputs, peers, render
from generator.layers.catalog import BY_NAME
from generator.layers.compose import controllers, default_deny, dns, externals, guardrails, threat_feeds, workloads
from generator.layers.context import Composed, LayerContext
from generator.layers.own_ranges import CutResult
from tests.faults.calico import Fault


def explicit_deny_in_tier_default(patch: pytest.MonkeyPatch) -> None:
    _default_deny(patch, explicit=True)


def default_deny_without_rules_in_own_tier(patch: pytest.MonkeyPatch) -> None:
    _default_deny(patch, explicit=False)


def _default_deny(patch: pytest.MonkeyPatch, *, explicit: bool) -> None:
    compose = default_deny.compose

    def broken(context: LayerContext) -> Composed:
        return Composed({**compose(context).data, "explicit": explicit})

    patch.setitem(render._COMPOSE, "default-deny", broken)


def default_deny_before_the_allows(patch: pytest.MonkeyPatch) -> None:
    layer = BY_NAME["default-deny"]
    broken = replace(layer, order=150)
    patch.setattr(render, "ALL", tuple(broken if item is layer else item for item in render.ALL))


def tier_that_denies(patch: pytest.MonkeyPatch) -> None:
    _template(patch, "tier.yaml.j2", "defaultAction: Pass", "defaultAction: Deny")


def feed_keeps_private_ranges(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(inputs, "cut_own_ranges", lambda networks, own, *, name: (CutResult(tuple(networks), ()), []))


def empty_networks_mean_anybody(patch: pytest.MonkeyPatch) -> None:
    original = peers.network_peers

    def broken(*arguments: Any) -> list[peers.Peer]:
        original(*arguments)
        return [peers.Peer()]

    for module in (externals, controllers):
        patch.setattr(module, "network_peers", broken)


def peers_not_pinned_to_pods(patch: pytest.MonkeyPatch) -> None:
    def broken(pods: Any, own_namespace: str) -> peers.Peer:
        return peers.Peer(selector=peers.pods_selector(pods))

    patch.setattr(workloads, "pods_peer", broken)


def sets_not_pinned_to_sets(patch: pytest.MonkeyPatch) -> None:
    def broken(label: str, intent: str) -> peers.Peer:
        return peers.Peer(selector=f"ringfence/set == '{label}'")

    patch.setattr(threat_feeds, "set_peer", broken)


def guardrail_denies_node_local_dns(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(guardrails, "_exempt_ports", lambda context, denied: {})


def _template(patch: pytest.MonkeyPatch, name: str, old: str, new: str) -> None:
    texts = environment.bundled_templates()
    assert old in texts[name]
    texts[name] = texts[name].replace(old, new)
    patch.setattr(environment, "bundled_templates", lambda: dict(texts))


def guardrail_exemptions_know_only_themselves(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(guardrails, "_inside", lambda network, exempt: [])
    patch.setattr(guardrails, "_open_ports", lambda network, exempt: exempt[network])


def names_are_not_told_apart(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(render, "make_distinct", lambda composed, context: composed)


def dns_for_namespaces_of_silent_services(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(dns, "without", lambda part, namespaces: part)


def controllers_have_no_egress(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(workloads, "controller_policies", lambda context: [])


def ranges_of_load_balancers_beside_a_gateway(patch: pytest.MonkeyPatch) -> None:
    original = render.effective_facts

    def broken(*arguments: Any) -> Any:
        facts = original(*arguments)
        return replace(facts, gateway_networks=facts.ingress_networks)

    patch.setattr(render, "effective_facts", broken)


def needs_only_at_the_caller(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(workloads, "_callers", lambda context: {})


def needs_only_at_the_callee(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(workloads, "_egress", lambda context, service, problems: ())


def anywhere_without_exceptions(patch: pytest.MonkeyPatch) -> None:
    original = peers.network_peers
    patch.setattr(externals, "network_peers", lambda networks, excluded=(): original(networks))


FAULTS_OF_NEEDS: tuple[Fault, ...] = (
    needs_only_at_the_caller,
    needs_only_at_the_callee,
    peers_not_pinned_to_pods,
    empty_networks_mean_anybody,
    anywhere_without_exceptions,
)

"""Landmines of field-notes.md: what the rendered set must never be, and the planted faults that prove each check."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generator.foundation.errors import InputError
from generator.layers.model import ManifestSet
from tests.faults import layers as faults
from tests.layers.rendering import SHOP, manifests, render_text, rules

SINGLE = SHOP + "    layout: single-tier\n"
FEED = SHOP + "    threatFeeds: {bad: {file: bad.netset}}\n"
FILES = {"bad.netset": "10.0.0.0/8\n203.0.113.0/24\n"}


def check_default_deny_of_tier_default_has_no_rules() -> None:
    """L1, L2: at order 1000 a Deny ties with Kubernetes policies, and the name decides."""
    found = manifests(render_text(SINGLE), "default-deny")
    assert len(found) == 2
    for manifest in found:
        assert manifest["spec"]["tier"] == "default"
        assert "ingress" not in manifest["spec"]
        assert "egress" not in manifest["spec"]


def check_explicit_deny_comes_last_in_our_tier() -> None:
    """L2: where the tier passes, the Deny is written out and stands after every Allow."""
    found = render_text(SHOP)
    deny = manifests(found, "default-deny")
    assert {manifest["spec"]["types"][0] for manifest in deny} == {"Ingress", "Egress"}
    for manifest in deny:
        (direction,) = (word.lower() for word in manifest["spec"]["types"])
        assert manifest["spec"].get(direction) == [{"action": "Deny"}]
    last = min(manifest["spec"]["order"] for manifest in deny)
    others = [m["spec"]["order"] for m in manifests(found) if m["kind"] != "Tier" and "order" in m["spec"]]
    assert all(order < last for order in others if order != last)
    assert sorted(others)[-2:] == [last, last]


def check_deny_only_layers_are_in_a_tier_that_passes() -> None:
    """L4: a policy that only denies isolates all it selects, unless the end of its tier passes."""
    found = render_text(FEED, files=FILES)
    (tier,) = manifests(found, "tier")
    assert tier["spec"]["defaultAction"] == "Pass"
    assert 100 < tier["spec"]["order"] < 1000
    for layer in ("guardrails", "threat-feeds"):
        for manifest in manifests(found, layer):
            assert manifest["spec"]["tier"] == tier["metadata"]["name"]


def check_feed_holds_no_private_range() -> None:
    """L5: a list that holds 10.0.0.0/8 must not deny the cluster."""
    nets = [net for manifest in manifests(render_text(FEED, files=FILES), "sets") for net in manifest["spec"]["nets"]]
    assert nets == ["203.0.113.0/24"] or "10.0.0.0/8" not in nets
    assert not any(net.startswith("10.") for net in nets)


def check_no_allow_admits_anybody() -> None:
    """L6: an empty list of addresses must never become "any"."""
    try:
        found = render_text(SHOP)
    except InputError as error:
        raise AssertionError(str(error)) from error
    for _, direction, rule in rules(found):
        if rule["action"] == "Allow":
            side = rule.get("source" if direction == "ingress" else "destination", {})
            assert {"nets", "selector", "notSelector", "services"} & set(side), rule


def check_peers_are_pinned() -> None:
    """L7: a peer of pods matches no network set, a peer of our sets matches no pod."""
    for _, direction, rule in rules(render_text(FEED, files=FILES)):
        side = rule.get("source" if direction == "ingress" else "destination", {})
        selector = side.get("selector", "")
        if not selector:
            continue
        pinned_to_sets = side.get("namespaceSelector") == "global()" and "ringfence/set ==" in selector
        assert pinned_to_sets or "projectcalico.org/orchestrator == 'k8s'" in selector, rule


CHECKS: list[tuple[Callable[[], None], Callable[[pytest.MonkeyPatch], None]]] = [
    (check_default_deny_of_tier_default_has_no_rules, faults.explicit_deny_in_tier_default),
    (check_explicit_deny_comes_last_in_our_tier, faults.default_deny_before_the_allows),
    (check_explicit_deny_comes_last_in_our_tier, faults.default_deny_without_rules_in_own_tier),
    (check_deny_only_layers_are_in_a_tier_that_passes, faults.tier_that_denies),
    (check_feed_holds_no_private_range, faults.feed_keeps_private_ranges),
    (check_no_allow_admits_anybody, faults.empty_networks_mean_anybody),
    (check_peers_are_pinned, faults.peers_not_pinned_to_pods),
    (check_peers_are_pinned, faults.sets_not_pinned_to_sets),
]


@pytest.mark.parametrize("check", sorted({check for check, _ in CHECKS}, key=lambda item: item.__name__))
def test_landmine(check: Callable[[], None]) -> None:
    check()


@pytest.mark.parametrize(("check", "fault"), CHECKS, ids=lambda item: getattr(item, "__name__", ""))
def test_planted_fault_is_found(
    check: Callable[[], None], fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    with pytest.raises((AssertionError, InputError)):
        check()


def test_the_product_itself_refuses_an_open_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    faults.empty_networks_mean_anybody(monkeypatch)
    with pytest.raises(InputError, match="admits anybody"):
        render_text(SHOP)


def names_of(found: ManifestSet) -> list[str]:
    return [str(item.identity) for item in found.objects]

"""Landmines of field-notes.md: what the rendered set must never be, and the planted faults that prove each check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from generator.calico.versions import parse_version
from generator.foundation.errors import InputError
from generator.layers import render
from generator.layers.model import ManifestSet
from generator.reach import lower
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.flow_changes import find_flow_changes
from tests.faults import layers as faults
from tests.layers.rendering import SHOP, manifests, render_text, rules
from tests.layers.shop_cluster import OBJECTS, PODS, engine_with, fate
from tests.reach.small_world import ask, calico, kubernetes, packet, pod, snapshot_of

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


def check_l1_kubernetes_policies_are_never_overridden() -> None:
    """L1, by verdict: what a Kubernetes policy allows is let in under every name and at every version."""
    found = render_text(SINGLE)
    for version in ("3.31", "3.32"):
        for name in ("allow-web", "frontend", "zz"):
            allowed = kubernetes(name, "shop", policyTypes=["Ingress"], ingress=[{}])
            engine = engine_with(found, [allowed], version=version)
            assert fate(engine, "apps/front", "shop/redis") == "allow", (version, name)
        assert fate(engine_with(found, version=version), "apps/front", "shop/redis") == "deny"


def check_l2_what_is_meant_lives_and_the_rest_does_not() -> None:
    """L2, by verdict, in both layouts."""
    for text in (SHOP, SINGLE):
        engine = engine_with(render_text(text))
        assert fate(engine, "shop/web", "shop/cart") == "allow"
        assert fate(engine, "shop/cart", "shop/redis") == "allow"
        assert fate(engine, "shop/web", "shop/redis") == "deny"
        assert fate(engine, "shop/web", "shop/cart", 7071) == "deny"
        assert fate(engine, "apps/front", "shop/cart") == "deny"
        assert fate(engine, "shop/loose", "ip:203.0.113.9") == "deny"


OPENED = calico("GlobalNetworkPolicy", "opened", selector="all()", types=["Ingress"], ingress=[{"action": "Allow"}])


def check_l3_a_later_allow_undoes_the_end_of_a_tier_alone() -> None:
    """L3, by verdict: an Allow without order opens the single tier, and is named; our own tier stays shut."""
    opened = ask(engine_with(render_text(SINGLE), [OPENED]), "apps/front", "shop/redis", packet(port=6379))
    assert opened.verdict == "allow"
    assert opened.ingress is not None
    assert str(opened.ingress.policy) == "GlobalNetworkPolicy/opened"
    assert fate(engine_with(render_text(SHOP), [OPENED]), "apps/front", "shop/redis") == "deny"


def check_l4_denies_alone_isolate_nobody() -> None:
    """L4, by verdict: the tier with guardrails and feeds takes away its own addresses and nothing else."""
    found = render_text(FEED, files=FILES)
    engine = engine_with(found, layers=("tier", "sets", "guardrails", "threat-feeds"))
    for source in PODS:
        denied = "deny" if source.startswith("shop/") else "allow"
        assert fate(engine, source, "ip:203.0.113.9") == denied, source
        assert fate(engine, source, "ip:169.254.169.254", 80) == denied, source
        assert fate(engine, source, "ip:198.51.100.9") == "allow", source
        assert fate(engine, "apps/front", source) == "allow" or source == "apps/front"


def check_l5_the_cluster_is_in_no_feed() -> None:
    """L5, by verdict: a feed with 10.0.0.0/8 denies no address of that range."""
    engine = engine_with(render_text(FEED, files=FILES), layers=("tier", "sets", "guardrails", "threat-feeds"))
    assert fate(engine, "shop/web", "ip:10.1.2.3") == "allow"
    assert fate(engine, "shop/web", "host:n2") == "allow"
    assert fate(engine, "shop/web", "ip:203.0.113.9") == "deny"


def check_l6_nobody_reaches_anywhere() -> None:
    """L6, by verdict: only what is named outside is reached."""
    engine = engine_with(render_text(SHOP))
    assert fate(engine, "shop/web", "ip:198.51.100.9", 443) == "allow"
    for source in ("shop/web", "shop/cart", "shop/redis", "shop/loose"):
        assert fate(engine, source, "ip:203.0.113.9", 443) == "deny", source
    assert fate(engine, "shop/cart", "ip:198.51.100.9", 443) == "deny"


def check_l7_labels_of_others_open_nothing() -> None:
    """L7, by verdict: a network set that wears a service's labels is none of its pods, a pod with ours is in no set."""
    found = render_text(FEED, files=FILES)
    posing = {"metadata": {"name": "posing", "labels": {"app": "cart"}}}
    sets = [
        calico("GlobalNetworkSet", "posing", nets=["203.0.114.0/24"]) | posing,
        calico("NetworkSet", "posing", "shop", nets=["203.0.115.0/24"])
        | {"metadata": posing["metadata"] | {"namespace": "shop"}},
    ]
    (feed,) = [item for item in manifests(found, "sets") if item["spec"]["nets"] == ["203.0.113.0/24"]]
    marked = pod("shop/web-2", ["192.168.0.99", "fd00::99"])
    labels = {"app": "cart", **feed["metadata"]["labels"]}
    marked = marked | {"metadata": marked["metadata"] | {"labels": labels}}
    engine = engine_with(found, [*sets, marked])
    assert fate(engine, "shop/web", "ip:203.0.114.9", 7070) == "deny"
    assert fate(engine, "shop/web", "ip:203.0.115.9", 7070) == "deny"
    assert fate(engine, "ip:203.0.114.9", "shop/redis") == "deny"
    assert fate(engine, "ip:203.0.115.9", "shop/redis") == "deny"
    assert fate(engine, "shop/web", "shop/web-2", 7070) == "allow"


def check_l8_stored_names_decide_alike() -> None:
    """L8, by verdict: as 3.31 stores the set, with its prefix and in the other group, no flow differs."""
    for text in (SHOP, SINGLE):
        found = render_text(text)
        stored = [stored_form(item) for item in manifests(found)]
        assert stored != manifests(found)
        environment = Environment(version=parse_version("3.31"), interface="eth0")
        before, after = (Engine(snapshot_of([*OBJECTS, *items]), environment) for items in (manifests(found), stored))
        assert find_flow_changes(before, after) == []


def stored_form(item: dict[str, Any]) -> dict[str, Any]:
    """Return an object as 3.31 stores it: in the CRD group, a policy of tier `default` with its prefix (1.6)."""
    if not item["apiVersion"].startswith("projectcalico.org/"):
        return item
    metadata = dict(item["metadata"])
    if item["spec"].get("tier") == "default":
        metadata["name"] = f"default.{metadata['name']}"
    return item | {"apiVersion": "crd.projectcalico.org/v1", "metadata": metadata}


def stored_policies_are_not_read(patch: pytest.MonkeyPatch) -> None:
    real = lower.lower_resource

    def read(obj: Any, *args: Any, **more: Any) -> Any:
        return None if obj.api_version.startswith("crd.") else real(obj, *args, **more)

    patch.setattr(lower, "lower_resource", read)


CHECKS: list[tuple[Callable[[], None], Callable[[pytest.MonkeyPatch], None]]] = [
    (check_default_deny_of_tier_default_has_no_rules, faults.explicit_deny_in_tier_default),
    (check_explicit_deny_comes_last_in_our_tier, faults.default_deny_before_the_allows),
    (check_explicit_deny_comes_last_in_our_tier, faults.default_deny_without_rules_in_own_tier),
    (check_deny_only_layers_are_in_a_tier_that_passes, faults.tier_that_denies),
    (check_feed_holds_no_private_range, faults.feed_keeps_private_ranges),
    (check_no_allow_admits_anybody, faults.empty_networks_mean_anybody),
    (check_peers_are_pinned, faults.peers_not_pinned_to_pods),
    (check_peers_are_pinned, faults.sets_not_pinned_to_sets),
    (check_l1_kubernetes_policies_are_never_overridden, faults.explicit_deny_in_tier_default),
    (check_l2_what_is_meant_lives_and_the_rest_does_not, faults.default_deny_before_the_allows),
    (check_l2_what_is_meant_lives_and_the_rest_does_not, faults.default_deny_without_rules_in_own_tier),
    (check_l3_a_later_allow_undoes_the_end_of_a_tier_alone, faults.default_deny_without_rules_in_own_tier),
    (check_l4_denies_alone_isolate_nobody, faults.tier_that_denies),
    (check_l5_the_cluster_is_in_no_feed, faults.feed_keeps_private_ranges),
    (check_l6_nobody_reaches_anywhere, faults.empty_networks_mean_anybody),
    (check_l7_labels_of_others_open_nothing, faults.peers_not_pinned_to_pods),
    (check_l7_labels_of_others_open_nothing, faults.sets_not_pinned_to_sets),
    (check_l8_stored_names_decide_alike, stored_policies_are_not_read),
]


@pytest.mark.parametrize("check", sorted({check for check, _ in CHECKS}, key=lambda item: item.__name__))
def test_landmine(check: Callable[[], None]) -> None:
    check()


@pytest.mark.parametrize(("check", "fault"), CHECKS, ids=lambda item: getattr(item, "__name__", ""))
@pytest.mark.usefixtures("unproven")
def test_planted_fault_is_found(
    check: Callable[[], None], fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    monkeypatch.setattr(render, "_prove", lambda *args: None, raising=False)  # it would refuse to render such a set
    with pytest.raises((AssertionError, InputError)):
        check()


def test_the_product_itself_refuses_an_open_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    faults.empty_networks_mean_anybody(monkeypatch)
    with pytest.raises(InputError, match="admits anybody"):
        render_text(SHOP)


def names_of(found: ManifestSet) -> list[str]:
    return [str(item.identity) for item in found.objects]

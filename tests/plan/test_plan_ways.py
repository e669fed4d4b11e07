"""Both ways in the small: who is bridged, in which order namespaces go over, what long selectors become."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from generator.calico.kinds import Kind
from generator.calico.objects import ApiObject
from generator.compare import compute_diff
from generator.intent.model import Layout
from generator.plan import make_plan
from generator.plan.isolation import Cluster
from generator.plan.model import RiskClass, Verb, WriteStep
from generator.plan.risk import is_internet
from generator.plan.simulate import carry_out
from generator.plan.stages import Stage, stages_of
from tests.plan import laws
from tests.plan.worlds import (
    PODS,
    Planned,
    Shape,
    intent_of,
    kubernetes_policy,
    manifests_of,
    plan_of,
    pod,
    rendered,
    snapshot_of,
    space,
)
from tests.support.objects import api_object

WORLD = [space("pay"), space("shop"), pod("pay", "api"), pod("shop", "cart"), pod("shop", "web")]
SINGLE = Shape(("pay", "shop"), (("pay", "api"), ("shop", "web")), layout=Layout.SINGLE_TIER)
OWN = replace(SINGLE, layout=Layout.TIERS)


def bridges(planned: Planned, stage: Stage = Stage.BRIDGE) -> list[dict[str, Any]]:
    return [dict(step.write.after["spec"]) for step in planned.plan.writes if step.stage is stage and step.write.after]


def over(planned: Planned, stage: Stage = Stage.CUTOVER) -> list[tuple[str, str]]:
    return [(step.namespace, step.direction) for step in planned.plan.writes if step.stage is stage]


def test_an_open_cluster_is_bridged_by_two_policies() -> None:
    planned = plan_of(WORLD, SINGLE)
    assert bridges(planned) == [
        {
            "tier": "default",
            "selector": PODS,
            "namespaceSelector": "projectcalico.org/name in {'pay', 'shop'}",
            "types": [direction],
            direction.lower(): [{"action": "Pass"}],
        }
        for direction in ("Egress", "Ingress")
    ]
    assert over(planned) == [("pay", "Egress"), ("pay", "Ingress"), ("shop", "Egress"), ("shop", "Ingress")]


def test_isolated_pods_are_left_out_of_the_bridge() -> None:
    old = kubernetes_policy("shop", "old", {"matchLabels": {"app": "web"}}, "Ingress")
    whole = kubernetes_policy("pay", "whole", {}, "Egress")
    planned = plan_of([*WORLD, old, whole], SINGLE)
    found = {(spec["types"][0], spec["namespaceSelector"]): spec["selector"] for spec in bridges(planned)}
    assert found == {
        ("Egress", "projectcalico.org/name == 'shop'"): PODS,
        ("Ingress", "projectcalico.org/name == 'pay'"): PODS,
        ("Ingress", "projectcalico.org/name == 'shop'"): f'{PODS} && !(app == "web")',
    }
    assert ("pay", "Egress") not in over(planned)
    notes = [item.summary for item in planned.plan.warnings if item.code == "RF8017"]
    assert notes == ["egress of namespace 'pay': isolated already by policies of others"]


def test_a_selector_that_grows_too_long_names_the_known_pods() -> None:
    names = [f"worker-with-a-rather-long-name-{number:02d}" for number in range(40)]
    live = [space("shop"), *[pod("shop", name) for name in names]]
    live += [kubernetes_policy("shop", name, {"matchLabels": {"app": name}}, "Ingress") for name in names[:30]]
    planned = plan_of(live, Shape(("shop",), (), layout=Layout.SINGLE_TIER))
    laws.check_plan(planned)
    laws.pods_are_led_over_in_one_write(planned, Cluster.of(snapshot_of(live)))
    ingress = [spec["selector"] for spec in bridges(planned) if spec["types"] == ["Ingress"]]
    assert all(("!(" not in selector and names[35] not in ingress[0]) or len(selector) <= 1024 for selector in ingress)
    assert any(names[35] in selector for selector in ingress)
    assert not any(names[3] in selector for selector in ingress)
    assert [item.code for item in planned.plan.warnings if item.code == "RF8011"] == ["RF8011"]


def test_pods_that_no_selector_tells_apart() -> None:
    long = {f"label-{number:02d}-{'x' * 40}": "y" * 40 for number in range(15)}
    live = [space("shop"), pod("shop", "web", **long), pod("shop", "cart")]
    live += [
        kubernetes_policy("shop", f"p{number}", {"matchLabels": {"app": "cart", f"k{number}": "v" * 60}}, "Ingress")
        for number in range(30)
    ]
    planned = plan_of(live, Shape(("shop",), (), layout=Layout.SINGLE_TIER))
    assert [item.code for item in planned.plan.unresolved] == ["RF8012"]
    assert planned.plan.errored
    assert not planned.plan.applyable


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("cluster", [False, True])
def test_more_namespaces_than_a_selector_holds(layout: Layout, cluster: bool) -> None:
    names = tuple(f"namespace-of-team-number-{number:03d}" for number in range(80))
    live = [space(name) for name in names] + [pod(name, "web") for name in names[:3]]
    shape = Shape(names, ((names[0], "web"),), layout=layout, cluster=cluster)
    planned = plan_of(live, shape)
    laws.check_plan(planned)
    seen = Cluster.of(snapshot_of(live))
    laws.pods_are_led_over_in_one_write(planned, seen)
    laws.own_tier_takes_each_namespace_in_one_write(planned, seen)
    assert {item for item in over(planned) if item[0]} == {
        (name, way) for name in names for way in ("Egress", "Ingress")
    }
    end = carry_out(planned.start, planned.plan.steps)
    off = plan_of([*live, *manifests_of(end)], None, to_none=True)
    laws.check_plan(off)
    laws.pods_are_led_over_in_one_write(off, seen)


def test_a_namespace_that_joins_and_one_that_leaves() -> None:
    for shape in (OWN, SINGLE):
        only = replace(shape, namespaces=("shop",))
        first = plan_of(WORLD, only)
        live = [*WORLD, *manifests_of(carry_out(first.start, first.plan.steps))]
        second = plan_of(live, replace(shape, namespaces=("pay",)))
        laws.check_plan(second)
        assert over(second) == [("pay", "Egress"), ("pay", "Ingress")]
        assert over(second, Stage.RELEASE) == [("shop", "Egress"), ("shop", "Ingress")]


def test_an_entry_that_moves_is_added_before_it_is_removed() -> None:
    first = plan_of(WORLD, OWN)
    live = [*WORLD, *manifests_of(carry_out(first.start, first.plan.steps))]
    second = plan_of(live, replace(OWN, nets=("192.0.2.0/24",)))
    nets = [step.write.after["spec"]["nets"] for step in second.plan.writes if step.write.after]
    assert nets == [["192.0.2.0/24", "198.51.100.0/24"], ["192.0.2.0/24"]]
    assert [step.stage for step in second.plan.writes] == [Stage.SETS, Stage.STALE_SETS]


def test_entries_that_only_go_are_one_write() -> None:
    more = replace(OWN, nets=("203.0.113.0/24", "192.0.2.0/24"))
    first = plan_of(WORLD, more)
    live = [*WORLD, *manifests_of(carry_out(first.start, first.plan.steps))]
    second = plan_of(live, replace(OWN, nets=("203.0.113.0/24",)))
    assert [step.stage for step in second.plan.writes] == [Stage.STALE_SETS]
    laws.check_plan(second)


def test_a_change_that_adds_and_takes_stands_beside_the_old_first() -> None:
    first = plan_of(WORLD, OWN)
    live = [*WORLD, *manifests_of(carry_out(first.start, first.plan.steps))]
    second = plan_of(live, replace(OWN, port=9090, nets=()))
    writes = [
        (step.write.verb, step.stage, step.write.identity.name)
        for step in second.plan.writes
        if step.write.identity.kind is Kind.NETWORK_POLICY and step.write.identity.namespace == "shop"
    ]
    assert writes == [
        (Verb.CREATE, Stage.ALLOWS, "ringfence.web-next"),
        (Verb.REPLACE, Stage.STALE_ALLOWS, "ringfence.web"),
        (Verb.DELETE, Stage.STALE_ALLOWS, "ringfence.web-next"),
    ]


def test_a_change_that_only_adds_or_only_takes_is_one_write() -> None:
    shop = replace(OWN, services=(("shop", "web"),))
    few, many = replace(shop, peers=("web",)), replace(shop, peers=("cart", "web"))
    for before, after, stage in ((few, many, Stage.ALLOWS), (many, few, Stage.STALE_ALLOWS)):
        first = plan_of(WORLD, before)
        live = [*WORLD, *manifests_of(carry_out(first.start, first.plan.steps))]
        second = plan_of(live, after)
        assert [(step.write.verb, step.stage) for step in second.plan.writes] == [(Verb.REPLACE, stage)]


def test_risks_that_the_objects_tell() -> None:
    live = [*WORLD, kubernetes_policy("shop", "old", {"matchLabels": {"app": "web"}}, "Ingress")]
    planned = plan_of(live, OWN)
    risks = {
        (step.namespace, step.direction): [item.detail for item in step.risks if item.risk is RiskClass.NEWLY_ISOLATED]
        for step in planned.plan.writes
        if step.stage is Stage.CUTOVER
    }
    assert risks["shop", "Ingress"] == ["ingress of namespace 'shop': Pod/cart"]
    assert risks["shop", "Egress"] == ["egress of namespace 'shop': Pod/cart, Pod/web"]


def test_risks_of_new_allows() -> None:
    snapshot = snapshot_of(WORLD)
    whole = rendered(OWN)
    rule = {"action": "Allow", "protocol": "TCP"}
    egress = [
        rule | {"destination": {"nets": ["10.0.0.0/8"]}},
        rule | {"destination": {"nets": ["203.0.113.7/32"]}},
        rule | {"destination": {"selector": "ringfence/set == 'feed'", "namespaceSelector": "global()"}},
        rule | {"destination": {"selector": PODS, "namespaceSelector": "projectcalico.org/name == 'other'"}},
    ]
    objects = [
        replace(item, object=_with_egress(item.object, egress)) if item.identity.name == "ringfence.web" else item
        for item in whole.objects
    ]
    manifests = replace(whole, objects=tuple(objects))
    diff = compute_diff([item.object for item in objects], snapshot.policies, "shop")
    plan = make_plan(manifests, snapshot, intent_of(), diff)
    (step,) = [item for item in plan.writes if item.write.identity.name == "ringfence.web"]
    assert [(item.risk.value, item.detail.partition(": ")[2]) for item in step.risks] == [
        ("new-cross-namespace-path", "egress projectcalico.org/name == 'other'"),
        ("new-internet-egress", "203.0.113.7/32"),
        ("new-internet-egress", "ringfence/set == 'feed'"),
    ]


def _with_egress(obj: ApiObject, egress: list[dict[str, Any]]) -> ApiObject:
    return api_object({**obj.manifest, "spec": {**obj.manifest["spec"], "egress": egress}})


@pytest.mark.parametrize("text", ["0.0.0.0/0", "::/0", "8.8.8.8/32", "2001:db8::/32", "10.0.0.0/7"])
def test_networks_of_the_internet(text: str) -> None:
    assert is_internet(text)


@pytest.mark.parametrize("text", ["10.1.0.0/16", "192.168.0.0/16", "fd00::/8", "169.254.169.254/32", "nonsense"])
def test_networks_that_are_not(text: str) -> None:
    assert not is_internet(text)


@pytest.mark.parametrize("version", ["3.26", "3.29", "3.31", "3.32"])
@pytest.mark.parametrize("group", ["projectcalico.org/v3", "crd.projectcalico.org/v1"])
def test_the_bridge_in_every_version_and_form(version: str, group: str) -> None:
    planned = plan_of(WORLD, replace(SINGLE, version=version, group=group))
    laws.check_plan(planned)
    laws.pods_are_led_over_in_one_write(planned, Cluster.of(snapshot_of(WORLD)))


def test_a_partial_snapshot_gives_a_plan_that_cannot_be_applied() -> None:
    plan = plan_of(WORLD, OWN, complete=False).plan
    assert (plan.complete, plan.applyable, plan.errored) == (False, False, False)
    assert plan.proof.method == "every-state"
    assert plan_of(WORLD, OWN).plan.applyable
    assert "RF8009" in [item.code for item in plan.warnings]


def test_the_same_input_gives_the_same_plan() -> None:
    assert plan_of(WORLD, SINGLE).plan == plan_of(list(reversed(WORLD)), SINGLE).plan


def test_the_two_lists_of_stages() -> None:
    own, single = ([info.stage for info in stages_of(layout)] for layout in (Layout.TIERS, Layout.SINGLE_TIER))
    assert [stage for stage in own if stage not in single] == [Stage.TIER]
    assert [stage for stage in single if stage not in own] == [Stage.BRIDGE, Stage.ISOLATION]


def test_old_policies_are_handed_over_last() -> None:
    old = [
        kubernetes_policy("shop", "old", {}, "Ingress"),
        kubernetes_policy("pay", "older", {"matchLabels": {"app": "api"}}, "Ingress"),
    ]
    by_name = ["KubernetesNetworkPolicy/shop/old"]
    for shape in (OWN, SINGLE):
        planned = plan_of([*WORLD, *old], shape, replaces=by_name)
        laws.check_plan(planned, frozenset(by_name))
        assert planned.plan.summary.replaced == 1
        every = plan_of([*WORLD, *old], shape, replace=["team == 'old'"])
        names = {*by_name, "KubernetesNetworkPolicy/pay/older"}
        laws.check_plan(every, frozenset(names))
        kept = [step.write.before for step in every.plan.writes if step.stage is Stage.STALE_ALLOWS]
        assert sorted(item["metadata"]["name"] for item in kept if item) == ["old", "older"]


def test_every_step_has_a_purpose_in_one_sentence() -> None:
    for shape in (OWN, SINGLE):
        for step in plan_of(WORLD, shape).plan.steps:
            assert step.purpose.endswith(".")
            assert "\n" not in step.purpose
            if isinstance(step, WriteStep):
                assert step.rollback == step.write.inverse()

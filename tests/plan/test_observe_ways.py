"""Observing begun, begun again, gone on from, stopped; on half-migrated clusters; in every form of the objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from generator.compare import compute_diff
from generator.foundation.errors import RefusedError
from generator.intent import load_intent
from generator.intent.model import Layout
from generator.layers.render import build_set
from generator.plan import make_plan
from generator.plan.check import Standing, check_plan
from generator.plan.model import WriteStep
from generator.plan.observe import make_observing_plan
from generator.plan.observed import Form
from generator.plan.observing import observed_namespaces
from generator.plan.plan_file import write_plan
from generator.plan.simulate import states
from generator.plan.stages import Stage
from generator.platforms import load_profile
from generator.snapshot.facts import Seen, write_seen
from generator.snapshot.model import FELIX
from tests.plan import laws
from tests.plan.observing_laws import check_log, check_observing_plan
from tests.plan.observing_worlds import CLUSTER_KINDS, after, end_of, go_on, observing_plan_of, seen
from tests.plan.test_observe import OPEN, SERVICES, SHAPES, WORLDS
from tests.plan.test_oracle_examples import violations
from tests.plan.worlds import Planned, Shape, manifests_of, meaning, plan_of, start_of

World = list[Mapping[str, Any]]
LIVE = WORLDS["isolated in part"]
FOREIGN_TIER = {
    "apiVersion": "projectcalico.org/v3",
    "kind": "Tier",
    "metadata": {"name": "theirs"},
    "spec": {"order": 500, "defaultAction": "Pass"},
}


def policy(name: str, tier: str, **spec: Any) -> Mapping[str, Any]:
    head = {"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy"}
    return {**head, "metadata": {"name": name, "namespace": "shop"}, "spec": {"tier": tier, **spec}}


THEIRS = policy(
    "theirs.web",
    "theirs",
    order=10,
    selector="app == 'web'",
    types=["Ingress"],
    ingress=[{"action": "Deny", "source": {"nets": ["203.0.113.0/24"]}}, {"action": "Pass"}],
)
ALLOWED_BEFORE = policy(
    "theirs.cart",
    "theirs",
    order=20,
    selector="app == 'cart'",
    types=["Egress"],
    egress=[{"action": "Allow", "protocol": "TCP", "destination": {"ports": [9090]}}],
)
TIERED: World = [*LIVE, FOREIGN_TIER, THEIRS, ALLOWED_BEFORE]


def at_each_step(world: World, planned: Planned) -> list[World]:
    kept = [item for item in world if item["kind"] in CLUSTER_KINDS]
    found = [[*kept, *manifests_of(planned.start)]]
    for _, objects in states(planned.start, planned.plan.steps):
        if [*kept, *manifests_of(objects)] != found[-1]:
            found.append([*kept, *manifests_of(objects)])
    return found


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.layout)
def test_made_again_it_has_nothing_to_do_and_half_way_the_rest(shape: Shape) -> None:
    planned = observing_plan_of(LIVE, shape)
    writes = [step.write for step in planned.plan.writes]
    for done, world in enumerate(at_each_step(LIVE, planned)):
        rest = observing_plan_of(world, shape)
        assert not rest.plan.errored
        assert [step.write for step in rest.plan.writes] == writes[done:]
        assert rest.plan.observing.ways == planned.plan.observing.ways
        on = plan_of(world, shape)
        laws.check_plan(on)
        assert meaning(end_of(on)) == meaning(end_of(go_on(LIVE, planned, shape)))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.layout)
def test_it_is_taken_off_as_a_whole(shape: Shape) -> None:
    planned = observing_plan_of(LIVE, shape)
    off = go_on(LIVE, planned, None)
    laws.check_plan(off)
    assert end_of(off) == planned.start
    assert violations(write_plan(off.plan), seen(after(LIVE, planned))) == []


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.layout)
def test_cut_over_begun_it_still_observes_the_rest(shape: Shape) -> None:
    """On the way from observing to enforced there is no state that observing again would change a verdict of."""
    planned = observing_plan_of(LIVE, shape)
    start = after(LIVE, planned)
    on = plan_of(start, shape)
    left = []
    for world in at_each_step(start, on):
        again = observing_plan_of(world, shape)
        check_observing_plan(again, seen(world))
        left.append({(way.namespace, way.direction) for way in again.plan.observing.ways})
        now = observed_namespaces(seen(world).policies, "shop")
        assert {(way.namespace, way.direction) for way in now} >= left[-1] or shape.layout is Layout.SINGLE_TIER
    assert len(left[0]) == 4
    assert left[-1] == set()
    assert all(later <= earlier for earlier, later in pairwise(left))


def test_each_cut_over_ends_what_is_observed_there() -> None:
    for shape in SHAPES:
        planned = observing_plan_of(LIVE, shape)
        on = go_on(LIVE, planned, shape)
        due = {("pay", "Egress"), ("pay", "Ingress"), ("shop", "Egress"), ("shop", "Ingress")}
        for step, objects in states(on.start, on.plan.steps):
            if isinstance(step, WriteStep) and step.stage is Stage.CUTOVER and step.direction:
                due -= {(step.namespace, step.direction)}
            live = [laws.object_at(identity, manifest) for identity, manifest in objects.items()]
            assert {(way.namespace, way.direction) for way in observed_namespaces(live, "shop")} == due
        assert due == set()


FORMS = [
    Shape(("pay", "shop"), SERVICES, layout=Layout.SINGLE_TIER, group="crd.projectcalico.org/v1", version="3.28"),
    Shape(("pay", "shop"), SERVICES, layout=Layout.TIERS, group="crd.projectcalico.org/v1", version="3.30"),
    Shape(("pay", "shop"), SERVICES, layout=Layout.TIERS, cluster=True),
    Shape(("pay", "shop"), SERVICES, layout=Layout.TIERS, nets=(), guardrails=False),
]


@pytest.mark.parametrize("shape", FORMS, ids=lambda shape: f"{shape.version}-{shape.layout}-{shape.cluster}")
def test_every_form_of_a_set_is_observed(shape: Shape) -> None:
    planned = observing_plan_of(LIVE, shape)
    check_observing_plan(planned, seen(LIVE))
    on = go_on(LIVE, planned, shape)
    laws.check_plan(on)
    check_log(LIVE, seen(LIVE), planned, on)
    assert observing_plan_of(after(LIVE, planned), shape).plan.is_empty
    unnamed = [item.code for item in planned.plan.warnings if item.code == "RF8043"]
    assert unnamed == (["RF8043"] if shape.cluster else [])


def test_policies_of_others_before_and_behind_ours_keep_their_say() -> None:
    planned = observing_plan_of(TIERED, SHAPES[0])
    check_observing_plan(planned, seen(TIERED))
    on = go_on(TIERED, planned, SHAPES[0])
    check_log(TIERED, seen(TIERED), planned, on)
    assert [item.code for item in planned.plan.warnings if item.code == "RF8046"]
    assert not [item for item in planned.plan.warnings if item.code == "RF8045"]


def test_a_policy_of_others_in_our_tier_is_never_passed_over() -> None:
    deny = policy("ringfence.theirs", "ringfence", order=300, types=["Ingress"], ingress=[{"action": "Deny"}])
    tier = {**FOREIGN_TIER, "metadata": {"name": "ringfence", "labels": {"ringfence/intent": "shop"}}}
    tier = {**tier, "spec": {"order": 900, "defaultAction": "Pass"}}
    planned = observing_plan_of([*OPEN, tier, deny], SHAPES[0])
    assert planned.plan.errored
    assert planned.plan.steps == ()
    assert planned.plan.observing.ways == ()
    assert {item.code for item in planned.plan.unresolved} == {"RF8044"}


def test_what_a_replaced_policy_allows_is_cut_later_and_told() -> None:
    spec = {"order": 10, "selector": "app == 'web'", "types": ["Ingress"], "ingress": [{"action": "Allow"}]}
    opening = policy("old-web", "default", **spec)
    for shape in SHAPES:
        planned = observing_plan_of([*OPEN, opening], shape, replaces=["NetworkPolicy/shop/old-web"])
        check_observing_plan(planned, seen([*OPEN, opening]))
        told = [item for item in planned.plan.warnings if item.code == "RF8045"]
        missed = [item.summary for item in told]
        assert all("a tier before what allows it" in item.hint for item in told)
        assert bool(missed) is (shape.layout is Layout.SINGLE_TIER), missed
        assert all("shop/web" in text for text in missed)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.layout)
def test_what_is_enforced_already_is_no_matter_for_logs(shape: Shape) -> None:
    live = after(LIVE, plan_of(LIVE, shape))
    same = observing_plan_of(live, shape)
    assert same.plan.is_empty
    assert same.plan.observing.ways == ()
    with pytest.raises(RefusedError) as refused:
        observing_plan_of(live, replace(shape, port=9090))
    assert {item.code for item in refused.value.diagnostics} == {"RF8041"}
    assert "ringfence" in refused.value.diagnostics[0].summary


def test_a_policy_of_both_directions_is_parted_where_others_isolate_other_pods_in_each() -> None:
    text = {
        "version": 1,
        "name": "shop",
        "platform": "generic",
        "layout": "single-tier",
        "namespace": "shop",
        "isolation": "namespace",
        "services": {"cart": {"ports": [9090]}, "web": {"ports": [8080], "needs": ["cart"]}},
    }
    intent = load_intent(["-"], stdin=json.dumps(text)).intent
    snapshot = seen(LIVE)
    rendered = build_set(intent, load_profile("generic"), snapshot=snapshot, as_of=date(2026, 11, 1))
    diff = compute_diff([item.object for item in rendered.objects], snapshot.policies, "shop")
    planned = Planned(make_observing_plan(rendered, snapshot, intent, diff), diff, rendered, start_of(diff))
    check_observing_plan(planned, snapshot)
    made = {step.write.identity.name: step.write.after for step in planned.plan.writes}
    first, second = made["ringfence-same-namespace"], made["ringfence-same-namespace-observe"]
    assert first is not None
    assert second is not None
    assert (first["spec"]["types"], second["spec"]["types"]) == (["Egress"], ["Ingress"])
    live = seen(after(LIVE, planned))
    again = compute_diff([item.object for item in rendered.objects], live.policies, "shop")
    rest = Planned(make_plan(rendered, live, intent, again), again, rendered, start_of(again))
    laws.check_plan(rest)
    check_log(LIVE, snapshot, planned, rest)


def test_a_service_that_comes_to_an_enforced_namespace_is_for_staged_policies() -> None:
    """Its policy would pass before the default deny that holds there, and so open what is closed."""
    less = Shape(("shop",), (("shop", "web"),))
    more = replace(less, services=(("shop", "cart"), ("shop", "web")))
    live = after(OPEN, plan_of(OPEN, less))
    live = [item for item in live if "default-deny-egress" not in item["metadata"]["name"]]
    planned = observing_plan_of(live, more)
    assert {item.code for item in planned.plan.unresolved} == {"RF8044"}
    assert planned.plan.steps == ()
    assert "staged" in planned.plan.unresolved[0].hint
    assert not observing_plan_of(live, more, form=Form.STAGED).plan.errored


REFUSED = {
    "eBPF": (OPEN, {FELIX: {"bpfEnabled": True}}, "eBPF"),
    "eBPF on one node": (OPEN, write_seen(Seen(felix_nodes={"n1": {"bpfEnabled": True}})), "n1"),
    "Windows": ([*OPEN], {}, "win-1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_where_nothing_would_be_logged_it_is_refused(name: str) -> None:
    world, extra, word = REFUSED[name]
    if name == "Windows":
        labels = {"kubernetes.io/os": "windows"}
        world = [*world, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "win-1", "labels": labels}}]
    with pytest.raises(RefusedError) as refused:
        observing_plan_of(world, SHAPES[0], extra=extra)
    assert [item.code for item in refused.value.diagnostics] == ["RF8040"]
    assert word in refused.value.diagnostics[0].summary


LIMITED = {"logActionRateLimit": "10/second", "logActionRateLimitBurst": 5}
LIMITS = {
    "3.32 without": ("3.32", {}, "RF8048", "logActionRateLimit"),
    "3.32 with": ("3.32", LIMITED, "RF8047", "10/second, burst 5"),
    "3.31": ("3.31", {}, "RF8048", "late patch releases"),
    "3.29": ("3.29", {}, "RF8048", "cannot limit"),
}


@pytest.mark.parametrize("name", LIMITS)
def test_the_plan_says_whether_the_log_is_whole(name: str) -> None:
    version, felix, code, words = LIMITS[name]
    planned = observing_plan_of(OPEN, replace(SHAPES[0], version=version), extra={FELIX: felix})
    found = [item for item in planned.plan.warnings if item.code == code]
    assert words in f"{found[0].summary} {found[0].hint}"
    assert bool(planned.plan.observing.limit) is bool(felix)


def test_the_day_is_on_what_logs_and_can_be_moved() -> None:
    for shape in SHAPES:
        planned = observing_plan_of(OPEN, shape, until="2026-12-01")
        live = after(OPEN, planned)
        assert {way.until for way in observed_namespaces(seen(live).policies)} == {"2026-12-01"}
        moved = observing_plan_of(live, shape, until="2027-01-01")
        check_observing_plan(moved, seen(live))
        assert {way.until for way in moved.plan.observing.ways} == {"2027-01-01"}
        assert observing_plan_of(live, shape, until="2026-12-01").plan.is_empty


def test_a_saved_plan_is_checked_like_any_other() -> None:
    planned = observing_plan_of(OPEN, SHAPES[0])
    assert check_plan(planned.plan, seen(OPEN)).standing is Standing.FRESH
    assert check_plan(planned.plan, seen(LIVE)).standing is Standing.FRESH
    assert check_plan(planned.plan, seen(after(OPEN, planned))).standing is Standing.DRIFTED

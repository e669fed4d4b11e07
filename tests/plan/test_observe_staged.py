"""Observing by staged twins: nothing fares otherwise, and the preview is the set to come, also where it changes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from generator.calico.objects import Identity
from generator.compare import compute_diff
from generator.foundation.errors import RefusedError
from generator.intent import load_intent
from generator.intent.model import Intent, Layout
from generator.layers.model import ManifestSet
from generator.layers.render import build_set
from generator.plan import make_plan
from generator.plan import observing_staged as staged
from generator.plan.model import Manifest
from generator.plan.observe import make_observing_plan
from generator.plan.observed import Form
from generator.platforms import load_profile
from generator.reach.differential import Differential
from generator.reach.engine import Engine
from generator.reach.environment import Environment, Staged
from generator.report.plan import plan_text
from generator.snapshot.model import FELIX, Snapshot
from tests.faults.calico import Fault
from tests.obvious import answer_flow, read_cluster
from tests.plan import laws
from tests.plan.observing_laws import check_observing_plan, flows_of
from tests.plan.observing_worlds import CLUSTER_KINDS, World, after, end_of, observing_plan_of, seen
from tests.plan.test_observe import OLD, OPEN
from tests.plan.worlds import Planned, Shape, manifests_of, plan_of, start_of

Needs = Mapping[str, list[str]]
BEFORE: Needs = {"web": ["cart"], "cart": []}
AFTER: Needs = {"web": [], "cart": ["web"]}
DAY = date(2026, 11, 1)
CHANGED = {"+web to cart": (AFTER, BEFORE), "cart to web": (BEFORE, AFTER), "the same": (BEFORE, BEFORE)}


def asked(needs: Needs, layout: Layout, snapshot: Snapshot, calico: str = "3.32") -> tuple[Intent, ManifestSet]:
    services = {name: {"ports": [8080], "needs": list(found)} for name, found in needs.items()}
    head = {"version": 1, "name": "shop", "platform": "generic", "calico": calico, "namespace": "shop"}
    text = json.dumps({**head, "layout": layout.value, "services": services})
    intent = load_intent(["-"], stdin=text).intent
    return intent, build_set(intent, load_profile("generic"), snapshot=snapshot, as_of=DAY)


def staged_plan(live: World, needs: Needs, layout: Layout, calico: str = "3.32") -> Planned:
    snapshot = seen(live)
    intent, rendered = asked(needs, layout, snapshot, calico)
    diff = compute_diff([item.object for item in rendered.objects], snapshot.policies, "shop", version=calico)
    return Planned(
        make_observing_plan(rendered, snapshot, intent, diff, form=Form.STAGED), diff, rendered, start_of(diff)
    )


def enforcing_plan(live: World, needs: Needs, layout: Layout) -> Planned:
    snapshot = seen(live)
    intent, rendered = asked(needs, layout, snapshot)
    diff = compute_diff([item.object for item in rendered.objects], snapshot.policies, "shop", version="3.32")
    return Planned(make_plan(rendered, snapshot, intent, diff), diff, rendered, start_of(diff))


def engine(snapshot: Snapshot, objects: Mapping[Identity, Manifest], environment: Environment) -> Engine:
    policies = tuple(laws.object_at(identity, objects[identity]) for identity in sorted(objects))
    return Engine(replace(snapshot, policies=policies), environment)


def previewed(objects: Mapping[Identity, Manifest]) -> list[Manifest]:
    """Return what Calico's preview asks: twins beside what is enforced, each under a name of its own."""
    found = []
    for manifest in manifests_of(objects):
        if str(manifest["kind"]).startswith("Staged"):
            spec = {key: value for key, value in manifest["spec"].items() if key != "stagedAction"}
            metadata = {**manifest["metadata"], "name": f"{manifest['metadata']['name']}-twin"}
            manifest = {**manifest, "kind": manifest["kind"].removeprefix("Staged"), "spec": spec, "metadata": metadata}
        found.append(manifest)
    return found


def differences(
    world: World, staged_end: Mapping[Identity, Manifest], enforced: Mapping[Identity, Manifest]
) -> list[Any]:
    """Return the flows of which the preview shows another verdict than is to come, by the obvious evaluator."""
    cluster = [item for item in world if item["kind"] in CLUSTER_KINDS]
    first = read_cluster([*cluster, *previewed(staged_end)])
    last = read_cluster([*cluster, *manifests_of(enforced)])
    return [
        flow
        for flow in flows_of(seen(world))
        if answer_flow(first, flow)["verdict"] != answer_flow(last, flow)["verdict"]
    ]


def journeys(layout: Layout) -> Iterator[tuple[World, Planned, Planned]]:
    """Give the plans that preview and that enforce: of a new set, and of changed ones."""
    for world in (OPEN, [*OPEN, OLD]):
        yield world, staged_plan(world, BEFORE, layout), enforcing_plan(world, BEFORE, layout)
        for old, new in CHANGED.values():
            live = after(world, enforcing_plan(world, old, layout))
            yield live, staged_plan(live, new, layout), enforcing_plan(live, new, layout)


@pytest.mark.parametrize("layout", list(Layout))
def test_nothing_fares_otherwise_and_in_a_tier_of_ours_the_preview_is_what_will_be(layout: Layout) -> None:
    for live, planned, enforcing in journeys(layout):
        check_observing_plan(planned, seen(live))
        told = [item for item in planned.plan.warnings if item.code == "RF8052"]
        differing = differences(live, end_of(planned), end_of(enforcing))
        assert bool(differing) is bool(told)
        assert layout is Layout.SINGLE_TIER or not told
        ways = [(way.namespace, way.direction) for way in planned.plan.observing.ways]
        assert ways == [("shop", "Egress"), ("shop", "Ingress")]


def test_a_flow_that_the_change_cuts_is_previewed() -> None:
    live = after(OPEN, enforcing_plan(OPEN, BEFORE, Layout.TIERS))
    planned = staged_plan(live, AFTER, Layout.TIERS)
    drops = [(item.sources, item.destinations, item.packets) for item in planned.plan.observing.drops]
    assert (("shop/web",), ("shop/cart",), "TCP 8080") in drops


@pytest.mark.parametrize("layout", list(Layout))
def test_promoted_they_are_the_set(layout: Layout) -> None:
    """As `--staged enforced` judges them: each twin takes the place of the policy that has its name."""
    for live, planned, enforcing in journeys(layout):
        promoted = engine(seen(live), end_of(planned), Environment(staged=Staged.ENFORCED))
        enforced = engine(seen(live), end_of(enforcing), Environment())
        for family in (4, 6):
            assert list(Differential(promoted, enforced, family).changes()) == []


@pytest.mark.parametrize("layout", list(Layout))
def test_made_again_nothing_is_to_do_and_once_enforced_they_are_gone(layout: Layout) -> None:
    for old, new in CHANGED.values():
        live = after(OPEN, enforcing_plan(OPEN, old, layout))
        reached = after(live, staged_plan(live, new, layout))
        assert staged_plan(reached, new, layout).plan.is_empty
        on = enforcing_plan(reached, new, layout)
        laws.check_plan(on)
        assert end_of(on) == end_of(enforcing_plan(live, new, layout))


def test_of_a_namespace_that_leaves_the_preview_is_what_was_before() -> None:
    whole = Shape(("pay", "shop"), (("pay", "api"), ("shop", "web")))
    less = replace(whole, namespaces=("shop",), port=9090)
    live = after([*OPEN, OLD], plan_of([*OPEN, OLD], whole))
    planned, enforcing = observing_plan_of(live, less, form=Form.STAGED), plan_of(live, less)
    check_observing_plan(planned, seen(live))
    assert any("leaves namespace 'pay'" in step.purpose for step in planned.plan.writes)
    assert differences(live, end_of(planned), end_of(enforcing)) == []
    assert not [item for item in planned.plan.warnings if item.code == "RF8052"]


def no_release(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(staged, "_releases", lambda subject, diff: iter(()))


def test_without_a_release_the_preview_is_told_to_mislead(monkeypatch: pytest.MonkeyPatch) -> None:
    no_release(monkeypatch)
    whole = Shape(("pay", "shop"), (("pay", "api"), ("shop", "web")))
    planned = observing_plan_of(
        after(OPEN, plan_of(OPEN, whole)), replace(whole, namespaces=("shop",)), form=Form.STAGED
    )
    assert [item for item in planned.plan.warnings if item.code == "RF8052"]


def orders_of_their_own(patch: pytest.MonkeyPatch) -> None:
    """Then what is enforced decides before a twin."""
    patch.setattr(staged, "_shift", lambda diff: 0)


def no_closing_twin(patch: pytest.MonkeyPatch) -> None:
    right = staged._twin

    def broken(intended: Any, subject: Any, shift: float) -> Any:
        found = right(intended, subject, shift)
        if "default-deny" in found.manifest["metadata"]["name"]:
            found.manifest["spec"]["order"] = 5000
        return found

    patch.setattr(staged, "_twin", broken)


@pytest.mark.parametrize("fault", [orders_of_their_own, no_closing_twin], ids=lambda fault: fault.__name__)
def test_a_preview_that_misleads_is_told(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    live = after(OPEN, enforcing_plan(OPEN, BEFORE, Layout.TIERS))
    planned, enforcing = staged_plan(live, AFTER, Layout.TIERS), enforcing_plan(live, AFTER, Layout.TIERS)
    assert differences(live, end_of(planned), end_of(enforcing))
    assert [item.summary for item in planned.plan.warnings if item.code == "RF8052"]


def test_twins_that_are_enforced_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staged, "_TWINS", {kind: kind for kind in staged._TWINS})
    monkeypatch.setattr(staged, "STAGED_KINDS", frozenset(staged._TWINS))
    planned = staged_plan(OPEN, BEFORE, Layout.TIERS)
    assert planned.plan.errored
    assert planned.plan.steps == ()


def test_before_3_30_there_are_none() -> None:
    with pytest.raises(RefusedError) as refused:
        staged_plan(OPEN, BEFORE, Layout.TIERS, calico="3.29")
    assert [item.code for item in refused.value.diagnostics] == ["RF8049"]


def test_the_text_says_where_the_preview_is() -> None:
    text = " ".join(plan_text(staged_plan(OPEN, BEFORE, Layout.TIERS).plan).split())
    assert "what the set would drop is previewed" in text
    assert "pending policy whose action is Deny" in text
    assert "journalctl" not in text


LOGGED = {"flowLogsGoldmaneServer": "goldmane:7443"}
SETTINGS = {
    "no evaluation": (
        {"flowLogsGoldmaneServer": "goldmane:7443", "flowLogsPolicyEvaluationMode": "None"},
        "Continuous",
    ),
    "no flow logs": ({"bpfEnabled": True}, "Goldmane"),
    "enforced elsewhere": ({"flowLogsLocalReporter": "Enabled", "policySyncPathPrefix": "/var/run/nodeagent"}, "log"),
    "all is well": (LOGGED, ""),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_that_leave_no_preview_are_told(name: str) -> None:
    settings, word = SETTINGS[name]
    planned = observing_plan_of(OPEN, Shape(), extra={FELIX: settings}, form=Form.STAGED)
    found = [item for item in planned.plan.warnings if item.code == "RF8053"]
    assert len(found) == (1 if word else 0)
    assert all(word in item.hint for item in found)

"""The laws of every plan over random clusters, sets, and runs that were left half-way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from generator.intent.model import Layout
from generator.plan.isolation import Cluster
from generator.plan.simulate import states
from tests.plan import laws
from tests.plan.worlds import (
    Planned,
    Shape,
    kubernetes_policy,
    manifests_of,
    plan_of,
    pod,
    snapshot_of,
    space,
)

NAMESPACES = ("pay", "shop", "web")
APPS = ("api", "cart", "web")
WORLD = [space(name, team=name[0]) for name in NAMESPACES] + [pod(name, app) for name in NAMESPACES for app in APPS]
CLUSTER = Cluster.of(snapshot_of(WORLD))
NETS = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")

_layouts = st.sampled_from(list(Layout))
_names = st.sets(st.sampled_from(NAMESPACES), min_size=1).map(lambda found: tuple(sorted(found)))
_services = st.sets(st.tuples(st.sampled_from(NAMESPACES), st.sampled_from(APPS)), max_size=4)
_shapes = st.builds(
    Shape,
    namespaces=_names,
    services=_services.map(lambda found: tuple(sorted(found))),
    nets=st.sets(st.sampled_from(NETS), max_size=3).map(lambda found: tuple(sorted(found))),
    layout=_layouts,
    guardrails=st.booleans(),
    port=st.sampled_from([8080, 9090]),
    cluster=st.booleans(),
    order=st.sampled_from([1000, 1100]),
)


@st.composite
def _foreign(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw policies of others that select whole namespaces or some pods, in one direction or both."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for number in range(draw(st.integers(0, 3))):
        namespace = draw(st.sampled_from(NAMESPACES))
        selector = draw(
            st.sampled_from(
                [
                    {},
                    {"matchLabels": {"app": "web"}},
                    {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web", "api"]}]},
                ]
            )
        )
        types = draw(st.sampled_from([("Ingress",), ("Egress",), ("Ingress", "Egress")]))
        found[namespace, f"old-{number}"] = kubernetes_policy(namespace, f"old-{number}", selector, *types)
    policies = list(found.values())
    if draw(st.booleans()):
        policies.append(foreign_global(draw(st.sampled_from(["team == 'p'", "", "has(team) && team != 's'"]))))
    return policies


def foreign_global(namespace_selector: str) -> dict[str, Any]:
    spec: dict[str, Any] = {"selector": "app in {'api', 'web'}", "order": 500, "types": ["Ingress"]}
    if namespace_selector:
        spec["namespaceSelector"] = namespace_selector
    return {
        "apiVersion": "projectcalico.org/v3",
        "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "theirs"},
        "spec": spec | {"ingress": [{"action": "Allow", "source": {"nets": ["10.0.0.0/8"]}}]},
    }


def live_of(planned: Planned, done: int) -> list[Mapping[str, Any]]:
    """Return the world as it is after so many steps of a plan."""
    objects: Mapping[Any, Any] = planned.start
    for number, (_, found) in enumerate(states(planned.start, planned.plan.steps), start=1):
        if number <= done:
            objects = found
    return [*WORLD, *manifests_of(objects)]


def check(planned: Planned) -> None:
    laws.check_plan(planned)
    assert not planned.plan.errored, planned.plan.unresolved


@settings(max_examples=60)
@given(foreign=_foreign(), shape=_shapes)
def test_from_nothing_of_ours(foreign: list[dict[str, Any]], shape: Shape) -> None:
    planned = plan_of([*WORLD, *foreign], shape)
    check(planned)
    laws.pods_are_led_over_in_one_write(planned, CLUSTER)
    if not shape.cluster:
        laws.own_tier_takes_each_namespace_in_one_write(planned, CLUSTER)


@settings(max_examples=8)
@given(foreign=_foreign(), shape=_shapes)
def test_the_way_back(foreign: list[dict[str, Any]], shape: Shape) -> None:
    planned = plan_of([*WORLD, *foreign], shape)
    laws.the_way_back_cuts_nobody(planned, CLUSTER)
    live = live_of(planned, len(planned.plan.steps))
    laws.the_way_back_cuts_nobody(plan_of(live, None, to_none=True), CLUSTER)


@settings(max_examples=60)
@given(foreign=_foreign(), shapes=st.tuples(_shapes, _shapes), part=st.integers(0, 40), none=st.booleans())
def test_from_a_run_left_half_way(
    foreign: list[dict[str, Any]], shapes: tuple[Shape, Shape], part: int, none: bool
) -> None:
    first = plan_of([*WORLD, *foreign], shapes[0])
    done = min(part, len(first.plan.steps))
    second = plan_of(live_of(first, done), None if none else shapes[1], to_none=none)
    check(second)
    if none or shapes[0].layout is shapes[1].layout:
        laws.pods_are_led_over_in_one_write(second, CLUSTER)


@settings(max_examples=50)
@given(foreign=_foreign(), shape=_shapes, part=st.integers(0, 40))
def test_goes_on_where_it_stopped(foreign: list[dict[str, Any]], shape: Shape, part: int) -> None:
    """What a plan did already is not done again, and the rest is what the first plan had left."""
    first = plan_of([*WORLD, *foreign], shape)
    done = min(part, len(first.plan.steps))
    again = plan_of(live_of(first, done), shape)
    check(again)
    left = [step.write for step in first.plan.steps[done:] if hasattr(step, "write")]
    assert [step.write for step in again.plan.writes] == left


@settings(max_examples=50)
@given(foreign=_foreign(), shape=_shapes)
def test_taken_off_again(foreign: list[dict[str, Any]], shape: Shape) -> None:
    first = plan_of([*WORLD, *foreign], shape)
    whole = plan_of(live_of(first, len(first.plan.steps)), None, to_none=True)
    check(whole)
    laws.pods_are_led_over_in_one_write(whole, CLUSTER)
    if not shape.cluster:
        laws.own_tier_takes_each_namespace_in_one_write(whole, CLUSTER)
    assert not plan_of(live_of(first, len(first.plan.steps)), shape).plan.steps


@settings(max_examples=20)
@given(shape=_shapes)
def test_in_the_stored_form(shape: Shape) -> None:
    stored = replace(shape, group="crd.projectcalico.org/v1", version="3.30")
    first = plan_of(WORLD, stored)
    check(first)
    check(plan_of(live_of(first, len(first.plan.steps)), None, to_none=True))

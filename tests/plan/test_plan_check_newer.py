"""A saved plan against snapshots that somebody else, or time, has changed by hand: what makes it stale and what not."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from generator.intent.model import Layout
from generator.plan import check as check_room
from generator.plan import planner
from generator.plan.check import PlanCheck, Standing, check_plan
from generator.plan.plan_file import read_plan, write_plan
from generator.plan.simulate import carry_out
from generator.reach import flow_counts
from generator.report.plan_check import plan_check_json, plan_check_markdown, plan_check_text
from generator.snapshot.facts import Seen, write_seen
from tests.plan.worlds import Shape, kubernetes_policy, manifests_of, plan_of, snapshot_of, space

Manifest = dict[str, Any]
APPS = ("web", "api")
DNS = "10.96.0.10/32"
LONE = {"name": "lone", "namespace": "shop", "labels": {"app": "web"}}
layouts = pytest.mark.parametrize("layout", list(Layout))


def deployment(app: str) -> list[Manifest]:
    meta = {"name": app, "namespace": "shop"}
    template = {"metadata": {"labels": {"app": app}}, "spec": {"containers": [{"name": "main", "image": "example"}]}}
    selector = {"matchLabels": {"app": app}}
    deployed = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {**meta, "uid": f"d-{app}"}}
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": app, "uid": f"d-{app}", "controller": True}
    replicas = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": f"{app}-5d4", "namespace": "shop", "uid": f"r-{app}", "ownerReferences": [owner]},
        "spec": {"replicas": 2, "selector": selector, "template": template},
    }
    return [{**deployed, "spec": {"replicas": 2, "selector": selector, "template": template}}, replicas]


def replica(app: str, name: str, address: str) -> Manifest:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": f"{app}-5d4", "uid": f"r-{app}", "controller": True}
    metadata = {"name": f"{app}-5d4-{name}", "namespace": "shop", "labels": {"app": app}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**metadata, "ownerReferences": [owner]},
        "spec": {"nodeName": "n1", "containers": [{"name": "main", "image": "example"}]},
        "status": {"phase": "Running", "podIPs": [{"ip": address}]},
    }


def by_team(name: str, team: str) -> Manifest:
    """Return a policy of others that closes the egress of a team's namespaces."""
    spec = {"namespaceSelector": f"team == '{team}'", "types": ["Egress"], "order": 300, "egress": []}
    head = {"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": {"name": name}}
    return {**head, "spec": spec}


def world(layout: Layout) -> tuple[list[Manifest], Shape]:
    """Return a cluster where the set of an older intent is enforced, and the shape that it is led to: it cuts DNS."""
    shape = Shape(layout=layout)
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}
    base = [space("shop", team="red"), node, by_team("closed", "blue")]
    for number, app in enumerate(APPS):
        base += [*deployment(app), replica(app, "x", f"10.0.1.{number + 1}"), replica(app, "y", f"10.0.2.{number + 1}")]
    first = plan_of(base, shape)
    kept = [item for item in base if item["kind"] != "GlobalNetworkPolicy"]
    live: list[Manifest] = [*kept, *map(dict, manifests_of(carry_out(first.start, first.plan.steps)))]
    return live, replace(shape, port=9090, nets=(*shape.nets, DNS))


def checked(layout: Layout, changed: Sequence[Mapping[str, Any]], *, calico: str = "") -> PlanCheck:
    live, shape = world(layout)
    plan = read_plan(write_plan(plan_of(live, shape).plan), "plan.json")
    snapshot = snapshot_of(changed)
    if calico:
        snapshot = replace(snapshot, extra={**snapshot.extra, **write_seen(Seen(calico=calico))})
    found = check_plan(plan, snapshot)
    text = plan_check_text(plan, found)
    assert f"is {found.standing}" in text
    for item in found.problems:
        for report in (text, plan_check_markdown(plan, found), plan_check_json(plan, found)):
            assert item.code in report
    return found


def named(live: Sequence[Manifest], part: str) -> Manifest:
    (found,) = [item for item in live if item["metadata"]["name"].endswith(part)]
    return found


def without(live: Sequence[Manifest], part: str) -> list[Manifest]:
    gone = named(live, part)
    return [item for item in live if item is not gone]


def edited(live: Sequence[Manifest], part: str, **spec: Any) -> list[Manifest]:
    item = copy.deepcopy(named(live, part))
    item["spec"] |= spec
    return [*without(live, part), item]


@layouts
class TestNewer:
    def test_replicas_come_and_go(self, layout: Layout) -> None:
        live, _ = world(layout)
        more = [*without(live, "web-5d4-x"), replica("web", "z", "10.0.0.77"), replica("web", "q", "10.0.9.9")]
        found = checked(layout, more)
        assert (found.standing, found.more, found.less) == (Standing.FRESH, (), ())

    def test_a_pod_with_other_labels_is_no_replica(self, layout: Layout) -> None:
        live, _ = world(layout)
        found = checked(layout, [*live, {**replica("web", "z", "10.0.0.9"), "metadata": LONE}])
        assert (found.standing, found.more, found.joined) == (Standing.STALE, (), ("shop/lone",))

    def test_a_policy_of_others_that_touches_nobody(self, layout: Layout) -> None:
        live, _ = world(layout)
        nobody = kubernetes_policy("shop", "nobody", {"matchLabels": {"app": "none"}}, "Ingress")
        assert checked(layout, [*live, nobody]).standing is Standing.FRESH

    def test_a_policy_of_others_that_takes_part(self, layout: Layout) -> None:
        live, _ = world(layout)
        found = checked(layout, [*live, by_team("without-rules", "red")])
        assert found.standing is Standing.FRESH, "without a rule it takes nothing from what our policies decide"
        deny = by_team("before-all", "red")
        deny["spec"] |= {"order": 1, "egress": [{"action": "Deny"}]}
        tiers = layout is Layout.TIERS
        assert checked(layout, [*live, deny]).standing is (Standing.FRESH if tiers else Standing.STALE)

    def test_a_namespace_gets_another_label(self, layout: Layout) -> None:
        live, _ = world(layout)
        rest = [item for item in live if item["kind"] != "Namespace"]
        assert checked(layout, [*rest, space("shop", team="red", more="yes")]).standing is Standing.FRESH
        deny = edited(rest, "closed", order=1, egress=[{"action": "Deny"}])
        assert checked(layout, [*deny, space("shop", team="red")]).standing is Standing.FRESH
        found = checked(layout, [*deny, space("shop", team="blue")])
        # In layout tiers ours decides before theirs is asked.
        assert found.standing is (Standing.FRESH if layout is Layout.TIERS else Standing.STALE)
        assert bool(found.less or found.more) is (found.standing is Standing.STALE)

    def test_an_object_of_ours_that_the_plan_writes_is_edited(self, layout: Layout) -> None:
        live, _ = world(layout)
        part = "ringfence.web" if layout is Layout.TIERS else "ringfence-web"
        found = checked(layout, edited(live, part, order=201))
        assert (found.standing, found.judged) == (Standing.DRIFTED, None)
        assert [(item.identity.name, item.begun) for item in found.drifts] == [(part, False)]

    def test_an_object_of_ours_that_the_plan_writes_is_gone(self, layout: Layout) -> None:
        live, _ = world(layout)
        part = "ringfence.web" if layout is Layout.TIERS else "ringfence-web"
        found = checked(layout, without(live, part))
        assert found.standing is Standing.DRIFTED
        assert [item.found for item in found.drifts] == [None]

    @pytest.mark.parametrize("part", ["shop-default-deny-ingress", "shop-threat-feeds"])
    def test_an_object_of_ours_that_the_plan_leaves_is_gone(self, layout: Layout, part: str) -> None:
        live, _ = world(layout)
        found = checked(layout, without(live, part))
        assert found.standing is Standing.DRIFTED
        assert [(item.identity.name.endswith(part), item.left) for item in found.drifts] == [(True, True)]

    def test_an_object_of_ours_that_the_plan_leaves_is_edited(self, layout: Layout) -> None:
        live, _ = world(layout)
        found = checked(layout, edited(live, "shop-dns", egress=[{"action": "Allow"}]))
        assert (found.standing, [item.left for item in found.drifts]) == (Standing.DRIFTED, [True])

    def test_an_object_of_ours_is_written_by_a_server(self, layout: Layout) -> None:
        live, _ = world(layout)
        item = copy.deepcopy(named(live, "shop-dns"))
        item["metadata"] |= {"uid": "1", "resourceVersion": "7", "generation": 3}
        assert checked(layout, [*without(live, "shop-dns"), item]).standing is Standing.FRESH

    def test_another_calico(self, layout: Layout) -> None:
        live, _ = world(layout)
        for same in ("3.32.7", "v3.32.1"):
            assert checked(layout, live, calico=same).standing is Standing.FRESH
        for there in ("3.31.2", "3.33.0", "4.0.0"):
            found = checked(layout, live, calico=there)
            assert (found.standing, [item.code for item in found.problems]) == (Standing.STALE, ["RF8027"])


def test_a_check_that_does_not_ask_for_the_version_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_room, "_other_calico", lambda *_: ())
    with pytest.raises(AssertionError):
        TestNewer().test_another_calico(Layout.TIERS)


def test_a_plan_that_forgets_what_it_leaves_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "find_left", lambda *_: ())
    with pytest.raises(AssertionError):
        TestNewer().test_an_object_of_ours_that_the_plan_leaves_is_gone(Layout.TIERS, "shop-threat-feeds")


def test_a_check_by_the_names_of_flows_alone_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_counts._Counter, "changed", lambda _: ())
    with pytest.raises(AssertionError):
        TestNewer().test_a_pod_with_other_labels_is_no_replica(Layout.TIERS)

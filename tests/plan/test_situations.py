"""What a planner finds in real clusters, one situation after the other: proven, right by the checker, others' left.

Drawn worlds (`random_migrations.py`) mix what is here one by one, save renames, hosts, two API groups in one cluster.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from generator.calico.names import identity_of
from generator.plan.plan_file import write_plan
from tests.plan.random_migrations import CALICO, EXTERNALS, STORED, Traits, World
from tests.plan.random_migrations_run import Journey, _read, journey_of
from tests.plan.worlds import kubernetes_policy, snapshot_of, space
from tests.plan_oracle import check_plan_file

Manifest = dict[str, Any]
SPACES: Final = ("shop", "pay", "web")
APPS: Final = ("api", "front")
LAYOUTS: Final = ("tiers", "single-tier")
GROUP: Final = CALICO


def cluster() -> list[Manifest]:
    found: list[Manifest] = []
    for number in (1, 2):
        status = {"addresses": [{"type": "InternalIP", "address": f"10.0.0.{number}"}]}
        found.append({"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"n{number}"}, "status": status})
    for name in SPACES:
        found.append(space(name, team="red" if name == "shop" else "blue"))
        account = {"namespace": name, "name": "default"}
        found.append({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
    for number, (name, app) in enumerate((name, app) for name in SPACES for app in APPS):
        found.append(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": app, "namespace": name, "labels": {"app": app}},
                "spec": {"nodeName": f"n{number % 2 + 1}", "containers": [{"name": "main", "image": "example"}]},
                "status": {"phase": "Running", "podIPs": [{"ip": f"10.244.{number % 2}.{number + 1}"}]},
            }
        )
    return found


def service(namespace: str, app: str, *needs: str) -> Manifest:
    return {"namespace": namespace, "select": {"app": app}, "ports": [8080], "needs": list(needs)}


SERVICES: Final = {
    "shop-front": service("shop", "front", "shop-api", "pay-api", "bank"),
    "shop-api": service("shop", "api", "self"),
    "pay-api": service("pay", "api"),
}


def intent(layout: str, **changes: Any) -> Manifest:
    head = {"version": 1, "name": "ours", "platform": "generic", "calico": "3.32", "layout": layout}
    return {**head, "owns": ["shop", "pay"], "services": SERVICES, "externals": EXTERNALS, **changes}


def calico(name: str, spec: Manifest, group: str = CALICO, namespace: str = "") -> Manifest:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    kind = "NetworkPolicy" if namespace else "GlobalNetworkPolicy"
    return {"apiVersion": group, "kind": kind, "metadata": metadata, "spec": spec}


def allow(app: str, **more: Any) -> Manifest:
    rule = {"action": "Allow", "protocol": "TCP", "destination": {"ports": [8080, 9090]}}
    return {"selector": f"app == '{app}'", "types": ["Ingress"], "ingress": [rule], **more}


def old_in(namespace: str) -> Manifest:
    found = kubernetes_policy(namespace, "old", {}, "Ingress")
    found["spec"]["ingress"] = [{"from": [{"podSelector": {}}]}]
    return found


def world(
    layout: str, foreign: list[Manifest], newer: Manifest | None, older: Manifest | None = None, part: float = 1.0
) -> World:
    return World(0, Traits(), True, tuple(cluster()), tuple(foreign), older, newer, part)


def greenfield(layout: str) -> World:
    return world(layout, [], intent(layout))


def left_half_way(layout: str) -> World:
    return world(layout, [old_in("web")], intent(layout), intent(layout), 0.5)


def taken_off(layout: str) -> World:
    return world(layout, [old_in("pay")], None, intent(layout))


def handed_over(layout: str) -> World:
    replaces = ["KubernetesNetworkPolicy/shop/old", "KubernetesNetworkPolicy/pay/old"]
    return world(layout, [old_in("shop"), old_in("pay")], intent(layout, replaces=replaces))


def both_api_groups(layout: str) -> World:
    foreign = [calico("one", allow("api", order=10)), calico("two", allow("front", order=2000), STORED, "pay")]
    return world(layout, foreign, intent(layout))


def kubernetes_policies_at_order_1000(layout: str) -> World:
    """Theirs and our default deny have one order; a Deny of ours would come before or after by name alone."""
    others = {"from": [{"namespaceSelector": {"matchLabels": {"team": "blue"}}}]}
    found = []
    for name in ("aaa", "zzz"):
        policy = kubernetes_policy("shop", name, {}, "Ingress")
        policy["spec"]["ingress"] = [others]
        found.append(policy)
    return world(layout, found, intent(layout))


def tiers_of_others(layout: str) -> World:
    foreign = []
    for name, order, action in (("before", 100, "Pass"), ("after", 2_000_000, "Deny")):
        spec = {"order": order, "defaultAction": action}
        foreign.append({"apiVersion": GROUP, "kind": "Tier", "metadata": {"name": name}, "spec": spec})
        foreign.append(calico(f"{name}.rule", allow("front", tier=name, order=5)))
    return world(layout, foreign, intent(layout))


def sets_that_leak(layout: str) -> World:
    """A set of others has the labels of a pod, so whoever asks for such pods in its namespace finds its addresses."""
    spec = {"nets": ["203.0.113.0/24"]}
    metadata = {"name": "theirs", "namespace": "pay", "labels": {"app": "api"}}
    foreign: list[Manifest] = [{"apiVersion": GROUP, "kind": "NetworkSet", "metadata": metadata, "spec": spec}]
    return world(layout, [*foreign, old_in("pay")], intent(layout))


def several_intents(layout: str) -> World:
    other = intent(layout, name="theirs", owns=["web"], services={"web-api": service("web", "api")})
    other |= {"tier": {"name": "theirs", "order": 800}} if layout == "tiers" else {"naming": {"prefix": "theirs"}}
    _, rendered = _read(other, snapshot_of(cluster()))
    return world(layout, [dict(item.object.manifest) for item in rendered.objects], intent(layout))


def renamed_services(layout: str) -> World:
    renamed = {f"new-{name}": {**body, "needs": []} for name, body in SERVICES.items()}
    renamed["new-shop-front"]["needs"] = ["new-shop-api", "new-pay-api", "bank"]
    renamed["new-shop-api"]["needs"] = ["self"]
    return world(layout, [old_in("pay")], intent(layout, services=renamed), intent(layout))


def service_that_leaves(layout: str) -> World:
    rest = {"shop-front": service("shop", "front", "bank"), "pay-api": SERVICES["pay-api"]}
    return world(layout, [old_in("shop")], intent(layout, services=rest), intent(layout))


def other_layout(layout: str) -> World:
    former = LAYOUTS[1 - LAYOUTS.index(layout)]
    return world(layout, [old_in("pay")], intent(layout), intent(former))


def other_tier(layout: str) -> World:
    """The set moves to a tier of another name, or in tier `default` to names with another prefix."""
    change = {"tier": {"name": "walls", "order": 500}} if layout == "tiers" else {"naming": {"prefix": "walls"}}
    return world(layout, [old_in("pay")], intent(layout, **change), intent(layout))


def whole_cluster(layout: str) -> World:
    return world(layout, [old_in("web")], intent(layout, owns="cluster"), intent(layout))


def fewer_namespaces(layout: str) -> World:
    only = {name: body for name, body in SERVICES.items() if name.startswith("shop")}
    only["shop-front"] = service("shop", "front", "shop-api", "bank")
    return world(layout, [old_in("pay")], intent(layout, owns=["shop"], services=only), intent(layout))


def host_endpoints(layout: str) -> World:
    foreign: list[Manifest] = [
        {
            "apiVersion": GROUP,
            "kind": "HostEndpoint",
            "metadata": {"name": f"n{number}-all", "labels": {"role": "node"}},
            "spec": {"node": f"n{number}", "interfaceName": "*", "expectedIPs": [f"10.0.0.{number}"]},
        }
        for number in (1, 2)
    ]
    rule = {"action": "Allow", "protocol": "TCP", "destination": {"ports": [22, 6443, 10250]}}
    spec = {"selector": "role == 'node'", "types": ["Ingress"], "ingress": [rule], "order": 1}
    return world(layout, [*foreign, calico("nodes", spec)], intent(layout))


SITUATIONS: Final[tuple[Callable[[str], World], ...]] = (
    greenfield,
    left_half_way,
    taken_off,
    handed_over,
    both_api_groups,
    kubernetes_policies_at_order_1000,
    tiers_of_others,
    sets_that_leak,
    several_intents,
    renamed_services,
    service_that_leaves,
    other_layout,
    other_tier,
    whole_cluster,
    fewer_namespaces,
    host_endpoints,
)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda item: item.__name__)
def test_situation(situation: Callable[[str], World], layout: str) -> None:
    journey = journey_of(situation(layout))
    plan = journey.plan
    assert plan is not None, journey.codes
    assert not plan.errored, plan.unresolved
    assert plan.writes
    assert check_plan_file(write_plan(plan), journey.snapshot) == []
    written = {step.write.identity for step in plan.writes}
    assert not written & others_of(journey)


def others_of(journey: Journey) -> set[object]:
    """Return what others have and nobody hands over."""
    handed = set((journey.world.newer or {}).get("replaces", ()))
    found = {identity_of(item) for item in snapshot_of([*cluster(), *journey.world.foreign]).policies}
    return {item for item in found if str(item) not in handed}

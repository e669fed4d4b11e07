"""What the cases of dataplane.md do not show: the way back, the management plane, ends outside, families, writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.plan.dataplane_script import (
    ALLOW_GNP,
    ALLOW_KNP,
    ALLOW_NP,
    CALLEE_CLOSED,
    CALLER_CLOSED,
    CART,
    DENY_GNP,
    DENY_LATE,
    Script,
    bridge,
    layers,
    open_shop,
    policy,
)
from tests.plan_oracle import Harm, Scene, Step, Wait, Write, scene_of_manifests, way_back
from tests.plan_oracle_parts.judge import WayBack
from tests.plan_oracle_parts.steps import Manifest


@dataclass(frozen=True, slots=True)
class Corner:
    """Steps from a scene, with the harms that they do: none, where they are to be accepted."""

    name: str
    scene: Scene
    steps: tuple[Step, ...]
    harms: frozenset[Harm] = frozenset()
    back: WayBack | None = way_back


def corner(name: str, script: Script, *harms: Harm, back: WayBack | None = way_back, **scene: Any) -> Corner:
    """Return a corner of a script."""
    return Corner(name, scene_of_manifests(script.world, **scene), tuple(script.steps), frozenset(harms), back)


def in_order_of_creation(steps: Sequence[Step], done: int) -> list[Step]:
    """Take back what was written first first."""
    return [Wait("back-start"), *(step.inverse() for step in steps[:done] if isinstance(step, Write))]


def without_first_wait(steps: Sequence[Step], done: int) -> list[Step]:
    """Take back at once, while nodes may still be anywhere."""
    return way_back(steps, done)[1:]


def without_waits(steps: Sequence[Step], done: int) -> list[Step]:
    """Take back in reverse, with a wait at the start alone."""
    back = way_back(steps, done)
    return [back[0], *(step for step in back[1:] if isinstance(step, Write))]


def deleting_only(steps: Sequence[Step], done: int) -> list[Step]:
    """Delete what was written, whatever stood there before."""
    writes = [step for step in steps[:done] if isinstance(step, Write)]
    return [Wait("back-start"), *(Write(f"back-{step.step}", step.after, None) for step in reversed(writes))]


def on_cart(name: str, order: int, *rules: dict[str, Any]) -> Manifest:
    """Return a policy for what reaches the cart."""
    return policy("GlobalNetworkPolicy", name, order, ["Ingress"], **CART, ingress=list(rules))


ANY = {"action": "Allow"}
OF_NOBODY = {**DENY_GNP, "spec": {**DENY_GNP["spec"], "selector": "app == 'nobody'"}}
PARTNERS = on_cart("partners", 100, {"action": "Allow", "source": {"nets": ["203.0.113.0/24"]}})
NO_V6 = on_cart("no-v6", 200, {"action": "Deny", "ipVersion": 6}, ANY)
V6_7070 = on_cart("v6", 100, {"action": "Allow", "ipVersion": 6, "protocol": "TCP", "destination": {"ports": [7070]}})
NO_PING = on_cart("no-ping", 200, {"action": "Deny", "protocol": "ICMP"}, ANY)
PING = on_cart("ping", 100, {"action": "Allow", "protocol": "ICMP", "icmp": {"type": 8}})
NOBODY_SENDS = policy("GlobalNetworkPolicy", "nobody-sends", 1000, ["Egress"], selector="all()", egress=[])
NOBODY_IS_CALLED = policy("GlobalNetworkPolicy", "nobody", 1000, ["Ingress"], selector="all()", ingress=[])
NOT_TO_FEED = policy(
    "GlobalNetworkPolicy",
    "not-to-feed",
    50,
    ["Egress"],
    selector="app == 'web'",
    egress=[
        {"action": "Deny", "destination": {"selector": "feed == 'a'", "namespaceSelector": "global()"}},
        {"action": "Allow"},
    ],
)
HOST = {
    "apiVersion": "projectcalico.org/v3",
    "kind": "HostEndpoint",
    "metadata": {"name": "n1-eth0", "labels": {"role": "node"}},
    "spec": {"node": "n1", "interfaceName": "eth0", "profiles": ["projectcalico-default-allow"]},
}


SENDS_NOTHING = policy("GlobalNetworkPolicy", "web", 200, ["Egress"], selector="app == 'web'", egress=[])
TO_CART = policy(
    "GlobalNetworkPolicy",
    "web-to-cart",
    100,
    ["Egress"],
    selector="app == 'web'",
    egress=[{"action": "Allow", "destination": {"services": {"namespace": "shop", "name": "cart"}}}],
)
CART_SERVICE = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {"namespace": "shop", "name": "cart-1", "labels": {"kubernetes.io/service-name": "cart"}},
    "endpoints": [{"addresses": ["192.168.1.11"]}],
    "ports": [{"name": "grpc", "protocol": "TCP", "port": 7070}],
}


def feed(number: int, *nets: str) -> Manifest:
    """Return a shard of a feed."""
    metadata = {"name": f"feed-{number}", "labels": {"feed": "a"}}
    return {
        "apiVersion": "projectcalico.org/v3",
        "kind": "GlobalNetworkSet",
        "metadata": metadata,
        "spec": {"nets": list(nets)},
    }


def corners() -> list[Corner]:
    """Return all corners."""
    return [*_ways_back(), *_placement(), *_management(), *_waits(), *_packets(), *_writes()]


def _ways_back() -> list[Corner]:
    allowed_first = open_shop().put(ALLOW_NP).wait().put(DENY_GNP)
    over = open_shop().put(*bridge()).wait().put(*layers()).wait().drop(*bridge())
    changed = open_shop().put(CALLEE_CLOSED).later().put({**CALLEE_CLOSED, "spec": DENY_GNP["spec"]})
    return [
        corner("back in reverse, with the waits", allowed_first),
        corner("back in reverse, with the waits but the first", allowed_first, back=without_first_wait),
        corner("back over the bridge", over),
        corner("back in the order of creation", allowed_first, Harm.CUT, back=in_order_of_creation),
        corner("back over the bridge in the order of creation", over, Harm.DOES_NOT_FIT, back=in_order_of_creation),
        corner("back without waits", allowed_first, Harm.CUT, back=without_waits),
        corner("back to the very objects", changed),
        corner("back by deleting", changed, Harm.OPENED, Harm.NOT_RESTORED, back=deleting_only),
    ]


def _placement() -> list[Corner]:
    """Return a change of two ends whose pods all stand on one node of two, until one is added."""
    turned = open_shop(pods_on=[1]).put(CALLEE_CLOSED).later().put(CALLER_CLOSED).drop(CALLEE_CLOSED)
    return [
        corner("all pods on one node", turned, new_pods=False),
        corner("all pods on one node, and one is added on the other", turned, Harm.OPENED),
    ]


def _management() -> list[Corner]:
    silent, deaf = open_shop().put(NOBODY_SENDS), open_shop().put(NOBODY_IS_CALLED)
    with_host = Script([*open_shop().world, HOST])
    return [
        corner("DNS may not send, and nobody minds", silent),
        corner("DNS may not send", silent, Harm.MANAGEMENT, management=["kube-system/dns-n1"]),
        corner("a webhook is not reached", deaf, Harm.MANAGEMENT, called=[("shop/cart-n1", 9443)]),
        corner("a host is not reached", with_host.put(NOBODY_IS_CALLED), Harm.MANAGEMENT),
    ]


def _waits() -> list[Corner]:
    def after(first: Manifest, kind: str, last: Manifest) -> Script:
        return open_shop().put(first).wait(kind).put(last)

    late = open_shop().put(ALLOW_NP).put(NOT_TO_FEED).wait("GlobalNetworkPolicy").put(DENY_GNP)
    # Felix takes in the last content of what waits still, at the place of the first.
    again = open_shop().put(OF_NOBODY, ALLOW_GNP, DENY_GNP)
    there_again = open_shop().put(OF_NOBODY).wait().put(ALLOW_GNP, DENY_GNP)
    return [
        corner("written again before it was taken in", again, Harm.CUT, back=None),
        corner("written again after a wait", there_again),
        corner("the kind is waited for", after(ALLOW_NP, "NetworkPolicy", DENY_GNP)),
        corner("another kind is waited for", after(ALLOW_NP, "GlobalNetworkPolicy", DENY_GNP), Harm.CUT),
        corner("Kubernetes' kind is waited for", after(ALLOW_KNP, "KubernetesNetworkPolicy", DENY_LATE)),
        corner("Calico's kind of that name is waited for", after(ALLOW_KNP, "NetworkPolicy", DENY_LATE), Harm.CUT),
        corner("a kind that was not waited for is still on its way", late, Harm.CUT),
    ]


def _packets() -> list[Corner]:
    open_to_all = on_cart("open", 900, ANY)
    dual = open_shop(dual=True).put(open_to_all).later()
    again = open_shop(dual=True).put(open_to_all).later()
    pinged = open_shop().put(open_to_all).later()
    pinged_again = open_shop().put(open_to_all).later()
    moved = open_shop().put(NOT_TO_FEED, feed(1, "203.0.113.7/32"), feed(2, "192.0.2.0/24")).later()
    added = feed(2, "192.0.2.0/24", "203.0.113.7/32")
    lost = Script(moved.objects.values()).put(feed(1)).put(added)
    served = Script([*open_shop().world, CART_SERVICE])
    return [
        corner("a Service, allowed late", served.put(SENDS_NOTHING, TO_CART), Harm.CUT),
        corner("outside clients, allowed late", open_shop().put(CALLEE_CLOSED, PARTNERS), Harm.CUT),
        corner("outside clients, allowed first", open_shop().put(PARTNERS, CALLEE_CLOSED)),
        corner("IPv6, allowed late", dual.put(NO_V6, V6_7070), Harm.CUT),
        corner("IPv6, allowed first", again.put(V6_7070, NO_V6)),
        corner("ping, allowed late", pinged.put(NO_PING, PING), Harm.CUT),
        corner("ping, allowed first", pinged_again.put(PING, NO_PING)),
        corner("an entry moves between shards, removed first", lost, Harm.OPENED, back=None),
        corner("an entry moves between shards, added first", moved.put(added).put(feed(1))),
    ]


def _writes() -> list[Corner]:
    there = open_shop().put(ALLOW_GNP).later()
    renamed = {**DENY_GNP, "metadata": ALLOW_GNP["metadata"]}
    again, other = Write("step-01", None, ALLOW_GNP), Write("step-01", renamed, ALLOW_GNP)
    scene = scene_of_manifests(there.world)
    return [
        Corner("created though it is there", scene, (again,), frozenset({Harm.DOES_NOT_FIT})),
        Corner("replaced though it is otherwise", scene, (other,), frozenset({Harm.DOES_NOT_FIT})),
    ]

"""How the cases of dataplane.md are written down: a small shop, its objects, and a script of writes and waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.plan_oracle_parts.steps import Key, Manifest, Pause, Step, Wait, Write, key_of

CALICO = "projectcalico.org/v3"
APPS = ("web", "cart", "redis", "intruder")
EDGES = (("web", "cart", 7070), ("cart", "redis", 6379))
DNS = {"protocol": "UDP", "destination": {"selector": "k8s-app == 'dns'", "namespaceSelector": "all()", "ports": [53]}}
GATE = "gate == 'shut'"
IN_SHOP = "projectcalico.org/name == 'shop'"


@dataclass(frozen=True, slots=True)
class Run:
    """A list of writes and waits from a world that stands still."""

    world: tuple[Manifest, ...]
    steps: tuple[Step, ...]


class Script:
    """Writes down a run: each write knows what stood there before."""

    def __init__(self, world: Iterable[Manifest]) -> None:
        self.world = tuple(world)
        self.objects: dict[Key, Manifest] = {key_of(item): item for item in self.world}
        self.steps: list[Step] = []

    def put(self, *manifests: Manifest) -> Script:
        """Create or replace objects, one after the other."""
        for manifest in manifests:
            before = self.objects.get(key_of(manifest))
            self.steps.append(Write(self._next(), before, manifest))
            self.objects[key_of(manifest)] = manifest
        return self

    def drop(self, *manifests: Manifest) -> Script:
        """Delete objects, one after the other."""
        for manifest in manifests:
            self.steps.append(Write(self._next(), self.objects.pop(key_of(manifest)), None))
        return self

    def wait(self, *kinds: str) -> Script:
        """Wait until every node has what was written of these kinds, none named: of every kind."""
        self.steps.append(Wait(self._next(), frozenset(kinds) or None))
        return self

    def pause(self) -> Script:
        """Let a fixed time pass."""
        self.steps.append(Pause(self._next()))
        return self

    def end(self) -> Run:
        """Return the run."""
        return Run(self.world, tuple(self.steps))

    def later(self) -> Script:
        """Begin another run where this one ends."""
        return Script(self.objects.values())

    def _next(self) -> str:
        return f"step-{len(self.steps) + 1:02d}"


def open_shop(nodes: Sequence[int] = (1, 2), pods_on: Sequence[int] = (1, 2), *, dual: bool = False) -> Script:
    """Begin in a cluster without policies: shop, DNS, an intruder; pods of every app stand on `pods_on`."""
    machines = [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": f"n{number}"},
            "status": {"addresses": [{"type": "InternalIP", "address": f"10.0.0.{number}"}]},
        }
        for number in nodes
    ]
    pods = [
        _pod("shop", app, _addresses(node, 10 + place, dual), f"n{node}", {"app": app})
        for place, app in enumerate(APPS)
        for node in pods_on
    ]
    dns = _pod("kube-system", "dns", _addresses(1, 5, dual), "n1", {"k8s-app": "dns"})
    return Script([*machines, namespace("shop"), namespace("kube-system"), dns, *pods])


def namespace(name: str, **labels: str) -> Manifest:
    """Return a namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def _addresses(node: int, number: int, dual: bool) -> list[str]:
    return [f"192.168.{node}.{number}", f"fd00:{node}::{number}"][: 2 if dual else 1]


def _pod(namespace: str, app: str, addresses: Sequence[str], node: str, labels: Mapping[str, str]) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"{app}-{node}", "namespace": namespace, "labels": dict(labels)},
        "spec": {"nodeName": node, "containers": [{"name": "main"}]},
        "status": {"podIPs": [{"ip": text} for text in addresses]},
    }


def tier(action: str = "Pass") -> Manifest:
    """Return a tier of our own."""
    spec = {"order": 500, "defaultAction": action}
    return {"apiVersion": CALICO, "kind": "Tier", "metadata": {"name": "ours"}, "spec": spec}


def policy(kind: str, name: str, order: int, types: Sequence[str], **spec: Any) -> Manifest:
    """Return a Calico policy; of namespace shop, where the kind has one."""
    metadata = {"name": name} | ({"namespace": "shop"} if kind == "NetworkPolicy" else {})
    return {
        "apiVersion": CALICO,
        "kind": kind,
        "metadata": metadata,
        "spec": {"tier": "default", "order": order, "types": list(types), **spec},
    }


def in_tier(manifest: Manifest, name: str) -> Manifest:
    """Return a policy in a tier; the name says so, as Calico wants it."""
    metadata = {**manifest["metadata"], "name": f"{name}.{manifest['metadata']['name']}"}
    return {**manifest, "metadata": metadata, "spec": {**manifest["spec"], "tier": name}}


# Section 5: one pod that is called on 7070, and what else comes and goes.
CART = {"selector": "app == 'cart'"}
CART_7070 = [{"action": "Allow", "protocol": "TCP", "destination": {"ports": [7070]}}]
DENY_GNP = policy("GlobalNetworkPolicy", "deny", 900, ["Ingress"], **CART, ingress=[{"action": "Deny"}])
DENY_NP = policy("NetworkPolicy", "deny", 900, ["Ingress"], **CART, ingress=[{"action": "Deny"}])
ALLOW_GNP = policy("GlobalNetworkPolicy", "allow", 100, ["Ingress"], **CART, ingress=CART_7070)
ALLOW_NP = policy("NetworkPolicy", "allow", 100, ["Ingress"], **CART, ingress=CART_7070)
ALLOW_KNP = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "allow", "namespace": "shop"},
    "spec": {
        "podSelector": {"matchLabels": {"app": "cart"}},
        "policyTypes": ["Ingress"],
        "ingress": [{"ports": [{"protocol": "TCP", "port": 7070}]}],
    },
}
# A Kubernetes policy has order 1000; only a Deny behind it leaves it its say.
DENY_LATE = policy("GlobalNetworkPolicy", "deny", 2000, ["Ingress"], **CART, ingress=[{"action": "Deny"}])
IN_TIER = in_tier(ALLOW_NP, "ours")
TIER = tier()


# Who calls and who is called, each closed by a policy of its own.
CALLER_CLOSED = policy("GlobalNetworkPolicy", "caller", 900, ["Egress"], selector="app == 'web'", egress=[])
CALLEE_CLOSED = policy("GlobalNetworkPolicy", "callee", 900, ["Ingress"], **CART, ingress=[])


# Section 7: the whole set, layer by layer.
BOTH = ("Ingress", "Egress")
PODS_OF_SHOP = {"selector": "all()", "namespaceSelector": IN_SHOP}
OUTSIDE = "198.51.100.0/24"


def threat() -> list[Manifest]:
    """Return the layer at 50."""
    ingress = [{"action": "Deny", "source": {"nets": [OUTSIDE]}}]
    egress = [{"action": "Deny", "destination": {"nets": [OUTSIDE]}}]
    return [policy("GlobalNetworkPolicy", "threat", 50, BOTH, **PODS_OF_SHOP, ingress=ingress, egress=egress)]


def dns() -> list[Manifest]:
    """Return the layer at 100."""
    return [policy("GlobalNetworkPolicy", "dns", 100, ["Egress"], **PODS_OF_SHOP, egress=[{"action": "Allow", **DNS}])]


def workloads(kind: str = "NetworkPolicy") -> list[Manifest]:
    """Return the layer at 500: a policy for each service, and the way in from outside."""
    found = []
    for app in APPS[:3]:
        ingress = [_edge("source", one, port) for one, other, port in EDGES if other == app]
        egress = [_edge("destination", other, port) for one, other, port in EDGES if one == app]
        if app == "web":
            ingress.append({"action": "Allow", "protocol": "TCP", "destination": {"ports": [8080]}})
        scope = {} if kind == "NetworkPolicy" else {"namespaceSelector": IN_SHOP}
        own = f"app == '{app}'"
        found.append(policy(kind, app, 500, BOTH, selector=own, **scope, ingress=ingress, egress=egress))
    return found


def _edge(side: str, peer: str, port: int) -> dict[str, Any]:
    rule: dict[str, Any] = {"action": "Allow", "protocol": "TCP", "destination": {"ports": [port]}}
    rule[side] = {**rule.get(side, {}), "selector": f"app == '{peer}'"}
    return rule


def default_deny(*, rules: bool = False) -> list[Manifest]:
    """Return the layer at 1000."""
    deny = {"ingress": [{"action": "Deny"}], "egress": [{"action": "Deny"}]} if rules else {}
    return [policy("GlobalNetworkPolicy", "default-deny", 1000, BOTH, **PODS_OF_SHOP, **deny)]


def layers(*, rules: bool = False) -> list[Manifest]:
    """Return all layers in their order."""
    return [*threat(), *dns(), *workloads(), *default_deny(rules=rules)]


def as_global(manifests: Iterable[Manifest], gate: str = "") -> list[Manifest]:
    """Return a set with global policies alone, gated by a label of the namespace where one is named."""
    found: list[Manifest] = []
    for item in manifests:
        scope = f"{IN_SHOP} && {gate}" if gate else IN_SHOP
        metadata = {"name": item["metadata"]["name"]}
        spec = {**item["spec"], "namespaceSelector": scope}
        found.append({**item, "kind": "GlobalNetworkPolicy", "metadata": metadata, "spec": spec})
    return found


def bridge(action: str = "Allow") -> list[Manifest]:
    """Return the bridge: one policy before all others that allows, or one a direction, last, that passes."""
    if action == "Allow":
        rules = {"ingress": [{"action": action}], "egress": [{"action": action}]}
        return [policy("GlobalNetworkPolicy", "bridge", 1, BOTH, **PODS_OF_SHOP, **rules)]
    return [
        policy(
            "GlobalNetworkPolicy",
            f"bridge-{direction.lower()}",
            9999,
            [direction],
            **PODS_OF_SHOP,
            **{direction.lower(): [{"action": action}]},
        )
        for direction in ("Egress", "Ingress")
    ]

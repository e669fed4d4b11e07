"""A caller and a callee on two nodes, and single writes of each kind that cut them off from each other."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from generator.calico.kinds import Kind
from generator.calico.manifest import write_manifest
from tests.testbed.client import Client, Manifest
from tests.testbed.dataplane.cluster import API_VERSION, FelixCluster
from tests.testbed.dataplane.load import Flow
from tests.testbed.worlds import World

PORT: Final = 8080
VERSION: Final = "3.31"
_TO_CART: Final = {"selector": "app == 'cart'", "types": ["Ingress"], "order": 1}


@dataclass(frozen=True)
class Shop:
    """`web` calls `cart`, from each of two nodes to the other."""

    client: Client
    flows: list[Flow]

    def all_are(self, answered: bool) -> bool:
        """Tell whether every flow is as said now: one new connection each."""
        return all(flow.answered(0.3) is answered for flow in self.flows)

    def wait_until(self, *, answered: bool) -> None:
        """Return when every flow is as said, three times in a row."""
        until, seen = time.monotonic() + 15, 0
        while seen < 3:
            seen = seen + 1 if self.all_are(answered) else 0
            assert time.monotonic() < until, f"not all flows are {'answered' if answered else 'cut'}"

    def write(
        self, kind: Kind, name: str, spec: Manifest | None, namespace: str = "", labels: Mapping[str, str] | None = None
    ) -> None:
        """Write an object as Calico's client of this release would store it; without a spec, delete it."""
        metadata: Manifest = {"name": name} | ({"namespace": namespace} if namespace else {})
        kubernetes = kind is Kind.KUBERNETES_NETWORK_POLICY
        v3 = {
            "apiVersion": "networking.k8s.io/v1" if kubernetes else "projectcalico.org/v3",
            "kind": "NetworkPolicy" if kubernetes else kind.value,
            "metadata": metadata | ({"labels": dict(labels)} if labels else {}),
            "spec": spec or {},
        }
        stored = write_manifest(v3, API_VERSION, VERSION)
        if spec is None:
            self.client.delete(stored)
        else:
            self.client.apply(stored)


def write_shop(cluster: FelixCluster, world: World) -> Shop:
    """Write the shop into a cluster, and return it when its packets flow."""
    world.write([_workload("web"), _workload("cart")], namespace="shop")
    cluster.plug(world.pods)
    webs = [pod for name, pod in cluster.pods.items() if name.startswith("shop/web-")]
    carts = [pod.listen(PORT) for name, pod in cluster.pods.items() if name.startswith("shop/cart-")]
    shop = Shop(
        cluster.server.client(),
        [Flow(web, cart, PORT) for web in webs for cart in carts if web.node is not cart.node],
    )
    assert len(shop.flows) == 2
    shop.wait_until(answered=True)
    return shop


def _workload(name: str) -> Manifest:
    """Return a workload with one pod on each node."""
    labels = {"app": name}
    container = {"name": name, "image": f"{name}:1", "ports": [{"containerPort": PORT}]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name}, "spec": spec}


@dataclass(frozen=True)
class Switch:
    """Cuts `web` off from `cart` by one write of a kind, and gives it back by another one."""

    shop: Shop
    kind: Kind

    def stand(self) -> None:
        """Write what the switch needs beside its own object."""
        match self.kind:
            case Kind.GLOBAL_NETWORK_SET:
                self.turn(cut=False)
                deny = {"action": "Deny", "source": {"selector": "list == 'bad'", "namespaceSelector": "global()"}}
                spec = _TO_CART | {"ingress": [deny, {"action": "Allow"}]}
                self.shop.write(Kind.GLOBAL_NETWORK_POLICY, "listed", spec)
            case Kind.TIER:
                self.turn(cut=False)
                self.shop.write(Kind.GLOBAL_NETWORK_POLICY, "own.gate", _TO_CART | {"tier": "own"})
            case _:
                pass

    def turn(self, *, cut: bool) -> None:
        """Make the one write."""
        match self.kind:
            case Kind.GLOBAL_NETWORK_SET:
                nets = [f"{flow.source.address}/32" for flow in self.shop.flows] if cut else []
                self.shop.write(self.kind, "bad", {"nets": nets}, labels={"list": "bad"})
            case Kind.TIER:
                self.shop.write(self.kind, "own", {"order": 100, "defaultAction": "Deny" if cut else "Pass"})
            case Kind.KUBERNETES_NETWORK_POLICY:
                spec: Manifest = {"podSelector": {"matchLabels": {"app": "cart"}}, "policyTypes": ["Ingress"]}
                self.shop.write(self.kind, "cut", spec if cut else None, "shop")
            case Kind.NETWORK_POLICY:
                self.shop.write(self.kind, "cut", _TO_CART if cut else None, "shop")
            case _:
                self.shop.write(self.kind, "cut-all", _TO_CART if cut else None)

    def fall(self) -> None:
        """Take away what `stand` has written."""
        match self.kind:
            case Kind.GLOBAL_NETWORK_SET:
                self.shop.write(Kind.GLOBAL_NETWORK_POLICY, "listed", None)
                self.shop.write(self.kind, "bad", None)
            case Kind.TIER:
                self.shop.write(Kind.GLOBAL_NETWORK_POLICY, "own.gate", None)
                self.shop.write(self.kind, "own", None)
            case _:
                pass

"""Small worlds that rewrites start from, and the places of rules in them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.reach.random_worlds import CALICO, NAMESPACES, Builder, Manifest

PODS = 5
T = TypeVar("T")
Objects = list[Manifest]
# Changes the objects in place without a change of meaning; False, and nothing changed, where it finds no place for it.
Rewrite = Callable[[Objects, random.Random], bool]


@dataclass(frozen=True, slots=True)
class Spot:
    """One rule of an enforced Calico policy."""

    policy: Manifest
    direction: str
    index: int

    @property
    def rules(self) -> list[Manifest]:
        """Return the list that the rule stands in."""
        found: list[Manifest] = self.policy["spec"][self.direction]
        return found

    @property
    def rule(self) -> Manifest:
        """Return the rule."""
        return self.rules[self.index]

    @property
    def sides(self) -> list[Manifest]:
        """Return the sides that are written."""
        return [self.rule[side] for side in ("source", "destination") if side in self.rule]

    def put(self, *rules: Manifest) -> bool:
        """Replace the rule."""
        self.rules[self.index : self.index + 1] = rules
        return True


def base_world(seed: int) -> Objects:
    """Return a random world of at most five pods; in two of five all pods are isolated by a last policy."""
    objects = [item for item in Builder(seed).build() if item["metadata"]["name"] != f"p{PODS}"]
    return [*objects, *map(isolate, NAMESPACES)] if seed % 5 < 2 else objects


def isolate(namespace: str) -> Manifest:
    """Return a policy that selects every pod of a namespace, after all others, and allows nothing."""
    metadata = {"namespace": namespace, "name": "zz"}
    spec = {"tier": "default", "types": ["Ingress", "Egress"]}
    return {"apiVersion": CALICO, "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def calico_policies(objects: Iterable[Manifest]) -> list[Manifest]:
    """Return the enforced policies of Calico's own kinds."""
    kinds = ("NetworkPolicy", "GlobalNetworkPolicy")
    return [item for item in objects if item["apiVersion"] == CALICO and item["kind"] in kinds]


def kubernetes_policies(objects: Iterable[Manifest]) -> list[Manifest]:
    """Return the enforced Kubernetes NetworkPolicies."""
    return [item for item in objects if item["kind"] == "NetworkPolicy" and item["apiVersion"] != CALICO]


def spots(objects: Iterable[Manifest]) -> Iterator[Spot]:
    """Yield all rules."""
    for policy in calico_policies(objects):
        for direction in ("ingress", "egress"):
            for index in range(len(policy["spec"].get(direction, ()))):
                yield Spot(policy, direction, index)


def pick(found: Iterable[T], chance: random.Random) -> T | None:
    """Return one of them, None where there is none."""
    listed = list(found)
    return chance.choice(listed) if listed else None


def tier_of(policy: Manifest) -> str:
    """Return the tier of a policy of Calico's or of a Kubernetes NetworkPolicy."""
    found: str = policy["spec"].get("tier", "default")
    return found


def in_sequence(policies: Iterable[Manifest]) -> list[Manifest]:
    """Sort policies of one tier as 3.32 does (calico.md 2.1)."""
    return sorted(policies, key=_place)


def _place(policy: Manifest) -> tuple[float, bytes]:
    metadata, kind = policy["metadata"], policy["kind"]
    own = policy["apiVersion"] == CALICO
    order = policy["spec"].get("order", float("inf")) if own else 1000
    text = f"{metadata['name']}/{metadata.get('namespace', '')}/{kind if own else f'Kubernetes{kind}'}"
    return float(order), text.encode()


def enforced_in(objects: Iterable[Manifest], tier: str) -> list[Manifest]:
    """Return the enforced policies of a tier of users in their sequence."""
    listed = list(objects)
    return in_sequence(
        item for item in (*calico_policies(listed), *kubernetes_policies(listed)) if tier_of(item) == tier
    )


def nets_of(value: Any) -> Iterator[str]:
    """Yield every CIDR that is written anywhere in manifests."""
    match value:
        case dict():
            for key, item in value.items():
                if key in ("nets", "notNets", "except"):
                    yield from item
                elif key == "cidr":
                    yield item
                else:
                    yield from nets_of(item)
        case list():
            for item in value:
                yield from nets_of(item)
        case _:
            pass

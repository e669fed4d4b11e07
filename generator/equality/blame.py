"""Which layer, policy and rule a difference comes from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from generator.calico.names import identity_of
from generator.equality.model import RenderedItem
from generator.equality.proof_world import ProofWorld
from generator.reach.decision import Decision
from generator.reach.model import PolicyView
from generator.reach.places import Place

_LAST: Final = "default-deny"
_SEQUENCE: Final = (  # in which layers are asked (product.md 3)
    "guardrails", "threat-feeds", "dns", "system", "shared", "exceptions", "workloads", "isolation", _LAST,
)  # fmt: skip


class Blame:
    """Finds the cause behind a decision."""

    def __init__(self, world: ProofWorld, items: Iterable[RenderedItem]) -> None:
        self._engine = world.engine
        self._items = list(items)
        self._origins = world.origins

    def of(self, decision: Decision | None, place: Place, meant: str) -> tuple[str, str, int | None]:
        """Return layer, policy and rule; "" and None for a rule that is missing.

        `meant` is the layer that should have decided, "" where none should. If a policy of it was asked before and did
        not decide, or there is none, its rule is missing; else one of both is out of its place.
        """
        policy = decision.decided_by if decision is not None else None
        if policy is None:
            return meant or _LAST, "", None
        layer, name = self.of_policy(policy)
        if meant and meant != layer:
            late = self._asked_later(meant, policy, place)
            if late is None:
                return meant, "", None
            if self._displaced(late) >= max(1, self._displaced(policy)):
                return *self.of_policy(late), None
        assert decision is not None
        return layer, name, decision.rule

    def _asked_later(self, layer: str, policy: PolicyView, place: Place) -> PolicyView | None:
        """Return the first policy of a layer on these pods, if it is asked after another."""
        asked = [found for _, found in self._engine.selecting(self._engine.class_of(place.pods[0].key))]
        first = next((found for found in asked if self.of_policy(found)[0] == layer), None)
        later = first is not None and asked.index(first) > asked.index(policy)
        return first if later else None

    def _displaced(self, policy: PolicyView) -> int:
        """Return how many layers a policy comes before or after, against their sequence."""
        own = self.of_policy(policy)[0]
        wrong: set[str] = set()
        before = True
        for found in (found for tier in self._engine.lowered.tiers for found in tier.policies):
            if found is policy:
                before = False
                continue
            layer = self.of_policy(found)[0]
            if layer and own and layer != own and before != (_SEQUENCE.index(layer) < _SEQUENCE.index(own)):
                wrong.add(layer)
        return len(wrong)

    def of_policy(self, policy: PolicyView) -> tuple[str, str]:
        """Return the layer and the identity of a policy."""
        number = self._origins.get(id(policy.origin))
        if number is None:
            return "", str(policy.id)
        return self._items[number].layer, str(identity_of(self._items[number].object))

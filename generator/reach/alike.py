"""Label classes that no policy of a view tells apart, taken as one.

In a large cluster hardly a policy has a say on one workload, and to the few that have most pods are the same. What the
policies that are left can ask of a class, and which of them select it, is all that is looked at here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from generator.reach.label_index import Classes, LabelIndex
from generator.reach.model import Isolating, TierView
from generator.selectors import Node


class AlikeIndex(LabelIndex):
    """The classes of another index, merged as far as the enforced policies of some tiers treat them alike."""

    __slots__ = ("_base", "_chosen", "_isolated", "_merged")

    def __init__(self, base: LabelIndex, tiers: Iterable[TierView], apart: Iterable[int]) -> None:
        """Merge the classes of `base`; those in `apart` stay classes of their own."""
        tiers = tuple(tiers)
        chosen: dict[Node, AbstractSet[int]] = {node: base.select(node) for node in dict.fromkeys(_selectors(tiers))}
        isolated = {some: base.isolated_by(some) for tier in tiers for some in tier.isolating}
        self._base = base
        self._merged = _merge(len(base.labels), [*({number} for number in apart), *chosen.values(), *isolated.values()])
        self.class_of = [self._merged[number] for number in base.class_of]
        first = dict(zip(reversed(self._merged), reversed(base.labels), strict=True))
        self.labels = [first[number] for number in range(len(first))]
        self._chosen = {node: self._merged_of(classes) for node, classes in chosen.items()}
        self._isolated = {some: self._merged_of(classes) for some, classes in isolated.items()}

    def select(self, selector: Node) -> Classes:
        """Return the classes that a selector of the policies matches; KeyError for one that would tell them apart."""
        found = self._chosen.get(selector)
        if found is None:
            classes = self._base.select(selector)
            found = self._chosen[selector] = self._merged_of(classes)
            if sum(number in found for number in self._merged) != len(classes):
                raise KeyError(selector)
        return found

    def isolated_by(self, some: Isolating) -> Classes:
        """Return the classes that any of some policies of the view selects."""
        return self._isolated[some]

    def _merged_of(self, classes: AbstractSet[int]) -> Classes:
        return frozenset(self._merged[number] for number in classes)


def _merge(count: int, chosen: Iterable[AbstractSet[int]]) -> list[int]:
    """Return for each of `count` classes its new number: the same for all that the same of these sets hold."""
    held_by: list[list[int]] = [[] for _ in range(count)]
    for name, classes in enumerate(chosen):
        for number in classes:
            held_by[number].append(name)
    known: dict[tuple[int, ...], int] = {}
    return [known.setdefault(tuple(names), len(known)) for names in held_by]


def _selectors(tiers: Iterable[TierView]) -> Iterator[Node]:
    """Go through all that enforced policies ask of endpoints: whom they select, and whom their rules mean."""
    for tier in tiers:
        for policy in tier.policies:
            if policy.staged:
                continue
            yield policy.selector
            for rule in (*policy.ingress, *policy.egress):
                for side in (rule.source, rule.destination):
                    yield from (node for node in (side.members, side.excluded) if node is not None)

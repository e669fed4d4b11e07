"""Policies as the templates see them: everything decided, nothing written yet."""

from __future__ import annotations

from dataclasses import dataclass

from generator.layers.peers import RuleRow
from generator.layers.scope import ScopePart


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A namespaced policy: name, namespace, selector, rows of both directions, and the item of the intent."""

    name: str
    namespace: str
    selector: str
    ingress: tuple[RuleRow, ...]
    egress: tuple[RuleRow, ...]
    why: str

    @property
    def types(self) -> tuple[str, ...]:
        """Return the directions that have rules, for layers that add to what another layer isolates."""
        return tuple(word for word, rows in (("Ingress", self.ingress), ("Egress", self.egress)) if rows)


@dataclass(frozen=True, slots=True)
class GlobalView:
    """A global policy on one part of the scope."""

    name: str
    part: ScopePart
    ingress: tuple[RuleRow, ...]
    why: str


@dataclass(frozen=True, slots=True)
class ExposedView:
    """A global policy that admits clients from outside the cluster to one service's pods."""

    name: str
    selector: str
    namespace_selector: str
    ingress: tuple[RuleRow, ...]
    why: str

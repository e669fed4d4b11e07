"""The rights that Calico's own API server asks for besides: those on the policies of a tier (calico.md 7.4).

It takes a write only from whoever may `get` the tier and has the verb on `tier.networkpolicies` (and its like), named
`TIER.*` or as the policy itself. Where v3 is stored as it is, a webhook may ask for the same; without it nobody does,
so there the plain rights are all that is required.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generator.apply.codes import OUTCOME_UNKNOWN, RIGHT_MISSING
from generator.apply.rights import VERBS, Right, is_allowed, missing_rights
from generator.calico.names import DEFAULT_TIER, TIERED_KINDS
from generator.cluster.access import Connection
from generator.cluster.backoff import Backoff, Unreachable
from generator.cluster.calico_api import is_aggregated
from generator.cluster.clock import Clock
from generator.cluster.places import place_of
from generator.cluster.wanted import CALICO_API
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.errors import EnvironmentFailure, RefusedError
from generator.plan.model import WriteStep

_HINT: Final = "Calico's API server asks for it; the role in deploy/rbac has all that is needed"


@dataclass(frozen=True, slots=True, order=True)
class _Asked:
    """A verb on the policies of one kind in one tier."""

    tier: str
    plural: str
    verb: str

    def right(self, namespace: str, name: str) -> Right:
        return Right(CALICO_API, f"tier.{self.plural}", namespace, self.verb, name)


def require_rights(connection: Connection, clock: Clock, rights: Iterable[Right], steps: Collection[WriteStep]) -> None:
    """Raise RefusedError with each right that is missing, by tier too; EnvironmentFailure where nobody can tell."""
    try:
        found = missing_rights(connection, clock, rights) or missing_tier_rights(connection, clock, steps)
    except Unreachable as error:
        raise EnvironmentFailure([problem(OUTCOME_UNKNOWN, error.fault.words)]) from None
    if found:
        raise RefusedError(found)


def missing_tier_rights(connection: Connection, clock: Clock, steps: Iterable[WriteStep]) -> list[Diagnostic]:
    """Return a problem for each right by tier that the writes lack; none without an API server of Calico's own.

    Raises Unreachable.
    """
    asked = _asked(steps)
    if not asked or is_aggregated(connection, lambda: Backoff(clock)) is False:
        return []

    def has(right: Right) -> bool:
        return is_allowed(connection, clock, right)

    missing = [right for right in map(_see, sorted({item.tier for item in asked})) if not has(right)]
    for item, written in sorted(asked.items()):
        every = f"{item.tier}.*"
        if has(item.right("", every)):
            continue
        for namespace, names in sorted(written.items()):
            if namespace and has(item.right(namespace, every)):
                continue
            if not all(has(item.right(namespace, name)) for name in sorted(names)):
                missing.append(item.right(namespace, every))
    return [problem(RIGHT_MISSING, f"there is no right to {right}", hint=_HINT) for right in missing]


def _see(tier: str) -> Right:
    return Right(CALICO_API, "tiers", "", "get", tier)


def _asked(steps: Iterable[WriteStep]) -> dict[_Asked, dict[str, set[str]]]:
    """Return the names of the policies that are written, by what is asked for and by namespace ("" for global ones)."""
    found: dict[_Asked, dict[str, set[str]]] = {}
    for step in steps:
        write = step.write
        like = write.after if write.after is not None else write.before
        assert like is not None
        place = place_of(write.identity.kind, like)
        if place.group != CALICO_API or write.identity.kind not in TIERED_KINDS:
            continue
        for verb in VERBS[write.verb]:
            rows = found.setdefault(_Asked(_tier_of(like), place.plural, verb), {})
            rows.setdefault(place.namespace, set()).add(place.name)
    return found


def _tier_of(manifest: Mapping[str, Any]) -> str:
    return str((manifest.get("spec") or {}).get("tier") or DEFAULT_TIER)

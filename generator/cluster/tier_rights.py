"""Whether Calico's own API server shows the policies of every tier (calico.md 7.4).

It leaves policies of tiers that somebody may not see out of a list, and says nothing of it: the list looks whole. So
the rights are asked for beside the list, first for all tiers, and tier by tier where that is not granted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from generator.calico.kinds import KINDS
from generator.calico.names import TIERED_KINDS
from generator.cluster.access import Connection, Response
from generator.cluster.backoff import ask
from generator.cluster.reviews import review_request, says_yes
from generator.cluster.served import BackoffMaker
from generator.cluster.wanted import CALICO_API

PLURALS: Final = tuple(KINDS[kind].plural for kind in sorted(TIERED_KINDS))


def hidden_tiers(connection: Connection, tiers: Iterable[str], backoff: BackoffMaker) -> dict[str, list[str]]:
    """Return by plural the tiers whose policies a list leaves out; where nobody answers that is each of them."""
    names = sorted(tiers)

    def may(verb: str, resource: str, name: str) -> bool:
        return _may(connection, verb, resource, name, backoff)

    unseen = set[str]() if may("get", "tiers", "") else {name for name in names if not may("get", "tiers", name)}
    found: dict[str, list[str]] = {}
    for plural in PLURALS:
        resource = f"tier.{plural}"
        closed = set[str]()
        if not may("list", resource, ""):
            closed = {name for name in names if name not in unseen and not may("list", resource, f"{name}.*")}
        if unseen | closed:
            found[plural] = sorted(unseen | closed)
    return found


def _may(connection: Connection, verb: str, resource: str, name: str, backoff: BackoffMaker) -> bool:
    answer = ask(connection, review_request(CALICO_API, resource, verb, name=name), backoff())
    return isinstance(answer, Response) and says_yes(answer.body)

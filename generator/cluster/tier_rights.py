"""Whether Calico's own API server shows the policies of every tier (calico.md 7.4).

It leaves policies of tiers that somebody may not see out of a list, and says nothing of it: the list looks whole. So
the rights are asked for beside the list, first for all tiers, and tier by tier where that is not granted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from generator.calico.kinds import KINDS
from generator.calico.names import TIERED_KINDS
from generator.cluster.access import Connection, Request, Response
from generator.cluster.backoff import ask
from generator.cluster.served import BackoffMaker
from generator.cluster.wanted import CALICO_API

PLURALS: Final = tuple(KINDS[kind].plural for kind in sorted(TIERED_KINDS))
_ASK: Final = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


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
    wanted = {"group": CALICO_API, "resource": resource, "verb": verb, **({"name": name} if name else {})}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": wanted},
    }
    answer = ask(connection, Request("POST", _ASK, body=body), backoff())
    status = answer.body.get("status") if isinstance(answer, Response) and isinstance(answer.body, dict) else None
    return isinstance(status, dict) and status.get("allowed") is True

"""All that happened to the objects of one kind since a moment, by whomever: a list says the moment, watches the rest.

A look ends after a second, and is complete up to its beginning: the server is first asked for its newest version, then
for an object that is not older than it, which its cache answers only once it has caught up, and then for what happened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from generator.apply.waits.faults import BeginAgain, NoSign, unreachable
from generator.cluster.access import Connection, Request, Response
from generator.cluster.backoff import PATIENCE, Backoff, Unreachable, ask
from generator.cluster.clock import Clock
from generator.cluster.faults import Fault, FaultKind

_SECONDS: Final = 1
_EXPIRED: Final = 410
_AT_ONCE: Final = 16  # more than there are kinds to follow
_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Happening:
    """One event: ADDED, MODIFIED or DELETED, and the object, as it was last where it is gone."""

    type: str
    manifest: Mapping[str, Any]


class Feed:
    """Follows one kind; `collection` is the path of all its objects, `probe` that of one that may be there."""

    def __init__(self, connection: Connection, clock: Clock, collection: str, probe: str) -> None:
        self._connection = connection
        self._clock = clock
        self._collection = collection
        self._probe = probe
        self._version = ""

    def start(self) -> bool:
        """Begin to follow from now on; False where the kind is not served."""
        self._version = self._newest()
        return bool(self._version)

    def look(self) -> list[Happening]:
        """Return what happened since the last look, in order; BeginAgain where the server has forgotten it."""
        newest = self._newest()
        # Whether it is there does not matter: the answer is as new as what was asked for.
        self._ask(Request("GET", self._probe, (("resourceVersion", newest),)), FaultKind.ABSENT)
        query = (("watch", "1"), ("resourceVersion", self._version), ("timeoutSeconds", str(_SECONDS)))
        answer = self._ask(Request("GET", self._collection, query), FaultKind.CONFLICT)
        if isinstance(answer, Fault) or answer is None:
            raise BeginAgain("the API server no longer has the record of what was written")
        found: list[Happening] = []
        for line in str(answer.body or "").splitlines():
            event = _parse(line)
            kind, manifest = event.get("type"), event.get("object") or {}
            if kind == "ERROR":
                expired = manifest.get("code") == _EXPIRED
                words = "no longer has the record of what was written" if expired else "broke the record off"
                raise BeginAgain(f"the API server {words}")
            self._version = str(manifest["metadata"]["resourceVersion"])
            if kind in ("ADDED", "MODIFIED", "DELETED"):
                found.append(Happening(str(kind), manifest))
        return found

    def _newest(self) -> str:
        answer = self._ask(Request("GET", self._collection, (("limit", "1"),)), FaultKind.NO_KIND)
        if answer is None or isinstance(answer, Fault) or not isinstance(answer.body, Mapping):
            return ""
        return str((answer.body.get("metadata") or {}).get("resourceVersion") or "")

    def _ask(self, request: Request, *fine: FaultKind) -> Response | Fault | None:
        try:
            answer = ask(self._connection, request, Backoff(self._clock, PATIENCE))
        except Unreachable as error:
            raise unreachable(f"{self._collection}: {error.fault.words}") from None
        if not isinstance(answer, Fault):
            return answer
        if answer.kind in fine:
            return answer
        if answer.kind is FaultKind.FORBIDDEN:
            verb = "watch" if ("watch", "1") in request.query else "get" if request.path == self._probe else "list"
            raise NoSign(f"the role may not {verb} {self._collection.rsplit('/', 1)[-1]}")
        raise NoSign(f"{self._collection}: {answer.words}")


def look_at_all(feeds: Mapping[_Key, Feed]) -> dict[_Key, list[Happening]]:
    """Look at all feeds at the same time, because each look lasts for a second."""
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return dict(zip(feeds, pool.map(Feed.look, feeds.values()), strict=True))


def _parse(line: str) -> Mapping[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        raise BeginAgain("the API server broke the record off") from None
    if not isinstance(event, Mapping):
        raise BeginAgain("the API server broke the record off")
    return event

"""The small objects that a run keeps beside the policies: Lease and ConfigMaps in the state namespace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from generator.apply.run_codes import STATE_FORBIDDEN, STATE_NAMESPACE_ABSENT, STATE_UNREACHABLE
from generator.cluster.access import Connection, Request, Response
from generator.cluster.backoff import PATIENCE, Backoff, Patience, Unreachable, ask
from generator.cluster.clock import Clock
from generator.cluster.faults import Fault, FaultKind
from generator.foundation.diagnostics import problem
from generator.foundation.errors import EnvironmentFailure, RefusedError, RingfenceError

Stored = Mapping[str, Any]
MANAGER: Final = "ringfence"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where objects of one plural live: `api` as in `/api/v1`."""

    api: str
    plural: str
    namespace: str

    def path(self, name: str = "") -> str:
        """Return the path of the collection, or of one object."""
        where = f"{self.api}/namespaces/{quote(self.namespace, safe='')}/{self.plural}"
        return f"{where}/{quote(name, safe='')}" if name else where


class StateObjects:
    """Reads and writes objects of one shelf, asking again while what is wrong may pass.

    A write whose answer was lost is sent again, so `create` can find its own object there and `replace` can find that
    the version is another: both say so by None, and the caller looks at what is there.
    """

    def __init__(self, connection: Connection, clock: Clock, shelf: Shelf, patience: Patience = PATIENCE) -> None:
        self._connection = connection
        self._clock = clock
        self._shelf = shelf
        self._patience = patience

    def read(self, name: str) -> Stored | None:
        """Return an object; None where there is none."""
        answer = self._ask(Request("GET", self._shelf.path(name)))
        if isinstance(answer, Fault):
            if answer.kind is FaultKind.ABSENT:
                return None
            raise self._wrong(answer, "get")
        return _object(answer)

    def list(self, selector: str) -> list[Stored]:
        """Return the objects with these labels, page by page."""
        found: list[Stored] = []
        more = ""
        while True:
            query: tuple[tuple[str, str], ...] = (("labelSelector", selector), ("limit", "50"))
            answer = self._ask(Request("GET", self._shelf.path(), (*query, ("continue", more)) if more else query))
            if isinstance(answer, Fault):
                raise self._wrong(answer, "list")
            body = _object(answer)
            found.extend(item for item in body.get("items") or () if isinstance(item, Mapping))
            more = str((body.get("metadata") or {}).get("continue") or "")
            if not more:
                return found

    def create(self, body: Stored) -> Stored | None:
        """Create an object; None where one of this name is there."""
        answer = self._ask(Request("POST", self._shelf.path(), _STRICT, body))
        if isinstance(answer, Fault):
            if answer.kind is FaultKind.EXISTS:
                return None
            raise self._wrong(answer, "create")
        return _object(answer)

    def replace(self, body: Stored) -> Stored | None:
        """Replace the version that `body` names; None where that is not the one which is there."""
        answer = self._ask(Request("PUT", self._shelf.path(body["metadata"]["name"]), _STRICT, body))
        if isinstance(answer, Fault):
            if answer.kind in (FaultKind.CONFLICT, FaultKind.ABSENT):
                return None
            raise self._wrong(answer, "update")
        return _object(answer)

    def delete(self, stored: Stored) -> None:
        """Delete exactly this version of an object; one that is gone or has changed is left as it is."""
        metadata = stored["metadata"]
        conditions = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": conditions}
        answer = self._ask(Request("DELETE", self._shelf.path(metadata["name"]), (), body))
        if isinstance(answer, Fault) and answer.kind not in (FaultKind.ABSENT, FaultKind.CONFLICT):
            raise self._wrong(answer, "delete")

    def _ask(self, request: Request) -> Response | Fault:
        try:
            return ask(self._connection, request, Backoff(self._clock, self._patience))
        except Unreachable as error:
            raise EnvironmentFailure(
                [problem(STATE_UNREACHABLE, f"{self._shelf.plural} in '{self._shelf.namespace}': {error.fault.words}")]
            ) from None

    def _wrong(self, fault: Fault, verb: str) -> RingfenceError:
        where = self._shelf.namespace
        if fault.kind is FaultKind.NO_NAMESPACE:
            hint = f"kubectl create namespace {where}, or name another one with --state-namespace"
            return RefusedError([problem(STATE_NAMESPACE_ABSENT, f"there is no namespace '{where}'", hint=hint)])
        if fault.kind is FaultKind.FORBIDDEN:
            summary = f"the role may not {verb} {self._shelf.plural} in namespace '{where}'"
            return RefusedError([problem(STATE_FORBIDDEN, summary, hint="deploy/rbac has a role that may")])
        return EnvironmentFailure([problem(STATE_UNREACHABLE, f"{self._shelf.plural} in '{where}': {fault.words}")])


_STRICT: Final = (("fieldManager", MANAGER), ("fieldValidation", "Strict"))


def _object(answer: Response) -> Stored:
    return answer.body if isinstance(answer.body, Mapping) else {}


def resource_version(stored: Stored) -> str:
    """Return an object's version."""
    return str((stored.get("metadata") or {}).get("resourceVersion") or "")

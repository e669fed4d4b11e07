"""Canaries: objects that select nothing, made only to be counted.

They carry `ringfence/canary` and not the label of an intent, so that no plan and no diff takes them for a part of a
set. Their names are numbered from 1 and they are removed from the last one on, so that what a killed run has left is
found by its names alone.
"""

from __future__ import annotations

from typing import Any, Final

from generator.apply.waits.faults import NoSign, unreachable
from generator.apply.waits.kinds import api_version_of, object_of
from generator.calico.kinds import CALICO_V3, KINDS, Kind
from generator.calico.manifest import write_manifest
from generator.calico.names import DEFAULT_TIER
from generator.cluster.access import Connection, Request
from generator.cluster.backoff import PATIENCE, Backoff, Unreachable, ask
from generator.cluster.clock import Clock
from generator.cluster.faults import Fault, FaultKind
from generator.cluster.places import place_of
from generator.layers.names import canary_prefix

LABEL_CANARY: Final = "ringfence/canary"
_NOBODY: Final = "has(ringfence-canary) && !has(ringfence-canary)"
_LAST: Final = 1_000_000  # order after every other tier and policy
_MANY: Final = 10_000


class CanaryCage:
    """The canaries of one intent, by kind; `calico` is the group-version that the plan is written in."""

    def __init__(
        self, connection: Connection, clock: Clock, namespace: str, intent: str, calico: str, version: str
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._namespace = namespace
        self._intent = intent
        self._calico = calico
        self._version = version
        self._alive: dict[Kind, int] = {}

    def alive(self, kind: Kind) -> int:
        """Return how many there are."""
        return self._alive.get(kind, 0)

    def add(self, kind: Kind, number: int) -> None:
        """Create so many more; NoSign where the server does not take them."""
        for _ in range(number):
            body = self._manifest(kind, self.alive(kind) + 1)
            query = (("fieldManager", "ringfence"), ("fieldValidation", "Strict"))
            self._send(Request("POST", place_of(kind, body).collection, query, body), kind, "create", FaultKind.EXISTS)
            self._alive[kind] = self.alive(kind) + 1

    def remove(self, kind: Kind, number: int) -> None:
        """Remove so many, the last ones first."""
        for _ in range(min(number, self.alive(kind))):
            self._delete(kind, self.alive(kind))
            self._alive[kind] -= 1

    def clear(self, kinds: tuple[Kind, ...]) -> None:
        """Remove all of these kinds, those too that an earlier run has left."""
        for kind in kinds:
            number = 0
            while number < _MANY and self._is_there(kind, number + 1):
                number += 1
            self._alive[kind] = max(number, self.alive(kind))
            self.remove(kind, self.alive(kind))

    def probe(self, kind: Kind) -> str:
        """Return the path of an object of a kind that may be there or not."""
        return object_of(kind, self._calico, self._namespace, "ringfence-canary")

    def _is_there(self, kind: Kind, number: int) -> bool:
        place = place_of(kind, self._manifest(kind, number))
        return self._send(Request("GET", place.path), kind, "get", FaultKind.ABSENT, FaultKind.NO_KIND) is None

    def _delete(self, kind: Kind, number: int) -> None:
        place = place_of(kind, self._manifest(kind, number))
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        self._send(Request("DELETE", place.path, (), body), kind, "delete", FaultKind.ABSENT, FaultKind.NO_KIND)

    def _send(self, request: Request, kind: Kind, verb: str, *fine: FaultKind) -> Fault | None:
        """Send until there is an answer; faults that are fine come back, others are NoSign."""
        try:
            answer = ask(self._connection, request, Backoff(self._clock, PATIENCE))
        except Unreachable as error:
            raise unreachable(f"{KINDS[kind].plural}: {error.fault.words}") from None
        if not isinstance(answer, Fault):
            return None
        if answer.kind in fine:
            return answer
        if answer.kind is FaultKind.FORBIDDEN:
            raise NoSign(f"the role may not {verb} {KINDS[kind].plural}")
        raise NoSign(f"a canary of kind {kind.value} cannot be made: {answer.words}")

    def _manifest(self, kind: Kind, number: int) -> dict[str, Any]:
        info = KINDS[kind]
        written = CALICO_V3 if info.calico else api_version_of(kind, self._calico)
        metadata: dict[str, Any] = {"name": f"{canary_prefix(self._intent)}{number}"}
        if info.namespaced:
            metadata["namespace"] = self._namespace
        metadata["labels"] = {LABEL_CANARY: self._intent}
        v3 = {"apiVersion": written, "kind": info.manifest_kind, "metadata": metadata, "spec": _spec(kind)}
        return write_manifest(v3, self._calico, self._version)


def _spec(kind: Kind) -> dict[str, Any]:
    """Return a spec that selects nothing, and would change nothing if it did."""
    match kind:
        case Kind.TIER:
            return {"order": _LAST, "defaultAction": "Pass"}
        case Kind.NETWORK_SET | Kind.GLOBAL_NETWORK_SET:
            return {}
        case Kind.KUBERNETES_NETWORK_POLICY:
            key = LABEL_CANARY
            nobody = [{"key": key, "operator": "Exists"}, {"key": key, "operator": "DoesNotExist"}]
            return {"podSelector": {"matchExpressions": nobody}, "policyTypes": ["Ingress"], "ingress": [{}]}
        case _:
            passing = [{"action": "Pass"}]
            head = {"tier": DEFAULT_TIER, "order": _LAST, "selector": _NOBODY}
            return {**head, "types": ["Ingress"], "ingress": passing}

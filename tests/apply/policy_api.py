"""The API server in memory with policy kinds: server-side apply, discovery, rights, admission that may act."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.apply.course import start_of
from generator.calico.kinds import KINDS, Kind
from generator.calico.names import identity_of
from generator.calico.objects import Identity
from generator.cluster.access import Request, Response
from generator.plan.model import Plan
from generator.snapshot.model import Snapshot
from tests.apply.history import State, meanings
from tests.apply.memory_api import MemoryApi
from tests.plan.worlds import snapshot_of
from tests.support.objects import api_object

V3 = "projectcalico.org/v3"
GROUP = f"/apis/{V3}"


@dataclass
class PolicyApi(MemoryApi):
    """`around` are the objects that no run writes.

    `admit` may change what is stored, `warn` what is said of it, `seen_as` what a snapshot of it holds.
    """

    around: list[dict[str, Any]] = field(default_factory=list)
    admit: Callable[[dict[str, Any]], dict[str, Any]] = lambda manifest: manifest
    warn: Callable[[Request], tuple[str, ...]] = lambda request: ()
    refused_rights: set[str] = field(default_factory=set)
    seen_as: Callable[[Snapshot], Snapshot] = lambda snapshot: snapshot

    def answer(self, request: Request) -> Response:
        if request.method == "GET" and request.path == GROUP:
            rows = [{"name": info.plural, "kind": info.manifest_kind} for info in KINDS.values() if info.calico]
            return Response(200, {"kind": "APIResourceList", "resources": rows})
        if request.path.startswith("/openapi"):
            return Response(404, "404 page not found")
        if request.path.endswith("/selfsubjectaccessreviews"):
            asked = request.body["spec"]["resourceAttributes"]
            allowed = f"{asked['verb']} {asked['resource']}" not in self.refused_rights
            return Response(201, {"status": {"allowed": allowed}})
        if not request.path.startswith(GROUP) or request.method not in ("POST", "PUT", "PATCH"):
            return super().answer(request)
        if ("dryRun", "All") in request.query:
            return Response(200, dict(request.body))
        answer = self._write(request)
        return Response(answer.status, answer.body, self.warn(request)) if answer.ok else answer

    def _write(self, request: Request) -> Response:
        body = self.admit(dict(request.body))
        if request.method != "PATCH":
            return super().answer(Request(request.method, request.path, request.query, body))
        found = super().answer(Request("GET", request.path))
        if not found.ok:
            return Response(409, {"reason": "Conflict", "message": "uid mismatch"})
        sent, there = body["metadata"], found.body["metadata"]
        if (sent["uid"], sent["resourceVersion"]) != (there["uid"], there["resourceVersion"]):
            return Response(409, {"reason": "Conflict", "message": "the object has been modified"})
        labels = {**(there.get("labels") or {}), **(sent.get("labels") or {})}
        notes = {**(there.get("annotations") or {}), **(sent.get("annotations") or {})}
        merged = {**found.body, **body, "spec": {**found.body["spec"], **body["spec"]}}
        merged["metadata"] = {**there, **sent, "labels": labels, "annotations": notes}
        return super().answer(Request("PUT", request.path, (), merged))

    def put(self, key: tuple[str, str], body: Mapping[str, Any], event: str) -> dict[str, Any]:
        """Store it with our manager, as the API does with what carries its name."""
        managed = {**body, "metadata": {**body["metadata"], "managedFields": [{"manager": "ringfence"}]}}
        return super().put(key, managed, event)

    # For tests

    def read(self) -> Snapshot:
        """Return what a snapshot of it holds."""
        return self.seen_as(snapshot_of([*self.around, *(item for key, item in self.policies())]))

    def policies(self) -> Iterable[tuple[tuple[str, str], dict[str, Any]]]:
        return [(key, item) for key, item in sorted(self.objects.items()) if key[0].startswith(GROUP)]

    def key_of(self, identity: Identity) -> tuple[str, str]:
        """Return where an object of a plan lies."""
        return f"{GROUP}/{KINDS[Kind(identity.kind)].plural}", f"{identity.namespace}/{identity.name}"

    def states(self, plan: Plan) -> list[State]:
        """Return each state of the plan's objects so far, one for each write."""
        mine = start_of(plan.steps)
        state = meanings(plan, mine.items())
        found = [dict(state)]
        for _, collection, event, manifest in self.log:
            if not collection.startswith(GROUP):
                continue
            identity = identity_of(api_object(manifest), plan.target.version)
            if identity not in mine:
                continue
            if event == "DELETED":
                state.pop(identity, None)
            else:
                state |= meanings(plan, [(identity, manifest)])
            found.append(dict(state))
        return found

"""Nodes over a real API server: what is written through this connection is what their Felix hears of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from generator.cluster.access import Connection, Request, Response
from tests.apply.felix_fleet import KINDS, V3, FakeNode, FleetApi


@dataclass
class ServerFleet(FleetApi):
    """A `Connection`: nodes, agents and their metrics are made up, everything else is asked of the server."""

    server: Connection | None = None

    def send(self, request: Request) -> Response:
        path = request.path
        if path.endswith("/proxy/metrics") or path in ("/api/v1/nodes", "/api/v1/pods"):
            with self.lock:
                return self.answer(request)
        assert self.server is not None
        if request.method == "DELETE":
            self._note(request, self.server.send(Request("GET", path)).body, "DELETED")
        answer = self.server.send(request)
        if answer.ok and request.method in ("POST", "PUT", "PATCH"):
            self._note(request, answer.body, "ADDED" if request.method == "POST" else "MODIFIED")
        return answer

    def _note(self, request: Request, stored: Any, event: str) -> None:
        path = request.path.replace("/apis/crd.projectcalico.org/v1/", f"{V3}/")
        kinds = (kind for kind in KINDS if kind.split("/")[-1] in path.split("/") and path.startswith(_root(kind)))
        kind = next(kinds, "")
        if kind and isinstance(stored, dict) and "uid" in (stored.get("metadata") or {}):
            with self.lock:
                self.log.append((len(self.log), kind, event, stored))


def _root(kind: str) -> str:
    return kind.rpartition("/")[0] + "/"


def server_fleet(server: Connection, *names: str) -> ServerFleet:
    return ServerFleet(nodes={name: FakeNode(name) for name in names}, server=server)

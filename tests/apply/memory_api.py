"""An API server in memory, as far as a run's own objects need one: versions, preconditions, lists, watches, faults."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from generator.cluster.access import NoAnswer, Request, Response

Key = tuple[str, str]  # collection, name
Answer = Callable[[Request], Response]


class Killed(BaseException):
    """The process ended here."""


@dataclass
class FakeClock:
    """Time that only passes when somebody sleeps; `on_sleep` is what the world does meanwhile."""

    at: float = 1000.0
    on_sleep: Callable[[float], None] = lambda seconds: None

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.at)

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds
        self.on_sleep(seconds)


@dataclass
class MemoryApi:
    """A `Connection`. `faults` maps the number of a request (from 1) to what happens to it.

    kill-before, kill-after: the process ends; lost-before, lost-after: no answer, and the write did not or did happen;
    a number: that status, and nothing happens. `intercept` stands before the API: it may act, answer or hand on.
    """

    namespaces: set[str] = field(default_factory=lambda: {"ringfence", "default"})
    cluster_kinds: set[str] = field(default_factory=set)
    objects: dict[Key, dict[str, Any]] = field(default_factory=dict)
    log: list[tuple[int, str, str, dict[str, Any]]] = field(default_factory=list)  # version, collection, type, object
    faults: dict[int, str | int] = field(default_factory=dict)
    forbidden: set[tuple[str, str]] = field(default_factory=set)  # method and plural
    sent: list[Request] = field(default_factory=list)
    version: int = 100
    oldest: int = 0  # watches from before are expired
    lock: threading.RLock = field(default_factory=threading.RLock)
    intercept: Callable[[Request, Answer], Response] | None = None

    def send(self, request: Request) -> Response:
        with self.lock:
            self.sent.append(request)
            fault = self.faults.get(len(self.sent))
            if fault == "kill-before":
                raise Killed
            if fault == "lost-before":
                raise NoAnswer("the connection broke", sent=True)
            if isinstance(fault, int):
                return _status(fault, "TooManyRequests" if fault == 429 else "InternalError", "asked by the test")
            answer = self.intercept(request, self.answer) if self.intercept is not None else self.answer(request)
            if fault == "kill-after":
                raise Killed
            if fault == "lost-after":
                raise NoAnswer("the connection broke", sent=True)
            return answer

    def answer(self, request: Request) -> Response:
        if request.path == "/readyz":
            return Response(200, "ok")
        body = json.loads(json.dumps(request.body))
        parts = [unquote(part) for part in request.path.split("/") if part]
        start = 3 if parts[0] == "apis" else 2
        namespace = ""
        if len(parts) > start + 1 and parts[start] == "namespaces" and len(parts) > start + 2:
            namespace, rest = parts[start + 1], parts[start + 2 :]
        else:
            rest = parts[start:]
        plural, name = rest[0], rest[1] if len(rest) > 1 else ""
        root = "/" + "/".join(parts[:start])
        collection = f"{root}/{plural}"
        if (request.method, plural) in self.forbidden:
            return _status(403, "Forbidden", f"cannot {request.method} {plural}")
        if namespace and namespace not in self.namespaces and request.method == "POST":
            return _status(404, "NotFound", f'namespaces "{namespace}" not found', kind="namespaces", name=namespace)
        key = (collection, f"{namespace}/{name}")
        match request.method:
            case "GET" if name:
                found = self.objects.get(key)
                return Response(200, copy.deepcopy(found)) if found else _absent(plural, name)
            case "GET":
                return self._list(collection, namespace, dict(request.query))
            case "POST":
                key = (collection, f"{namespace}/{body['metadata']['name']}")
                if key in self.objects:
                    return _status(409, "AlreadyExists", "exists")
                return Response(201, self.put(key, body, "ADDED"))
            case "PATCH":  # a server-side apply whose fields belong to nobody else
                found = self.objects.get(key)
                metadata = {**found["metadata"], **body["metadata"]} if found else body["metadata"]
                return self._replace(key, {**body, "metadata": metadata})
            case "PUT":
                return self._replace(key, body)
            case "DELETE":
                return self._delete(key, body or {})
            case _:
                return _status(405, "MethodNotAllowed", "no")

    def put(self, key: Key, body: Mapping[str, Any], event: str) -> dict[str, Any]:
        """Store an object and log it; also for those who write past the API of the run."""
        with self.lock:
            self.version += 1
            stored = json.loads(json.dumps(body))
            before = self.objects.get(key)
            stored["metadata"]["uid"] = before["metadata"]["uid"] if before else f"uid-{self.version}"
            stored["metadata"]["resourceVersion"] = str(self.version)
            self.objects[key] = stored
            self.log.append((self.version, key[0], event, copy.deepcopy(stored)))
            return copy.deepcopy(stored)

    def remove(self, key: Key) -> None:
        with self.lock:
            self.version += 1
            gone = self.objects.pop(key)
            gone["metadata"]["resourceVersion"] = str(self.version)
            self.log.append((self.version, key[0], "DELETED", gone))

    def names(self, plural: str) -> list[str]:
        return sorted(name.lstrip("/") for collection, name in self.objects if collection.endswith(f"/{plural}"))

    def _list(self, collection: str, namespace: str, query: dict[str, str]) -> Response:
        if query.get("watch"):
            return self._watch(collection, int(query["resourceVersion"]))
        wanted = [part.split("=") for part in query.get("labelSelector", "").split(",") if part]
        found = []
        for (where, name), stored in sorted(self.objects.items()):
            labels = stored["metadata"].get("labels") or {}
            asked = all((part[0] in labels) if len(part) == 1 else labels.get(part[0]) == part[1] for part in wanted)
            if asked and where == collection and (not namespace or name.startswith(f"{namespace}/")):
                found.append(copy.deepcopy(stored))
        start, limit = int(query.get("continue") or 0), int(query.get("limit") or 0)
        metadata: dict[str, Any] = {"resourceVersion": str(self.version)}
        if limit and start + limit < len(found):
            metadata["continue"] = str(start + limit)
        return Response(200, {"metadata": metadata, "items": found[start : start + limit if limit else None]})

    def _watch(self, collection: str, since: int) -> Response:
        if since < self.oldest:
            event = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}
            return Response(200, json.dumps(event) + "\n")
        events = [
            {"type": event, "object": stored}
            for version, where, event, stored in self.log
            if where == collection and version > since
        ]
        return Response(200, "".join(json.dumps(event) + "\n" for event in events))

    def _replace(self, key: Key, body: Mapping[str, Any]) -> Response:
        found = self.objects.get(key)
        if found is None:
            return _absent(key[0], key[1])
        wanted = body["metadata"].get("resourceVersion")
        if wanted != found["metadata"]["resourceVersion"]:
            return _status(409, "Conflict", "changed")
        if found.get("immutable"):
            return _status(422, "Invalid", "immutable")
        return Response(200, self.put(key, body, "MODIFIED"))

    def _delete(self, key: Key, body: Mapping[str, Any]) -> Response:
        found = self.objects.get(key)
        if found is None:
            return _absent(key[0], key[1])
        for name, value in (body.get("preconditions") or {}).items():
            if found["metadata"][name] != value:
                return _status(409, "Conflict", "changed")
        self.remove(key)
        return Response(200, {"kind": "Status", "status": "Success"})


def _absent(plural: str, name: str) -> Response:
    return _status(404, "NotFound", "not found", kind=plural, name=name)


def _status(code: int, reason: str, message: str, **details: str) -> Response:
    return Response(code, {"kind": "Status", "code": code, "reason": reason, "message": message, "details": details})

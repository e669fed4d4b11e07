"""What a watcher saw of some kinds, in the order of the server's writes: its versions count all kinds together."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.testbed.client import Client


@dataclass(frozen=True)
class Seen:
    """One write: its version, what happened, and the object after it (before it, where it was removed)."""

    version: int
    event: str
    kind: str
    manifest: dict[str, Any]

    @property
    def name(self) -> str:
        meta = self.manifest["metadata"]
        return "/".join(part for part in (self.kind, meta.get("namespace", ""), meta["name"]) if part)

    def __str__(self) -> str:
        return f"{self.version} {self.event} {self.name}"


def seen_since(client: Client, kinds: Iterable[tuple[str, str]], since: str) -> list[Seen]:
    """Return all writes of objects of kinds, (apiVersion, kind), after a version of the server."""
    found: list[Seen] = []
    for version, kind in kinds:
        query = {"watch": "true", "resourceVersion": since, "timeoutSeconds": "1"}
        answer = client.ask("GET", client.path(version, kind), query=query)
        assert answer.status == 200, answer
        text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        for line in text.splitlines():
            event = json.loads(line)
            number = int(event["object"]["metadata"]["resourceVersion"])
            found.append(Seen(number, event["type"], kind, event["object"]))
    return sorted(found, key=lambda item: item.version)


def version_now(client: Client) -> str:
    return str(client.ask("GET", "/api/v1/namespaces").body["metadata"]["resourceVersion"])

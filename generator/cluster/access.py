"""What the rooms above know of an API server: one request, one answer, or none.

A `Connection` has one HTTP request looked at for each call and retries nothing by itself, so that whoever writes knows
how often something was sent (a client that silently repeats a DELETE reads a 404 about its own first try). Only a 401
may make it log in anew and ask again: that answer comes before the server looks at what is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

TIMEOUT = 30.0  # seconds that an answer may take, where nobody says otherwise


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request: `path` from the root as in `/api/v1/namespaces`, `body` as JSON data, `timeout` in seconds."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None
    content_type: str = "application/json"
    timeout: float = TIMEOUT
    accept: str = "application/json"  # the form of the answer; a server that does not know it gives plain JSON


@dataclass(frozen=True, slots=True)
class Response:
    """One answer: `body` is parsed JSON, or text where the server sent something else."""

    status: int
    body: Any
    warnings: tuple[str, ...] = ()  # texts of the Warning headers, as the server sent them
    retry_after: float | None = None  # seconds

    @property
    def ok(self) -> bool:
        """Tell whether the server did what was asked."""
        return 200 <= self.status < 300


class NoAnswer(Exception):
    """There was no answer; `sent` is False only where certainly nothing reached the server.

    `reason` is in our own words: texts of libraries may hold addresses with credentials and are never kept.
    """

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


class Connection(Protocol):
    """A way to one API server."""

    def send(self, request: Request) -> Response:
        """Send one request; NoAnswer where no answer came."""
        ...

"""What can go wrong between a client and the API server, each as one value."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Refuse:
    """The proxy answers by itself, nothing reaches the server; `retry_after` in seconds goes into its header."""

    status: int
    retry_after: int | None = None
    body: str = ""
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class DropBefore:
    """The connection is closed once the request has come in; the server never sees it."""


@dataclass(frozen=True, slots=True)
class DropAfter:
    """The server does what was asked, and the connection is closed without its answer."""


@dataclass(frozen=True, slots=True)
class Slow:
    """The server's answer is kept for some seconds before it is handed on."""

    seconds: float


@dataclass(frozen=True, slots=True)
class CutShort:
    """Of the server's answer only a part of its body is handed on (`keep` of 1), then the connection is closed."""

    keep: float = 0.5


@dataclass(frozen=True, slots=True)
class Hold:
    """The request (or, with `after`, the server's answer) waits until `Planted.release` is called."""

    after: bool = False


@dataclass(frozen=True, slots=True)
class Late:
    """The connection is closed at once, and the request goes on to the server when `Planted.release` is called."""


Fault = Refuse | DropBefore | DropAfter | Slow | CutShort | Hold | Late


def too_many(retry_after: int = 1) -> Refuse:
    """429 as the API server says it: plain text, with Retry-After."""
    return Refuse(429, retry_after, "Too many requests, please try again later.\n", "text/plain; charset=utf-8")


def status(code: int, reason: str, message: str, retry_after: int | None = None) -> Refuse:
    """An answer with a Status object, as almost all errors of the API server are."""
    told = {"status": "Failure", "reason": reason, "message": message, "code": code}
    return Refuse(code, retry_after, json.dumps({"kind": "Status", "apiVersion": "v1", "metadata": {}, **told}))


def internal_error() -> Refuse:
    """500 with a Status."""
    return status(500, "InternalError", "Internal error occurred: planted")


def unavailable(retry_after: int | None = 1) -> Refuse:
    """503 with a Status."""
    return status(503, "ServiceUnavailable", "the server is currently unable to handle the request", retry_after)


def expired_continue() -> Refuse:
    """410 as a list with a `continue` that is too old gets it; it is for requests with that parameter."""
    return status(410, "Expired", "The provided continue parameter is too old to display a consistent list result.")


def stale_watch() -> Refuse:
    """A watch that begins with ERROR 410, as one from a resourceVersion that is compacted does."""
    event = {"type": "ERROR", "object": json.loads(status(410, "Expired", "too old resource version: 1 (2)").body)}
    return Refuse(200, None, json.dumps(event) + "\n")


@dataclass(slots=True)
class Planted:
    """A fault and where it strikes; `hits` counts how often it has, `reached` is set the first time."""

    fault: Fault
    first: int  # the matching request that it begins with, from 1
    times: int  # how many matching requests it strikes, from there on
    matched: int = 0
    hits: int = 0
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """Let go on what is held."""
        self.released.set()

    def strikes(self) -> bool:
        """Count a matching request, and tell whether it is struck; the proxy calls it under its lock."""
        self.matched += 1
        if not self.first <= self.matched < self.first + self.times:
            return False
        self.hits += 1
        self.reached.set()
        return True

"""A connection to a server of the test bed, a clock on which waiting takes no time, and connections that do harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from generator.cluster.access import Connection, Request, Response
from generator.cluster.kubeconfig import open_connection
from tests.testbed.access import ADMIN, Endpoint, write_kubeconfig


@dataclass
class NoWaiting:
    """A clock whose sleep returns at once; `slept` is what was asked for."""

    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def connect(endpoint: Endpoint, folder: Path, user: str = ADMIN, url: str | None = None) -> Connection:
    """Open a connection as one user, perhaps through a proxy."""
    file = write_kubeconfig(folder / f"{user}.kubeconfig", endpoint, user, url=url)
    return open_connection(str(file)).connection


@dataclass
class Watched:
    """Hands requests on; `before` runs first and may answer itself, `after` may change the answer."""

    inner: Connection
    before: Callable[[Request], Response | None] = lambda request: None
    after: Callable[[Request, Response], Response] = lambda request, response: response
    sent: list[Request] = field(default_factory=list)

    def send(self, request: Request) -> Response:
        self.sent.append(request)
        return self.before(request) or self.after(request, self.inner.send(request))

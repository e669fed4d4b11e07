"""Runs that end themselves with SIGKILL: one process that forks another for each run, so that none starts from cold.

Reads one JSON object a line from standard input, with the fields of `Order`; answers with how the run ended: the number
of the signal, or the exit code.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.apply.freshness import NotFresh
from generator.apply.ports import Point
from generator.apply.run import go_on, start_run, take_back
from generator.apply.stopping import SystemClock
from generator.cluster.access import Connection, Request, Response
from generator.cluster.kubeconfig import open_connection
from generator.foundation.errors import RingfenceError
from generator.plan.plan_file import read_plan
from tests.apply.worlds import Told, call_of, reader, world_of
from tests.testbed.access import Endpoint
from tests.testbed.client import Client


@dataclass(frozen=True)
class Order:
    """One run: which command, on which server, and at which moment it ends (0: never).

    Moments are counted around each request and each point of a write: from the first write of the plan on, or from the
    first request that changes anything where `early` is set.
    """

    command: str
    url: str
    ca_file: str
    token: str
    kubeconfig: str
    plan: str
    folder: str
    api_version: str
    namespaces: list[str]
    moment: int
    early: bool = False
    suspend: bool = False  # SIGSTOP in the place of SIGKILL; the process' number is written first
    holder: str = "test"
    duration: int = 15


class Moments:
    """Counts, and ends the process when it is time."""

    def __init__(self, order: Order) -> None:
        self._left = order.moment
        self._counts = False
        self._early = order.early
        self._signal = signal.SIGSTOP if order.suspend else signal.SIGKILL

    def begin(self, *, early: bool = False) -> None:
        self._counts = self._counts or early == self._early

    def pass_one(self) -> None:
        if self._counts and self._left:
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), self._signal)

    def at(self, point: Point, step: str) -> None:
        self.begin()
        self.pass_one()


class Counted:
    """A connection with a moment before and after each request that is no renewal of the Lease."""

    def __init__(self, inner: Connection, moments: Moments) -> None:
        self._inner = inner
        self._moments = moments

    def send(self, request: Request) -> Response:
        if request.method != "GET" and "selfsubjectaccessreviews" not in request.path:
            self._moments.begin(early=True)
        self._moments.pass_one()
        answer = self._inner.send(request)
        self._moments.pass_one()
        return answer


def carry_out(order: Order) -> int:
    moments = Moments(order)
    connection = Counted(open_connection(order.kubeconfig).connection, moments)
    client = Client(Endpoint(order.url, Path(order.ca_file), {"admin": order.token}))
    plan = read_plan(Path(order.plan).read_text(encoding="utf-8"), order.plan)
    read = reader(client, order.api_version, order.namespaces)
    who = {"holder": order.holder, "duration": order.duration}
    world = world_of(connection, SystemClock(), read, plan.intent, Told(), faults=moments, **who)
    call = call_of(plan, Path(order.folder))
    command = {"apply": start_run, "continue": go_on, "rollback": take_back}[order.command]
    try:
        command(call, world)
    except RingfenceError as error:
        sys.stderr.write("".join(f"{item.code} {item.summary}\n" for item in error.diagnostics))
        return error.exit_code
    except NotFresh as error:
        sys.stderr.write(f"{error.check.standing} {error.check.drifts}\n")
        return 3
    return 0


def main() -> None:
    for line in sys.stdin:
        order = Order(**json.loads(line))
        child = os.fork()
        if child == 0:
            code = 70
            try:
                code = carry_out(order)
            finally:
                sys.stderr.flush()
                os._exit(code)
        if order.suspend:
            _answer({"pid": child})
        _, status = os.waitpid(child, 0)
        ended: dict[str, Any] = {"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}
        ended["code"] = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1
        _answer(ended)


def _answer(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

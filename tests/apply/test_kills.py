"""A run that is killed again and again, around every write, ends where it should; a watcher saw proven states alone."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from generator.apply.codes import WAITS_GUESSED
from generator.apply.journal import read_journal
from generator.apply.ports import Direction, Progress, SavedRun
from generator.apply.position import find_progress
from generator.apply.run import take_back
from generator.apply.state_copy import ClusterStateCopy
from generator.apply.status import find_status
from generator.apply.stopping import SystemClock
from generator.cluster.kubeconfig import open_connection
from generator.foundation.diagnostics import problem
from generator.plan.model import Plan, Step, WriteStep
from generator.plan.plan_file import write_plan
from generator.plan.rollback import rollback_steps
from tests.apply.bed import V3, Bed, open_shops
from tests.apply.history import State, state_now, states_planned, states_seen, version_now
from tests.apply.kill_driver import Order
from tests.apply.worlds import STATE, call_of, policies, put_into
from tests.plan.worlds import kubernetes_policy
from tests.testbed.fixtures import Servers

SHOPS = ("shop-a", "shop-b", "shop-c", "shop-d")
AROUND_A_WRITE = 14  # moments from the first of a write to a few of the next one
ROOT = Path(__file__).parents[2]


SUSPENDED_FOR = 2  # seconds that a Lease lasts where a run is suspended past it


@dataclass
class Killing:
    """A plan on a server, and a process that runs it and is killed."""

    bed: Bed
    plan: Plan
    order: Order
    driver: subprocess.Popen[str]
    since: str
    kills: int = 0

    def run(self, command: str, moment: int, folder: Path, *, early: bool = False) -> int:
        """Run one command; return its exit code, or -9 where it was killed."""
        asked = {**asdict(self.order), "command": command, "moment": moment, "folder": str(folder), "early": early}
        ended = self.ask(asked)
        if ended["signal"]:
            assert ended["signal"] == 9
            self.kills += 1
            return -9
        return int(ended["code"])

    def suspend(self, moment: int, folder: Path) -> int:
        """Let a run begin that suspends itself at a moment; return the number of its process."""
        asked = {**asdict(self.order), "command": "apply", "moment": moment, "folder": str(folder), "suspend": True}
        pid = int(self.ask({**asked, "holder": "suspended", "duration": SUSPENDED_FOR})["pid"])
        until = time.monotonic() + 30
        while Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "T":
            assert time.monotonic() < until
            time.sleep(0.02)
        return pid

    def ask(self, order: dict[str, Any]) -> Any:
        assert self.driver.stdin is not None
        self.driver.stdin.write(json.dumps(order) + "\n")
        self.driver.stdin.flush()
        return self.answer()

    def answer(self) -> Any:
        assert self.driver.stdout is not None
        return json.loads(self.driver.stdout.readline())

    def progress(self, folder: Path) -> Progress | None:
        """Return what another process finds out about the run."""
        saved = self.saved()
        return find_progress(read_journal(folder), saved.progress if saved is not None else None)

    def states(self) -> list[State]:
        return states_seen(self.bed.client, self.plan, self.since)

    def check_position(self, folder: Path) -> None:
        """Hold what is told of the run's position against the objects: the journal is one write behind, or right.

        And `status`, which knows the cluster alone, says how many writes are there, the one that was sent included.
        """
        known, now = self.progress(folder), state_now(self.bed.client, self.plan)
        if known is None:
            assert now == states_planned(self.plan)[0]
            return
        line, written = self._line(known)
        assert now in line[written : written + 2]
        saved = self.saved() if self.kills % 3 == 0 else None  # the moments repeat every 14 kills
        if saved is not None:
            told = find_status(self.bed.read(), self.plan.intent, saved).run
            assert told is not None
            line, written = self._line(replace(saved.progress, next=told.done))
            assert now == line[written + told.ahead]

    def _line(self, progress: Progress) -> tuple[list[State], int]:
        """Return the states of a direction, and how many writes of it are done."""
        line = states_planned(self.plan)
        if progress.direction is Direction.FORWARD:
            return line, _writes(self.plan.steps[: progress.next])
        before = _writes(self.plan.steps[: progress.reached])
        steps = rollback_steps(self.plan.steps, progress.reached)
        return line[: before + 1][::-1], _writes(steps[: progress.next])

    def saved(self) -> SavedRun | None:
        """Return what the cluster keeps of the run."""
        return ClusterStateCopy(self.bed.connection, SystemClock(), STATE, self.plan.intent).load()


def _writes(steps: Sequence[Step]) -> int:
    return sum(isinstance(step, WriteStep) for step in steps)


@pytest.fixture
def killing(servers: Servers, tmp_path: Path) -> Iterator[Killing]:
    server = servers.clean()
    client = open_shops(server, SHOPS)
    put_into(client, [kubernetes_policy("shop-a", "old", {}, "Ingress")])
    kubeconfig = str(server.kubeconfig(tmp_path / "kubeconfig"))
    bed = Bed(client, open_connection(kubeconfig).connection, SHOPS)
    plan = bed.plan()
    file = tmp_path / "plan.json"
    file.write_text(write_plan(plan), encoding="utf-8")
    endpoint = server.endpoint
    order = Order(
        command="",
        url=endpoint.url,
        ca_file=str(endpoint.ca_file),
        token=endpoint.tokens["admin"],
        kubeconfig=kubeconfig,
        plan=str(file),
        folder="",
        api_version=V3,
        namespaces=list(SHOPS),
        moment=0,
    )
    call = [sys.executable, "-m", "tests.apply.kill_driver"]
    with subprocess.Popen(call, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as driver:
        yield Killing(bed, plan, order, driver, version_now(client))
        assert driver.stdin is not None
        driver.stdin.close()
        driver.wait(timeout=30)


def test_killed_around_every_write(killing: Killing, tmp_path: Path) -> None:
    assert len(killing.plan.writes) >= 20
    start = policies(killing.bed.client, V3)
    folders = [tmp_path / "first.run"]

    def killed_again_and_again(command: str) -> None:
        for number in range(400):
            moment = number % AROUND_A_WRITE + 1
            if moment == AROUND_A_WRITE and len(folders) < 4:
                folders.append(tmp_path / f"{command}-{len(folders)}.run")  # goes on elsewhere, from the cluster alone
            code = killing.run(command, moment, folders[-1])
            if code == 0:
                return
            assert code == -9
            killing.check_position(folders[-1])
        raise AssertionError("the run does not come to its end")

    for moment in (1, 4, 7, 10, 13):  # while the run's own state is put into the cluster
        assert killing.run("apply", moment, folders[0], early=True) == -9
        killing.check_position(folders[0])
        if killing.progress(folders[0]) is not None:
            break
    assert killing.progress(folders[0]) is not None
    killed_again_and_again("continue")
    forward = states_planned(killing.plan)
    assert killing.states() == forward
    killed_again_and_again("rollback")
    assert killing.states() == forward + forward[-2::-1]
    assert policies(killing.bed.client, V3) == start
    assert killing.kills >= 100


def test_a_large_plan_goes_on_from_an_empty_folder(killing: Killing, tmp_path: Path) -> None:
    noise = random.Random(1)
    notes = tuple(problem(WAITS_GUESSED, f"{noise.getrandbits(8_000):x}") for _ in range(2_700))
    killing.plan = replace(killing.plan, warnings=notes)
    text = write_plan(killing.plan)
    assert len(text) > 5 << 20
    Path(killing.order.plan).write_text(text, encoding="utf-8")
    assert killing.run("apply", 13 * 6 + 5, tmp_path / "first.run") == -9
    saved = killing.saved()
    assert saved is not None
    assert saved.plan == text
    Path(killing.order.plan).write_text(saved.plan, encoding="utf-8")
    assert killing.run("continue", 0, tmp_path / "second.run") == 0
    assert killing.states() == states_planned(killing.plan)


@pytest.mark.parametrize("moment", [13 * 4 + 4, 13 * 15 + 5])
def test_a_suspended_run_writes_nothing_after_another_took_over(killing: Killing, tmp_path: Path, moment: int) -> None:
    suspended = killing.suspend(moment, tmp_path / "first.run")
    other = killing.bed.world(holder="other", duration=SUSPENDED_FOR)
    take_back(call_of(killing.plan, tmp_path / "second.run"), other)
    seen = killing.states()
    os.kill(suspended, signal.SIGCONT)
    assert killing.answer() == {"signal": 0, "code": 3}
    assert killing.states() == seen
    assert seen[-1] == seen[0]


@pytest.mark.parametrize("writes", [1, 9, 17, 21])
def test_killed_and_taken_back(killing: Killing, tmp_path: Path, writes: int) -> None:
    start = policies(killing.bed.client, V3)
    for moment in (3, 7, 9):  # before the request, right after it, read back
        folder = tmp_path / f"{moment}.run"
        assert killing.run("apply", 13 * (writes - 1) + moment, folder) == -9
        assert killing.run("rollback", 0, folder) == 0
        assert policies(killing.bed.client, V3) == start
    planned = states_planned(killing.plan)
    assert all(state in planned for state in killing.states())

"""Runs of a small plan on the API server in memory, and what has to hold of each, whatever happened on its way."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from generator.apply.executor import World
from generator.apply.freshness import NotFresh
from generator.apply.journal import read_journal
from generator.apply.run import go_on, start_run, take_back
from generator.cluster.backoff import Patience
from generator.foundation.errors import RingfenceError
from generator.plan.model import Plan
from tests.apply.history import states_planned
from tests.apply.memory_api import FakeClock, Killed
from tests.apply.policy_api import PolicyApi
from tests.apply.worlds import Told, call_of, shop_objects, shop_plan, shop_shape, world_of
from tests.plan.worlds import space

PATIENT = Patience(0.5, 4.0, 60.0)
COMMANDS: dict[str, Callable[..., Any]] = {"apply": start_run, "continue": go_on, "rollback": take_back}


@cache
def small_plan() -> Plan:
    """Return a plan with creations and changes, and of a set too."""
    return shop_plan(shop_objects("shop-a", "shop-b"), shop_shape("shop-a", "shop-b"))


@dataclass
class Trial:
    """One plan on one server; `folder` is where the journal is."""

    folder: Path
    plan: Plan = field(default_factory=small_plan)
    api: PolicyApi = field(default_factory=PolicyApi)
    told: Told = field(default_factory=Told)
    world: World = field(init=False)  # of the last run
    refusal: RingfenceError | None = None  # of the last run

    def ask_to_stop(self) -> None:
        """Do what a SIGINT does."""
        self.world.flag.asked += 1

    def __post_init__(self) -> None:
        self.api.around = [space("ringfence"), *shop_objects("shop-a", "shop-b")]
        self.api.namespaces |= {"shop-a", "shop-b"}

    def run(self, command: str, *, until: str = "", accepted: tuple[str, ...] = (), **more: Any) -> int:
        """Run a command; return its exit code, or -9 where it was killed."""
        self.refusal = None
        more = {"patience": PATIENT, **more}
        world = world_of(self.api, FakeClock(), self.api.read, self.plan.intent, self.told, **more)
        self.world = world
        try:
            COMMANDS[command](call_of(self.plan, self.folder, until=until, accepted=accepted), world)
        except RingfenceError as error:
            self.refusal = error
            return error.exit_code
        except NotFresh:
            return 3
        except Killed:
            return -9
        return 0


def folder() -> Path:
    """Return a new folder for a journal."""
    return Path(tempfile.mkdtemp(dir=_folders())) / "plan.run"


@cache
def _folders() -> str:
    made = tempfile.mkdtemp(prefix="ringfence-journals-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def requests_of_a_run() -> int:
    """Return how many requests a run without any trouble sends."""
    trial = Trial(folder())
    assert trial.run("apply") == 0
    return len(trial.api.sent)


# What has to hold


def ends_in_the_target(number: int, fault: str | int) -> None:
    """A request that gets no answer, or a wrong one, changes neither the end nor the way there."""
    trial = Trial(folder())
    trial.api.faults = {number: fault}
    assert trial.run("apply") == 0
    assert trial.api.states(trial.plan) == states_planned(trial.plan)


def goes_on_after_a_kill(number: int, fault: str) -> None:
    """A killed run goes on and ends in the target, and no object was written twice."""
    trial = Trial(folder())
    trial.api.faults = {number: fault}
    assert trial.run("apply") in (-9, 0)
    trial.api.faults = {}
    again = trial.run("continue")
    if again == 3:  # nothing had been begun, or all was done
        assert len(trial.api.states(trial.plan)) in (1, len(states_planned(trial.plan)))
        assert trial.run("apply") == 0
    assert trial.api.states(trial.plan) == states_planned(trial.plan)


def goes_back_after_a_kill(number: int, fault: str) -> None:
    """A killed run is taken back to the very start, through states of the plan alone."""
    trial = Trial(folder())
    trial.api.faults = {number: fault}
    trial.run("apply")
    trial.api.faults = {}
    reached = trial.api.states(trial.plan)
    code = trial.run("rollback")
    assert code == 0 or (code == 3 and len(reached) == 1)
    line = states_planned(trial.plan)
    assert trial.api.states(trial.plan) == reached + line[: len(reached) - 1][::-1]


def is_journalled(number: int) -> None:
    """Whatever was sent that writes an object had been journalled before, and the disk had it."""
    trial = Trial(folder())
    trial.api.faults = {number: "kill-after"}
    trial.run("apply")
    writes = sum(
        request.method != "GET" and request.path.startswith("/apis/projectcalico.org") for request in trial.api.sent
    )
    begun = sum(type(entry.record).__name__ == "WriteBegun" for entry in read_journal(trial.folder))
    assert begun >= writes

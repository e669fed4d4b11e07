"""Waits, state, status, pause and resume against a real API server, by the command line where there is one."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from generator.apply.lease import LeaseFence, watch_holder
from generator.apply.ports import Direction, LeaseLost, Point, Progress, RunStatus, SavedRun
from generator.apply.rights import missing_rights
from generator.apply.run import go_on, start_run
from generator.apply.state_copy import ClusterStateCopy
from generator.apply.status import RunPhase, find_status
from generator.apply.stopping import SystemClock
from generator.apply.waits.build import build_waits, wait_rights
from generator.apply.waits.feeds import Feed
from generator.apply.waits.kinds import MEASURES
from generator.apply.waits.sign import Pace
from generator.cluster.kubeconfig import open_connection
from generator.foundation.digest import digest_text
from generator.foundation.errors import EnvironmentFailure, RefusedError
from generator.intent.model import Layout
from generator.plan.model import WaitStep
from tests.apply.bed import V3, Bed, open_shops
from tests.apply.felix_fleet import POLICIES
from tests.apply.server_fleet import server_fleet
from tests.apply.worlds import (
    STATE,
    Told,
    call_of,
    policies,
)
from tests.cli.calling import call
from tests.deploy.kustomized import DEPLOY, install
from tests.testbed.access import write_kubeconfig
from tests.testbed.crd_sets import CrdSet
from tests.testbed.fixtures import Servers

SHOPS = ("shop-a", "shop-b")
QUICK = Pace(poll=0.05, still=0.2, limit=6.0)


@dataclass(kw_only=True)
class CommandBed(Bed):
    kubeconfig: Path

    def ringfence(self, *words: str, stdin: str = "") -> tuple[int, str]:
        done = call(*words, "--kubeconfig", str(self.kubeconfig), stdin=stdin)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    def ways(self) -> dict[tuple[str, str], dict[str, Any]]:
        code, text = self.ringfence("status", "--format", "json")
        assert code == 0, text
        (intent,) = json.loads(text[: text.rindex("}") + 1])["intents"]
        return {(way["namespace"], way["direction"]): way for way in intent["ways"]} | {("", ""): intent["run"]}


def bed_of(servers: Servers, tmp_path: Path, crds: CrdSet = "v3-3.32", api_version: str = V3) -> CommandBed:
    server = servers.clean(crds)
    client = open_shops(server, SHOPS)
    kubeconfig = server.kubeconfig(tmp_path / "kubeconfig")
    return CommandBed(client, open_connection(str(kubeconfig)).connection, SHOPS, api_version, kubeconfig=kubeconfig)


@pytest.fixture
def bed(servers: Servers, tmp_path: Path) -> CommandBed:
    return bed_of(servers, tmp_path)


@pytest.mark.parametrize("layout", list(Layout))
def test_status_tells_each_state_and_pause_ends_where_it_began(bed: CommandBed, tmp_path: Path, layout: Layout) -> None:
    plan = bed.plan(layout=layout)
    assert bed.ringfence("status") == (0, "no intent has objects here\n")
    half = next(step.id for step in plan.writes if step.stage == "cutover")
    start_run(call_of(plan, tmp_path / "run", until=half), bed.world())
    ways = bed.ways()
    assert ways["", ""]["phase"] == "stopped"
    assert {way["state"] for key, way in ways.items() if key[0]} == {"enforced", "observed"}
    go_on(call_of(plan, tmp_path / "run"), bed.world())
    begun = policies(bed.client, V3)
    ways = bed.ways()
    assert ways["", ""]["phase"] == "finished"
    assert {way["state"] for key, way in ways.items() if key[0]} == {"enforced"}

    assert bed.ringfence("pause", "shop-a", stdin="no\n")[0] == 3
    assert policies(bed.client, V3) == begun
    words = ("pause", "shop-a", "--direction", "ingress", "--yes", "--reason", "incident 12", "--until", "2027-01-31")
    code, text = bed.ringfence(*words)
    assert code == 0, text
    assert bed.ringfence("pause", "shop-b", "--yes")[0] == 0
    assert policies(bed.client, V3) != begun
    ways = bed.ways()
    paused = {key for key, way in ways.items() if key[0] and way["state"] == "paused"}
    assert paused == {("shop-a", "Ingress"), ("shop-b", "Ingress"), ("shop-b", "Egress")}
    assert ways["shop-a", "Ingress"]["pause"]["reason"] == "incident 12"
    assert ways["shop-a", "Ingress"]["pause"]["until"] == "2027-01-31"

    code, text = bed.ringfence("resume", "shop-a", "--direction", "egress", "--yes")
    assert (code, "egress of 'shop-a' is not paused" in text) == (3, True)
    assert bed.ringfence("resume", "shop-a", "--yes")[0] == 0
    assert bed.ringfence("resume", "--yes")[0] == 0
    assert policies(bed.client, V3) == begun
    assert {way["state"] for key, way in bed.ways().items() if key[0]} == {"enforced"}
    code, text = bed.ringfence("status", "--wait", "--timeout", "5")
    assert (code, "nodes give no sign: no node has a calico-node pod" in text) == (4, True)
    assert bed.ringfence("status", "--wait", "--pause", "0")[0] == 0


class Killed(BaseException):
    """The process ended here."""


@dataclass
class KillsAtEachWrite:
    """Ends the process once at each write, at one moment after the other."""

    killed: dict[str, Point] = field(default_factory=dict)

    def at(self, point: Point, step: str) -> None:
        due = list(Point)[len(self.killed) % len(Point)]
        if step not in self.killed and point is due:
            self.killed[step] = point
            raise Killed


def test_status_tells_the_truth_wherever_a_run_was_killed(
    bed: CommandBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LeaseFence, "release", lambda self: None)  # nobody gives a Lease back who was killed
    plan, kills, clock = bed.plan(nets=(), guardrails=False), KillsAtEachWrite(), SystemClock()
    ids = [step.id for step in plan.steps]
    run, seen = start_run, set[tuple[str, bool]]()
    while True:
        try:
            run(call_of(plan, tmp_path / "run"), bed.world(faults=kills, duration=1))
            break
        except Killed:
            pass
        run = go_on
        step, point = list(kills.killed.items())[-1]
        copy = ClusterStateCopy(bed.connection, clock, STATE, "shop")
        holder = watch_holder(bed.connection, clock, STATE, "shop")
        snapshot = bed.read()
        state = find_status(snapshot, "shop", copy.load(), holder).run
        assert state is not None
        assert state.phase is RunPhase.INTERRUPTED
        written = point in (Point.AFTER_REQUEST, Point.AFTER_JOURNAL, Point.AFTER_PROGRESS)
        recorded = point is Point.AFTER_PROGRESS
        assert (state.done, state.ahead) == (ids.index(step) + recorded, written and not recorded), (step, point)
        assert recorded or state.next == step
        seen.add((point.value, written))
    assert len(kills.killed) == len(plan.writes)
    assert len(seen) == len(Point)
    state = find_status(bed.read(), "shop", copy.load()).run
    assert state is not None
    assert (state.phase, state.done) == (RunPhase.FINISHED, len(plan.steps))


def test_a_run_is_confirmed_by_the_sign_and_a_lagging_node_stops_it(
    bed: CommandBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = bed.plan(nets=(), guardrails=False)
    fleet = server_fleet(bed.connection, "n1", "n2")
    waits = build_waits(fleet, SystemClock(), plan, STATE, Told(), pace=QUICK, limit=60.0)
    cut = next(n for n, step in enumerate(plan.steps) if step.stage == "cutover") - 1
    world = bed.world(connection=fleet, waits=waits, watch=waits)
    start_run(call_of(plan, tmp_path / "run", until=plan.steps[cut - 2].id), world)
    fleet.nodes["n2"].held = {POLICIES[0]}
    assert waits._sign is not None
    monkeypatch.setattr(waits._sign, "_pace", replace(QUICK, limit=5.0))
    begun = time.monotonic()
    with pytest.raises(EnvironmentFailure) as caught:
        go_on(call_of(plan, tmp_path / "run"), world)
    assert time.monotonic() - begun < 30
    (found,) = caught.value.diagnostics
    assert (found.code, caught.value.exit_code) == ("RF8317", 4)
    assert found.summary.startswith("not every node has what was written within 5 s (--timeout): ")
    assert "apply --continue" in found.hint
    saved = ClusterStateCopy(bed.connection, SystemClock(), STATE, "shop").load()
    assert saved is not None
    assert saved.progress.status is RunStatus.STOPPED
    assert "n2 (not all is there of GlobalNetworkPolicy, NetworkPolicy)" in found.summary
    assert "n1" not in found.summary
    fleet.nodes["n2"].held = set()
    monkeypatch.setattr(waits._sign, "_pace", replace(QUICK, limit=60.0))
    done = go_on(call_of(plan, tmp_path / "run"), world)
    assert (done.done, done.guessed) == (len(plan.steps), 0)
    assert bed.plan(nets=(), guardrails=False).is_empty
    waits.close()
    assert [name for name in policies(bed.client, V3) if "canary" in name] == []


def test_a_stage_is_confirmed_over_stored_objects(servers: Servers, tmp_path: Path) -> None:
    bed = bed_of(servers, tmp_path, "crd-v1-3.32", "crd.projectcalico.org/v1")
    plan = bed.plan()
    fleet = server_fleet(bed.connection, "n1", "n2")
    waits = build_waits(fleet, SystemClock(), plan, STATE, Told(), pace=QUICK)
    first = next(n for n, step in enumerate(plan.steps) if isinstance(step, WaitStep))
    world = bed.world(connection=fleet, waits=waits, watch=waits)
    assert start_run(call_of(plan, tmp_path / "run", until=plan.steps[first].id), world).guessed == 0
    waits.close()


def test_a_feed_hears_of_everything(bed: CommandBed) -> None:
    path = f"/apis/{V3}/globalnetworkpolicies"
    feed = Feed(bed.connection, SystemClock(), path, f"{path}/none")
    assert feed.start()
    assert feed.look() == []
    policy = {"apiVersion": V3, "kind": "GlobalNetworkPolicy", "metadata": {"name": "p"}, "spec": {"selector": "all()"}}
    for order in range(30):
        made = bed.client.apply({**policy, "spec": {"selector": "all()", "order": order, "types": ["Ingress"]}})
    bed.client.delete(made)
    found = feed.look()
    assert [item.type for item in found] == ["ADDED", *["MODIFIED"] * 29, "DELETED"]
    assert [item.manifest["spec"]["order"] for item in found[:-1]] == list(range(30))
    assert not Feed(bed.connection, SystemClock(), f"/apis/{V3}/nothings", f"/apis/{V3}/nothings/x").start()


def test_a_plan_over_five_megabytes_is_kept_and_a_second_run_is_refused(bed: CommandBed) -> None:
    text = "".join(random.Random(2).choices("abcdefghijklmnop", k=5_300_000))
    clock = SystemClock()
    progress = Progress("r", digest_text(text), Direction.FORWARD, 0, 3, RunStatus.RUNNING, "x")
    first = ClusterStateCopy(bed.connection, clock, STATE, "shop")
    assert first.load() is None
    first.save_plan(text)
    first.save_progress(progress)
    second = ClusterStateCopy(bed.connection, clock, STATE, "shop")
    assert second.load() == SavedRun(text, progress)
    second.save_progress(progress)
    with pytest.raises(LeaseLost):
        first.save_progress(progress)
    second.save_plan("small")
    second.save_progress(progress)
    assert (
        len([item for item in bed.client.objects("v1", "ConfigMap", STATE) if "-plan-" in item["metadata"]["name"]])
        == 1
    )
    with LeaseFence(bed.connection, clock, STATE, "shop", "ann", 2).hold():
        with pytest.raises(RefusedError) as caught:
            LeaseFence(bed.connection, clock, STATE, "shop", "bob", 2).take()
        assert caught.value.diagnostics[0].summary == "a run of ann goes on"
    LeaseFence(bed.connection, clock, STATE, "shop", "bob", 1).take()
    LeaseFence(bed.connection, clock, STATE, "shop", "cyd", 1).take()  # bob was killed: it takes a second


def test_the_role_that_applies_may_wait(bed: CommandBed, tmp_path: Path) -> None:
    """All but the way to Felix's metrics, which is a role of its own in Calico's namespace."""
    install(bed.client, DEPLOY / "rbac")
    account = bed.client.as_account(STATE, "ringfence-applier")
    kubeconfig = write_kubeconfig(tmp_path / "applier", account.endpoint, account.user)
    connection = open_connection(str(kubeconfig)).connection
    rights = wait_rights(MEASURES, V3, STATE)
    assert {right.verb for right in rights} == {"get", "list", "watch", "create", "delete"}
    missing = missing_rights(connection, SystemClock(), rights)
    assert len(missing) == 1
    assert "get pods/proxy" in missing[0].summary

"""Status: what it calls enforced drops what the set does not allow, in every state of a plan; and what runs do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.apply import enforcement
from generator.apply.enforcement import Enforcement, Way, find_ways
from generator.apply.lease import Holder
from generator.apply.pauses import PauseRecord
from generator.apply.ports import Direction, Progress, RunStatus, SavedRun
from generator.apply.status import IntentStatus, RunPhase, find_intents, find_status
from generator.calico.objects import Identity
from generator.foundation.digest import digest_text
from generator.foundation.yaml_writer import write_documents
from generator.intent.model import Layout
from generator.plan.model import Manifest, WriteStep
from generator.plan.plan_file import write_plan
from generator.plan.simulate import apply_write, carry_out, states
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.report.status import status_json, status_markdown, status_text
from generator.snapshot.model import Snapshot
from tests.cli.calling import call
from tests.faults.calico import Fault
from tests.faults.status import FAULTS_OF_STATUS
from tests.plan import laws
from tests.plan.worlds import Shape, kubernetes_policy, plan_of, snapshot_of, space
from tests.reach.small_world import TCP, ask, packet
from tests.support.golden import check_golden

GOLDEN = Path(__file__).parent / "golden"
OUTSIDE = "ip:203.0.113.9"


def live_pod(namespace: str, app: str, address: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": app, "namespace": namespace, "labels": {"app": app}},
        "spec": {"nodeName": "n1", "containers": [{"name": "main", "image": "example"}]},
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
    }


NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "n1", "labels": {}},
    "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.1"}]},
}
WORLD = [
    NODE,
    space("pay"),
    space("shop"),
    live_pod("pay", "api", "192.168.0.1"),
    live_pod("shop", "cart", "192.168.0.2"),
    live_pod("shop", "web", "192.168.0.3"),
]
PODS = (("pay", "api"), ("shop", "cart"), ("shop", "web"))
OLD = kubernetes_policy("shop", "old", {"matchLabels": {"app": "cart"}}, "Ingress", "Egress")
SHAPES = {layout: Shape(("pay", "shop"), (("pay", "api"), ("shop", "web")), layout=layout) for layout in Layout}


def snapshot_with(objects: Mapping[Identity, Manifest], world: list[dict[str, Any]] | None = None) -> Snapshot:
    policies = tuple(laws.object_at(identity, objects[identity]) for identity in sorted(objects))
    return replace(snapshot_of(world or WORLD), policies=policies)


def dropped(snapshot: Snapshot, namespace: str, app: str, direction: str) -> bool:
    """Send a packet that the set does not allow."""
    engine, pod = Engine(snapshot, Environment(interface="eth0")), f"{namespace}/{app}"
    ends = (OUTSIDE, pod) if direction == "Ingress" else (pod, OUTSIDE)
    return str(ask(engine, *ends, packet(TCP, 9999)).verdict) == "deny"


def of(ways: tuple[Way, ...], namespace: str, direction: str) -> Way:
    return next(way for way in ways if (way.namespace, way.direction) == (namespace, direction))


def what_is_called_enforced_drops() -> None:
    """In every state of the way in, out, and while paused; nothing of others is in the way here."""
    seen: set[Enforcement | None] = set()
    for shape in SHAPES.values():
        planned = plan_of(WORLD, shape)
        assert planned.plan.pauses
        journey = [objects for _, objects in states(planned.start, planned.plan.steps)]
        end = dict(carry_out(planned.start, planned.plan.steps))
        for pause in planned.plan.pauses:
            there = end
            for write in pause.writes:
                there = dict(apply_write(there, write))
            journey.append(there)
            way = of(find_ways(snapshot_with(there), "shop", (), [(pause.namespace, pause.direction)]), *key(pause))
            assert way.state is Enforcement.PAUSED
        for objects in journey:
            snapshot = snapshot_with(objects)
            ways = find_ways(snapshot, "shop", planned.plan.scope)
            assert {way.namespace for way in ways} == {"pay", "shop"}
            for namespace, app in PODS:
                for direction in ("Ingress", "Egress"):
                    way = of(ways, namespace, direction)
                    seen.add(way.state)
                    found = {state for state, _ in way.pods}
                    drops = dropped(snapshot, namespace, app, direction)
                    assert (Enforcement.ENFORCED in found) if drops else (found != {Enforcement.ENFORCED})
                    assert len(found) > 1 or drops is (found == {Enforcement.ENFORCED})
    assert seen >= {Enforcement.OFF, Enforcement.OBSERVED, Enforcement.ENFORCED}


def key(pause: Any) -> tuple[str, str]:
    return pause.namespace, pause.direction


def test_what_is_called_enforced_drops_what_the_set_does_not_allow() -> None:
    what_is_called_enforced_drops()


def pods_are_counted_where_they_differ() -> None:
    """A namespace of which one pod is isolated already: the rest is bridged before cut-over."""
    planned = plan_of([*WORLD, OLD], SHAPES[Layout.SINGLE_TIER])
    cut = next(n for n, step in enumerate(planned.plan.steps) if step.stage == "cutover")
    there = carry_out(planned.start, planned.plan.steps[:cut])
    way = of(find_ways(snapshot_with(there), "shop"), "shop", "Ingress")
    assert way.state is None
    assert way.pods == ((Enforcement.ENFORCED, 1), (Enforcement.OBSERVED, 1))


def test_pods_are_counted_where_they_differ() -> None:
    pods_are_counted_where_they_differ()


@pytest.mark.parametrize("fault", FAULTS_OF_STATUS, ids=lambda fault: fault.__name__)
def test_a_fault_is_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    failed = 0
    for check in (what_is_called_enforced_drops, pods_are_counted_where_they_differ):
        try:
            check()
        except AssertionError:
            failed += 1
    assert failed


def test_a_namespace_without_pods_says_what_a_pod_would_meet() -> None:
    bare = [item for item in WORLD if item["kind"] != "Pod"]
    planned = plan_of(WORLD, SHAPES[Layout.TIERS])
    end = carry_out(planned.start, planned.plan.steps)
    way = of(find_ways(snapshot_with(end, bare), "shop"), "pay", "Egress")
    assert (way.state, way.pods) == (Enforcement.ENFORCED, ())
    made = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api", "namespace": "pay"},
        "spec": {"replicas": 3, "template": {"metadata": {"labels": {"app": "api"}}, "spec": {"containers": []}}},
    }
    way = of(find_ways(snapshot_with(end, [*bare, made]), "shop"), "pay", "Egress")
    assert way.pods == ((Enforcement.ENFORCED, 3),)


def statuses() -> list[IntentStatus]:
    """One of each kind of state that people read."""
    planned = plan_of(WORLD, SHAPES[Layout.TIERS])
    text, steps = write_plan(planned.plan), planned.plan.steps
    cut = next(n for n, step in enumerate(steps) if isinstance(step, WriteStep) and step.namespace == "pay")
    half = dict(carry_out(planned.start, steps[:cut]))
    one_more = dict(carry_out(planned.start, steps[: cut + 1]))
    end = dict(carry_out(planned.start, steps))
    progress = Progress("r1", digest_text(text), Direction.FORWARD, 0, cut, RunStatus.RUNNING, "abc")
    back = replace(
        progress, direction=Direction.BACK, reached=cut + 1, next=0, status=RunStatus.STOPPED, reason="asked"
    )
    done = replace(progress, status=RunStatus.FINISHED, next=len(steps))
    pause = PauseRecord("shop", "Egress", "ann@laptop", "2026-01-01 10:00", "2026-02-01", "incident 12")
    ann, dead = Holder("ann@laptop/1", lives=True), Holder("ann@laptop/1", lives=False)
    paused = end
    for write in next(item for item in planned.plan.pauses if key(item) == ("shop", "Egress")).writes:
        paused = dict(apply_write(paused, write))
    return [
        find_status(snapshot_with(planned.start), "shop"),
        find_status(snapshot_with(half), "shop", SavedRun(text, progress), ann),
        find_status(snapshot_with(one_more), "shop", SavedRun(text, progress), dead),
        find_status(snapshot_with(half), "shop", SavedRun(text, back), None),
        find_status(snapshot_with(end), "shop", SavedRun(text, done), None),
        find_status(snapshot_with(paused), "shop", SavedRun(text, done), ann, [pause]),
    ]


def test_the_run_is_told_as_it_is() -> None:
    found = [item.run for item in statuses()]
    assert found[0] is None
    phases = [run.phase for run in found if run is not None]
    assert phases == [
        RunPhase.RUNNING,
        RunPhase.INTERRUPTED,
        RunPhase.STOPPED,
        RunPhase.FINISHED,
        RunPhase.FINISHED,
    ]
    assert [run.ahead for run in found if run is not None] == [False, True, False, False, False]
    assert [run.who for run in found if run is not None] == ["ann@laptop/1", "", "", "", ""]
    assert statuses()[5].starting == "ann@laptop/1"


def test_what_people_read() -> None:
    found = statuses()
    check_golden(GOLDEN / "status.txt", status_text(found))
    check_golden(GOLDEN / "status.md", status_markdown(found))
    check_golden(GOLDEN / "status.json", status_json(found[-1:]))
    assert status_text([]) == "no intent has objects here\n"


def test_intents_are_found_by_their_objects() -> None:
    planned = plan_of(WORLD, SHAPES[Layout.TIERS])
    assert find_intents(snapshot_with(carry_out(planned.start, planned.plan.steps))) == ("shop",)
    assert find_intents(snapshot_with(planned.start)) == ()
    assert enforcement.find_ways(snapshot_with(planned.start), "shop") == ()


def test_of_files_is_told_what_can_be_told(tmp_path: Path) -> None:
    planned = plan_of(WORLD, SHAPES[Layout.TIERS])
    end = carry_out(planned.start, planned.plan.steps)
    file = tmp_path / "live.yaml"
    file.write_text(write_documents([*WORLD, *(end[identity] for identity in sorted(end))]), encoding="utf-8")
    done = call("status", "--live", str(file))
    assert (done.returncode, done.stdout.count("enforced")) == (0, 4), done.stderr
    assert call("status", "--live", str(file), "--intent", "shop", "--format", "markdown").stdout.startswith("###")
    for words, said in (
        (("--intent", "shp"), "did you mean 'shop'"),
        (("--wait",), "files have no nodes"),
        (("--context", "prod"), "files have no nodes"),
    ):
        wrong = call("status", "--live", str(file), *words)
        assert (wrong.returncode, said in wrong.stderr) == (2, True), wrong.stderr


def test_a_kubeconfig_that_is_not_there_is_wrong_input(tmp_path: Path) -> None:
    for command in (("status",), ("pause", "shop", "--yes"), ("resume", "--yes")):
        done = call(*command, "--kubeconfig", str(tmp_path / "none"))
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)

"""What the platform says is a system namespace belongs to the management plane: a plan may not cut it off."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator.apply.pausing import require_proven
from generator.calico.names import identity_of
from generator.foundation.errors import RefusedError
from generator.plan import make_plan
from generator.plan.check import Standing, check_plan
from generator.plan.model import WriteStep
from generator.plan.plan_file import write_plan
from generator.plan.proof import management
from generator.plan.proof.inclusions import Harm as Breached
from generator.plan.proof.prove import Proof, Refuted, prove
from generator.reach.environment import Environment
from tests.plan.proof_calls import planned_steps
from tests.plan.worlds import Shape, intent_of, plan_of, pod, snapshot_of, space
from tests.plan_oracle import Harm, Wait, Write, check_plan_file, check_steps, scene_of_snapshot

WORLD = [space("shop"), space("ops-agents"), pod("shop", "web"), pod("ops-agents", "agent")]
CLOSE = Write(
    "close",
    None,
    {
        "apiVersion": "projectcalico.org/v3",
        "kind": "NetworkPolicy",
        "metadata": {"name": "closed", "namespace": "ops-agents"},
        "spec": {"types": ["Ingress", "Egress"]},
    },
)
STEPS = (CLOSE, Wait("end"))


def judged(system: tuple[str, ...]) -> object:
    snapshot = snapshot_of(WORLD)
    start = {identity_of(obj): obj for obj in snapshot.policies}
    return prove(planned_steps(STEPS), start, snapshot, Environment(), ("shop",), system=system)


@pytest.mark.parametrize("system", [("ops-agents",), ("kube-system", "ops-*")])
def test_a_system_namespace_is_not_cut(system: tuple[str, ...]) -> None:
    found = judged(system)
    assert isinstance(found, Refuted)
    assert {item.harm for item in found.witnesses} == {Breached.MANAGEMENT}
    seen = check_steps(scene_of_snapshot(snapshot_of(WORLD), ("shop",), system), STEPS)
    assert {item.harm for item in seen} == {Harm.MANAGEMENT}


@pytest.mark.parametrize("system", [(), ("ops",), ("shop",)])
def test_another_namespace_may_be(system: tuple[str, ...]) -> None:
    assert isinstance(judged(system), Proof)
    assert check_steps(scene_of_snapshot(snapshot_of(WORLD), ("shop",), system), STEPS) == []


def test_the_planted_fault_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(management, "is_listed", lambda namespace, entries: namespace.startswith("kube-"))
    with pytest.raises(AssertionError):
        test_a_system_namespace_is_not_cut(("ops-agents",))


def test_a_plan_keeps_them_for_its_check() -> None:
    planned = plan_of(WORLD, Shape())
    assert planned.set is not None
    system = ("ops-agents",)
    manifests = replace(planned.set, system_namespaces=system)
    snapshot = snapshot_of(WORLD)
    plan = make_plan(manifests, snapshot, intent_of(), planned.diff)
    assert plan.system_namespaces == system
    assert check_plan(plan, snapshot).standing is Standing.FRESH
    assert check_plan_file(write_plan(plan), snapshot) == []
    closing = replace(plan, steps=(*planned_steps(STEPS), *plan.steps), system_namespaces=())
    assert check_plan(closing, snapshot).judged is not None
    for names, holds in (((), True), (system, False)):
        judged = check_plan(replace(closing, system_namespaces=names), snapshot).judged
        assert judged is not None
        assert judged.holds is holds


def test_a_pause_is_held_against_them_too() -> None:
    """What pause and resume write is judged by all that the plan was judged by."""
    plan, snapshot = plan_of(WORLD, Shape()).plan, snapshot_of(WORLD)
    steps = [step for step in planned_steps(STEPS) if isinstance(step, WriteStep)]
    require_proven(plan, snapshot, steps)
    with pytest.raises(RefusedError):
        require_proven(replace(plan, system_namespaces=("ops-agents",)), snapshot, steps)

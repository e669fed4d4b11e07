"""Pause and resume: one write for each namespace and direction, safe on the way, and byte for byte back."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from generator.calico.objects import Identity
from generator.intent.model import Layout
from generator.plan.model import Manifest, Pause, WriteStep
from generator.plan.pauses import resume
from generator.plan.proof.prove import Proof, prove
from generator.plan.simulate import apply_write, carry_out
from generator.plan.stages import Stage
from generator.reach.differential import Differential
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from tests.plan import laws
from tests.plan.worlds import Planned, Shape, kubernetes_policy, plan_of, pod, snapshot_of, space

WORLD = [space("pay"), space("shop"), pod("pay", "api"), pod("shop", "cart"), pod("shop", "web")]
OLD = kubernetes_policy("shop", "old", {"matchLabels": {"app": "cart"}}, "Ingress")
WHOLE = kubernetes_policy("pay", "old", {}, "Egress")
SHAPES = [Shape(("pay", "shop"), (("pay", "api"), ("shop", "web")), layout=layout) for layout in Layout]


def paused(objects: dict[Identity, Manifest], pause: Pause) -> dict[Identity, Manifest]:
    found = objects
    for write in pause.writes:
        found = dict(apply_write(found, write))
    return found


def engine(objects: dict[Identity, Manifest]) -> Engine:
    policies = tuple(laws.object_at(identity, objects[identity]) for identity in sorted(objects))
    return Engine(replace(snapshot_of(WORLD, complete=False), policies=policies))


def of(planned: Planned) -> dict[tuple[str, str], Pause]:
    return {(item.namespace, item.direction): item for item in planned.plan.pauses}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.layout)
def test_one_write_there_and_the_same_bytes_back(shape: Shape) -> None:
    planned = plan_of(WORLD, shape)
    end = dict(carry_out(planned.start, planned.plan.steps))
    pauses = of(planned)
    assert set(pauses) == {(space, way) for space in ("pay", "shop") for way in ("Egress", "Ingress")}
    for pause in pauses.values():
        assert len(pause.writes) == 1
        assert pause.note == ""
        there = paused(end, pause)
        assert there != end
        for write in resume(pause):
            there = dict(apply_write(there, write))
        assert there == end


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.layout)
def test_a_pause_frees_its_direction_alone_and_is_proven(shape: Shape) -> None:
    planned = plan_of(WORLD, shape)
    end = dict(carry_out(planned.start, planned.plan.steps))
    live = {identity: laws.object_at(identity, manifest) for identity, manifest in end.items()}
    for (namespace, direction), pause in of(planned).items():
        for first, last in pairwise([end, paused(end, pause)]):
            changed = list(Differential(engine(first), engine(last), 4).changes())
            opened = [item for item in changed if item.newly_allowed]
            assert opened or (namespace, direction) != ("shop", "Egress")
            assert not [item for item in changed if item.newly_denied]
        steps = tuple(WriteStep(f"pause-{n}", Stage.CUTOVER, "Pause.", w) for n, w in enumerate(pause.writes))
        found = prove(steps, live, snapshot_of(WORLD), Environment())
        assert isinstance(found, Proof)


def test_what_policies_of_others_isolate_is_said() -> None:
    planned = plan_of([*WORLD, OLD, WHOLE], SHAPES[1])
    pauses = of(planned)
    assert pauses["pay", "Egress"].writes == ()
    assert "changes nothing" in pauses["pay", "Egress"].note
    assert "stay isolated" in pauses["shop", "Ingress"].note
    assert "cart" in str(pauses["shop", "Ingress"].writes[0].after)
    assert pauses["shop", "Egress"].note == ""


def test_a_way_out_has_nothing_to_pause() -> None:
    assert plan_of(WORLD, None, to_none=True).plan.pauses == ()

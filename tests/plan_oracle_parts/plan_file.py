"""A plan as its file has it, read from the JSON alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generator.snapshot.model import Snapshot
from tests.plan_oracle_parts.elsewhere import with_pods_elsewhere
from tests.plan_oracle_parts.judge import MOST_VIOLATIONS, WayBack, check_steps
from tests.plan_oracle_parts.scene import scene_of_snapshot
from tests.plan_oracle_parts.steps import Step, Wait, Write, way_back
from tests.plan_oracle_parts.violation import Violation


@dataclass(frozen=True, slots=True)
class PlanFile:
    """What the checker takes from a plan file: the steps that nodes see, and the intent's and platform's namespaces."""

    steps: tuple[Step, ...]
    owned: tuple[str, ...]
    system: tuple[str, ...]
    accepted: tuple[str, ...]  # by name; policies of others are among them, and harm no flow


def read_plan_file(text: str) -> PlanFile:
    """Read a plan file; KeyError or ValueError where it has another shape."""
    plan = json.loads(text)["plan"]
    steps = tuple(step for item in plan["steps"] for step in read_step(item))
    return PlanFile(steps, tuple(plan["scope"]), tuple(plan["system_namespaces"]), tuple(plan["accepted"]))


def read_step(item: Mapping[str, Any]) -> list[Step]:
    """Read one step; a check is seen by no node."""
    match item["step"]:
        case "write":
            return [Write(item["id"], item["write"]["before"], item["write"]["after"])]
        case "wait":
            return [Wait(item["id"], frozenset(item["kinds"]))]
        case "check":
            return []
    raise ValueError(f"a step of kind {item['step']!r}")


def check_plan_file(
    text: str,
    snapshot: Snapshot,
    *,
    back: WayBack | None = way_back,
    most: int = MOST_VIOLATIONS,
    elsewhere: bool = False,
) -> list[Violation]:
    """Return what a plan breaks that starts from a snapshot; nothing: in all states all holds, and on the way back.

    Harm between two ends that the plan says are accepted by name is passed over, that harm and no other. With
    `elsewhere` pods of each sort also come to be wherever other pods are, which takes longer.
    """
    plan = read_plan_file(text)
    scene = scene_of_snapshot(snapshot, plan.owned, plan.system, accepted=plan.accepted)
    if elsewhere:
        scene = with_pods_elsewhere(scene, plan.steps)
    return check_steps(scene, plan.steps, back=back, most=most)

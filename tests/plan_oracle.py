"""The independent checker of plans: slow, obvious, and to be read beside product.md 6 and dataplane.md 5, 7 and 8.

It reads a plan file and a snapshot and nothing else of the planner: no `generator.plan`, no engine, no packet sets
(`tests/plan/test_oracle_imports.py` holds it to that). Packets are evaluated by `tests/obvious.py`. It enumerates the
states by itself: between two confirmed waits a node has, of each kind of object that Felix watches, any number of the
writes that are on their way; the node at the other end of a flow has any other number of each.

The parts, in reading order: `steps` (what a plan writes, and its way back), `states` (what a node can have),
`scene` (who is there), `packets` (which flows are asked), `clusters` (a state as the evaluator reads it), `ends` (what
each end lets through in a state), `questions` (all that is asked of a plan), `demands` (the laws of product.md 6),
`judge` (who breaks them), `violation` (the witness).
"""

from tests.plan_oracle_parts.judge import check_steps
from tests.plan_oracle_parts.plan_file import check_plan_file, read_plan_file
from tests.plan_oracle_parts.scene import Scene, scene_of_manifests, scene_of_snapshot
from tests.plan_oracle_parts.steps import Pause, Step, Wait, Write, way_back
from tests.plan_oracle_parts.violation import Harm, Violation, replay

__all__ = [
    "Harm",
    "Pause",
    "Scene",
    "Step",
    "Violation",
    "Wait",
    "Write",
    "check_plan_file",
    "check_steps",
    "read_plan_file",
    "replay",
    "scene_of_manifests",
    "scene_of_snapshot",
    "way_back",
]

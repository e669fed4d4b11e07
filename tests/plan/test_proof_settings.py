"""What a FelixConfiguration changes of verdicts holds in the proof as it does in the engine."""

from __future__ import annotations

from typing import Any

import pytest

from generator.plan.proof import cluster as cluster_room
from generator.plan.proof.cluster import PlannedCluster
from generator.plan.proof.history import read_history
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from tests.plan.proof_calls import prove_steps
from tests.plan.worlds import pod, snapshot_of, space
from tests.plan_oracle_parts.steps import Wait, Write

WORLD = [space("shop"), pod("shop", "web"), pod("shop", "cart")]
SETTINGS = [
    {"bpfEnabled": True},
    {"nftablesMode": "Enabled"},
    {"defaultEndpointToHostAction": "Drop"},
    {"vxlanPort": 8472},
    {"allowVXLANPacketsFromWorkloads": True},
]


def felix(spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "projectcalico.org/v3",
        "kind": "FelixConfiguration",
        "metadata": {"name": "default"},
        "spec": spec,
    }


@pytest.mark.parametrize("spec", SETTINGS, ids=lambda spec: next(iter(spec)))
def test_the_proof_reads_them_as_the_engine_does(spec: dict[str, Any]) -> None:
    snapshot = snapshot_of([*WORLD, felix(spec)])
    planned = PlannedCluster(snapshot, read_history({}, ()), Environment())
    assert planned.environment == Engine(snapshot).environment
    assert planned.environment != Engine(snapshot_of(WORLD)).environment
    assert planned.plain_engine(()).environment == planned.environment


def _closed_then_opened() -> list[Write | Wait]:
    """Return a Deny of VXLAN's port that comes and goes: it matters only where pods may send such packets at all."""
    policy = {
        "apiVersion": "projectcalico.org/v3",
        "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "deny"},
        "spec": {
            "order": 10,
            "selector": "app == 'web'",
            "types": ["Egress"],
            "egress": [
                {"action": "Deny", "protocol": "UDP", "destination": {"ports": [4789]}},
                {"action": "Allow"},
            ],
        },
    }
    return [Write("step-1", None, policy), Wait("step-2"), Write("step-3", policy, None)]


def test_they_decide_whether_a_plan_is_safe() -> None:
    never = prove_steps(WORLD, _closed_then_opened())
    allowed = prove_steps([*WORLD, felix({"allowVXLANPacketsFromWorkloads": True})], _closed_then_opened())
    assert type(never).__name__ == "Proof"
    assert type(allowed).__name__ == "Refuted"


def test_a_proof_that_does_not_read_them_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_room, "with_felix_settings", lambda environment, _: environment)
    with pytest.raises(AssertionError):
        test_they_decide_whether_a_plan_is_safe()

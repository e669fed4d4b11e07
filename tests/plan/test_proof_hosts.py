"""Host endpoints have a say on pod traffic: what the independent checker finds there, the proof refuses too."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace

from generator.calico.names import identity_of
from generator.intent.model import Layout
from generator.plan.proof.prove import Proof, Refuted, prove
from generator.reach.environment import Environment
from tests.plan.proof_calls import planned_steps
from tests.plan.test_oracle_twin import run_of
from tests.plan.worlds import Shape, plan_of, pod, snapshot_of, space
from tests.plan_oracle import Harm, check_steps

SEEDS = 120
FLOWS = (Harm.CUT, Harm.OPENED)


def test_nothing_is_proven_that_harms_a_flow() -> None:
    counts: Counter[str] = Counter()
    for seed in range(SEEDS):
        scene, steps = run_of(seed, hosts=True)
        scene = replace(scene, new_pods=True, management=frozenset())
        snapshot = snapshot_of(list(scene.objects.values()))
        start = {identity_of(obj): obj for obj in snapshot.policies}
        proof = prove(planned_steps(steps), start, snapshot, Environment(interface="eth0"))
        assert isinstance(proof, Proof | Refuted), (seed, proof)
        harmed = any(item.harm in FLOWS for item in check_steps(scene, steps))
        if harmed:
            assert isinstance(proof, Refuted), seed
        counts["harmed" if harmed else "safe, and proven" if isinstance(proof, Proof) else "safe, and refused"] += 1
    sys.stdout.write(f"\n{dict(counts)}\n")
    assert counts["harmed"] >= 10
    assert counts["safe, and proven"] >= 50


def test_a_plan_looks_at_each_interface_that_a_host_endpoint_names() -> None:
    """An endpoint of eth0 with an applyOnForward policy of ours on pods alone: proven for eth0 and without it."""
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n1"},
        "status": {"addresses": [{"type": "InternalIP", "address": "192.168.7.1"}]},
    }
    host = {
        "apiVersion": "projectcalico.org/v3",
        "kind": "HostEndpoint",
        "metadata": {"name": "n1-eth0", "labels": {"role": "node"}},
        "spec": {"node": "n1", "interfaceName": "eth0"},
    }
    for layout in Layout:
        plan = plan_of([space("shop"), pod("shop", "web"), node, host], Shape(layout=layout)).plan
        assert not plan.errored, plan.unresolved

"""Where a node may have a write and not yet an earlier one of its kind.

Felix takes in what waits still once: an object written again comes at the place of its first write, before others. And
what policies say reaches the dataplane in any order, before the endpoints with what selects them. Each list is safe
write by write.
"""

from __future__ import annotations

import pytest

from generator.plan.proof.prove import Proof, Refuted
from tests.faults.plan_proof import what_is_written_again_keeps_its_place
from tests.plan.dataplane_script import ALLOW_GNP, CART, DENY_GNP, Script, open_shop, policy
from tests.plan.oracle_corners import OF_NOBODY
from tests.plan.proof_calls import prove_steps


def written_again(*, waited_for: bool) -> Script:
    script = open_shop().put(OF_NOBODY)
    return (script.wait() if waited_for else script).put(ALLOW_GNP, DENY_GNP)


@pytest.mark.parametrize("waited_for", [False, True])
def test_a_second_write_needs_a_wait_before_it(*, waited_for: bool) -> None:
    run = written_again(waited_for=waited_for).end()
    found = prove_steps(run.world, run.steps)
    assert isinstance(found, Proof if waited_for else Refuted), found


def test_without_its_own_count_it_would_be_taken_for_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    what_is_written_again_keeps_its_place(monkeypatch)
    run = written_again(waited_for=False).end()
    assert isinstance(prove_steps(run.world, run.steps), Proof)


def test_the_same_writes_of_three_objects_keep_their_order() -> None:
    other = {**OF_NOBODY, "metadata": {"name": "other"}}
    run = open_shop().put(other, ALLOW_GNP, DENY_GNP).end()
    assert isinstance(prove_steps(run.world, run.steps), Proof)


@pytest.mark.parametrize("waited_for", [False, True])
def test_rules_that_go_may_be_gone_before_a_policy_that_came_earlier_selects_anybody(*, waited_for: bool) -> None:
    old = policy("GlobalNetworkPolicy", "old", 500, ["Ingress"], **CART, ingress=ALLOW_GNP["spec"]["ingress"])
    emptied = policy("GlobalNetworkPolicy", "old", 500, ["Ingress"], **CART, ingress=[])
    script = open_shop().put(old).later().put(ALLOW_GNP)
    run = (script.wait() if waited_for else script).put(emptied).end()
    assert isinstance(prove_steps(run.world, run.steps), Proof if waited_for else Refuted)

"""Felix takes in what waits still once: an object written again comes at the place of its first write, before others.

The list is safe write by write; without a wait behind its first write a node may have the last one and not the second.
"""

from __future__ import annotations

import pytest

from generator.plan.proof.prove import Proof, Refuted
from tests.plan.dataplane_script import ALLOW_GNP, DENY_GNP, Script, open_shop
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


def test_the_same_writes_of_three_objects_keep_their_order() -> None:
    other = {**OF_NOBODY, "metadata": {"name": "other"}}
    run = open_shop().put(other, ALLOW_GNP, DENY_GNP).end()
    assert isinstance(prove_steps(run.world, run.steps), Proof)

"""What the checker says where the cases of dataplane.md say nothing: exactly the harms that are done."""

from __future__ import annotations

import pytest

from tests.plan.oracle_corners import Corner, corners
from tests.plan_oracle import Harm, check_steps, replay


@pytest.mark.parametrize("corner", corners(), ids=lambda corner: corner.name)
def test_corner(corner: Corner) -> None:
    found = check_steps(corner.scene, corner.steps, back=corner.back)
    assert {item.harm for item in found} == corner.harms, [str(item) for item in found]
    for violation in found:
        if violation.flow:
            assert replay(violation) == (violation.harm is Harm.OPENED), str(violation)


def test_a_witness_names_flow_steps_and_states() -> None:
    [corner] = [item for item in corners() if item.name == "another kind is waited for"]
    first, *_ = check_steps(corner.scene, corner.steps)
    assert str(first) == (
        "cut in step-03: kube-system/dns-n1 -> shop/cart-n1 TCP sport=1 dport=7070 | at the source's node the start | "
        "at the destination's node GlobalNetworkPolicy 1 (step-03), NetworkPolicy 0"
    )

"""What a reader sees of a plan that only observes: what is logged where, how it is read, and how to go on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from generator.report.plan import plan_headline, plan_markdown, plan_text
from generator.snapshot.model import FELIX
from tests.plan.observing_worlds import after, observing_plan_of
from tests.plan.test_observe import OPEN, SHAPES, WORLDS
from tests.plan.worlds import Shape
from tests.support.golden import check_golden

GOLDEN = Path(__file__).parent / "golden"
LIVE = WORLDS["isolated in part"]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.layout)
def test_the_text_is_what_it_was(shape: Shape) -> None:
    planned = observing_plan_of(LIVE, shape, until="2026-12-01")
    check_golden(GOLDEN / f"observe-{shape.layout}.txt", plan_text(planned.plan))


def test_markdown_says_how_the_log_is_read() -> None:
    planned = observing_plan_of(LIVE, SHAPES[0], until="2026-12-01")
    check_golden(GOLDEN / "observe-tiers.md", plan_markdown(planned.plan))


def test_the_headline_says_that_nothing_is_enforced() -> None:
    planned = observing_plan_of(OPEN, SHAPES[0])
    assert "enforces nothing, what the set would drop is logged" in plan_headline(planned.plan)
    again = observing_plan_of(after(OPEN, planned), SHAPES[0])
    assert "is logged already" in plan_headline(again.plan)


def test_a_prefix_with_specifiers_is_searched_by_what_is_before_them() -> None:
    felix = {"logPrefix": "calico %p", "logActionRateLimit": "10/second"}
    planned = observing_plan_of(OPEN, SHAPES[0], extra={FELIX: felix})
    text = " ".join(plan_text(planned.plan).split())
    assert "begins with 'calico %p': journalctl -k -g 'calico'" in text
    assert "at most 10/second lines for each rule, so the log is incomplete" in text
    bare = replace(planned.plan, observing=replace(planned.plan.observing, prefix="%p"))
    assert "journalctl -k, or dmesg" in " ".join(plan_text(bare).split())

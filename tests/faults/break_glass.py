"""Planted faults of the break-glass bundle's order: what is then written is not proven from some step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from generator.plan import break_glass, break_glass_signs
from generator.plan.model import WriteStep
from generator.plan.rollback import way_back
from tests.faults.calico import Fault
from tests.plan import break_glass_laws


def in_the_order_of_the_plan(patch: pytest.MonkeyPatch) -> None:
    """What was written first is taken back first."""
    patch.setattr(break_glass, "way_back", lambda steps, done: way_back(steps, done)[::-1])


def never_rests(patch: pytest.MonkeyPatch) -> None:
    def writes(steps: Any, done: int) -> list[int]:
        return [number for number in way_back(steps, done) if isinstance(steps[number], WriteStep)]

    patch.setattr(break_glass, "way_back", writes)


def steps_back_from_where_it_never_was(patch: pytest.MonkeyPatch) -> None:
    """Objects are brought to what the plan made of them in between, also where the run has not come so far."""
    real = break_glass._restoration
    patch.setattr(break_glass, "_restoration", lambda *given: replace(real(*given), always=True))


def forgets_what_was_in_between(patch: pytest.MonkeyPatch) -> None:
    """Each object goes straight to what it was, with the first of its writes."""
    real = break_glass.break_glass_parts

    def parts(plan: Any) -> Any:
        start = break_glass_laws.live_after(plan, 0)
        return tuple(
            replace(
                part,
                restorations=tuple(replace(item, content=start[item.identity]) for item in part.restorations),
            )
            for part in real(plan)
        )

    patch.setattr(break_glass_laws, "break_glass_parts", parts)


def thinks_that_all_is_written(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(break_glass_signs, "find_position", lambda signs, seen: signs[-1].number)


def thinks_that_nothing_is_written(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(break_glass_signs, "find_position", lambda signs, seen: 0)


def takes_what_is_gone_for_removed(patch: pytest.MonkeyPatch) -> None:
    """A bridge that is not there yet passes for one that is gone again."""

    def find(signs: Any, seen: Any) -> int:
        return max((sign.number for sign in signs if seen[sign.number]), default=0)

    patch.setattr(break_glass_signs, "find_position", find)


FAULTS_OF_THE_BUNDLE: tuple[Fault, ...] = (
    in_the_order_of_the_plan,
    never_rests,
    steps_back_from_where_it_never_was,
    forgets_what_was_in_between,
    thinks_that_all_is_written,
    thinks_that_nothing_is_written,
    takes_what_is_gone_for_removed,
)

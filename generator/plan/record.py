"""What a plan says of its proof: which states were looked at between which steps, and by which argument."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Order(StrEnum):
    """In which order a plan closes and opens (product.md 6), and when policies that are handed over go."""

    OPEN_FIRST = "open-first"  # the allows, then the cut-over: each end allows what it did or will
    CLOSE_FIRST = "close-first"  # allows that pass, the cut-over, then allows: each end allows what it did and will
    OPEN_FIRST_OLD_BEFORE = "open-first-old-before"  # the same, and what is handed over goes before anything of ours
    CLOSE_FIRST_OLD_BEFORE = "close-first-old-before"

    @property
    def closes_first(self) -> bool:
        """Tell whether allows pass until the cut-over has been made."""
        return self in (Order.CLOSE_FIRST, Order.CLOSE_FIRST_OLD_BEFORE)

    @property
    def old_before(self) -> bool:
        """Tell whether policies that are handed over go before anything of ours is let go."""
        return self in (Order.OPEN_FIRST_OLD_BEFORE, Order.CLOSE_FIRST_OLD_BEFORE)


class Method(StrEnum):
    """How the states of a plan were judged."""

    EVERY_STATE = "every-state"  # every state that a node can be in, for all flows
    REFUSED = "refused"  # in some state a flow comes to harm, or not every state can be judged
    NOTHING_TO_PROVE = "nothing-to-prove"  # the plan writes nothing


HEADLINES: Final = {
    Method.EVERY_STATE: (
        "Proven: in every state that a node can be in while the plan runs, or is taken back from any step, no flow is "
        "cut that lives before and after, and none is opened that lives neither before nor after."
    ),
    Method.REFUSED: (
        "No steps are given. What is named below would come to harm while nodes have taken in some of the writes and "
        "not others."
    ),
    Method.NOTHING_TO_PROVE: "Nothing to prove: nothing is written.",
}


MOST_STATES: Final = 1_000_000_000  # that are counted; where thousands of writes are in any order, there are more


@dataclass(frozen=True, slots=True)
class StretchRecord:
    """The proof of the steps between two waits.

    `states` are those that a node can be in, MOST_STATES for as many or more. The rest counts ends of flows,
    a workload, node or zone in one direction: those that no write concerns, those that each write lets only more (or
    only less) through, and those that were evaluated in each state that they can tell apart.
    """

    first: str
    last: str
    states: int
    untouched: int
    widens: int
    narrows: int
    enumerated: int


@dataclass(frozen=True, slots=True)
class ProofRecord:
    """The proof of a plan. `pairs` are ordered pairs of places, both families; `assumptions` are what it rests on."""

    method: Method
    order: Order
    pairs: int
    rollbacks: int  # steps from which the way back was looked at
    stretches: tuple[StretchRecord, ...]
    assumptions: tuple[str, ...]

    @property
    def headline(self) -> str:
        """Return in one sentence what is known."""
        return HEADLINES[self.method]

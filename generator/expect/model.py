"""What a judgement says: an expectation holds, is violated with a witness, is not known, or selects nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from generator.intent.expectation import Expectation
from generator.packets.transport import TransportSet
from generator.reach.flow import Flow, FlowVerdict


class Outcome(StrEnum):
    """Only `holds` is good: nothing found is not success, and neither is nobody knows."""

    HOLDS = "holds"
    VIOLATED = "violated"
    UNKNOWN = "unknown"
    VACUOUS = "vacuous"


@dataclass(frozen=True, slots=True)
class Breach:
    """Flows that do not fare as they should: all of these sources to all of these destinations with these packets.

    `outcome` is `violated`, or `unknown` where the engine cannot tell, with the reason in `why`. The witness is one of
    them that was sent through the rules one by one, with its trace.
    """

    outcome: Outcome
    families: tuple[int, ...]
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    packets: TransportSet
    witness: Flow
    verdict: FlowVerdict
    why: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """An expectation and what became of it; `why` says it in words where there is no breach to show.

    `sources` and `destinations` count the pods, nodes and groups of addresses outside that were looked at.
    """

    expectation: Expectation
    outcome: Outcome
    why: str = ""
    breaches: tuple[Breach, ...] = ()
    sources: int = 0
    destinations: int = 0
    notes: tuple[str, ...] = ()

    @property
    def met(self) -> bool:
        """Tell whether the expectation holds."""
        return self.outcome is Outcome.HOLDS


class WitnessFailed(Exception):
    """What the packet sets say is not so when one packet is followed: a fault of the engine, so nothing is shown."""

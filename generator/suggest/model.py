"""What is asked, what could be changed, and what is answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from generator.intent.model import PodSelection
from generator.packets.addresses import AddressSet
from generator.packets.transport import TransportSet
from generator.reach.decision import Decision, Verdict
from generator.reach.engine import Engine
from generator.reach.flow import Flow, FlowVerdict
from generator.reach.flow_changes import FlowChange


@dataclass(frozen=True, slots=True)
class Edit:
    """One change in the reader's words: at a way in the intent (`services.web.needs`) a value is added, or set."""

    way: str
    verb: str  # add, or set
    value: Any  # plain YAML data


@dataclass(frozen=True, slots=True)
class Group:
    """One end of a need: pods by namespace and labels, one node, or addresses; whichever is set."""

    pods: PodSelection | None = None
    node: str = ""
    addresses: AddressSet = field(default_factory=AddressSet.nothing)


@dataclass(frozen=True, slots=True)
class Need:
    """What a change is meant to open, and nothing else; None is anything."""

    sources: Group | None
    destinations: Group | None
    packets: TransportSet | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A change that may help: as edits for people, as an overlay for `-f`, and what it is meant to open.

    `fill_in` names what the reader must still write, where the change holds something that only people know.
    """

    edits: tuple[Edit, ...]
    overlay: dict[str, Any]
    need: Need
    fill_in: str = ""


@dataclass(frozen=True, slots=True)
class PossibleFlows:
    """Flows that were denied; what becomes of them nobody can tell, for the snapshot does not say enough."""

    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    packets: TransportSet


@dataclass(frozen=True, slots=True)
class Denial:
    """What became of the flow in one cluster; `decisions` are those that deny, in the order of the packet's way."""

    engine: Engine
    flow: Flow
    verdict: FlowVerdict

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Return the decisions that deny."""
        found = (self.verdict.egress, *self.verdict.host, self.verdict.ingress)
        return tuple(item for item in found if item is not None and item.verdict is Verdict.DENY)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A change that was applied, rendered and evaluated: the flow is allowed then.

    `opened` is the whole differential between the set before and after. `beyond`: it holds more than the asked flow's
    two ends and its port; `unsure` is what it may hold besides. `overridden`: policies of others deny the flow, and the
    change would go before them.
    """

    edits: tuple[Edit, ...]
    overlay: dict[str, Any]
    opened: tuple[FlowChange, ...]
    beyond: bool
    unsure: tuple[PossibleFlows, ...] = ()
    fill_in: str = ""
    overridden: Denial | None = None


class Obstacle(StrEnum):
    """Why no change of the intent is proposed; the value is the text for people."""

    NOT_OURS = "neither end is a pod in a namespace that this intent owns"
    NO_WORDS = "an intent speaks of ports of TCP, UDP and SCTP only"
    NO_BACKEND = "it is sent to a Service, and which pod answers is not known"
    POLICY = "it is denied whatever this intent says"
    FEED = (
        "its address is on a threat feed, which is denied before anything else; take it off the list if that is wrong: "
        "an external of that address would make a hole in the feed for everybody"
    )
    GUARDRAIL = (
        "a guardrail denies it before anything else; an external of that address would make a hole in it, so that is "
        "not proposed"
    )
    UNKNOWN = "with the change that would be made it is not known whether it is allowed"
    CUTS = "the change that would allow it would cut something else"
    INVALID = "the change that would allow it makes no intent that can be rendered"


@dataclass(frozen=True, slots=True)
class Refusal:
    """No change is proposed.

    `edits` is what was tried, if anything, and `still` what would become of the flow with that.
    """

    obstacle: Obstacle
    still: Denial
    edits: tuple[Edit, ...] = ()

"""What comparing a rendered set with its intent gives: a proof, or the differences, each with a witness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from generator.calico.objects import ApiObject
from generator.meaning.model import Way
from generator.packets.transport import TransportSet
from generator.reach.flow import Flow, FlowVerdict


class RenderedTarget(Protocol):
    """For which Calico a set was rendered."""

    @property
    def version(self) -> str:
        """The minor version, as "3.32"."""

    @property
    def tier(self) -> str:
        """The tier that the policies are in."""


class RenderedItem(Protocol):
    """One object of a set, with the layer that wrote it."""

    @property
    def layer(self) -> str:
        """The name of the layer."""

    @property
    def object(self) -> ApiObject:
        """The object as it is written."""


class RenderedSet(Protocol):
    """A rendered set, as far as it is looked at here; `layers.model.ManifestSet` is one."""

    @property
    def target(self) -> RenderedTarget:
        """For which Calico."""

    @property
    def objects(self) -> Sequence[RenderedItem]:
        """All objects."""


class Wrong(StrEnum):
    """In which way the set differs from the intent."""

    MORE = "allows more"
    LESS = "allows less"
    UNDECIDED = "undecided"
    BEYOND = "governs what it does not own"


@dataclass(frozen=True, slots=True)
class Witness:
    """One flow of a difference, and what the set does to it. `whole`: its fate differs from end to end, not only here.

    Where it does not, the other end makes up for the difference.
    """

    flow: Flow
    verdict: FlowVerdict
    whole: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """What the set and the intent disagree on at one end (`way`) of flows between some pods and their peers.

    `layer`, `policy` and `rule` are the cause: the rule that decides, or where a rule is missing the layer that should
    have written it ("" and None: nothing decides). `meant` says what the intent has to say, by the paths of its items.
    `witness` is None where a rule asks for what nobody is, and where a policy governs what the intent does not own and
    denies it nothing.
    """

    wrong: Wrong
    way: Way
    pods: tuple[str, ...]
    peers: tuple[str, ...]
    packets: TransportSet
    families: tuple[int, ...]
    layer: str
    policy: str
    rule: int | None
    meant: tuple[str, ...]
    witness: Witness | None


@dataclass(frozen=True, slots=True)
class Proven:
    """The set allows what the intent means, no more and no less, in both families, for every packet.

    `pods` were governed and compared, in a world of `places` places that nothing tells apart further; `stand_ins` says
    what had to be stood in for, such as a Service's endpoints that no snapshot holds.
    """

    pods: int
    places: int
    stand_ins: tuple[str, ...]


class CannotCompare(Exception):
    """Nothing can be said of the set; the text says why."""

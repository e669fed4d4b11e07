"""Observed flows as data: who was seen talking to whom, how often, and when last; before any snapshot is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class FlowFormat(StrEnum):
    """What wrote a log."""

    WHISKER = "whisker"  # Goldmane's flows as Whisker prints them, one JSON object a line (calico.md 6.4)
    KERNEL = "kernel-log"  # lines of Log rules in the kernel log of a node (calico.md 6.5)


class Clock(IntEnum):
    """How a time was written; only those of UTC can be compared between files."""

    NONE = 0
    LOCAL = 1  # without a year, without a zone, or in seconds since the node has booted
    UTC = 2


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """When something was seen: of UTC in seconds since 1970, of any other clock by the order of reading."""

    clock: Clock = Clock.NONE
    number: float = 0.0
    text: str = ""


NEVER = Moment()


@dataclass(frozen=True, slots=True, order=True)
class NamedEnd:
    """An end by its name: a pod, or many (`web-574ff6d9fd-*`); a node, a network set, a network have no namespace."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True, order=True)
class AddressEnd:
    """An end by its address, with the pod's interface on its side where the log tells it, else ""."""

    address: str
    interface: str = ""


FlowEnd = NamedEnd | AddressEnd


@dataclass(frozen=True, slots=True, order=True)
class SeenPackets:
    """What was sent: a protocol, and the destination port or the ICMP type and code; None where the log has none."""

    protocol: int
    port: int | None = None
    icmp: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class SeenFlow:
    """Records of one flow in logs of one format.

    `let_through` and `denied` count connections of a kernel log, and records of Whisker, each seen from one end: what
    both ends have reported is counted once. `undecided` are records that say neither.
    """

    format: FlowFormat
    source: FlowEnd
    destination: FlowEnd
    packets: SeenPackets
    let_through: int
    denied: int
    undecided: int
    last: Moment


@dataclass(frozen=True, slots=True)
class LogRead:
    """One file: how many records it has, from when to when, and how many lines in it are of something else."""

    file: str
    format: FlowFormat
    records: int
    others: int
    begins: str
    ends: str


@dataclass(frozen=True, slots=True)
class Observations:
    """All that was read; `unkept` records are of flows beyond the most that are kept."""

    logs: tuple[LogRead, ...] = ()
    flows: tuple[SeenFlow, ...] = ()
    unkept: int = 0


class BadLine(Exception):
    """A line that says it is a flow and cannot be read; the text says what is wrong, `hint` how to go on."""

    def __init__(self, summary: str, hint: str = "") -> None:
        super().__init__(summary)
        self.hint = hint


class Saw(IntEnum):
    """What one record says of its flow, and from which end."""

    SOURCE_ALLOWED = 0
    DESTINATION_ALLOWED = 1
    SOURCE_DENIED = 2
    DESTINATION_DENIED = 3
    UNDECIDED = 4
    LOGGED = 5  # a Log rule was reached: of one end or the other, and the packet went on


@dataclass(slots=True)
class Record:
    """One record of a log."""

    source: FlowEnd
    destination: FlowEnd
    packets: SeenPackets
    saw: Saw
    begins: Moment
    ends: Moment
    connection: tuple[str, ...] = field(default=())  # of a kernel log: what both ends log of one connection

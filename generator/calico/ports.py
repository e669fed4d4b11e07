"""Ports and protocols of rules as closed sets of forms (calico.md 4.2, 4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from generator.calico.scalars import decode_port, decode_protocol


@dataclass(frozen=True, slots=True)
class PortNumber:
    """One port, 0 to 65535; 0 decodes and is refused by the Go validator."""

    number: int


@dataclass(frozen=True, slots=True)
class PortRange:
    """The ports from `low` to `high`, both included, `low` below `high`."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class NamedPort:
    """The port that each endpoint exposes under this name; `"80-90"` is such a name, not a range."""

    name: str


Port = PortNumber | PortRange | NamedPort


@dataclass(frozen=True, slots=True)
class ProtocolNumber:
    """A protocol by its number, 0 to 255; 1 and 58 say nothing of the IP version."""

    number: int


@dataclass(frozen=True, slots=True)
class ProtocolName:
    """A protocol by a name, which may be none that Calico knows."""

    name: str


Protocol = ProtocolNumber | ProtocolName


def parse_port(value: Any) -> Port | None:
    """Read a port as it stands in a manifest; None where Calico could not decode it."""
    match decode_port(value):
        case None:
            return None
        case int(number):
            return PortNumber(number)
        case str(name):
            return NamedPort(name)
        case (low, high):
            return PortRange(low, high)


def write_port(port: Port) -> int | str:
    """Write a port as it stands in a manifest."""
    match port:
        case PortNumber(number):
            return number
        case PortRange(low, high):
            return f"{low}:{high}"
        case NamedPort(name):
            return name


def parse_protocol(value: Any) -> Protocol | None:
    """Read a protocol as it stands in a manifest; None where Calico could not decode it."""
    match decode_protocol(value):
        case None:
            return None
        case int(number):
            return ProtocolNumber(number)
        case str(name):
            return ProtocolName(name)


def write_protocol(protocol: Protocol) -> int | str:
    """Write a protocol as it stands in a manifest."""
    match protocol:
        case ProtocolNumber(number):
            return number
        case ProtocolName(name):
            return name

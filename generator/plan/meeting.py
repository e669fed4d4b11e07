"""Whether two rules may match one packet, as far as protocol, ports and addresses tell.

What a selector, a service or a name of a port would take is not asked: such a side may be anything, so that "no" is
certain and "yes" is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from generator.calico.ports import PortNumber, PortRange, ProtocolName, ProtocolNumber, parse_port, parse_protocol
from generator.calico.scalars import PROTOCOL_NUMBERS
from generator.packets import AddressSet, Intervals

Rule = Mapping[str, Any]

_PORTS: Final = Intervals.of((0, 65535))
_NUMBERS: Final = {name.lower(): number for name, number in PROTOCOL_NUMBERS.items()}


@dataclass(frozen=True, slots=True)
class Extent:
    """What a rule takes at most; protocol None is any."""

    protocol: int | str | None
    source: AddressSet
    source_ports: Intervals
    destination: AddressSet
    destination_ports: Intervals

    @classmethod
    def of(cls, rule: Rule) -> Extent:
        """Read it from a rule of a Calico policy; a rule of another kind may take anything."""
        source, destination = _side(rule, "source"), _side(rule, "destination")
        return cls(_protocol(rule), _addresses(source), _ports(source), _addresses(destination), _ports(destination))

    def meets(self, other: Extent) -> bool:
        """Tell whether a packet may be in both."""
        if self.protocol is not None and other.protocol is not None and self.protocol != other.protocol:
            return False
        return not (
            self.source.isdisjoint(other.source)
            or self.source_ports.isdisjoint(other.source_ports)
            or self.destination.isdisjoint(other.destination)
            or self.destination_ports.isdisjoint(other.destination_ports)
        )


def extents(rules: Iterable[Rule]) -> tuple[Extent, ...]:
    """Read what each rule takes at most."""
    return tuple(Extent.of(rule) for rule in rules)


def may_meet(one: Sequence[Extent], other: Sequence[Extent]) -> bool:
    """Tell whether any of the one and any of the other, in one direction, may match the same packet."""
    return any(left.meets(right) for left in one for right in other)


def _side(rule: Rule, side: str) -> Mapping[str, Any]:
    found = rule.get(side)
    return found if isinstance(found, Mapping) else {}


def _protocol(rule: Rule) -> int | str | None:
    """Return the number, or a name that has none; None where the rule takes more than one."""
    match parse_protocol(rule.get("protocol")):
        case ProtocolNumber(number):
            return number
        case ProtocolName(name):
            return _NUMBERS.get(name.lower(), name.lower())
        case _:
            return None


def _ports(side: Mapping[str, Any]) -> Intervals:
    taken = _port_numbers(side.get("ports"))
    return (_PORTS if taken is None else taken) - (_port_numbers(side.get("notPorts")) or Intervals.nothing())


def _port_numbers(values: Any) -> Intervals | None:
    """Return the ports of a list; None where it is empty or holds a name, which may be any port."""
    ranges: list[tuple[int, int]] = []
    for value in values if isinstance(values, list | tuple) else ():
        match parse_port(value):
            case PortNumber(number):
                ranges.append((number, number))
            case PortRange(low, high):
                ranges.append((low, high))
            case _:
                return None
    return Intervals.of(*ranges) if ranges else None


def _addresses(side: Mapping[str, Any]) -> AddressSet:
    taken = _networks(side.get("nets"))
    return (AddressSet.everything() if taken is None else taken) - (
        _networks(side.get("notNets")) or AddressSet.nothing()
    )


def _networks(values: Any) -> AddressSet | None:
    """Return the addresses of a list of networks; None where it is empty or cannot be read."""
    try:
        found = AddressSet.of_cidrs(str(value) for value in values) if isinstance(values, list | tuple) else None
    except ValueError:
        return None
    return found or None

"""Packets that no pod may send, in words: VXLAN and IPIP, which Felix drops whatever the policies say (calico.md 2.5).

No set of packets that a pod's flows get, lose or have holds them. Named among the exceptions they would read as if they
fared like those, which a policy decides on; so they are told once, beside the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import combinations
from operator import or_
from typing import Final

from generator.packets.intervals import Intervals
from generator.packets.printing import describe_transport
from generator.packets.transport import UDP, TransportSet
from generator.reach.environment import Environment

_IPIP: Final = 4
_ASIDE: Final = "encapsulation aside"
_EXCEPTED: Final = re.compile(r"^all (protocols )?but .*\bIPIP\b")
_VXLAN: Final = re.compile(r"\bUDP ([\d-]+, )*4789\b")


def packets_words(packets: TransportSet, environment: Environment) -> str:
    """Return packets in words; what no pod may send is left out where naming it would only lengthen them."""
    shorter = _without_naming_it(packets, environment)
    return f"{shorter}, {_ASIDE}" if shorter else describe_transport(packets)


def encapsulation_note(shown: Iterable[TransportSet], environment: Environment) -> str:
    """Return what `encapsulation aside` means, "" where none of the sets is written so."""
    if not any(_without_naming_it(packets, environment) for packets in shown):
        return ""
    dropped = " or ".join(name for name, _ in _never_sent(environment))
    return f"{_ASIDE}: Felix lets no pod send {dropped}, whatever the policies say"


def exceptions_note(words: Iterable[str]) -> str:
    """Return why words of a plan file name VXLAN and IPIP as exceptions, "" where none does."""
    found = [text for text in words if _EXCEPTED.search(text)]
    what = "UDP 4789 (VXLAN) and IPIP are" if any(_VXLAN.search(text) for text in found) else "IPIP is"
    return f"{what} excepted because Felix lets no pod send that, whatever the policies say" if found else ""


def _without_naming_it(packets: TransportSet, environment: Environment) -> str:
    """Return shorter words, that hold what no pod may send too; "" where there are none, or where the set holds it."""
    dropped = [found for _, found in _never_sent(environment)]
    if any(packets & found for found in dropped):
        return ""
    some = (chosen for number in range(1, len(dropped) + 1) for chosen in combinations(dropped, number))
    named = describe_transport(packets)
    shortest = min((describe_transport(reduce(or_, chosen, packets)) for chosen in some), key=len, default=named)
    return shortest if len(shortest) < len(named) else ""


def _never_sent(environment: Environment) -> Iterator[tuple[str, TransportSet]]:
    """Yield what no pod may send, with its name; nothing where the FelixConfiguration permits both."""
    if not environment.allow_vxlan:
        port = environment.vxlan_port
        yield f"VXLAN (UDP {port})", TransportSet.of_ports(UDP, None, Intervals.single(port))
    if not environment.allow_ipip:
        yield "IPIP", TransportSet.of_protocols([_IPIP])

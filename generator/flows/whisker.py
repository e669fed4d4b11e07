"""Flows of Goldmane as Whisker prints them: one JSON object a line (calico.md 6.4).

A record has no addresses and no source port, and names stand for all pods that one controller made. Both ends report
a connection; the source knows of egress alone, the destination of ingress. Its policies are not read: what decides is
asked of the engine, for the policies may be others by now. Source: Calico, `whisker-backend` and `goldmane/proto`.
"""

from __future__ import annotations

import json
from typing import Any, Final

from generator.flows.model import BadLine, NamedEnd, Record, Saw, SeenPackets
from generator.flows.moments import read_iso
from generator.packets.transport import ICMP, ICMP_PROTOCOLS, ICMPV6, PORT_PROTOCOLS, SCTP, TCP, UDP, UDPLITE

_PROTOCOLS: Final = {
    "tcp": TCP,
    "udp": UDP,
    "sctp": SCTP,
    "udplite": UDPLITE,
    "icmp": ICMP,
    "icmpv6": ICMPV6,
}
_SAW: Final = {
    ("Src", "Allow"): Saw.SOURCE_ALLOWED,
    ("Dst", "Allow"): Saw.DESTINATION_ALLOWED,
    ("Src", "Deny"): Saw.SOURCE_DENIED,
    ("Dst", "Deny"): Saw.DESTINATION_DENIED,
}
_UNDECIDED: Final = frozenset({"Pass", "ActionUnspecified"})
_EVENT: Final = "data:"  # the stream of Whisker's server puts it before each flow


def is_event_noise(line: str) -> bool:
    """Tell whether a line of the server's stream is none of its flows: an event's name, an id, a comment."""
    return line.startswith((":", "event:", "id:", "retry:"))


def read_object(line: str) -> dict[str, Any]:
    """Return the JSON object of a line; BadLine where it is none."""
    try:
        value = json.loads(line.removeprefix(_EVENT))
    except (ValueError, RecursionError):
        raise BadLine("the line is no JSON; it may be cut off", "take the line out, or export the flows anew") from None
    if not isinstance(value, dict):
        raise BadLine("the line is no JSON object", "one flow a line is read")
    return value


def is_flow(value: dict[str, Any]) -> bool:
    """Tell whether an object is of Whisker's shape."""
    return {"source_name", "dest_name", "reporter"} <= value.keys()


def parse_flow(value: dict[str, Any]) -> Record:
    """Return one record; BadLine with the first field that is not as it should be."""
    if not is_flow(value):
        missing = next(name for name in ("source_name", "dest_name", "reporter") if name not in value)
        raise BadLine(f"the flow has no {missing}")
    begins, ends = (read_iso(_text(value, name)) for name in ("start_time", "end_time"))
    if begins is None or ends is None:
        name = "start_time" if begins is None else "end_time"
        raise BadLine(f"{name} '{value[name]}' is no time")
    return Record(
        NamedEnd(_namespace(value, "source_namespace"), _name(value, "source_name")),
        NamedEnd(_namespace(value, "dest_namespace"), _name(value, "dest_name")),
        _packets(value),
        _saw(value),
        begins,
        ends,
    )


def _text(value: dict[str, Any], name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str):
        raise BadLine(f"the flow has no {name}" if found is None else f"{name} is no text")
    return found


def _name(value: dict[str, Any], name: str) -> str:
    return _text(value, name) or "-"


def _namespace(value: dict[str, Any], name: str) -> str:
    found = _text(value, name)
    return "" if found == "-" else found


def _packets(value: dict[str, Any]) -> SeenPackets:
    text = _text(value, "protocol")
    protocol = _PROTOCOLS.get(text.lower())
    if protocol is None:
        if not (text.isascii() and text.isdigit() and int(text) <= 255):
            raise BadLine(f"protocol '{text}' is not known")
        protocol = int(text)
    port = value.get("dest_port")
    if protocol not in PORT_PROTOCOLS:
        return SeenPackets(protocol, None, None) if protocol in ICMP_PROTOCOLS else SeenPackets(protocol)
    if type(port) is not int or not 0 <= port <= 65535:
        raise BadLine("the flow has no dest_port" if port is None else f"dest_port {port!r} is no port")
    return SeenPackets(protocol, port)


def _saw(value: dict[str, Any]) -> Saw:
    reporter, action = _text(value, "reporter"), _text(value, "action")
    if reporter not in ("Src", "Dst"):
        raise BadLine(f"reporter '{reporter}' is neither Src nor Dst")
    if action in _UNDECIDED:
        return Saw.UNDECIDED
    found = _SAW.get((reporter, action))
    if found is None:
        raise BadLine(f"action '{action}' is neither Allow nor Deny")
    return found

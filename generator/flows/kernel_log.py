"""Lines of Log rules in the kernel log of a node: what a policy of `plan --observe` writes (calico.md 6.5).

A line says that a packet reached a rule, never what became of it afterwards; a Log rule decides nothing, so the packet
went on to whatever comes behind. Addresses are those after the translation of a Service's address. Form: the kernel's
LOG target; the prefix is that of the FelixConfiguration, cut to what iptables takes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from generator.flows.interfaces import is_of_a_pod
from generator.flows.model import AddressEnd, BadLine, Moment, Record, Saw, SeenPackets
from generator.packets.addresses import parse_address
from generator.packets.transport import ICMP, ICMP_PROTOCOLS, ICMPV6, PORT_PROTOCOLS, SCTP, TCP, UDP, UDPLITE

# Of a packet that the kernel has written down: the interfaces come first.
_LOGGED: Final = re.compile(r"\bIN=(\S*) OUT=(\S*) ")
_CUT: Final = re.compile(r"\bIN=\S*(?: OUT=\S*)?\s*$")
_KERNEL: Final = re.compile(
    r"\bkernel: |^(?:<[0-9]+>)?\[ *[0-9]+\.[0-9]+\] |^-- (?:No entries|Boot|Logs begin|Journal begins)"
)
_LONGEST_PREFIX: Final = 27  # iptables takes 29 characters, and ": " is put behind it
_PROTOCOLS: Final = {
    "TCP": TCP,
    "UDP": UDP,
    "SCTP": SCTP,
    "UDPLITE": UDPLITE,
    "ICMP": ICMP,
    "ICMPv6": ICMPV6,
    "ESP": 50,
    "AH": 51,
}
_READ: Final = frozenset({"SRC", "DST", "PROTO", "SPT", "DPT", "TYPE", "CODE", "ID"})
_FIELD: Final = re.compile(r"(?<![^ ])(SRC|DST|PROTO|SPT|DPT|TYPE|CODE|ID)=(\S*)")
_HINT: Final = "take the line out, or read the log anew: journalctl -k -o short-iso"


def literal_of(prefix: str) -> str:
    """Return what surely stands in each line of a prefix: all before a specifier such as %t, as far as fits."""
    return prefix.partition("%")[0].strip()[:_LONGEST_PREFIX]


def find_packet(line: str) -> re.Match[str] | None:
    """Find where the packet begins in a line of a kernel log; None in a line of something else."""
    return _LOGGED.search(line)


def is_kernel_line(line: str) -> bool:
    """Tell whether a line is surely one of a kernel log, or of the tool that prints it."""
    return _KERNEL.search(line) is not None


def is_cut_off(line: str, literal: str) -> bool:
    """Tell whether a line of ours ends before its packet is told."""
    return bool(literal) and literal in line and _CUT.search(line) is not None


def parse_packet(line: str, found: re.Match[str], at: Moment, *, ended: bool = True) -> Record:
    """Return the record of a line whose packet was found; BadLine with the first field that is not as it should be.

    The last line of a file that was cut off has not `ended`: a port there may have lost its last digits.
    """
    if not ended and line.rpartition(" ")[2].partition("=")[0] in _READ:
        raise BadLine("the file ends within this line", _HINT)
    text = line[found.end() :]
    fields = _fields_of(text)
    source, destination = _address(fields, "SRC"), _address(fields, "DST")
    protocol = _protocol(fields)
    return Record(
        _end(source, found[1]),
        _end(destination, found[2]),
        _packets(fields, protocol, whole=not (" FRAG:" in text or "INCOMPLETE" in text)),
        Saw.LOGGED,
        at,
        at,
        (source, fields.get("SPT", ""), destination, fields.get("DPT", ""), str(protocol), fields.get("ECHO", "")),
    )


@lru_cache(maxsize=1 << 14)
def _end(address: str, interface: str) -> AddressEnd:
    return AddressEnd(address, interface if is_of_a_pod(interface) else "")


def _fields_of(text: str) -> dict[str, str]:
    """Return the first value of each field that is read; of an echo request the second ID is its own."""
    outer = text.partition(" [")[0]  # a packet that an ICMP error quotes stands in brackets behind them
    found = _FIELD.findall(outer)
    fields = dict(reversed(found))
    if fields.get("PROTO", "").startswith("ICMP"):
        fields["ECHO"] = next((value for key, value in reversed(found) if key == "ID"), "")
    return fields


def _address(fields: dict[str, str], key: str) -> str:
    text = fields.get(key)
    if text is None:
        raise BadLine(f"the line has no {key}=; it may be cut off", _HINT)
    try:
        return _checked(text)
    except ValueError:
        raise BadLine(f"{key}={text} is no address", _HINT) from None


@lru_cache(maxsize=1 << 14)
def _checked(text: str) -> str:
    parse_address(text)
    return text


def _protocol(fields: dict[str, str]) -> int:
    text = fields.get("PROTO")
    if text is None:
        raise BadLine("the line has no PROTO=; it may be cut off", _HINT)
    found = _PROTOCOLS.get(text)
    if found is not None:
        return found
    if text.isascii() and text.isdigit() and int(text) <= 255:
        return int(text)
    raise BadLine(f"PROTO={text} is not known", _HINT)


def _packets(fields: dict[str, str], protocol: int, *, whole: bool) -> SeenPackets:
    """Return what was sent; of a later fragment, or a packet that is too short, the kernel itself tells no port."""
    if protocol in PORT_PROTOCOLS:
        if "DPT" not in fields and not whole:
            return SeenPackets(protocol)
        return _to_port(protocol, _number(fields, "DPT", 65535))
    if protocol in ICMP_PROTOCOLS:
        if "TYPE" not in fields and not whole:
            return SeenPackets(protocol)
        return SeenPackets(protocol, None, (_number(fields, "TYPE", 255), _number(fields, "CODE", 255)))
    return SeenPackets(protocol)


@lru_cache(maxsize=1 << 10)
def _to_port(protocol: int, port: int) -> SeenPackets:
    return SeenPackets(protocol, port)


def _number(fields: dict[str, str], key: str, most: int) -> int:
    text = fields.get(key)
    if text is None:
        raise BadLine(f"the line has no {key}=; it may be cut off", _HINT)
    if not (text.isascii() and text.isdigit() and int(text) <= most):
        raise BadLine(f"{key}={text} is no number up to {most}", _HINT)
    return int(text)

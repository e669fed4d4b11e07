"""Numbers and texts of a manifest as Calico's decoder takes them (calico.md 4.2, 4.3, 7.3).

Each function returns None for what cannot be decoded. YAML's 900.0 is 900 to every client, because the number
reaches Calico through JSON.
"""

from __future__ import annotations

import re
from typing import Any, Final

PROTOCOL_NUMBERS: Final = {"ICMP": 1, "TCP": 6, "UDP": 17, "ICMPv6": 58, "SCTP": 132, "UDPLite": 136}
# A number means the same as the name only for these: ICMP and ICMPv6 by name also fix the IP version (4.2), and eBPF
# does not know UDPLite by name (2.8).
_SAME_BY_NAME: Final = {6: "TCP", 17: "UDP", 132: "SCTP"}

_DIGITS: Final = re.compile(r"[0-9]+")
_RANGE: Final = re.compile(r"([0-9]+):([0-9]+)")
_PORT_NAME: Final = re.compile(r"[a-zA-Z0-9_.-]{1,128}")
_BIG: Final = 10  # digits; more cannot be a port, and Python refuses to read thousands of digits


def decode_whole(value: Any) -> int | None:
    """Read a whole number, also one written 4.0; no text, no true or false."""
    match value:
        case bool():
            return None
        case int():
            return value
        case float() if value.is_integer():
            return int(value)
        case _:
            return None


def decode_number(value: Any) -> int | float | None:
    """Read any finite number; a whole one as int."""
    match value:
        case bool():
            return None
        case int():
            return value
        case float() if value == value and abs(value) != float("inf"):
            return int(value) if value.is_integer() else value
        case _:
            return None


def decode_protocol(value: Any) -> int | str | None:
    """Read a protocol: a number 0 to 255, also as text; any other text is taken for a name."""
    if isinstance(value, str):
        number = _port_number(value) if _DIGITS.fullmatch(value) else None
        return number if number is not None and number <= 255 else value
    number = decode_whole(value)
    return number if number is not None and 0 <= number <= 255 else None


def canonical_protocol(protocol: int | str) -> int | str:
    """Return the name where number and name mean the same: 6 is TCP, but 1 is not ICMP."""
    return _SAME_BY_NAME.get(protocol, protocol) if isinstance(protocol, int) else protocol


def decode_port(value: Any) -> int | tuple[int, int] | str | None:
    """Read a port: a number, a range `a:b` as a pair, or a name; `"080"` is 80 and `"80:80"` is 80."""
    if not isinstance(value, str):
        number = decode_whole(value)
        return number if number is not None and 0 <= number <= 65535 else None
    if _DIGITS.fullmatch(value):
        return _port_number(value)
    found = _RANGE.fullmatch(value)
    if found is not None:
        low, high = _port_number(found[1]), _port_number(found[2])
        if low is None or high is None or low > high:
            return None
        return low if low == high else (low, high)
    return value if _PORT_NAME.fullmatch(value) else None


def _port_number(digits: str) -> int | None:
    significant = digits.lstrip("0") or "0"
    if len(significant) > _BIG:
        return None
    number = int(significant)
    return number if number <= 65535 else None

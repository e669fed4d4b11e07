"""Times as logs write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from generator.flows.model import NEVER, Clock, Moment

_SYSLOG: Final = re.compile(r"[A-Z][a-z]{2} [ 0-9]?[0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?= )")
_DMESG: Final = re.compile(r"(?:<[0-9]+>)?\[ *([0-9]+\.[0-9]+)\]")
_DMESG_READABLE: Final = re.compile(r"\[([A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4})\]")
_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{8,18}(?:Z|[+-][0-9]{2}:?[0-9]{2})?(?= )")


@lru_cache(maxsize=1024)
def read_iso(text: str) -> Moment | None:
    """Return a time of RFC 3339 (ISO 8601); one without a zone is of a local clock. None for anything else."""
    try:
        found = datetime.fromisoformat(text.replace(",", "."))
    except ValueError:
        return None
    if found.tzinfo is None:
        return Moment(Clock.LOCAL, 0.0, text)
    exact = found.astimezone(UTC)
    shown = exact.isoformat(timespec="seconds").replace("+00:00", "Z")
    return Moment(Clock.UTC, exact.timestamp(), shown)


def read_kernel_time(line: str, number: int) -> Moment:
    """Return when a line of a kernel log was written; `number` is its place in the order of reading.

    Forms: RFC 3339 (journalctl -o short-iso, rsyslog), syslog, dmesg with seconds since boot, and dmesg -T.
    """
    iso = _ISO.match(line)
    if iso is not None:
        found = read_iso(iso[0])
        if found is not None:
            return found if found.clock is Clock.UTC else Moment(Clock.LOCAL, number, found.text)
    syslog = _SYSLOG.match(line)
    if syslog is not None:
        return Moment(Clock.LOCAL, number, syslog[0])
    readable = _DMESG_READABLE.match(line)
    if readable is not None:
        return Moment(Clock.LOCAL, number, readable[1])
    dmesg = _DMESG.match(line)
    if dmesg is not None:
        return Moment(Clock.LOCAL, number, f"{dmesg[1]} s after boot")
    return NEVER


def later(one: Moment, other: Moment) -> Moment:
    """Return the later of two; a time of UTC goes before one that cannot be compared with it."""
    return max(one, other)


def earlier(one: Moment, other: Moment) -> Moment:
    """Return the earlier of two, by the clock that is known best."""
    if one.clock is not other.clock:
        return max(one, other)
    return min(one, other)

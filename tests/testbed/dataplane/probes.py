"""Many first packets at the same time: all are sent, then the answers are waited for together."""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from tests.testbed.dataplane.namespaces import Namespace

TCP: Final = 6
UDP: Final = 17
_KINDS: Final = {TCP: socket.SOCK_STREAM, UDP: socket.SOCK_DGRAM}
_AT_ONCE: Final = struct.pack("ii", 1, 0)  # closing a connection leaves nothing of it behind
_MANY: Final = 400  # open at the same time


@dataclass(frozen=True)
class Probe:
    """The first packet of a connection; no source port of a namespace should be used twice.

    The kernel remembers connections that were let through by their ports, and policy is not asked again of those.
    """

    source: Namespace
    source_port: int
    address: str
    port: int
    protocol: int


class Refused(AssertionError):
    """Something else than the one who was asked has answered, or nobody listens there."""


def answered(probes: Iterable[Probe], quiet: float = 0.25) -> set[Probe]:
    """Return the probes that were answered; the wait is over when for `quiet` seconds no more answers came."""
    ordered = sorted(probes, key=lambda probe: probe.source.name)
    found: set[Probe] = set()
    for first in range(0, len(ordered), _MANY):
        found.update(_answered(ordered[first : first + _MANY], quiet))
    return found


def _answered(probes: Sequence[Probe], quiet: float) -> Iterator[Probe]:
    with ExitStack() as opened:
        poll = select.poll()
        waiting: dict[int, tuple[Probe, socket.socket]] = {}
        for probe, asking in _sent(probes, opened):
            waiting[asking.fileno()] = probe, asking
            poll.register(asking, select.POLLOUT if probe.protocol == TCP else select.POLLIN)
        while waiting and (events := poll.poll(quiet * 1000)):
            for number, _ in events:
                poll.unregister(number)
                probe, asking = waiting.pop(number)
                if _is_answer(probe, asking):
                    yield probe


def _sent(probes: Sequence[Probe], opened: ExitStack) -> Iterator[tuple[Probe, socket.socket]]:
    sources = {probe.source.name: probe.source for probe in probes}
    for name, source in sources.items():
        with source.entered():
            for probe in probes:
                if probe.source.name == name:
                    yield probe, opened.enter_context(_send(probe))


def _send(probe: Probe) -> socket.socket:
    asking = socket.socket(socket.AF_INET, _KINDS[probe.protocol])
    asking.setblocking(False)
    asking.bind(("0.0.0.0", probe.source_port))
    if probe.protocol == TCP:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    failed = asking.connect_ex((probe.address, probe.port))
    if failed not in (0, errno.EINPROGRESS):
        raise Refused(f"{probe}: {os.strerror(failed)}")
    if probe.protocol == UDP:
        asking.send(b"?")
    return asking


def _is_answer(probe: Probe, asking: socket.socket) -> bool:
    failed = asking.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if failed:
        raise Refused(f"{probe}: {os.strerror(failed)}")
    return probe.protocol == TCP or asking.recv(64) == b"?"

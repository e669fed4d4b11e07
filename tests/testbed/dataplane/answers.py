"""Who answers in a network namespace: each TCP connection is taken and closed, each UDP datagram comes back."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from tests.testbed.dataplane.namespaces import Namespace

_BACKLOG: Final = 512


class Answers:
    """The sockets of one namespace that answer, until `close`."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._open: list[socket.socket] = []

    def tcp(self, *ports: int) -> None:
        """Answer on TCP ports."""
        for port in ports:
            opened = self._bind(socket.SOCK_STREAM, port)
            opened.listen(_BACKLOG)
            self._serve(_take, opened)

    def udp(self, *ports: int) -> None:
        """Answer on UDP ports."""
        for port in ports:
            self._serve(_send_back, self._bind(socket.SOCK_DGRAM, port))

    def _bind(self, kind: socket.SocketKind, port: int) -> socket.socket:
        opened = self._namespace.socket(kind)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(("0.0.0.0", port))
        return opened

    def _serve(self, serve: Callable[[socket.socket], None], opened: socket.socket) -> None:
        self._open.append(opened)
        threading.Thread(target=_until_closed, args=(serve, opened), daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        for opened in self._open:
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for it
            opened.close()


def _until_closed(serve: Callable[[socket.socket], None], opened: socket.socket) -> None:
    while opened.fileno() >= 0:
        try:
            serve(opened)
        except OSError:
            return


def _take(opened: socket.socket) -> None:
    taken, _ = opened.accept()
    taken.close()


def _send_back(opened: socket.socket) -> None:
    data, asking = opened.recvfrom(64)
    if data:
        opened.sendto(data, asking)

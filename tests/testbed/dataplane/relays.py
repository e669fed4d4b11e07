"""What carries bytes between namespaces: a node's way to the API server, the API server's way to a node's metrics."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from tests.testbed.dataplane.namespaces import Namespace

_CHUNK: Final = 1 << 16
Dial = Callable[[socket.socket], socket.socket]  # where a connection that was taken goes on to


class Relay:
    """Accepts on a listening socket and carries each connection on to where `dial` leads, until `close`."""

    def __init__(self, listener: socket.socket, dial: Dial) -> None:
        self._listener, self._dial = listener, dial
        self._flows = threading.Event()
        self._flows.set()
        listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        port: int = self._listener.getsockname()[1]
        return port

    def _accept(self) -> None:
        while True:
            try:
                taken, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._go_on, args=(taken,), daemon=True).start()

    def _go_on(self, taken: socket.socket) -> None:
        with taken:
            try:
                onward = self._dial(taken)
            except OSError:
                return
            with onward:
                other = threading.Thread(target=self._carry, args=(taken, onward), daemon=True)
                other.start()
                self._carry(onward, taken)
                other.join()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                self._flows.wait()
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def hold(self) -> None:
        """Carry nothing for now; connections stay open, and what they bring comes later."""
        self._flows.clear()

    def let_go(self) -> None:
        """Carry on."""
        self._flows.set()

    def close(self) -> None:
        """Take no more connections."""
        self.let_go()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def way_to_loopback(namespace: Namespace, port: int) -> Relay:
    """Let a port of this process's loopback be found at the same port of a namespace's loopback."""
    listener = namespace.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return Relay(listener, lambda _: socket.create_connection(("127.0.0.1", port)))


def way_to_nodes(nodes: Mapping[str, Namespace]) -> Relay:
    """Return a SOCKS5 proxy (RFC 1928) on loopback that finds a node's address in that node's namespace, and no other.

    The API server of the tests dials pods through a proxy; with this one its `pods/proxy` reaches Felix.
    """
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return Relay(listener, lambda taken: _dial_node(taken, nodes))


def _dial_node(taken: socket.socket, nodes: Mapping[str, Namespace]) -> socket.socket:
    _, ways = _exactly(taken, 2)
    _exactly(taken, ways)
    taken.sendall(b"\x05\x00")  # nobody has to say who they are
    _, command, _, form = _exactly(taken, 4)
    if (command, form) != (1, 1):
        raise OSError("only connections to IPv4 addresses")
    address = socket.inet_ntoa(_exactly(taken, 4))
    port = int.from_bytes(_exactly(taken, 2), "big")
    node = nodes.get(address)
    if node is None:
        taken.sendall(b"\x05\x04\x00\x01" + bytes(6))  # host unreachable
        raise OSError(f"{address} is no node")
    onward = node.socket()
    try:
        onward.connect(("127.0.0.1", port))
    except OSError:
        onward.close()
        taken.sendall(b"\x05\x05\x00\x01" + bytes(6))  # refused
        raise
    taken.sendall(b"\x05\x00\x00\x01" + bytes(6))
    return onward


def _exactly(source: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = source.recv(count - len(found))
        if not more:
            raise OSError("the connection ended early")
        found += more
    return found

"""A proxy on loopback in front of the API server, which hands on what it gets until it is told to do harm.

with FaultProxy(server) as proxy:
    fault = proxy.plant(DropAfter(), "POST", r"/networkpolicies", first=3)
    config = server.kubeconfig(tmp_path / "config", url=proxy.url)
    …
    assert fault.hits == 1
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

from tests.testbed.access import Endpoint
from tests.testbed.faults import CutShort, DropAfter, DropBefore, Fault, Hold, Late, Planted, Refuse, Slow
from tests.testbed.server import ApiServer

ALWAYS: Final = 1_000_000
_PATIENCE: Final = 120.0  # seconds that the server, or a test that holds a request, may take
_OF_ONE_HOP: Final = {"connection", "transfer-encoding", "content-length", "host", "keep-alive"}


@dataclass(slots=True)
class Seen:
    """One request that came in: `target` is path and query; `status` is what the server answered, None where it was
    not asked or did not answer; `began` and `ended` are seconds of the monotonic clock."""

    method: str
    target: str
    body: bytes
    began: float
    content_type: str = ""
    status: int | None = None
    fault: Fault | None = None
    ended: float | None = None

    @property
    def writes(self) -> bool:
        """Tell whether it would change something."""
        return self.method not in ("GET", "HEAD") and "dryRun" not in self.target


class FaultProxy:
    """Listens on 127.0.0.1 with the server's own certificate, or in plain text with `tls=False`."""

    def __init__(self, server: ApiServer, *, tls: bool = True) -> None:
        self.server = server
        self.trust = ssl.create_default_context(cafile=str(server.endpoint.ca_file))
        self.seen: list[Seen] = []
        self._planted: list[tuple[str, re.Pattern[str], Planted]] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._listening = _Listener(self)
        certificate = server.endpoint.ca_file
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, certificate.with_suffix(".key"))
            wrapped = context.wrap_socket(self._listening.socket, server_side=True, do_handshake_on_connect=False)
            self._listening.socket = wrapped
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listening.server_port}"
        self._thread = threading.Thread(target=self._listening.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def endpoint(self) -> Endpoint:
        """The way through this proxy, for a plain client."""
        return Endpoint(self.url, self.server.endpoint.ca_file, self.server.endpoint.tokens)

    # Orders

    def plant(self, fault: Fault, method: str = "", target: str = "", first: int = 1, times: int = 1) -> Planted:
        """Strike requests with this method (any, if empty) whose path and query hold this regular expression.

        The `first` of them, and `times` in all; ALWAYS is for all that follow. Of several faults the oldest that
        matches strikes, and only that one counts the request.
        """
        planted = Planted(fault, first, times)
        with self._lock:
            self._planted.append((method, re.compile(target), planted))
        return planted

    def heal(self) -> None:
        """Forget all faults, and let go on what is held."""
        with self._lock:
            for _, _, planted in self._planted:
                planted.release()
            self._planted.clear()

    def forget(self) -> None:
        """Empty the record of requests."""
        with self._lock:
            self.seen.clear()

    def written(self) -> list[Seen]:
        """Return the requests that would change something, in the order in which they came in."""
        with self._lock:
            return [seen for seen in self.seen if seen.writes]

    def close(self) -> None:
        """Stop listening, and end all connections."""
        self._closed.set()
        self.heal()
        self._listening.shutdown()
        self._thread.join()
        self._listening.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, it: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # For the handler

    def note(self, seen: Seen) -> Planted | None:
        """Record a request and return what strikes it."""
        with self._lock:
            self.seen.append(seen)
            for method, pattern, planted in self._planted:
                if method in ("", seen.method) and pattern.search(seen.target) and planted.strikes():
                    seen.fault = planted.fault
                    return planted
        return None

    def wait(self, planted: Planted) -> None:
        """Return when a held request is let go."""
        planted.released.wait(_PATIENCE)

    def sleep(self, seconds: float) -> None:
        """Sleep, but not longer than the proxy lives."""
        self._closed.wait(seconds)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, proxy: FaultProxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener
    timeout = _PATIENCE
    wbufsize = -1  # an answer goes out in one piece, at `flush`
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is written; `FaultProxy.seen` has it all."""

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        seen = Seen(self.command, self.path, body, time.monotonic(), self.headers.get("Content-Type", ""))
        planted = self.server.proxy.note(seen)
        try:
            self._serve(seen, planted)
        finally:
            seen.ended = time.monotonic()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _handle

    def _serve(self, seen: Seen, planted: Planted | None) -> None:
        match planted.fault if planted else None:
            case Refuse() as refused:
                return self._answer(refused)
            case DropBefore():
                return self._drop()
            case Hold(after=False):
                assert planted is not None
                self.server.proxy.wait(planted)
            case Late():
                assert planted is not None
                return self._deliver_late(seen, planted)
            case _:
                pass
        asked = self._ask(seen)
        if asked is None:
            return self._drop()
        connection, answer = asked
        try:
            seen.status = answer.status
            return self._hand_on(answer, planted)
        finally:
            answer.close()
            connection.close()

    def _deliver_late(self, seen: Seen, planted: Planted) -> None:
        self._drop()
        self.server.proxy.wait(planted)
        asked = self._ask(seen)
        if asked is not None:
            seen.status = asked[1].status
            asked[1].close()
            asked[0].close()

    def _ask(self, seen: Seen) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse] | None:
        proxy = self.server.proxy
        port = int(proxy.server.endpoint.url.rsplit(":", 1)[1])
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=_PATIENCE, context=proxy.trust)
        head = {name: value for name, value in self.headers.items() if name.lower() not in _OF_ONE_HOP}
        try:
            connection.request(seen.method, seen.target, seen.body or None, head)
            return connection, connection.getresponse()
        except (OSError, http.client.HTTPException):
            connection.close()
            return None

    def _hand_on(self, answer: http.client.HTTPResponse, planted: Planted | None) -> None:
        if planted is None and answer.length is None:
            return self._stream(answer)
        body = answer.read()
        match planted.fault if planted else None:
            case DropAfter():
                return self._drop()
            case Slow(seconds):
                self.server.proxy.sleep(seconds)
            case Hold():
                assert planted is not None
                self.server.proxy.wait(planted)
            case CutShort(keep):
                self._head(answer)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: int(len(body) * keep)])
                return self._drop()
            case _:
                pass
        self._head(answer)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def _stream(self, answer: http.client.HTTPResponse) -> None:
        """Hand on a watch, or anything else of unknown length, piece by piece."""
        self._head(answer)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while piece := answer.read1(65_536):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def _head(self, answer: http.client.HTTPResponse) -> None:
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _OF_ONE_HOP:
                self.send_header(name, value)

    def _answer(self, refused: Refuse) -> None:
        data = refused.body.encode()
        self.send_response_only(refused.status)
        self.send_header("Content-Type", refused.content_type)
        self.send_header("Content-Length", str(len(data)))
        if refused.retry_after is not None:
            self.send_header("Retry-After", str(refused.retry_after))
        self.end_headers()
        self.wfile.write(data)

    def _drop(self) -> None:
        """Close without another byte; a client waits for an answer in vain."""
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)

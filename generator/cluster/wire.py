"""One HTTP request over a pool of connections, and its answer; what goes wrong is said in our own words.

Texts of the HTTP library are never kept: they hold addresses, and an address may hold a password.
"""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import urllib3
from urllib3 import exceptions as broken

from generator.cluster.access import NoAnswer, Request, Response

_CONNECT: Final = 10.0  # seconds until a connection must stand
# OpenSSL's numbers for what is wrong with a certificate: times, a host name and an address that do not match.
_REASONS: Final = {
    9: "the server's certificate is not valid yet; is the clock of this machine right?",
    10: "the server's certificate has expired",
    62: "the server's certificate is for another name",
    64: "the server's certificate is for another name",
}
_PIECE: Final = 1 << 16
_WARNING: Final = re.compile(r'\d{3} \S+ "((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Wire:
    """A pool, the address before every path, and what to send along; `identity` tells one login from another."""

    pool: urllib3.PoolManager
    base: str
    headers: Callable[[], Iterable[tuple[str, str]]]
    identity: str

    def send(self, request: Request) -> Response:
        """Send one request, once; NoAnswer where no whole answer came in time."""
        deadline = time.monotonic() + request.timeout
        url = f"{self.base}{request.path}" + (f"?{urlencode(request.query)}" if request.query else "")
        headers = urllib3.HTTPHeaderDict({"Accept": request.accept})
        for name, value in self.headers():
            headers.add(name, value)
        body = None
        if request.body is not None:
            body = json.dumps(request.body, separators=(",", ":")).encode()
            headers["Content-Type"] = request.content_type
        timeout = urllib3.Timeout(connect=min(_CONNECT, request.timeout), read=request.timeout)
        try:
            answer = self.pool.request(
                request.method,
                url,
                body=body,
                headers=headers,
                timeout=timeout,
                retries=False,
                redirect=False,  # a redirect would carry the credentials to another server
                preload_content=False,
            )
            data = _read(answer, deadline)
        except broken.HTTPError as error:
            raise _explain(error) from None
        except OSError:
            raise NoAnswer("the connection broke", sent=True) from None
        return _response(answer, data, lines=("watch", "1") in request.query)


def _read(answer: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    pieces: list[bytes] = []
    while piece := answer.read1(_PIECE):  # what is there now: an answer that drips must not wait for a full piece
        pieces.append(piece)
        if time.monotonic() > deadline:
            answer.close()
            raise NoAnswer("the answer did not end in time", sent=True)
    answer.release_conn()
    return b"".join(pieces)


def _response(answer: urllib3.BaseHTTPResponse, data: bytes, *, lines: bool) -> Response:
    body: Any
    if lines and answer.status == 200:  # a watch: one JSON object on each line
        body = data.decode("utf-8", "replace")
    elif "json" in answer.headers.get("Content-Type", ""):
        try:
            body = json.loads(data) if data else None
        except ValueError:
            raise NoAnswer("the answer is no whole JSON", sent=True) from None
    else:
        body = data.decode("utf-8", "replace")
    warnings = tuple(
        re.sub(r"\\(.)", r"\1", text)
        for header in answer.headers.getlist("Warning")
        for text in _WARNING.findall(header)
    )
    return Response(answer.status, body, warnings, _seconds(answer.headers.get("Retry-After")))


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() else None


def _explain(error: broken.HTTPError) -> NoAnswer:
    """Say what happened; only where no connection stood is it certain that nothing was sent."""
    match error:
        case broken.ProxyError():
            inner = _explain(error.original_error) if isinstance(error.original_error, broken.HTTPError) else None
            return NoAnswer("the proxy did not let it through", sent=inner.sent if inner is not None else False)
        case broken.NameResolutionError():
            return NoAnswer("the server's name is not known", sent=False)
        case broken.NewConnectionError():  # before its parent
            return NoAnswer("the connection was refused", sent=False)
        case broken.ConnectTimeoutError():
            return NoAnswer("no connection stood in time", sent=False)
        case broken.SSLError():
            return _explain_tls(error)
        case broken.ReadTimeoutError():
            return NoAnswer("no answer came in time", sent=True)
        case broken.LocationParseError() | broken.LocationValueError():
            return NoAnswer("the server's address cannot be read", sent=False)
        case _:
            return NoAnswer("the connection broke before the answer was whole", sent=True)


def _explain_tls(error: broken.SSLError) -> NoAnswer:
    cause = error.args[0] if error.args else None
    if isinstance(cause, ssl.SSLCertVerificationError):
        unknown = "the server's certificate is not one that the kubeconfig trusts"
        return NoAnswer(_REASONS.get(cause.verify_code, unknown), sent=False)
    return NoAnswer("the encrypted connection broke", sent=True)

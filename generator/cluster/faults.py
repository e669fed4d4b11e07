"""What the API server says no with, in our words, and what to make of it.

Texts of client libraries never come here (they may hold addresses and tokens). What the server itself says of an object
is quoted, on one line and cut short. The facts are those of Kubernetes 1.36: which status stands for what, and which of
them say that a write may have happened all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from generator.cluster.access import NoAnswer, Response
from generator.cluster.admission import is_not_at_work_yet

_LONGEST: Final = 300
_LONGEST_WAIT: Final = 60.0  # seconds; a server that asks for more gets less
_MANAGER: Final = re.compile(r'conflict with "([^"]*)"')
_WEBHOOK: Final = re.compile(r'failed calling webhook "([^"]*)"')
# Answers of status 500 that will be the same next time.
_LASTING: Final = (
    "field not declared in schema",
    "request is too large",
    "message larger than max",
    "resourceVersion should not be set",
)


class FaultKind(StrEnum):
    """What a refusal means for whoever sent the request."""

    PASSES = "passes"  # worth another try after a while
    CONFLICT = "conflict"  # a precondition does not hold
    EXISTS = "exists"
    ABSENT = "absent"  # the kind is served, the object is not there
    NO_KIND = "no-kind"
    NO_NAMESPACE = "no-namespace"
    MANAGERS = "managers"  # fields belong to other field managers
    INVALID = "invalid"  # the server will never take it as it is
    FORBIDDEN = "forbidden"
    UNKNOWN_USER = "unknown-user"


@dataclass(frozen=True, slots=True)
class FieldError:
    """What the server has against one field; `path` as in `spec.ingress[0].action`, "" where it names none."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A refusal: `words` for people; `happened` where the write may have been carried out all the same."""

    kind: FaultKind
    words: str
    happened: bool = False
    retry_after: float | None = None  # seconds that the server asks for
    managers: tuple[str, ...] = ()
    fields: tuple[FieldError, ...] = ()


def fault_of(answer: Response | NoAnswer) -> Fault | None:
    """Return what is wrong with an answer; None where the server did what was asked."""
    if isinstance(answer, NoAnswer):
        return Fault(FaultKind.PASSES, answer.reason, happened=answer.sent)
    if answer.ok:
        return None
    if is_not_at_work_yet(answer):
        words = f"the API server's admission policies are not at work yet ({answer.status}): {_said(answer)}"
        return Fault(FaultKind.PASSES, words)
    if answer.status in _BY_STATUS:
        return _BY_STATUS[answer.status](answer)
    if answer.status >= 500 or answer.status == 408:
        words = f"the API server cannot answer now ({answer.status}){_because(answer)}"
        return Fault(FaultKind.PASSES, words, happened=True, retry_after=_wait(answer))
    return Fault(FaultKind.INVALID, f"the API server answers {answer.status}, which means nothing here")


def quote_server(text: object, longest: int = _LONGEST) -> str:
    """Return a text of the server on one line, without control characters, cut short."""
    line = " ".join("".join(char if char.isprintable() else " " for char in str(text)).split())
    return line if len(line) <= longest else f"{line[:longest]} ..."


def _status(answer: Response) -> Mapping[str, Any]:
    return answer.body if isinstance(answer.body, Mapping) else {}


def _details(answer: Response) -> Mapping[str, Any]:
    found = _status(answer).get("details")
    return found if isinstance(found, Mapping) else {}


def _causes(answer: Response) -> list[Mapping[str, Any]]:
    found = _details(answer).get("causes")
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def _said(answer: Response) -> str:
    return quote_server(_status(answer).get("message") or "it gives no reason")


def _because(answer: Response) -> str:
    message = _status(answer).get("message")
    return f": {quote_server(message)}" if message else ""


def _wait(answer: Response) -> float | None:
    asked = answer.retry_after
    if asked is None:
        seconds = _details(answer).get("retryAfterSeconds")
        asked = float(seconds) if isinstance(seconds, int | float) else None
    return None if asked is None else max(0.0, min(asked, _LONGEST_WAIT))


def _forbidden(answer: Response) -> Fault:
    if any(cause.get("reason") == "NamespaceTerminating" for cause in _causes(answer)):
        return Fault(FaultKind.NO_NAMESPACE, f"the namespace is being deleted (403): {_said(answer)}")
    return Fault(FaultKind.FORBIDDEN, f"the API server forbids it (403): {_said(answer)}")


def _absent(answer: Response) -> Fault:
    if not _status(answer):  # plain text: no such path, so no such kind
        return Fault(FaultKind.NO_KIND, "the API server does not serve this kind (404)")
    if _details(answer).get("kind") == "namespaces":
        name = quote_server(_details(answer).get("name") or "")
        return Fault(FaultKind.NO_NAMESPACE, f"there is no namespace '{name}' (404)")
    return Fault(FaultKind.ABSENT, "there is no such object (404)")


def _conflict(answer: Response) -> Fault:
    if _status(answer).get("reason") == "AlreadyExists":
        return Fault(FaultKind.EXISTS, "the object is there already (409)")
    causes = [cause for cause in _causes(answer) if cause.get("reason") == "FieldManagerConflict"]
    if not causes:
        return Fault(FaultKind.CONFLICT, "the object has changed since it was read (409)")
    named = [(_MANAGER.search(str(cause.get("message", ""))), str(cause.get("field") or "")) for cause in causes]
    managers = sorted({found[1] if found is not None else "somebody" for found, _ in named})
    fields = tuple(
        FieldError(path.lstrip("."), f"belongs to {found[1] if found is not None else 'somebody'}")
        for found, path in named
    )
    words = f"fields of it belong to {', '.join(managers)} (409)"
    return Fault(FaultKind.MANAGERS, words, managers=tuple(managers), fields=fields)


def _failed(answer: Response) -> Fault:
    message = str(_status(answer).get("message") or "")
    if any(text in message for text in _LASTING):
        return Fault(FaultKind.INVALID, f"the API server refuses it (500): {quote_server(message)}")
    webhook = _WEBHOOK.search(message)
    if webhook is not None:
        words = f"the API server cannot reach the webhook '{quote_server(webhook[1])}' (500)"
        return Fault(FaultKind.PASSES, words, retry_after=_wait(answer))
    words = f"the API server failed (500){_because(answer)}"
    return Fault(FaultKind.PASSES, words, happened=True, retry_after=_wait(answer))


def _fields(answer: Response) -> tuple[FieldError, ...]:
    found = []
    for cause in _causes(answer):
        path = str(cause.get("field") or "")
        found.append(FieldError("" if path == "<nil>" else path, quote_server(cause.get("message") or "")))
    return tuple(found)


def _refused(answer: Response) -> Fault:
    words = f"the API server refuses it ({answer.status}): {_said(answer)}"
    return Fault(FaultKind.INVALID, words, fields=_fields(answer))


def _stranger(_: Response) -> Fault:
    return Fault(FaultKind.UNKNOWN_USER, "the API server does not know who is calling (401)")


def _expired(_: Response) -> Fault:
    return Fault(FaultKind.CONFLICT, "the version that was asked for is no longer kept (410)")


def _too_large(_: Response) -> Fault:
    return Fault(FaultKind.INVALID, "the object is larger than the API server takes (413)")


def _busy(answer: Response) -> Fault:
    return Fault(FaultKind.PASSES, "the API server is busy (429)", retry_after=_wait(answer))


_BY_STATUS: Final[Mapping[int, Callable[[Response], Fault]]] = {
    400: _refused,
    401: _stranger,
    403: _forbidden,
    404: _absent,
    405: _refused,
    406: _refused,
    409: _conflict,
    410: _expired,
    413: _too_large,
    415: _refused,
    422: _refused,
    429: _busy,
    500: _failed,
}

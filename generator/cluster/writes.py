"""One write of one object: read, compare, write under preconditions, read back, compare again.

An attempt without an answer may have happened. So every attempt starts with reading: what is there decides whether the
write is due, has been done, or has been made pointless by somebody else. Nothing is sent again blindly, and what comes
of it is data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from generator.calico.objects import Identity
from generator.cluster.access import Connection, Request, Response
from generator.cluster.backoff import PATIENCE, Backoff, OnRetry, Patience, Unreachable, ask, send_once
from generator.cluster.clock import Clock
from generator.cluster.faults import Fault, FaultKind, fault_of, quote_server
from generator.cluster.places import place_of
from generator.cluster.sameness import Manifest, is_leaving, is_restored, is_same
from generator.cluster.write_form import MANAGER, Form, choose_form, write_request

_CONFLICTS: Final = 10  # tries against changes that do not concern us, before somebody is asked to look
_LEAVING: Final = Patience(0.2, 1.0, 5.0)  # for a deleted object to be gone


@dataclass(frozen=True, slots=True)
class ObjectWrite:
    """What is to be done to one object. None: it is not there.

    `version` is Calico's, on which names hang. `restoring`: exactly what was there comes back. `maybe_done`: an earlier
    attempt of ours may have happened, so to find `after` is success; without it that is somebody else's doing.
    """

    identity: Identity
    before: Manifest | None
    after: Manifest | None
    version: str
    restoring: bool = False
    maybe_done: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """The object is as it shall be, read back; `found` says that an earlier attempt had done it."""

    manifest: Manifest | None
    uid: str
    resource_version: str
    found: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """Somebody else has changed the object; `expected` is what should have been there."""

    expected: Manifest | None
    found: Manifest | None
    words: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The server does not take the write, and will not the next time."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class Different:
    """The write happened and is not what was written, or the server warned."""

    wanted: Manifest | None
    found: Manifest | None
    words: str


@dataclass(frozen=True, slots=True)
class NoOutcome:
    """Nobody can tell now whether the write happened; to be found out by reading, later."""

    fault: Fault


Outcome = Done | Changed | Refused | Different | NoOutcome


def may_always() -> None:
    """Permit a write: the guard of who needs none."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes objects, one at a time.

    `guard` is called right before each request that writes; it raises to forbid it. `force` takes fields over that
    belong to other field managers; without it that is a refusal with their names.
    """

    connection: Connection
    clock: Clock
    guard: Callable[[], None] = may_always
    on_retry: OnRetry | None = None
    patience: Patience = PATIENCE
    force: bool = False

    def read(self, identity: Identity, like: Manifest) -> Manifest | Fault | None:
        """Return an object as it is now, None where there is none; `like` is any manifest of it. May be Unreachable."""
        return _read(self.connection, identity, like, Backoff(self.clock, self.patience, self.on_retry))

    def write(self, write: ObjectWrite) -> Outcome:
        """Bring one object to what it shall be; exceptions are those of the guard and the clock alone."""
        try:
            return _Attempts(self, write).run()
        except Unreachable as error:
            return NoOutcome(error.fault)


def _read(connection: Connection, identity: Identity, like: Manifest, backoff: Backoff) -> Manifest | Fault | None:
    answer = ask(connection, Request("GET", place_of(identity.kind, like).path), backoff)
    if isinstance(answer, Fault):
        return None if answer.kind is FaultKind.ABSENT else answer
    if not isinstance(answer.body, dict):
        return Fault(FaultKind.INVALID, "the API server answers with something that is no object")
    return answer.body


class _Attempts:
    def __init__(self, writer: Writer, write: ObjectWrite) -> None:
        self._writer = writer
        self._write = write
        self._kind = write.identity.kind
        self._backoff = Backoff(writer.clock, writer.patience, writer.on_retry)
        self._maybe = write.maybe_done
        self._force = False
        self._conflicts = 0
        like = write.after if write.after is not None else write.before
        assert like is not None
        self._like = like

    def run(self) -> Outcome:
        write = self._write
        last: Manifest | None = None
        while self._conflicts < _CONFLICTS:
            found = self._found()
            if isinstance(found, Fault):
                return Refused(found)
            last = found
            if self._maybe and is_restored(self._kind, found, write.after, write.version):
                return _done(found, found_so=True)
            if not is_same(self._kind, found, write.before, write.version):
                return _changed(write.before, found)
            outcome = self._attempt(found)
            if outcome is not None:
                return outcome
        return _changed(write.before, last, "somebody writes it again and again")

    def _found(self) -> Manifest | Fault | None:
        return _read(self._writer.connection, self._write.identity, self._like, self._backoff)

    def _attempt(self, found: Manifest | None) -> Outcome | None:
        """Send the write once; None where what is there now has to be looked at again."""
        write = self._write
        form = choose_form(self._kind, write.before, write.after, restoring=write.restoring)
        force = self._force or self._writer.force or is_ours_alone(found)
        request = write_request(self._kind, form, found, write.before, write.after, force=force)
        self._writer.guard()
        answer = send_once(self._writer.connection, request)
        fault = fault_of(answer)
        if fault is None:
            assert isinstance(answer, Response)
            return self._read_back(answer, form, found)
        match fault.kind:
            case FaultKind.PASSES:
                self._maybe = self._maybe or fault.happened
                self._backoff.wait(fault)
                return None
            case FaultKind.CONFLICT | FaultKind.EXISTS | FaultKind.ABSENT:
                self._conflicts += 1
                return None
            case FaultKind.MANAGERS if set(fault.managers) == {MANAGER} and not force:
                self._force = True
                return None
            case FaultKind.MANAGERS:
                return Refused(_of_others(fault))
            case _:
                return Refused(fault)

    def _read_back(self, answer: Response, form: Form, old: Manifest | None) -> Outcome:
        write = self._write
        found = self._found()
        if form is Form.DELETE:
            found = self._gone(found, old)
        if isinstance(found, Fault):
            return Refused(found)
        if answer.warnings:
            return Different(write.after, found, f"the server warns: {quote_server('; '.join(answer.warnings))}")
        if is_restored(self._kind, found, write.after, write.version):
            return _done(found)
        if form is Form.DELETE and found is not None:
            if found["metadata"].get("uid") != (old or found)["metadata"].get("uid"):
                return _changed(None, found, "somebody has made it anew")
            names = ", ".join(map(str, found["metadata"].get("finalizers") or ["nobody knows what"]))
            return Different(None, found, f"it is being deleted, and held by {quote_server(names)}")
        if isinstance(answer.body, dict) and is_restored(self._kind, answer.body, write.after, write.version):
            return _changed(write.after, found, "somebody has changed it right after it was written")
        return Different(write.after, found, "the server has kept something else than what was written")

    def _gone(self, found: Manifest | Fault | None, old: Manifest | None) -> Manifest | Fault | None:
        """Give an object that is being deleted a moment to go."""
        backoff = Backoff(self._writer.clock, _LEAVING)
        while isinstance(found, dict) and is_leaving(found):
            try:
                backoff.wait(Fault(FaultKind.PASSES, "it is being deleted"))
            except Unreachable:
                break
            found = self._found()
        return found


def _of_others(fault: Fault) -> Fault:
    """Return a conflict between managers without ourselves: what we have created belongs to us under another verb."""
    others = tuple(name for name in fault.managers if name != MANAGER)
    fields = tuple(item for item in fault.fields if item.message != f"belongs to {MANAGER}")
    return replace(fault, words=f"fields of it belong to {', '.join(others)} (409)", managers=others, fields=fields)


def is_ours_alone(found: Manifest | None) -> bool:
    """Tell whether no other manager holds a field, as of the version that the write has as its precondition."""
    entries = found["metadata"].get("managedFields") or () if found is not None else ()
    return bool(entries) and all(entry.get("manager") == MANAGER for entry in entries)


def _done(found: Manifest | None, *, found_so: bool = False) -> Done:
    metadata = found["metadata"] if found is not None else {}
    return Done(found, str(metadata.get("uid", "")), str(metadata.get("resourceVersion", "")), found_so)


def _changed(expected: Manifest | None, found: Manifest | None, words: str = "") -> Changed:
    if words:
        return Changed(expected, found, words)
    if found is None:
        return Changed(expected, found, "somebody has removed it")
    if is_leaving(found):
        return Changed(expected, found, "somebody is deleting it")
    return Changed(expected, found, "somebody has changed it" if expected is not None else "somebody has made it")

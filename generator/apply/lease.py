"""The right to write: a coordination.k8s.io/v1 Lease that one run has at a time.

No clock but our own is believed. That a Lease has run out is seen by watching it: its record has not changed for as
long as it says it lasts. That ours still holds is counted from the moment at which the last renewal was sent, so it
ends for us before anybody else can have watched long enough.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from generator.apply.ports import LeaseLost
from generator.apply.run_codes import RUN_GOES_ON
from generator.apply.state_objects import Shelf, StateObjects, Stored, resource_version
from generator.cluster.access import Connection
from generator.cluster.backoff import Patience
from generator.cluster.clock import Clock, StopAsked
from generator.foundation.diagnostics import problem
from generator.foundation.errors import RefusedError, RingfenceError
from generator.layers.model import LABEL_INTENT

DURATION: Final = 15  # seconds
_MARGIN: Final = 0.2  # the part of the duration that is left unused
_LOOK_EVERY: Final = 1.0
_LONGEST: Final = 120  # seconds that are watched at most; a Lease that says it lasts longer is held
API: Final = "/apis/coordination.k8s.io/v1"


OnWatch = Callable[[str, float], None]  # whose Lease is watched, and for how many seconds at most


def nobody_is_told(holder: str, seconds: float) -> None:
    """Say nothing of a watch."""


def new_holder() -> str:
    """Return a name for this process that no other has: user, host, process and a random part."""
    return f"{os.environ.get('USER') or 'run'}@{socket.gethostname()}/{os.getpid()}-{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True)
class _Ours:
    """Our Lease as last answered; `until` is local monotonic time."""

    stored: Stored
    until: float


class LeaseFence:
    """The Lease of an intent (`apply.ports.Fence`). A copy that was lost is never taken again."""

    def __init__(
        self,
        connection: Connection,
        clock: Clock,
        namespace: str,
        intent: str,
        holder: str,
        duration: int = DURATION,
        on_watch: OnWatch = nobody_is_told,
    ) -> None:
        patience = Patience(first=min(0.5, duration / 20), longest=duration / 5, total=duration / 2, until=duration)
        self._objects = StateObjects(connection, clock, Shelf(API, "leases", namespace), patience)
        # The thread that renews does not sleep by the run's clock: a stop that is asked for must not end the renewals.
        self._awake = _Awake(clock)
        self._renewals = StateObjects(connection, self._awake, Shelf(API, "leases", namespace), patience)
        self._clock = clock
        self._namespace = namespace
        self._intent = intent
        self._name = f"ringfence-{intent}"
        self._holder = holder
        self._duration = duration
        self._on_watch = on_watch
        self._ours: _Ours | None = None
        self._lost: LeaseLost | None = None

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Take the Lease, renew it in a thread of its own, and give it back."""
        self.take()
        done = threading.Event()
        thread = threading.Thread(target=self._keep, args=(done,), name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            with self._awake.hurried():
                thread.join(timeout=self._duration)
            self.release()

    def still_ours(self) -> None:
        """Return where the Lease is certainly ours by local time; raises LeaseLost."""
        if self._lost is not None:
            raise self._lost
        if self._ours is None or self._clock.monotonic() >= self._ours.until:
            raise LeaseLost("", "the Lease could not be renewed in time")

    def take(self) -> None:
        """Take the Lease, after watching it where another run had it; RefusedError where that run lives."""
        seen: Mapping[str, Any] | None = None
        since = self._clock.monotonic()
        while True:
            sent = self._clock.monotonic()
            found = self._objects.read(self._name)
            if found is None:
                if self._keep_answer(self._objects.create(self._body(None)), sent):
                    return
                continue
            spec = _spec(found)
            holder = str(spec.get("holderIdentity") or "")
            if not holder or holder == self._holder or _is_over(spec, seen, self._clock.monotonic() - since):
                if self._keep_answer(self._objects.replace(self._body(found)), sent):
                    return
                seen = None  # somebody was faster; what is there now is watched from here on
                continue
            if seen is None:
                seen, since = spec, self._clock.monotonic()
                if _lasts(spec) <= _LONGEST:
                    self._on_watch(holder, _lasts(spec))
            elif seen != spec or _lasts(spec) > _LONGEST:
                raise RefusedError([problem(RUN_GOES_ON, f"a run of {holder} goes on", hint=_HINT)])
            self._clock.sleep(min(_LOOK_EVERY, _lasts(spec) / 5))

    def renew(self) -> None:
        """Renew once; LeaseLost where somebody else has it. Environment troubles are left to the time that runs."""
        ours = self._ours
        if self._lost is not None or ours is None:
            return
        sent = self._clock.monotonic()
        try:
            answer = self._renewals.replace(self._body(ours.stored, renewal=True))
            if answer is None:
                found = self._renewals.read(self._name)
                holder = str(_spec(found).get("holderIdentity") or "") if found is not None else ""
                if found is None or holder != self._holder:
                    self._lost = LeaseLost(holder, f"the Lease was taken over by {holder or 'somebody'}")
                    return
                # An earlier renewal of ours came through and its answer did not.
                sent = self._clock.monotonic()
                answer = self._renewals.replace(self._body(found, renewal=True))
        except (RingfenceError, StopAsked):
            return
        self._keep_answer(answer, sent)

    def release(self) -> None:
        """Give the Lease back, so that the next run need not watch it; what was lost is left alone."""
        ours, self._ours = self._ours, None
        if ours is None or self._lost is not None:
            return
        body = self._body(ours.stored, renewal=True)
        with suppress(RingfenceError):
            self._renewals.replace({**body, "spec": {**body["spec"], "holderIdentity": "", "leaseDurationSeconds": 1}})

    def _keep(self, done: threading.Event) -> None:
        while not done.wait(self._duration / 3):
            self.renew()
            if self._lost is not None:
                return

    def _keep_answer(self, answer: Stored | None, sent: float) -> bool:
        if answer is None or _spec(answer).get("holderIdentity") != self._holder:
            return False
        self._ours = _Ours(answer, sent + self._duration * (1 - _MARGIN))
        return True

    def _body(self, found: Stored | None, *, renewal: bool = False) -> dict[str, Any]:
        now = self._clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        before = _spec(found) if found is not None else {}
        spec = {
            "holderIdentity": self._holder,
            "leaseDurationSeconds": self._duration,
            "acquireTime": before.get("acquireTime", now) if renewal else now,
            "renewTime": now,
            "leaseTransitions": int(before.get("leaseTransitions") or 0) + (0 if renewal or found is None else 1),
        }
        metadata: dict[str, Any] = {"name": self._name, "namespace": self._namespace}
        metadata["labels"] = {LABEL_INTENT: self._intent}
        if found is not None:
            metadata["resourceVersion"] = resource_version(found)
            metadata["uid"] = found["metadata"]["uid"]
        return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}


_HINT: Final = "wait until it is done; a run that was killed loses the Lease by itself"


class _Awake:
    """A clock whose sleep no stop ends; only whoever waits for the sleeper may cut it short."""

    def __init__(self, clock: Clock) -> None:
        self.now = clock.now
        self.monotonic = clock.monotonic
        self._hurry = threading.Event()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._hurry.wait(seconds)

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Let nobody sleep within this block."""
        self._hurry.set()
        yield
        self._hurry.clear()


def _spec(stored: Stored) -> Mapping[str, Any]:
    found = stored.get("spec")
    return found if isinstance(found, Mapping) else {}


def _lasts(spec: Mapping[str, Any]) -> float:
    seconds = spec.get("leaseDurationSeconds")
    return float(seconds) if isinstance(seconds, int | float) and seconds > 0 else float(DURATION)


def _is_over(spec: Mapping[str, Any], seen: Mapping[str, Any] | None, watched: float) -> bool:
    """Tell whether the record stood unchanged for as long as it says that it lasts."""
    return seen is not None and seen == spec and watched >= _lasts(spec) and _lasts(spec) <= _LONGEST


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has the Lease; `lives` where it was seen to be renewed."""

    name: str
    lives: bool


def watch_holder(
    connection: Connection, clock: Clock, namespace: str, intent: str, on_watch: OnWatch = nobody_is_told
) -> Holder | None:
    """Return who has the Lease, after watching it for as long as it lasts at most; None where nobody has it."""
    objects = StateObjects(connection, clock, Shelf(API, "leases", namespace))
    since = clock.monotonic()
    first: Mapping[str, Any] | None = None
    while True:
        found = objects.read(f"ringfence-{intent}")
        spec = _spec(found) if found is not None else {}
        name = str(spec.get("holderIdentity") or "")
        if not name:
            return None
        if first is not None and spec != first:
            return Holder(name, lives=True)
        if first is None:
            on_watch(name, min(_lasts(spec), _LONGEST))
        first = spec
        if clock.monotonic() - since >= min(_lasts(spec), _LONGEST):
            return Holder(name, lives=False)
        clock.sleep(_LOOK_EVERY)

"""Why a run stops, as data: what it tells, what it leaves in the journal, and how the command ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from generator.apply.codes import (
    DRIFTED,
    LEASE_LOST,
    NAMESPACE_MISSING,
    NOT_SERVED,
    OUTCOME_UNKNOWN,
    RIGHT_MISSING,
    STOPPED,
    WRITE_DIFFERS,
    WRITE_REFUSED,
)
from generator.apply.events import Versions
from generator.apply.ports import LeaseLost
from generator.cluster.faults import FaultKind, FieldError
from generator.cluster.writes import Changed, Different, Done, NoOutcome, Outcome, Refused
from generator.foundation.codes import Code
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.errors import EnvironmentFailure, RefusedError, RingfenceError
from generator.plan.model import Manifest, WriteStep


@dataclass(frozen=True, slots=True)
class Stop:
    """A run ends before its end. `versions` and `fields` are for whoever has to mend it."""

    code: Code
    reason: str
    hint: str = ""
    environment: bool = False  # exit code 4, else 3
    versions: tuple[Versions, ...] = ()
    fields: tuple[FieldError, ...] = ()
    written: Manifest | None = None  # what the server refused
    keeps_state: bool = True  # the cluster's copy may still be written


class RunStoppedEarly(Exception):
    """Ends the executor with what there is to say."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(stop.reason)
        self.stop = stop

    def as_error(self, hint: str) -> RingfenceError:
        """Return the exception that ends the command, with how to go on."""
        stop = self.stop
        found = problem(stop.code, stop.reason, hint=stop.hint or hint)
        more: list[Diagnostic] = [
            problem(stop.code, item.message, path=item.path) for item in stop.fields if item.message
        ]
        kind = EnvironmentFailure if stop.environment else RefusedError
        return kind([found, *more])


def stop_asked() -> Stop:
    """Return the stop that somebody asked for."""
    return Stop(STOPPED, "stopped as asked, between two steps")


def stop_of_lease(lost: LeaseLost) -> Stop:
    """Return the stop of a run whose Lease is gone."""
    who = f"; '{lost.holder}' has it" if lost.holder else ""
    return Stop(LEASE_LOST, f"the Lease is lost{who}: {lost.reason}", keeps_state=False)


def stop_of_failure(error: RingfenceError) -> Stop:
    """Return the stop of a run that something outside of its steps ended."""
    first = error.diagnostics[0] if error.diagnostics else None
    reason = first.summary if first is not None else "the environment failed"
    return Stop(OUTCOME_UNKNOWN, reason, first.hint if first is not None else "", isinstance(error, EnvironmentFailure))


def stop_of_write(step: WriteStep, outcome: Outcome) -> Stop:
    """Return the stop that an outcome other than success means."""
    name = str(step.write.identity)
    match outcome:
        case Changed(expected, found, words):
            return Stop(DRIFTED, f"{name}: {words}", versions=(Versions(name, expected, found),))
        case Different(wanted, found, words):
            return Stop(WRITE_DIFFERS, f"{name}: {words}", versions=(Versions(name, wanted, found),))
        case NoOutcome(fault):
            reason = f"{name}: {fault.words}; whether the write happened is found out when the run goes on"
            return Stop(OUTCOME_UNKNOWN, reason, environment=True)
        case Refused(fault):
            code = _REFUSALS.get(fault.kind, WRITE_REFUSED)
            words = f"{name}: {fault.words}"
            environment = fault.kind is FaultKind.UNKNOWN_USER
            return Stop(code, words, environment=environment, fields=fault.fields, written=step.write.after)
        case Done():
            raise ValueError("a write that was done is no reason to stop")


_REFUSALS: Mapping[FaultKind, Code] = {
    FaultKind.FORBIDDEN: RIGHT_MISSING,
    FaultKind.NO_KIND: NOT_SERVED,
    FaultKind.NO_NAMESPACE: NAMESPACE_MISSING,
    FaultKind.UNKNOWN_USER: OUTCOME_UNKNOWN,
}

"""All writes of a plan as the API server would take them, without any of them (`--dry-run=server`).

A step whose object an earlier step of the plan makes or removes is asked for as if it stood alone: what the server
looks at is the content. What hangs on an earlier step in another way (a webhook that counts objects) is not seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from generator.apply.codes import NAMESPACE_MISSING, NOT_SERVED, OUTCOME_UNKNOWN, RIGHT_MISSING, WRITE_REFUSED
from generator.calico.objects import Identity
from generator.cluster.backoff import Backoff, ask
from generator.cluster.faults import Fault, FaultKind, FieldError, quote_server
from generator.cluster.write_form import MANAGER, Form, choose_form, write_request
from generator.cluster.writes import Writer, is_ours_alone
from generator.foundation.diagnostics import Diagnostic, problem
from generator.plan.model import Manifest, WriteStep

_CODES = {
    FaultKind.FORBIDDEN: RIGHT_MISSING,
    FaultKind.NO_KIND: NOT_SERVED,
    FaultKind.NO_NAMESPACE: NAMESPACE_MISSING,
    FaultKind.UNKNOWN_USER: OUTCOME_UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One step that the server would not take as it is."""

    step: str
    problem: Diagnostic
    fields: tuple[FieldError, ...]
    written: Manifest | None


def rehearse(writer: Writer, steps: Iterable[WriteStep]) -> list[Rehearsed]:
    """Ask the server about each write; return what it would refuse or warn of. Raises Unreachable."""
    found: list[Rehearsed] = []
    for step in steps:
        fault = _try(writer, step)
        if fault is not None:
            code = _CODES.get(fault.kind, WRITE_REFUSED)
            summary = f"{step.id}, {step.write.identity}: {fault.words}"
            found.append(Rehearsed(step.id, problem(code, summary), fault.fields, step.write.after))
    return found


def find_conflicts(writer: Writer, steps: Iterable[WriteStep]) -> list[Diagnostic]:
    """Return a problem for each object that a step changes and whose fields belong to other field managers.

    Raises Unreachable.
    """
    found: list[Diagnostic] = []
    seen: set[Identity] = set()
    for step in steps:
        write = step.write
        first = write.identity not in seen
        seen.add(write.identity)  # after the first write of the plan the object is ours
        if not first or choose_form(write.identity.kind, write.before, write.after) is not Form.APPLY:
            continue
        fault = _try(writer, step)
        if fault is not None and fault.kind is FaultKind.MANAGERS:
            who = ", ".join(sorted(set(fault.managers) - {MANAGER}))
            hint = "let that manager go of it, or take its fields over with --force-conflicts"
            found.append(
                problem(WRITE_REFUSED, f"{step.id}, {write.identity}: fields of it belong to {who}", hint=hint)
            )
    return found


def _try(writer: Writer, step: WriteStep) -> Fault | None:
    write = step.write
    like = write.after if write.after is not None else write.before
    assert like is not None
    live = writer.read(write.identity, like)
    if isinstance(live, Fault):
        return live
    if live is None and write.after is None:
        return None  # an earlier step makes what this one removes
    kind = write.identity.kind
    before = None if live is None else (write.before if write.before is not None else live)
    form = choose_form(kind, before, write.after, restoring=write.before is None and live is not None)
    force = writer.force or is_ours_alone(live)
    request = write_request(kind, form, live, before, write.after, force=force, dry_run=True)
    answer = ask(writer.connection, request, Backoff(writer.clock, writer.patience, writer.on_retry))
    if isinstance(answer, Fault):
        return None if set(answer.managers) == {MANAGER} else answer
    if answer.warnings:
        return Fault(FaultKind.INVALID, f"the server warns: {quote_server('; '.join(answer.warnings))}")
    return None

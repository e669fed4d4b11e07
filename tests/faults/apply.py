"""Planted faults of carrying a plan out: each breaks a promise of a run, and the law named beside it has to see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from generator.apply import executor, position, rights, run, tier_rights
from generator.apply import journal as journal_module
from generator.apply.executor import Executor
from generator.apply.journal import Entry, Journal
from generator.apply.records import WriteBegun
from generator.cluster import faults as answers
from generator.cluster import write_form, writes
from generator.cluster.writes import Done
from tests.apply import memory_runs, run_laws
from tests.faults.calico import Fault


def syncs_nothing(patch: pytest.MonkeyPatch) -> None:
    real = Journal.append

    def append(self: Any, record: Any) -> None:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(journal_module.os, "fsync", lambda file: None)
            real(self, record)

    patch.setattr(Journal, "append", append)


def reads_nothing_back(patch: pytest.MonkeyPatch) -> None:
    def done(self: Any, answer: Any, form: Any, old: Any) -> Done:
        metadata = answer.body.get("metadata", {})
        return Done(answer.body, metadata.get("uid", ""), metadata.get("resourceVersion", ""))

    patch.setattr(writes._Attempts, "_read_back", done)


def takes_whatever_is_there(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(writes, "is_same", lambda *values: True)


def removes_without_preconditions(patch: pytest.MonkeyPatch) -> None:
    real = write_form.write_request

    def without(*values: Any, **more: Any) -> Any:
        request = real(*values, **more)
        return replace(request, body=None) if request.method == "DELETE" else request

    patch.setattr(writes, "write_request", without)


def takes_what_exists_for_its_own(patch: pytest.MonkeyPatch) -> None:
    real = writes._Attempts._attempt

    def attempt(self: Any, found: Any) -> Any:
        sent = writes.send_once

        def blind(connection: Any, request: Any) -> Any:
            answer = sent(connection, request)
            fault = answers.fault_of(answer)
            if fault is not None and fault.kind is answers.FaultKind.EXISTS:
                self.blind = True
            return answer

        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(writes, "send_once", blind)
            outcome = real(self, found)
        return Done(None, "", "") if getattr(self, "blind", False) else outcome

    patch.setattr(writes._Attempts, "_attempt", attempt)


def forgets_that_a_write_may_have_happened(patch: pytest.MonkeyPatch) -> None:
    real = writes.fault_of
    patch.setattr(writes, "fault_of", lambda answer: _sure(real(answer)))


def _sure(fault: Any) -> Any:
    return None if fault is None else replace(fault, happened=False)


def trusts_a_504(patch: pytest.MonkeyPatch) -> None:
    real = writes._Attempts._attempt

    def attempt(self: Any, found: Any) -> Any:
        seen: list[Any] = []
        sent = writes.send_once

        def look(connection: Any, request: Any) -> Any:
            seen.append(sent(connection, request))
            return seen[-1]

        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(writes, "send_once", look)
            outcome = real(self, found)
        return Done(None, "", "") if getattr(seen[-1], "status", 0) == 504 else outcome

    patch.setattr(writes._Attempts, "_attempt", attempt)


def ignores_warnings(patch: pytest.MonkeyPatch) -> None:
    real = writes._Attempts._read_back

    def silent(self: Any, answer: Any, form: Any, old: Any) -> Any:
        return real(self, replace(answer, warnings=()), form, old)

    patch.setattr(writes._Attempts, "_read_back", silent)


def asks_no_lease(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Executor, "_guard", lambda self: None)


def journals_after_the_write(patch: pytest.MonkeyPatch) -> None:
    real = Journal.append

    def late(self: Any, record: Any) -> None:
        if not isinstance(record, WriteBegun):
            real(self, record)

    patch.setattr(Journal, "append", late)


def goes_on_as_if_nothing_had_been_sent(patch: pytest.MonkeyPatch) -> None:
    real = writes.ObjectWrite

    def never(*values: Any, **more: Any) -> Any:
        return real(*values, **{**more, "maybe_done": False})

    patch.setattr(executor, "ObjectWrite", never)


def goes_back_from_the_last_record_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(run, "_next_is_done", lambda call, world, known: False)


def looks_at_one_object_only(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(executor, "find_drift", lambda *values: None)


def believes_its_own_journal_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(run, "find_progress", lambda entries, saved: position.replay(entries) or saved)


def asks_for_half_of_the_rights(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rights, "VERBS", {verb: names[:2] for verb, names in rights.VERBS.items()})


def sees_no_restart(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Executor, "_refuse_troubles", lambda self: None)


def leaves_waits_out(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Executor, "_wait", lambda self, step: executor.Certainty.CONFIRMED)


def hears_no_stop(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(executor.StopFlag, "check", lambda self: None)


def reads_any_record(patch: pytest.MonkeyPatch) -> None:
    real = journal_module.decode_record
    whole = journal_module.json.loads

    def entry(line: bytes, number: int, before: str) -> Entry | None:
        value = whole(line)
        return Entry(real(value["record"]), value["sum"])

    patch.setattr(journal_module, "_entry", entry)


def gives_up_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(memory_runs, "PATIENT", replace(memory_runs.PATIENT, total=0.0))


def proves_nothing_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(run, "require_fresh", lambda *values, **more: None)


def carries_any_plan_out(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(run, "_require_applyable", lambda plan: None)


def waits_for_a_server_that_hangs(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Executor, "_is_answered", lambda self: True)


def every_request(law: Callable[..., None], *more: Any) -> None:
    """Hold a law at every second request of a run."""
    for number in range(20, memory_runs.requests_of_a_run() + 1, 2):
        law(number, *more)


def takes_a_view_for_what_is_stored(patch: pytest.MonkeyPatch) -> None:
    """Calico's own API server, which asks for rights by tier, is not seen."""
    patch.setattr(tier_rights, "is_aggregated", lambda *asked: False)


FAULTS_OF_RUNS: tuple[tuple[Fault, Callable[[], None]], ...] = (
    (proves_nothing_again, run_laws.stale_plan_is_refused),
    (waits_for_a_server_that_hangs, run_laws.server_that_hangs_keeps_nobody_waiting),
    (carries_any_plan_out, run_laws.plan_of_files_is_not_carried_out),
    (syncs_nothing, run_laws.every_record_is_on_the_disk_before_anything_is_sent),
    (reads_nothing_back, run_laws.what_the_server_keeps_otherwise_stops_the_run),
    (takes_whatever_is_there, run_laws.change_before_the_look_stops_the_run),
    (removes_without_preconditions, run_laws.change_between_look_and_removal_stays),
    (takes_what_exists_for_its_own, run_laws.somebody_elses_object_is_not_ours),
    (forgets_that_a_write_may_have_happened, partial(every_request, memory_runs.ends_in_the_target, "lost-after")),
    (trusts_a_504, run_laws.refusal_that_looks_like_trouble_is_no_success),
    (ignores_warnings, run_laws.warning_stops_the_run),
    (asks_no_lease, run_laws.lost_lease_stops_writes),
    (journals_after_the_write, partial(every_request, memory_runs.is_journalled)),
    (goes_on_as_if_nothing_had_been_sent, partial(every_request, memory_runs.goes_on_after_a_kill, "kill-after")),
    (goes_back_from_the_last_record_alone, partial(every_request, memory_runs.goes_back_after_a_kill, "kill-after")),
    (looks_at_one_object_only, run_laws.change_of_a_written_object_is_seen),
    (believes_its_own_journal_alone, run_laws.another_machine_goes_on),
    (asks_for_half_of_the_rights, run_laws.missing_right_is_told_before_any_write),
    (sees_no_restart, run_laws.troubled_nodes_hold_the_cut_over),
    (leaves_waits_out, run_laws.waits_are_not_left_out),
    (hears_no_stop, run_laws.stop_that_is_asked_for_leaves_a_proven_state),
    (reads_any_record, run_laws.damaged_journal_is_not_used),
    (gives_up_at_once, partial(every_request, memory_runs.ends_in_the_target, 503)),
)

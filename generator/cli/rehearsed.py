"""`apply --dry-run=server`: what the API server would say to each write."""

from __future__ import annotations

from generator.apply.codes import OUTCOME_UNKNOWN
from generator.apply.events import RefusedField
from generator.apply.rehearsal import rehearse
from generator.apply.rights import missing_rights, rights_of
from generator.apply.served import unserved
from generator.apply.stopping import SystemClock
from generator.apply.tier_rights import missing_tier_rights
from generator.cli.attended import reach_cluster
from generator.cli.run_call import RunCall
from generator.cli.runs import kept_plan, named_plan
from generator.cli.screen import report_problems, write_note, write_result
from generator.cluster.backoff import Unreachable
from generator.cluster.writes import Writer
from generator.foundation.diagnostics import problem
from generator.foundation.errors import EnvironmentFailure, RefusedError
from generator.report.formats import count
from generator.report.refused_field import refused_lines


def rehearse_call(call: RunCall) -> None:
    """Ask about all writes of the plan; RefusedError with each that would not be taken."""
    named = named_plan(call)
    opened = reach_cluster(call.options.kubeconfig, call.options.context).opened
    report_problems(opened.notes)
    plan, clock = (named or kept_plan(call, opened)).plan, SystemClock()
    try:
        found = unserved(opened.connection, clock, plan)
        found = found or missing_rights(opened.connection, clock, rights_of(plan.writes))
        found = found or missing_tier_rights(opened.connection, clock, plan.writes)
        rehearsed = [] if found else rehearse(Writer(opened.connection, clock, force=call.force), plan.writes)
    except Unreachable as error:
        raise EnvironmentFailure([problem(OUTCOME_UNKNOWN, error.fault.words)]) from None
    for item in rehearsed:
        for field in item.fields:
            if item.written is not None:
                write_note(
                    "".join(
                        f"{line}\n" for line in refused_lines(RefusedField(field.path, field.message), item.written)
                    )
                )
    found = [*found, *(item.problem for item in rehearsed)]
    if found:
        raise RefusedError(found)
    write_result(f"the API server would take {count(len(plan.writes), 'write')}\n")

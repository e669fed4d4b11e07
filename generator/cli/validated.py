"""All that `validate` asks: the intent, what it selects and expects in what is live."""

from __future__ import annotations

from collections.abc import Sequence

from generator.calico.versions import NEWEST, parse_version
from generator.checks.run import check_against_snapshot
from generator.checks.unneeded import check_unneeded
from generator.cli.judged import check_stdin, judge_both, judge_live, read_expectations, refused_in
from generator.cli.live import freezing_warnings, read_whole_live
from generator.cli.target import Call, read_target
from generator.foundation.diagnostics import Diagnostic, has_errors
from generator.intent import unjudged_expectations
from generator.platforms import unverified_facts
from generator.report.expectations import JudgedState
from generator.snapshot.facts import read_seen

Validated = tuple[str | None, list[Diagnostic], tuple[JudgedState, ...]]


def validate(call: Call, expect: Sequence[str] | None) -> Validated:
    """Return the name of the intent, all that is wrong, and the expectations in each state.

    Without an intent, expectations of files of their own are judged on what is live alone.
    """
    check_stdin(call, expect)
    if call.live and expect and call.intent is None and not call.overlays:
        snapshot, problems = read_whole_live(call.live, call.namespace, call.complete, call.cluster)
        seen = read_seen(snapshot).calico  # a saved snapshot says which version it was
        version = parse_version(seen) if seen else NEWEST
        judgement = judge_live(snapshot, read_expectations(expect, None), version)
        return None, [*problems, *judgement.problems], judgement.states
    target = read_target(call)
    intent = target.loaded.intent
    expectations = read_expectations(expect, target)
    found = [*target.problems, *unverified_facts(target.profile), *check_unneeded(intent)]
    if target.snapshot is None:
        return intent.name, [*found, *unjudged_expectations(expectations)], ()
    found += [*check_against_snapshot(intent, target.profile, target.snapshot), *freezing_warnings(target.snapshot)]
    if has_errors(target.problems):
        return intent.name, [*found, *unjudged_expectations(expectations, "while a document cannot be read")], ()
    judgement = judge_both(target, target.snapshot, expectations)
    return intent.name, [*found, *refused_in(target, target.snapshot), *judgement.problems], judgement.states

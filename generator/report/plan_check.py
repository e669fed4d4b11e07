"""What a saved plan is worth now, as text, JSON and Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Any, Final

from generator.compare import changed_fields
from generator.plan.check import Drift, PlanCheck, Standing
from generator.plan.effects import Effect, FlowEffect
from generator.plan.model import Plan
from generator.report.formats import PLAIN, Ink, markdown_table, write_json
from generator.report.object_diff import field_lines, print_identity
from generator.report.plan_flows import flows_headline
from generator.report.problems import problems_text

KIND: Final = "ringfence.plan-check"
_WIDTH: Final = 80
_FEW: Final = 20
_WORDS: Final = {
    Standing.FRESH: "fresh: the objects are as the plan saw them, and it is proven on what is live now",
    Standing.STALE: "stale: make the plan anew",
    Standing.DRIFTED: "drifted: somebody has changed what the plan writes or counts on",
}
_VERBS: Final = {Effect.CUT: "cut", Effect.OPENED: "open", Effect.UNKNOWN: "leave unknown"}
_PARTIAL: Final = "what was read is no whole cluster, so the plan still cannot be applied"


def plan_check_text(plan: Plan, check: PlanCheck, ink: Ink = PLAIN) -> str:
    """Write the check for a terminal: what the plan is worth, then why."""
    paint = ink.green if check.standing is Standing.FRESH else ink.red
    lines = [paint(line) for line in wrap(f"plan of intent '{plan.intent}' is {_WORDS[check.standing]}", _WIDTH)]
    if not check.complete:
        lines.append(_PARTIAL)
    if plan.observed.logs:
        lines += wrap(f"when it was made: {flows_headline(plan)}", _WIDTH)
    for drift in check.drifts:
        lines += ["", *_drift_lines(drift, ink)]
    if check.joined:
        lines += ["", "it would now cut or open flows of workloads that it did not:"]
        lines += [f"  {name}" for name in check.joined[:_FEW]]
        if len(check.joined) > _FEW:
            lines.append(f"  ... and {len(check.joined) - _FEW:,} more; --format json lists all")
    lines += _flow_lines("it would now also", check.more)
    lines += _flow_lines("it would no longer", check.less)
    text = "".join(f"{line}\n" for line in lines)
    return text + (f"\n{problems_text(check.problems, ink)}" if check.problems else "")


def _drift_lines(drift: Drift, ink: Ink) -> Iterator[str]:
    name = print_identity(drift.identity)
    if drift.begun:
        yield f"{name} is as a step of this plan leaves it: the plan has been begun"
    elif drift.found is None:
        yield f"{name} is gone"
    elif drift.left:
        yield f"{name}, which the plan leaves as it was, has changed"
    elif drift.seen is None:
        yield f"{name} is there, and was not when the plan was made"
    else:
        yield f"{name} has changed"
        for change in changed_fields(drift.seen, drift.found):
            yield from (f"  {line}" for line in field_lines(change, ink))


def _flow_lines(words: str, effects: tuple[FlowEffect, ...]) -> Iterator[str]:
    verb = None
    for item in effects[:_FEW]:
        if item.effect is not verb:
            verb = item.effect
            yield ""
            yield f"{words} {_VERBS[verb]}:"
        text = f"{', '.join(item.sources)} -> {', '.join(item.destinations)}: {item.packets}"
        yield from wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False)
    if len(effects) > _FEW:
        yield f"  ... and {len(effects) - _FEW:,} more; --format json lists all"


def plan_check_json(plan: Plan, check: PlanCheck) -> str:
    """Write the check as JSON, whole."""
    return write_json(KIND, _data(plan, check))


def _data(plan: Plan, check: PlanCheck) -> dict[str, Any]:
    return {
        "intent": plan.intent,
        "standing": check.standing.value,
        "complete": check.complete,
        "drifted": [
            {
                "object": str(item.identity),
                "begun": item.begun,
                "left": item.left,
                "seen": item.seen,
                "found": item.found,
            }
            for item in check.drifts
        ],
        "proof": None if check.judged is None else check.judged.record.method.value,
        "joined": list(check.joined),
        "more": [_effect(item) for item in check.more],
        "less": [_effect(item) for item in check.less],
        "observed": {
            "flows": plan.observed.count,
            "cut": plan.observed.cut_count,
            "unknown": plan.observed.unknown_count,
        },
        "problems": [{"code": item.code, "summary": item.summary, "hint": item.hint} for item in check.problems],
    }


def _effect(item: FlowEffect) -> dict[str, Any]:
    return {
        "effect": item.effect.value,
        "sources": list(item.sources),
        "destinations": list(item.destinations),
        "packets": item.packets,
        "example": item.example,
    }


def plan_check_markdown(plan: Plan, check: PlanCheck) -> str:
    """Write the check for a pull request."""
    text = f"### ringfence plan check\n\nThe plan of intent `{plan.intent}` is {_WORDS[check.standing]}.\n"
    text += "" if check.complete else f"\n> {_PARTIAL}\n"
    text += f"\nWhen it was made: {flows_headline(plan)}.\n" if plan.observed.logs else ""
    if check.drifts:
        rows = [(print_identity(item.identity), _words_of(item)) for item in check.drifts]
        text += "\n" + markdown_table(("object", "now"), rows)
    if check.joined:
        names = [(f"`{name}`",) for name in check.joined]
        text += "\n" + markdown_table(("workloads that it would now also cut or open",), names)
    flows = [
        (words, item.effect.value, ", ".join(item.sources), ", ".join(item.destinations), item.packets)
        for words, found in (("more", check.more), ("less", check.less))
        for item in found
    ]
    text += "\n" + markdown_table(("", "flows", "from", "to", "packets"), flows) if flows else ""
    text += "".join(f"\n* {item.code}: {item.summary}" for item in check.problems)
    return text if text.endswith("\n") else text + "\n"


def _words_of(drift: Drift) -> str:
    if drift.begun:
        return "as a step of this plan leaves it"
    if drift.found is None:
        return "gone"
    return "there, and was not" if drift.seen is None and not drift.left else "changed"

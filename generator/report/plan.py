"""A plan as text and Markdown; as JSON it is the plan file itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from textwrap import wrap
from typing import Final

from generator.apply.waits.kinds import MEASURES
from generator.calico.kinds import Kind
from generator.compare import changed_fields
from generator.foundation.diagnostics import Diagnostic
from generator.plan.effects import Effect, FlowEffect
from generator.plan.model import CheckStep, Plan, Risk, Step, Verb, WaitStep, Write, WriteStep
from generator.plan.proof.breach_names import is_breach_name
from generator.plan.record import MOST_STATES, StretchRecord
from generator.plan.stages import STAGES
from generator.reach.flow_counts import PairCounts
from generator.report.encapsulation import exceptions_note
from generator.report.formats import PLAIN, Ink, count, markdown_table, names_text
from generator.report.object_diff import field_lines, print_identity
from generator.report.plan_flows import flow_rows, flows_bullets, flows_headline, flows_headlines, flows_lines
from generator.report.plan_observing import HEADLINE, observing_lines, reading, verb
from generator.report.problems import problems_markdown, problems_text

WIDTH: Final = 80
_FEW_EFFECTS: Final = 12
_FEW_RISKS: Final = 12
_FEW_NAMES: Final = 4
_GRANTED: Final = "what the proof takes for granted"
_FEW_STEPS: Final = 40  # of one stage, and the last of it
_TITLES: Final = {info.stage: info.title for info in STAGES}
_SIGNS: Final = {Verb.CREATE: "+", Verb.REPLACE: "~", Verb.DELETE: "-"}
_WAY_BACK: Final = (
    "Each write can be taken back: what it creates is deleted, what it changes or deletes is put back as it was."
)


def plan_headline(plan: Plan) -> str:
    """Return what the plan does in one line."""
    if plan.is_refused:
        return f"intent '{plan.intent}': refused, for no order of steps is safe in every state in between"
    if plan.is_empty and plan.observing.ways:
        return f"intent '{plan.intent}': nothing to do, what the set would drop is {verb(plan.observing)} already"
    if plan.is_empty:
        return f"intent '{plan.intent}': nothing to do, {'nothing of it' if plan.to_none else 'the whole set'} is live"
    what = "takes the whole set off" if plan.to_none else "leads to the set"
    if plan.observing.ways:
        what = f"enforces nothing, what the set would drop is {verb(plan.observing)},"
    waits = sum(isinstance(step, WaitStep) for step in plan.steps)
    return f"intent '{plan.intent}': {what} in {count(len(plan.writes), 'write')} and {count(waits, 'wait')}"


def plan_text(plan: Plan, ink: Ink = PLAIN) -> str:
    """Write the plan for a terminal: headline, what is proven, summary, flows, risks, then the steps by stage."""
    lines = [ink.bold(plan_headline(plan)), *flows_headlines(plan, ink)]
    if not plan.is_empty or plan.is_refused:
        lines += wrap(_proof_headline(plan), WIDTH)
    lines += ["", *_summary_lines(plan)]
    if not plan.is_empty:
        lines += wrap(_WAY_BACK, WIDTH)
    lines += flows_lines(plan, ink)
    lines += observing_lines(plan)
    lines += _effect_lines(plan.observing.drops, ink, f"{verb(plan.observing)}, and cut once the set is enforced")
    lines += _effect_lines(plan.effects, ink)
    lines += _risk_lines(plan, ink)
    lines += _step_lines(plan, ink)
    lines += _granted_lines(plan)
    text = "".join(f"{line}\n" for line in lines)
    problems = _problems(plan)
    return text + (f"\n{problems_text(problems, ink)}" if problems else "")


def plan_markdown(plan: Plan) -> str:
    """Write the plan for a pull request."""
    text = f"### ringfence plan\n\n{plan_headline(plan)}\n\n"
    text += f"**{flows_headline(plan)}**\n\n" if plan.observed.logs else ""
    text += "" if plan.is_empty else f"> {_proof_headline(plan)}\n\n"
    text += "".join(f"* {line}\n" for line in [*_summary_lines(plan), *([] if plan.is_empty else [_WAY_BACK])])
    text += "".join(f"* {line}\n" for line in (reading(plan.observing) if plan.observing.ways else ()))
    text += "".join(f"* {line}\n" for line in flows_bullets(plan))
    seen = flow_rows(plan)
    text += "\n" + markdown_table(("observed", "from", "to", "packets", "why"), seen) if seen else ""
    flows = [(verb(plan.observing), *_flow_cells(item)) for item in plan.observing.drops]
    flows += [(item.effect.value, *_flow_cells(item)) for item in plan.effects]
    text += "\n" + markdown_table(("flows", "from", "to", "packets"), flows) if flows else ""
    note = exceptions_note(packets for *_, packets in flows)
    text += f"\n{note}\n" if note else ""
    risks = _risks(plan)
    if risks:
        looked = [(risk.risk.value, risk.detail, ", ".join(steps)) for risk, steps in risks]
        text += "\n" + markdown_table(("to look at first", "", "steps"), looked)
    rows = [(step.id, _TITLES[step.stage], _what(step), step.purpose) for step in plan.steps]
    text += "\n" + markdown_table(("step", "stage", "does", "why"), rows) if rows else ""
    granted = "".join(f"* {item}\n" for item in plan.proof.assumptions)
    text += f"\n{_GRANTED}:\n\n{granted}" if granted else ""
    problems = _problems(plan)
    return text + ("\n" + problems_markdown(problems) if problems else "")


def _granted_lines(plan: Plan) -> Iterator[str]:
    """Say what the proof does not cover, and what it supposes where the snapshot does not tell (product.md 6)."""
    if plan.proof.assumptions:
        yield from ("", _GRANTED)
    for item in plan.proof.assumptions:
        yield from wrap(item, WIDTH, initial_indent="  - ", subsequent_indent="    ")


def _flow_cells(item: FlowEffect) -> tuple[str, str, str]:
    return _few(item.sources), _few(item.destinations), item.packets


def _proof_headline(plan: Plan) -> str:
    return HEADLINE if plan.observing.ways else plan.proof.headline


def _effect_lines(effects: tuple[FlowEffect, ...], ink: Ink, words: str = "") -> Iterator[str]:
    """Say which flows the plan cuts and opens, a few of each kind; the plan file has them all."""
    paint = {Effect.CUT: ink.red, Effect.OPENED: ink.green, Effect.UNKNOWN: ink.yellow}
    for effect in Effect:
        chosen = [item for item in effects if item.effect is effect]
        if not chosen:
            continue
        yield ""
        yield paint[effect](f"{words or effect}: {count(len(chosen), 'group')} of flows")
        for item in chosen[:_FEW_EFFECTS]:
            yield from wrap(
                f"{_few(item.sources)} -> {_few(item.destinations)}: {item.packets}",
                WIDTH,
                initial_indent="  ",
                subsequent_indent="      ",
                break_on_hyphens=False,
            )
        if len(chosen) > _FEW_EFFECTS:
            yield f"  ... and {len(chosen) - _FEW_EFFECTS:,} more; ringfence diff or the plan file show all"
        note = exceptions_note(item.packets for item in chosen[:_FEW_EFFECTS])
        yield from wrap(note, WIDTH, initial_indent="  ", subsequent_indent="  ")


def _few(names: tuple[str, ...]) -> str:
    return names_text(names, _FEW_NAMES)


def _proof_lines(record: StretchRecord) -> Iterator[str]:
    ends = (
        (record.untouched, "untouched"),
        (record.widens, "only widened"),
        (record.narrows, "only narrowed"),
        (record.enumerated, "in each state"),
    )
    shown = ", ".join(f"{number:,} {words}" for number, words in ends if number)
    more = "at least " if record.states == MOST_STATES else ""
    text = f"proven: {more}{count(record.states, 'state')} of a node; ends of flows: {shown}"
    yield from wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")


def _summary_lines(plan: Plan) -> list[str]:
    found = plan.summary
    target = plan.target
    numbers = (
        (found.created, "to create"),
        (found.changed, "to change"),
        (found.removed, "to remove"),
        (found.replaced, "taken over"),
        (found.same, "the same"),
        (found.foreign, "foreign"),
    )
    return [
        ", ".join(f"{number:,} {words}" for number, words in numbers),
        *_pair_lines(plan.pairs),
        f"Calico {target.version}, tier {target.tier}, {target.api_group}",
        f"made from a {'whole cluster' if plan.complete else 'partial snapshot'}; {_state(plan)}",
        *_wait_lines(plan),
        *_pause_line(plan),
        *(_accepted(name) for name in plan.accepted),
    ]


def _pair_lines(pairs: PairCounts) -> list[str]:
    """Say how much of the cluster's traffic the plan is about; a pair may lose one flow and keep another."""
    if not (pairs.cut or pairs.opened or pairs.kept):
        return []
    shown = f"{pairs.cut:,} lose, {pairs.opened:,} get and {pairs.kept:,} keep flows"
    unknown = f"; {pairs.unknown:,} unknown" if pairs.unknown else ""
    return [f"pairs of workloads, nodes, outside: {shown}{unknown}"]


def _wait_lines(plan: Plan) -> list[str]:
    """Say how a wait will be known to be over: the plan is made before anybody asks the nodes."""
    waited = {kind for step in plan.steps if isinstance(step, WaitStep) for kind in step.kinds}
    if not waited:
        return []
    blind = sorted(kind.value for kind in waited if kind not in MEASURES)
    lines = ["waits: by what each node shows, or else a pause by time, which is a guess"]
    if blind:
        lines += wrap(f"no node shows whether it has what was written of {', '.join(blind)}: a guess", WIDTH)
    return lines


def _pause_line(plan: Plan) -> list[str]:
    if not plan.pauses:
        return []
    without = sum(not item.writes for item in plan.pauses)
    ways, one, many = len(plan.pauses), "namespace and direction", "namespaces and directions"
    if without == ways:
        return wrap(f"pause: changes nothing in {count(ways, one, many)}, which others isolate", WIDTH)
    shown = f"pause: {count(ways - without, one, many)}, by writes that the plan file holds"
    return wrap(f"{shown}; {without} more stay isolated by others" if without else shown, WIDTH)


def _accepted(name: str) -> str:
    if is_breach_name(name):
        return f"accepted while the plan runs: {name}"
    return f"accepted: the Deny of {name} comes after an Allow of ours"


def _state(plan: Plan) -> str:
    if plan.errored:
        return "not applyable: something below is unresolved"
    return "applyable after it has been proven again" if plan.applyable else "not applyable as it is"


def _risks(plan: Plan) -> list[tuple[Risk, list[str]]]:
    found: defaultdict[Risk, list[str]] = defaultdict(list)
    for step in plan.writes:
        for risk in step.risks:
            found[risk].append(step.id)
    return sorted(found.items())


def _risk_lines(plan: Plan, ink: Ink) -> Iterator[str]:
    """Say what to look at first, a few of each class: a cluster of many namespaces has hundreds of one."""
    risks = _risks(plan)
    if risks:
        yield ""
        yield ink.bold("to look at first")
    for found in dict.fromkeys(risk.risk for risk, _ in risks):
        chosen = [(risk, steps) for risk, steps in risks if risk.risk is found]
        for risk, steps in chosen[:_FEW_RISKS]:
            yield f"  {ink.yellow(found.value)}{_in_steps(steps)}"
            yield from (f"      {line}" for line in wrap(risk.detail, WIDTH - 6))
        if len(chosen) > _FEW_RISKS:
            yield f"  ... and {len(chosen) - _FEW_RISKS:,} more {found.value}; the plan file has them all"


def _in_steps(steps: list[str]) -> str:
    return f" ({steps[0]})" if len(steps) == 1 else f" ({len(steps)} steps, first {steps[0]})"


def _step_lines(plan: Plan, ink: Ink) -> Iterator[str]:
    proofs = {record.last: record for record in plan.proof.stretches}
    for stage, found in groupby(plan.steps, key=lambda step: step.stage):
        steps = list(found)
        few = len(steps) <= _FEW_STEPS
        yield ""
        yield ink.bold(_TITLES[stage])
        yield from _stage_lines(steps if few else steps[: _FEW_STEPS - 1], proofs, ink)
        if not few:
            yield f"  ... and {len(steps) - _FEW_STEPS:,} more steps of this stage; --format json lists all"
            yield from _stage_lines(steps[-1:], proofs, ink)


def _stage_lines(steps: Sequence[Step], proofs: Mapping[str, StretchRecord], ink: Ink) -> Iterator[str]:
    for step in steps:
        first, *more = wrap(_what(step), WIDTH - 6 - max(4, len(step.id)), break_on_hyphens=False)
        yield f"  {step.id:>4}  {_painted(step, first, ink)}"
        yield from (f"          {line}" for line in more)
        for line in wrap(step.purpose, WIDTH - 10, break_on_hyphens=False):
            yield f"          {line}"
        if isinstance(step, WriteStep):
            yield from _field_lines(step.write, ink)
        if step.id in proofs:
            yield from _proof_lines(proofs[step.id])


def _field_lines(write: Write, ink: Ink) -> Iterator[str]:
    """Show what a replacement changes; a creation is in the rendered set, a deletion in the plan file."""
    if write.before is not None and write.after is not None:
        for change in changed_fields(write.before, write.after):
            yield from (f"      {line}" for line in field_lines(change, ink))


def _painted(step: Step, text: str, ink: Ink) -> str:
    if not isinstance(step, WriteStep):
        return text
    return {Verb.CREATE: ink.green, Verb.REPLACE: ink.yellow, Verb.DELETE: ink.red}[step.write.verb](text)


def _what(step: Step) -> str:
    match step:
        case WriteStep(write=write):
            return f"{_SIGNS[write.verb]} {_name(write)}"
        case WaitStep(kinds=kinds):
            return f"wait for {_kinds(kinds)} on every node"
        case CheckStep(checks=checks):
            return f"check {', '.join(check.value for check in checks)}"


def _name(write: Write) -> str:
    return print_identity(write.identity)


def _kinds(kinds: tuple[Kind, ...]) -> str:
    return ", ".join(kind.value for kind in kinds)


def _problems(plan: Plan) -> tuple[Diagnostic, ...]:
    return (*plan.unresolved, *plan.warnings)

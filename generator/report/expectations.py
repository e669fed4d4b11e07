"""Judged expectations, as text, JSON and Markdown: outcome, place, and of each breach a flow with what decided it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Final

from generator.expect.findings import example, packet_text
from generator.expect.model import Breach, Judged, Outcome
from generator.packets.addresses import format_address
from generator.packets.printing import describe_transport
from generator.reach.decision import Decision, Stage, Tried
from generator.reach.environment import Environment
from generator.reach.flow import End
from generator.reach.inventory import UNKNOWN_ADDRESS
from generator.reach.matching import Unsure
from generator.report.decided import decided_by, name_end
from generator.report.formats import PLAIN, Ink, count, markdown_table, names_text
from generator.report.judged_by import judged_by

MOST_BREACHES: Final = 3
NOW, THEN = "now", "then"
_WHEN: Final = {NOW: "as it is now", THEN: "with the set in place"}
_WHY: Final = "ringfence/why="
_MOST_NAMES: Final = 6
_WIDTH: Final = 78
_WORDS: Final[Mapping[Outcome, str]] = {
    Outcome.HOLDS: "holds",
    Outcome.VIOLATED: "violated",
    Outcome.UNKNOWN: "not known",
    Outcome.VACUOUS: "states nothing",
}
_LEAVING: Final = frozenset({Stage.FORWARD_EGRESS, Stage.UNTRACKED_EGRESS})


@dataclass(frozen=True, slots=True)
class JudgedState:
    """The expectations in one state of the cluster: as it is ("now"), or with a policy set in place ("then").

    `rendered` are the files of policies that nobody wrote, so that their lines mean nothing to a reader; `environment`
    is for which version and dataplane it was judged.
    """

    when: str
    judged: tuple[Judged, ...]
    environment: Environment
    rendered: frozenset[str] = frozenset()


def expectations_headline(state: JudgedState) -> str:
    """Count the outcomes of one state: `expectations now: 2 hold, 1 violated`."""
    numbers = [(sum(item.outcome is outcome for item in state.judged), outcome) for outcome in Outcome]
    words = {Outcome.HOLDS: "hold", Outcome.VACUOUS: "state nothing"}
    parts = [
        f"{number} {_WORDS[outcome] if number == 1 else words.get(outcome, _WORDS[outcome])}"
        for number, outcome in numbers
        if number
    ]
    return f"expectations {_WHEN.get(state.when, state.when)}: {', '.join(parts) or 'none'}"


def expectations_text(states: Sequence[JudgedState], ink: Ink = PLAIN) -> str:
    """Write the expectations for a terminal: a line for each, and below those that are not met what breaks them."""
    lines: list[str] = []
    for state in states:
        if not state.judged:
            continue
        lines += ["", ink.bold(expectations_headline(state)), *filter(None, [judged_by(state.environment)])]
        for item in state.judged:
            lines += _item_lines(state, item, ink)
    return "".join(f"{line}\n" for line in lines)


def expectations_data(states: Sequence[JudgedState]) -> list[dict[str, Any]]:
    """Return each expectation once with its outcome in every state, as plain data."""
    found: list[dict[str, Any]] = []
    for position, first in enumerate(states[0].judged if states else ()):
        expectation = first.expectation
        place = expectation.origin.place
        found.append(
            {
                "expectation": str(expectation),
                "must": expectation.must,
                "from": expectation.source.text,
                "exceptFrom": [item.text for item in expectation.not_source],
                "to": expectation.to.text,
                "exceptTo": [item.text for item in expectation.not_to],
                "ports": [str(port) for port in expectation.ports],
                "file": place.file or None,
                "line": place.line or None,
                "column": place.column or None,
                **{state.when: _judged_data(state, state.judged[position]) for state in states},
            }
        )
    return found


def expectations_markdown(states: Sequence[JudgedState]) -> str:
    """Write the expectations as a table with a column for each state."""
    if not states or not states[0].judged:
        return ""
    rows = []
    for position, first in enumerate(states[0].judged):
        place = first.expectation.origin.place
        each = [state.judged[position] for state in states]
        wrong = next((item for item in reversed(each) if not item.met), None)
        said = "" if wrong is None else example(wrong.breaches[0]) if wrong.breaches else wrong.why
        rows.append(
            (str(first.expectation), f"`{place}`" if place.file else "", *(_WORDS[item.outcome] for item in each), said)
        )
    heads = ("expectation", "place", *(_WHEN.get(state.when, state.when) for state in states), "for example")
    counted = "".join(f"* {expectations_headline(state)}\n" for state in states)
    counted += "".join(f"* {remark}\n" for remark in [judged_by(states[0].environment)] if remark)
    return f"{counted}\n{markdown_table(heads, rows)}"


def _item_lines(state: JudgedState, item: Judged, ink: Ink) -> Iterator[str]:
    paint = {Outcome.HOLDS: ink.green, Outcome.UNKNOWN: ink.yellow}.get(item.outcome, ink.red)
    place = item.expectation.origin.place
    where = f" ({place})" if place.file else ""
    yield f"  {paint(_WORDS[item.outcome])}: {item.expectation}{where}"
    if item.met:
        size = f"{count(item.sources, 'source')}, {count(item.destinations, 'destination')} looked at"
        yield ink.faint(f"      {size}")
    elif not item.breaches:
        yield from _wrapped(item.why, 6)
    for note in item.notes:
        yield from _wrapped(note, 6)
    for breach in item.breaches[:MOST_BREACHES]:
        yield from _breach_lines(state, breach)
    if len(item.breaches) > MOST_BREACHES:
        yield f"      ... and {len(item.breaches) - MOST_BREACHES:,} more groups of flows; --format json lists all"


def _breach_lines(state: JudgedState, breach: Breach) -> Iterator[str]:
    unknown = "not known: " if breach.outcome is Outcome.UNKNOWN else ""
    yield from _wrapped(f"{unknown}{_names(breach.sources)} -> {_names(breach.destinations)}", 6)
    yield from _wrapped(f"{describe_transport(breach.packets)}{_only(breach)}", 8)
    yield from _wrapped(f"for example {example(breach)}" + (f", because {breach.why}" if breach.why else ""), 8)
    for title, decision, _ in _stations(breach):
        if decision is not None:
            yield from _wrapped(f"{title}: {decision.verdict}, {_decided(state, decision)}", 10)


def _only(breach: Breach) -> str:
    return f" (IPv{breach.families[0]} only)" if len(breach.families) == 1 else ""


def _names(names: Sequence[str]) -> str:
    return names_text(names, _MOST_NAMES)


def _wrapped(text: str, indent: int) -> list[str]:
    first = " " * indent
    return wrap(text, _WIDTH, initial_indent=first, subsequent_indent=first + "  ", break_on_hyphens=False)


def _stations(breach: Breach) -> Iterator[tuple[str, Decision | None, Sequence[Tried]]]:
    """Yield each place on the way of the witness: its title, what was decided there, and what was looked at."""
    flow, verdict = breach.witness, breach.verdict
    yield f"egress at {name_end(flow.source)}", verdict.egress, verdict.egress_trace
    for item in verdict.host:
        yield f"{item.stage} at host endpoint {item.endpoint} of node {item.node}", item, ()
    yield f"ingress at {name_end(flow.destination)}", verdict.ingress, verdict.ingress_trace


def _decided(state: JudgedState, decision: Decision) -> str:
    place = _place(state, decision)
    return decided_by(decision) + (f" ({place})" if place else "")


def _place(state: JudgedState, decision: Decision) -> str:
    """Return where the rule that decided comes from: its line, or the item of the intent it was rendered from."""
    policy, rule = decision.decided_by, decision.view
    if policy is None or rule is None or policy.origin is None:
        return ""
    if policy.origin.source.file in state.rendered:
        return ", ".join(note.removeprefix(_WHY) for note in rule.notes)
    direction = "egress" if rule in policy.egress and rule not in policy.ingress else "ingress"
    if decision.stage in _LEAVING:
        direction = "egress"
    return str(policy.origin.source.place(("spec", direction, rule.index)))


def _tried_text(item: Tried) -> str:
    said = f"{item.policy.id} rule {item.rule.index} ({item.rule.action.value})"
    match item.mismatch:
        case None:
            return f"{said} matches"
        case Unsure(field, reason):
            return f"{said}: whether {field} matches is not known, {reason}"
        case field:
            return f"{said}: {field} does not match"


def _judged_data(state: JudgedState, item: Judged) -> dict[str, Any]:
    return {
        "outcome": item.outcome.value,
        "why": item.why or None,
        "sources": item.sources,
        "destinations": item.destinations,
        "notes": list(item.notes),
        "breaches": [_breach_data(state, breach) for breach in item.breaches],
    }


def _breach_data(state: JudgedState, breach: Breach) -> dict[str, Any]:
    flow = breach.witness
    return {
        "outcome": breach.outcome.value,
        "why": breach.why or None,
        "ipVersions": list(breach.families),
        "sources": list(breach.sources),
        "destinations": list(breach.destinations),
        "packets": describe_transport(breach.packets),
        "witness": {
            "source": _end_data(flow.source),
            "destination": _end_data(flow.destination),
            "ipVersion": flow.packet.family,
            "packet": packet_text(flow.transport),
            "sourcePort": flow.transport.source_port,
            "verdict": breach.verdict.verdict.value,
            "trace": [
                {
                    "at": title,
                    "verdict": decision.verdict.value,
                    "decidedBy": decided_by(decision),
                    "place": _place(state, decision) or None,
                    "lookedAt": [_tried_text(item) for item in trace],
                }
                for title, decision, trace in _stations(breach)
                if decision is not None
            ],
        },
    }


def _end_data(end: End) -> dict[str, Any]:
    known = end.address[1] < UNKNOWN_ADDRESS
    return {"name": name_end(end), "address": format_address(*end.address) if known else None, "node": end.node or None}

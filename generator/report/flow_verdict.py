"""The verdict on one flow with what led to it, as text and Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from generator.reach.decision import Decision, Reason, Verdict
from generator.reach.model import Direction
from generator.report.flow_verdict_model import Explanation, places_of, policies_of_tier, why_decided
from generator.report.flow_verdict_words import (
    VERDICT_WORDS,
    decided_words,
    headline,
    place_of_policy,
    policy_name,
    remarks,
    trace_lines,
    without_effect,
    wrapped,
)
from generator.report.formats import PLAIN, Ink, markdown_table

_DEFAULT_DENY: Final = "layers.default-deny"  # the way in the intent of the layer that denies the rest


def verdict_text(found: Explanation, ink: Ink = PLAIN) -> str:
    """Write the verdict for a terminal, then what decided at each place, in the order of the packet's way."""
    if found.after is None:
        return _one_text(found, "", ink)
    text = f"{_one_text(found, 'now ', ink)}\n{_one_text(found.after, 'after ', ink)}"
    remedy = _remedy(found.after)
    return text + "".join(f"{line}\n" for line in ("", ink.bold(remedy[0]), *remedy[1:])) if remedy else text


def _remedy(found: Explanation) -> list[str]:
    if found.remedy is None:
        return []
    # Only here: whoever asks for a verdict alone should not wait for all that looks for changes.
    from generator.report.flow_verdict_remedy import remedy_lines

    return remedy_lines(found)


def _one_text(found: Explanation, when: str, ink: Ink) -> str:
    paint = {Verdict.ALLOW: ink.green, Verdict.DENY: ink.red, Verdict.UNKNOWN: ink.yellow}
    verdict = found.verdict.verdict
    lines = [f"{when}{paint[verdict](VERDICT_WORDS[verdict])}: {headline(found.flow)}"]
    lines += [line for text in remarks(found) for line in wrapped(text, 2)]
    for title, decision, direction, trace in places_of(found):
        lines += ["", ink.bold(f"{title}: {decision.verdict if decision else 'not policed'}")]
        for text in _decision_lines(found, decision, direction):
            lines += wrapped(text, 2)
        lines += [ink.faint(line) for line in trace_lines(trace, decision, direction)]
    aside = without_effect(found)
    if aside:
        lines += ["", ink.bold("without effect")]
        lines += [line for text in aside for line in wrapped(text, 2)]
    return "".join(f"{line}\n" for line in lines)


def verdict_markdown(found: Explanation) -> str:
    """Write the verdict as a headline and a table with a row for each place."""
    if found.after is None:
        return _one_markdown(found, "")
    text = f"{_one_markdown(found, 'now ')}\n{_one_markdown(found.after, 'after ')}"
    remedy = _remedy(found.after)
    return text + "".join(f"{line}\n" for line in ("", "```text", *remedy, "```")) if remedy else text


def _one_markdown(found: Explanation, when: str) -> str:
    text = f"### {when}{VERDICT_WORDS[found.verdict.verdict]}: {headline(found.flow)}\n\n"
    text += "".join(f"{remark}\n\n" for remark in remarks(found))
    rows = []
    for title, decision, direction, _ in places_of(found):
        place = found.decision_place(decision, direction)
        said = decision.verdict.value if decision else "not policed"
        rows.append(
            (title, said, decided_words(decision, direction), f"`{place}`" if place else "", why_decided(decision))
        )
    text += markdown_table(("place", "verdict", "decided by", "where", "why"), rows)
    return text + "".join(f"\n* {item}" for item in without_effect(found)) + ("\n" if without_effect(found) else "")


def _decision_lines(found: Explanation, decision: Decision | None, direction: Direction) -> Iterator[str]:
    yield decided_words(decision, direction)
    place = found.decision_place(decision, direction)
    if place is not None:
        yield f"at {place}"
    why = why_decided(decision)
    if why == _DEFAULT_DENY:
        yield "the intent has no need, port or exception for it, so the default deny holds"
    elif why:
        yield f"why: {why}"
    if decision is not None and decision.reason is Reason.END_OF_TIER:
        for policy in policies_of_tier(found, decision, direction):
            yield f"{policy_name(policy.id)} applies{place_of_policy(found, policy, direction)}"

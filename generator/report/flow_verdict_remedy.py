"""The change of an intent that would allow a flow, or what is in its way, as text and as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from generator.foundation.diagnostics import Place
from generator.foundation.yaml_writer import write_document
from generator.layers.model import LABEL_INTENT, LABEL_LAYER
from generator.packets.printing import describe_transport
from generator.reach.decision import Decision, Reason
from generator.reach.flow_changes import ChangeKind, FlowChange
from generator.reach.model import Direction, PolicyView
from generator.report.flow_verdict_model import Explanation, direction_of, policies_of_tier
from generator.report.flow_verdict_words import decided_words, place_of_policy, policy_name, wrapped
from generator.suggest.model import Denial, Edit, Obstacle, PossibleFlows, Refusal, Suggestion

_MOST_OPENED = 8
_MOST_NAMES = 6
_FINAL = frozenset({Obstacle.NOT_OURS, Obstacle.NO_WORDS, Obstacle.POLICY})
_GUARDED = frozenset({Obstacle.FEED, Obstacle.GUARDRAIL})


def remedy_lines(found: Explanation) -> list[str]:
    """Return the lines for a terminal, the first a heading; none where there is nothing to say."""
    match found.remedy:
        case None:
            return []
        case Suggestion() as suggestion:
            return list(_suggestion_lines(found, suggestion))
        case Refusal() as refusal:
            return list(_refusal_lines(found, refusal))


def remedy_data(found: Explanation) -> dict[str, Any] | None:
    """Return the same as plain data; `overlay` is what `-f` takes."""
    match found.remedy:
        case None:
            return None
        case Suggestion() as suggestion:
            return {
                "change": [_edit_data(edit) for edit in suggestion.edits],
                "overlay": suggestion.overlay,
                "opens": [_opened(change) for change in suggestion.opened],
                "opensMore": suggestion.beyond,
                "mayOpen": [_possible(item) for item in suggestion.unsure],
                "fillIn": suggestion.fill_in or None,
                "obstacle": None,
                "overrides": list(_denials(found, suggestion.overridden)),
                "denials": [],
            }
        case Refusal() as refusal:
            return {
                "change": [_edit_data(edit) for edit in refusal.edits],
                "overlay": None,
                "opens": [],
                "opensMore": None,
                "mayOpen": [],
                "fillIn": None,
                "obstacle": refusal.obstacle.value,
                "overrides": [],
                "denials": list(_denials(found, refusal.still)),
            }


def _suggestion_lines(found: Explanation, suggestion: Suggestion) -> Iterator[str]:
    yield "to allow it, change the intent"
    for edit in suggestion.edits:
        yield from wrapped(f"{edit_words(edit)}{_edit_place(found, edit)}", 2)
    opened = [_opened(change) for change in suggestion.opened]
    if suggestion.beyond or len(opened) != 1:
        yield "  this opens:"
        yield from _shown(opened)
    else:
        rest = "" if suggestion.unsure else ", and nothing else"
        yield from wrapped(f"this opens {opened[0]}{rest}", 2)
    if suggestion.unsure:
        yield "  it may open more, which the snapshot does not tell:"
        yield from _shown([_possible(item) for item in suggestion.unsure])
    if suggestion.overridden is not None:
        yield "  it goes before what others deny; `plan` asks for --accept:"
        for text in _denials(found, suggestion.overridden):
            yield from wrapped(text, 4)
    if _switchable(Denial(found.engine, found.flow, found.verdict).decisions):
        yield "  a guardrail denies it otherwise; what has this name is taken out of it"
    if suggestion.fill_in:
        yield from wrapped(f"{suggestion.fill_in}: in place of the words in capitals", 2)
    yield "  the same as a file for -f:"
    yield from (f"    {line}" for line in write_document(suggestion.overlay).splitlines())


def _refusal_lines(found: Explanation, refusal: Refusal) -> Iterator[str]:
    yield _refusal_head(refusal)
    yield from wrapped(refusal.obstacle.value, 2)
    if refusal.edits:
        yield from wrapped(f"tried: {'; '.join(edit_words(edit) for edit in refusal.edits)}", 2)
    if refusal.still.verdict.unknown:
        yield from wrapped(f"not known because {'; '.join(refusal.still.verdict.unknown)}", 2)
    for text in _denials(found, refusal.still):
        yield from wrapped(text, 2)
    for layer in _switchable(refusal.still.decisions):
        yield from wrapped(f"`layers: {{{layer}: off}}` would allow it, and all else that this layer denies", 2)


def _switchable(denials: tuple[Decision, ...]) -> list[str]:
    """Return the layers that deny and that an intent may switch off."""
    layers = (_labels(item.decided_by).get(LABEL_LAYER) for item in denials if item.decided_by)
    return [layer for layer in dict.fromkeys(layers) if layer in ("guardrails", "threat-feeds")]


def _refusal_head(refusal: Refusal) -> str:
    if refusal.obstacle in _GUARDED:
        return "no change is proposed"
    return (
        "no need, port or exception of this intent can allow it"
        if refusal.obstacle in _FINAL
        else "no change was found"
    )


def _denials(found: Explanation, denial: Denial | None) -> Iterator[str]:
    """Yield what denies, each with whose it is and where it stands."""
    if denial is None:
        return
    there = Explanation(
        denial.engine, denial.flow, denial.verdict, rendered=found.rendered, intent_place=found.intent_place
    )
    for decision in denial.decisions:
        leaving = decision is denial.verdict.egress
        direction = Direction.EGRESS if leaving else direction_of(decision)
        if decision.decided_by is not None:
            place = there.decision_place(decision, direction)
            where = f" ({place})" if place is not None else ""
            yield f"{decided_words(decision, direction)}, {whose(decision.decided_by)}{where}"
            continue
        yield decided_words(decision, direction)
        if decision.reason is Reason.END_OF_TIER:
            for policy in policies_of_tier(there, decision, direction):
                yield f"{policy_name(policy.id)}, {whose(policy)}{place_of_policy(there, policy, direction)}"


def whose(policy: PolicyView) -> str:
    """Say who owns a policy: a layer of an intent, or somebody else."""
    labels = _labels(policy)
    intent, layer = labels.get(LABEL_INTENT), labels.get(LABEL_LAYER)
    if intent:
        return f"of intent '{intent}'" + (f", layer {layer}" if layer else "")
    own = ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return f"of somebody else ({own})" if own else "of somebody else"


def _labels(policy: PolicyView) -> Mapping[str, Any]:
    labels = policy.origin.metadata.get("labels") if policy.origin is not None else None
    return labels if isinstance(labels, Mapping) else {}


def edit_words(edit: Edit) -> str:
    """Write one change of the intent in a line: where, and what is added or set there."""
    return f"{edit.way}: {edit.verb} {_flow_style(edit.value)}"


def _flow_style(value: Any) -> str:
    """Write a value in one line as people write it in an intent: YAML's flow style."""
    match value:
        case Mapping():
            return "{" + ", ".join(f"{key}: {_flow_style(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(_flow_style(item) for item in value) + "]"
        case bool():
            return "true" if value else "false"
        case str() if set(value) & set("{}[],:#'\"") and not _is_plain(value):
            return json.dumps(value)
        case _:
            return str(value)


def _is_plain(text: str) -> bool:
    return not set(text) & set("{}[],#'\"") and ": " not in text and not text.endswith(":")


def _edit_data(edit: Edit) -> dict[str, Any]:
    return {"way": edit.way, "verb": edit.verb, "value": edit.value}


def _edit_place(found: Explanation, edit: Edit) -> str:
    place: Place | None = found.intent_place(edit.way)
    return f" ({place})" if place is not None else ""


def _shown(texts: list[str]) -> Iterator[str]:
    for text in texts[:_MOST_OPENED]:
        yield from wrapped(text, 4)
    if len(texts) > _MOST_OPENED:
        yield f"    ... and {len(texts) - _MOST_OPENED:,} more; --format json lists all"


def _possible(found: PossibleFlows) -> str:
    return f"{_names(found.sources)} -> {_names(found.destinations)}: {describe_transport(found.packets)}"


def _opened(change: FlowChange) -> str:
    family = f" (IPv{change.families[0]} only)" if change.families == (6,) else ""
    packets = describe_transport(change.packets)
    assert change.kind is ChangeKind.ALLOWED
    return f"{_names(change.sources)} -> {_names(change.destinations)}: {packets}{family}"


def _names(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} and {len(names) - _MOST_NAMES:,} more"

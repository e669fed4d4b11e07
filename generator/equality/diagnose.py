"""Differences between a set and its intent as problems: who, what, which rule, and a flow that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from generator.equality.codes import ALLOWS_LESS, ALLOWS_MORE, NOT_DECIDED, REACHES_BEYOND
from generator.equality.model import Difference, Wrong
from generator.foundation.codes import Code
from generator.foundation.diagnostics import NOWHERE, Diagnostic, Place, problem
from generator.intent.model import Intent
from generator.meaning.model import Way
from generator.packets.addresses import format_address
from generator.packets.printing import describe_packet, describe_transport
from generator.reach.flow import End, Flow

_MOST_NAMES: Final = 3
_CODES: Final[dict[Wrong, Code]] = {
    Wrong.MORE: ALLOWS_MORE,
    Wrong.LESS: ALLOWS_LESS,
    Wrong.UNDECIDED: NOT_DECIDED,
    Wrong.BEYOND: REACHES_BEYOND,
}


def diagnose(differences: Iterable[Difference], intent: Intent) -> list[Diagnostic]:
    """Return one problem for each difference, with the place of the item of the intent that it is about."""
    places = dict(_places(intent))
    return [
        problem(
            _CODES[item.wrong],
            _summary(item),
            place=next((places[path] for path in item.meant if path in places), NOWHERE),
            path=item.meant[0] if item.meant else "",
            hint=_cause(item),
        )
        for item in differences
    ]


def _summary(item: Difference) -> str:
    ends = (item.pods, item.peers) if item.way is Way.LEAVING else (item.peers, item.pods)
    source, destination = (_names(names) for names in ends)
    flow = f"{source} to {destination}, {describe_transport(item.packets)}" if item.peers else _names(item.pods)
    match item.wrong:
        case Wrong.MORE:
            return f"{flow}: allowed at {item.way}, and the intent does not mean it"
        case Wrong.LESS:
            return f"{flow}: denied at {item.way}, and the intent means it"
        case Wrong.UNDECIDED if not item.peers:
            return f"a rule or policy {flow}: what it does cannot be told"
        case Wrong.UNDECIDED:
            return f"{flow}: what the set does at {item.way} cannot be told"
        case Wrong.BEYOND:
            return f"{flow}: the intent does not own it, and the set governs it"


def _cause(item: Difference) -> str:
    rule = f" rule {item.rule}" if item.rule is not None else ""
    policy = f", {item.policy}{rule}" if item.policy else ""
    cause = f"layer {item.layer}{policy}" if item.layer else item.policy or "no rule of the set decides"
    return f"{cause}; for example {_example(item.witness.flow)}" if item.witness is not None else cause


def _example(flow: Flow) -> str:
    return f"{_end(flow.source)} to {_end(flow.destination)}, {describe_packet(flow.transport)}"


def _end(end: End) -> str:
    address = format_address(*end.address)
    return f"{end.name} ({address})" if end.name else address


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} and {len(names) - _MOST_NAMES:,} more"


def _places(intent: Intent) -> Iterator[tuple[str, Place]]:
    for service in intent.services.values():
        yield service.origin.path, service.origin.place
        yield from ((need.origin.path, need.origin.place) for need in service.needs)
        yield from ((exposed.origin.path, exposed.origin.place) for exposed in service.exposed)
    yield from ((shared.origin.path, shared.origin.place) for shared in intent.shared.values())
    yield from ((feed.origin.path, feed.origin.place) for feed in intent.feeds.values())
    yield from ((item.origin.path, item.origin.place) for item in intent.exceptions)

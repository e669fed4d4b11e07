"""Planted faults of observed flows: a need that is made up, or one that is lost."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from generator.flows import aggregate, ends, gather, judge, kernel_log, read
from generator.flows.model import Moment, Record, Saw
from generator.flows.result import Fate
from tests.faults.calico import Fault


def direction_swapped(patch: pytest.MonkeyPatch) -> None:
    """SRC is taken for whom a packet goes to."""
    right = kernel_log.parse_packet

    def swapped(line: str, found: re.Match[str], at: Moment, *, ended: bool = True) -> Record:
        record = right(line, found, at, ended=ended)
        record.source, record.destination = record.destination, record.source
        return record

    patch.setattr(kernel_log, "parse_packet", swapped)


def namespace_mixed_up(patch: pytest.MonkeyPatch) -> None:
    """A pod of that name in any namespace will do."""
    right = ends.EndFinder._pods_named

    def anywhere(finder: Any, namespace: str, name: str) -> Any:
        spaces = sorted(finder._by_namespace, reverse=True)
        return iter([pod for space in spaces for pod in right(finder, space, name)][:1])

    patch.setattr(ends.EndFinder, "_pods_named", anywhere)


def both_reporters_counted(patch: pytest.MonkeyPatch) -> None:
    """A connection that both ends report is two."""
    right = aggregate._as_flow

    def summed(key: Any, tally: Any) -> Any:
        allowed = tally.counts[Saw.SOURCE_ALLOWED] + tally.counts[Saw.DESTINATION_ALLOWED] + tally.counts[Saw.LOGGED]
        return replace(right(key, tally), let_through=allowed)

    patch.setattr(aggregate, "_as_flow", summed)


def each_line_is_a_connection(patch: pytest.MonkeyPatch) -> None:
    """What both ends log of one connection is two."""
    patch.setattr(aggregate.Aggregation, "_is_known", lambda self, connection: False)


def denied_is_a_need(patch: pytest.MonkeyPatch) -> None:
    """What was denied when it was seen counts as let through."""
    right = aggregate._as_flow

    def taken(key: Any, tally: Any) -> Any:
        flow = right(key, tally)
        return replace(flow, let_through=flow.let_through + flow.denied)

    patch.setattr(aggregate, "_as_flow", taken)


def what_now_denies_is_not_asked(patch: pytest.MonkeyPatch) -> None:
    """What is denied as it is now would be cut."""
    right = judge._Judge._send

    def asked(self: Any, flow: Any) -> Any:
        found = right(self, flow)
        return replace(found, fate=Fate.CUT, says="?") if found.fate is Fate.DENIED_NOW else found

    patch.setattr(judge._Judge, "_send", asked)


def states_swapped(patch: pytest.MonkeyPatch) -> None:
    """The state that the plan leads to is taken for what is live."""
    right = judge._Judge.__init__
    patch.setattr(judge._Judge, "__init__", lambda self, seen, before, after: right(self, seen, after, before))


def unknown_is_dropped(patch: pytest.MonkeyPatch) -> None:
    """What nobody can decide is not told."""
    right = judge.judge_flows

    def known(*asked: Any) -> Any:
        return [item for item in right(*asked) if item.outcome.fate is not Fate.UNKNOWN]

    patch.setattr(gather, "judge_flows", known)


def the_first_pod_speaks_for_all(patch: pytest.MonkeyPatch) -> None:
    """Of all pods that a name stands for one is asked."""
    patch.setattr(judge, "_alike", lambda outcomes, missing: outcomes[0])


def the_interface_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    """Who has the address now is taken for who had it then."""
    patch.setattr(ends, "is_of_a_pod", lambda interface: False)


def lines_of_other_rules_count(patch: pytest.MonkeyPatch) -> None:
    """The prefix is not looked at."""
    patch.setattr(read.kernel_log, "literal_of", lambda prefix: "")


def a_stem_is_any_beginning(patch: pytest.MonkeyPatch) -> None:
    """`web-*` stands for the pods of `web-admin` too."""
    patch.setattr(ends, "_is_generated", lambda name, stem: name.startswith(stem))


def one_public_address_speaks_for_all(patch: pytest.MonkeyPatch) -> None:
    """What becomes of one of them is taken for what became of the one that the log does not tell."""
    right = judge.public_ends
    patch.setattr(judge, "public_ends", lambda engine, places: right(engine, places)[:1])


FAULTS: tuple[Fault, ...] = (
    direction_swapped,
    namespace_mixed_up,
    both_reporters_counted,
    each_line_is_a_connection,
    denied_is_a_need,
    what_now_denies_is_not_asked,
    states_swapped,
    unknown_is_dropped,
    the_first_pod_speaks_for_all,
    the_interface_is_not_looked_at,
)
FAULTS_OF_READING: tuple[Fault, ...] = (
    lines_of_other_rules_count,
    a_stem_is_any_beginning,
    one_public_address_speaks_for_all,
)

"""Faults in sets of packets: in their form, their operations, what they remember, and their words."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from generator.packets import bands, intervals, packet_set, printing
from generator.packets.canonical import Canonical
from generator.packets.transport import TransportSet

Fault = Callable[[pytest.MonkeyPatch], None]


def forget_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with nothing remembered, and leave nothing behind."""
    for kind in _classes(Canonical):
        monkeypatch.setattr(kind, "_known", {item.form: item for item in kind._lasting})
        for results in ("_ands", "_ors", "_subs", "_xors"):
            monkeypatch.setattr(kind, results, {})


def _classes(kind: type[Any]) -> Iterator[Any]:
    for below in kind.__subclasses__():
        yield below
        yield from _classes(below)


def equal_neighbours_stay_two_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bands, "add_band", lambda found, low, high, rest: found.append((low, high, rest)))


def ranges_that_touch_stay_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Merge ranges that overlap, and leave 80-89 and 90-99 as they are."""

    def join(ranges: Any) -> tuple[Any, ...]:
        joined: list[tuple[int, int]] = []
        for low, high in ranges:
            if joined and low <= joined[-1][1]:
                low, high = joined[-1][0], max(high, joined.pop()[1])
            joined.append((low, high))
        return tuple(joined)

    monkeypatch.setattr(intervals, "join_ranges", join)


def gaps_end_one_too_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    real = intervals._gaps
    monkeypatch.setattr(intervals, "_gaps", lambda ranges, top: real(ranges, top - 1))


def gaps_begin_one_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    real = intervals._gaps
    monkeypatch.setattr(
        intervals, "_gaps", lambda ranges, top: tuple((low + (low > 0), high) for low, high in real(ranges, top))
    )


def a_difference_forgets_what_stands_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bands._KEPT_ALONE, operator.sub, (False, False))


def the_end_of_the_left_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the sweep with the right operand."""
    monkeypatch.setattr(bands, "_add_all", lambda found, first, others: None)


def a_difference_is_remembered_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Canonical._work_out

    def work_out(self: Any, other: Any, operation: Any, results: dict[tuple[int, int], Any]) -> Any:
        result = real(self, other, operation, results)
        results[other.serial, self.serial] = result
        return result

    monkeypatch.setattr(Canonical, "_work_out", work_out)


def meeting_ranges_move_on_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take each range of the left with the one in the same place on the right."""
    monkeypatch.setattr(
        intervals,
        "meet_ranges",
        lambda left, right: tuple(
            (max(a[0], b[0]), min(a[1], b[1]))
            for a, b in zip(left, right, strict=False)
            if max(a[0], b[0]) <= min(a[1], b[1])
        ),
    )


FAULTS_OF_OPERATIONS: tuple[Fault, ...] = (
    equal_neighbours_stay_two_bands,
    ranges_that_touch_stay_two,
    gaps_end_one_too_soon,
    gaps_begin_one_too_late,
    a_difference_forgets_what_stands_alone,
    the_end_of_the_left_is_lost,
    a_difference_is_remembered_both_ways,
    meeting_ranges_move_on_together,
)


def source_ports_are_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    real = printing._phrases
    monkeypatch.setattr(
        printing,
        "_phrases",
        lambda protocol, fields: (phrase.partition("from")[0].strip() for phrase in real(protocol, fields)),
    )


def exceptions_are_said_without_their_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say `all protocols but TCP` where only some ports of TCP are left out."""
    real = printing._whole_protocols
    monkeypatch.setattr(
        printing, "_whole_protocols", lambda packets: real(TransportSet.of_protocols(packets.protocols()))
    )


def families_are_joined_by_their_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say one line for two families though each has a transport of its own."""
    real = printing._join_families

    def join(packets: packet_set.PacketSet) -> list[packet_set.Block]:
        blocks = real(packets)
        if len(blocks) == 2 and blocks[0].family != blocks[1].family:
            first, second = blocks
            ends = first.sources | second.sources, first.destinations | second.destinations
            return [packet_set.Block(first.family, *ends, first.transport)]
        return blocks

    monkeypatch.setattr(printing, "_join_families", join)


FAULTS_OF_WORDS: tuple[Fault, ...] = (
    source_ports_are_not_said,
    exceptions_are_said_without_their_protocol,
    families_are_joined_by_their_addresses,
)

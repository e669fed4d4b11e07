"""Planted faults of the attendance to a server that is silent: each breaks a promise, and the law beside it sees it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import pytest

from generator.cluster import attended
from generator.cluster.attended import Attended, Phase
from tests.apply import silence_laws
from tests.faults.calico import Fault


def waits_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(attended._LIMITS, Phase.BEGINNING, math.inf)
    patch.setattr(silence_laws, "quick", lambda patch: None)


def gives_writes_up(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(attended._LIMITS, Phase.UNDER_WAY, 0.5)


def says_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Attended, "_say", lambda self, words, limit: None)


def takes_long_for_silent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(attended._Flight, "is_well", False)


def tries_again_at_the_end(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Attended, "end", lambda self: None)


def never_tries_at_the_end(patch: pytest.MonkeyPatch) -> None:
    def end(self: Any) -> None:
        self._reached, self._is_well = Phase.ENDING, lambda: False

    patch.setattr(Attended, "end", end)


def is_deaf_while_it_waits(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Attended, "check", lambda self: None)


def counts_no_stops(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Attended, "_phase", property(lambda self: self._reached))


def breaks_writes_off(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Attended, "check", Attended.stop_if_asked)


FAULTS_OF_SILENCE: Final[tuple[tuple[Fault, Callable[[], None]], ...]] = (
    (waits_for_ever, silence_laws.a_call_that_has_written_nothing_fails_soon),
    (gives_writes_up, silence_laws.writes_are_not_given_up),
    (says_nothing, silence_laws.writes_are_not_given_up),
    (takes_long_for_silent, silence_laws.a_long_answer_is_no_silence),
    (takes_long_for_silent, silence_laws.one_server_behind_it_is_not_all_of_it),
    (tries_again_at_the_end, silence_laws.what_is_put_in_order_waits_for_nobody_who_is_gone),
    (never_tries_at_the_end, silence_laws.what_is_put_in_order_is_done_where_the_server_is_back),
    (is_deaf_while_it_waits, silence_laws.a_stop_ends_what_hangs),
    (counts_no_stops, silence_laws.two_stops_are_the_end),
    (breaks_writes_off, silence_laws.a_stop_ends_no_write),
)

"""Writes of one object that follow each other quickly reach Felix as one: the sign still shows, and never too early."""

from __future__ import annotations

import random

import pytest

from tests.apply.felix_fleet import KINDS, POLICIES, SETS, fleet_api, remove, write
from tests.apply.test_waits_sign import confirm, place, sign_over, stages_over_lagging_nodes
from tests.faults.waits import each_write_is_taken_in_by_itself


def test_it_shows_although_a_set_was_written_again_at_once() -> None:
    """Of updates that follow each other quickly Felix takes in the last, and without a Typha too (seen at 3.31.0)."""
    api = fleet_api("n1", "n2")
    sign = sign_over(api)
    assert confirm(sign) == {}
    for node in api.nodes.values():
        node.coalesces = True
    for _ in range(5):
        write(api, *place(SETS[1]), "blocked", {"nets": []}, "shop")
        remove(api, *place(SETS[1]), "blocked")
    write(api, *place(SETS[1]), "blocked", {"nets": []}, "shop")
    assert confirm(sign) == {}


def test_a_policy_that_is_made_anew_does_not_stand_in_for_what_is_missing() -> None:
    """What comes again before it has gone is taken in at once, before what was written in between."""
    api = fleet_api("n1", "n2")
    for name in ("a", "z"):
        write(api, *place(POLICIES[0]), name, {"order": 1}, "shop")
    sign = sign_over(api)
    assert confirm(sign) == {}
    late = api.nodes["n2"]
    late.coalesces = True
    late.pace = lambda kind: 0 if kind == POLICIES[0] else 100
    remove(api, *place(POLICIES[0]), "a")
    write(api, *place(POLICIES[0]), "x", {"order": 1}, "shop")
    remove(api, *place(POLICIES[0]), "z")
    write(api, *place(POLICIES[0]), "a", {"order": 1}, "shop")
    api.advance(late)
    api.take(late, POLICIES[0], 2)  # `a`, which is there again, and `x`
    assert confirm(sign).keys() == {"n2"}
    late.pace = lambda kind: 100
    assert confirm(sign) == {}


def test_what_is_taken_in_as_one_is_reckoned_with(monkeypatch: pytest.MonkeyPatch) -> None:
    each_write_is_taken_in_by_itself(monkeypatch)
    with pytest.raises(AssertionError):
        test_it_shows_although_a_set_was_written_again_at_once()
    with pytest.raises(AssertionError):
        test_a_policy_that_is_made_anew_does_not_stand_in_for_what_is_missing()


def test_whatever_is_made_anew_it_never_shows_too_early() -> None:
    """Few names, so that most writes meet one of the same object that still waits."""
    confirmed = 0
    for seed in range(60):
        draw = random.Random(seed)
        kinds = draw.sample(KINDS, 2)
        stages = [
            [(draw.choice(kinds), draw.choice(("set", "remove")), draw.randrange(2)) for _ in range(draw.randint(3, 9))]
            for _ in range(3)
        ]
        confirmed += stages_over_lagging_nodes(seed, stages, typha=False, coalesces=True)
    assert confirmed > 60

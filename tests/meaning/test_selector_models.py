"""Labels that a selector asks for: each alternative once, each of them a match."""

from __future__ import annotations

import pytest

from generator.equality.selector_models import choices_of, models_of
from generator.selectors import evaluate_selector, parse_selector


@pytest.mark.parametrize(
    ("text", "models"),
    [
        ("all()", [{}]),
        ("app == 'web'", [{"app": "web"}]),
        ("app in {'a', 'b'}", [{"app": "a"}, {"app": "b"}]),
        ("has(app)", [{"app": "something-else"}]),
        ("!has(app)", [{"app": None}]),
        ("app != 'web'", [{"app": None}, {"app": "something-else"}]),
        ("app not in {'a', 'b'}", [{"app": None}, {"app": "something-else"}]),
        (
            "!(app == 'a' && tier == 'b')",
            [{"app": None}, {"app": "something-else"}, {"tier": None}, {"tier": "something-else"}],
        ),
        ("app == 'a' && tier in {'x', 'y'}", [{"app": "a", "tier": "x"}, {"app": "a", "tier": "y"}]),
        ("app == 'a' || tier starts with 'x'", [{"app": "a"}, {"tier": "x"}]),
        ("!(app == 'a' || has(tier))", [{"app": None, "tier": None}, {"app": "something-else", "tier": None}]),
        ("app in {'a', 'b'} && app in {'b', 'c'}", [{"app": "b"}]),
        ("app == 'a' && app == 'b'", []),
        ("!all()", []),
        ("app contains 'a' && tier ends with 'b'", [{"app": "a", "tier": "b"}]),
    ],
)  # fmt: skip
def test_models(text: str, models: list[dict[str, str | None]]) -> None:
    node = parse_selector(text)
    found = models_of(node)
    assert found == models
    for model in found:
        assert evaluate_selector(node, {key: value for key, value in model.items() if value is not None})


def test_very_many_alternatives_end() -> None:
    listed = ", ".join(f"'v{number}'" for number in range(5000))
    found = models_of(parse_selector(f"app in {{{listed}}} && tier in {{{listed}}}"))
    assert len(found) == 1024


def test_choices_take_every_value_and_its_absence_together() -> None:
    found = choices_of(parse_selector("app == 'a' && (!has(tier) || tier in {'x'})"), str)
    values = {"app": (None, "something-else", "a"), "tier": (None, "something-else", "x")}
    assert len(found) == 9
    assert all({"app": app, "tier": tier} in found for app in values["app"] for tier in values["tier"])


def test_labels_of_one_value_are_chosen_once_and_some_not_at_all() -> None:
    names = {"name": "space", "space": "space", "kind": ""}
    found = choices_of(
        parse_selector("name == 'a' && space == 'a' && kind == 'b' && all()"), lambda label: names[label]
    )
    assert found == [{"space": None}, {"space": "something-else"}, {"space": "a"}]


def test_of_too_many_choices_there_are_none() -> None:
    text = " && ".join(f"k{number} == 'v'" for number in range(6))
    assert len(choices_of(parse_selector(text.removesuffix(" && k5 == 'v'")), str)) == 3**5
    assert choices_of(parse_selector(text), str) == []

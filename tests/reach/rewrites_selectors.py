"""Rewrites of selectors that keep the meaning (calico.md 3.2, 3.5)."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

from tests.reach.random_worlds import Manifest
from tests.reach.rewrites_worlds import Objects, Spot, calico_policies, pick, spots

_EQUAL = re.compile(r"(\w+) == '(\w+)'")
_UNEQUAL = re.compile(r"(\w+) != '(\w+)'")
_IN = re.compile(r"(\w+) in \{([^}]*)\}")
_NOT_IN = re.compile(r"(\w+) not in \{([^}]*)\}")
_OWN = "kubernetes.io/metadata.name"


def _places(objects: Objects) -> list[tuple[Manifest, str]]:
    """Return where selectors stand that are no `all()` or `global()`, which Calico rewrites as text."""
    found = [(policy["spec"], "selector") for policy in calico_policies(objects)]
    keys = ("selector", "notSelector", "namespaceSelector")
    found += [(side, key) for spot in spots(objects) for side in spot.sides for key in keys]
    return [(where, key) for where, key in found if where.get(key) and not re.search(r"(all|global)\(", where[key])]


def _rewritten(
    objects: Objects, chance: random.Random, wanted: Callable[[str], Any], change: Callable[[str], str]
) -> bool:
    place = pick([(where, key) for where, key in _places(objects) if wanted(where[key])], chance)
    if place is None:
        return False
    where, key = place
    where[key] = change(where[key])
    return True


def negate_twice(objects: Objects, chance: random.Random) -> bool:
    """Write `!(!(S))`."""
    return _rewritten(objects, chance, bool, lambda text: f"!(!({text}))")


def de_morgan(objects: Objects, chance: random.Random) -> bool:
    """Write `a || b` with `&&` and `a && b` with `||`; a single test is first put beside itself."""

    def change(text: str) -> str:
        parts = re.split(r" \|\| | && ", text)
        parts = parts if len(parts) == 2 else [text, text]
        joint = " || " if "&&" in text else " && "
        return f"!({joint.join(f'!({part})' for part in parts)})"

    return _rewritten(objects, chance, bool, change)


def equality_as_set(objects: Objects, chance: random.Random) -> bool:
    """Write `==` as `in {x}` and `!=` as `not in {x}`."""

    def change(text: str) -> str:
        return _UNEQUAL.sub(r"\1 not in {'\2'}", _EQUAL.sub(r"\1 in {'\2'}", text))

    return _rewritten(objects, chance, lambda text: change(text) != text, change)


def set_as_equalities(objects: Objects, chance: random.Random) -> bool:
    """Write `in` as a chain of `==` and `not in` as a chain of `!=`."""

    def change(text: str) -> str:
        text = _NOT_IN.sub(lambda found: _chain(found, "!=", " && "), text)
        return _IN.sub(lambda found: _chain(found, "==", " || "), text)

    return _rewritten(objects, chance, lambda text: change(text) != text, change)


def _chain(found: re.Match[str], operator: str, joint: str) -> str:
    values = re.findall(r"'(\w+)'", found[2])
    return "(" + joint.join(f"{found[1]} {operator} '{value}'" for value in values) + ")"


def say_that_it_is_there(objects: Objects, chance: random.Random) -> bool:
    """Put `has(x) &&` before `x == 'v'`, and `!has(x) ||` before `x != 'v'`."""

    def change(text: str) -> str:
        text = _EQUAL.sub(r"(has(\1) && \1 == '\2')", text)
        return _UNEQUAL.sub(r"(!has(\1) || \1 != '\2')", text)

    return _rewritten(objects, chance, lambda text: change(text) != text, change)


def put_in_turn(objects: Objects, chance: random.Random) -> bool:
    """Tell two cases apart by another label and join them again, the second first."""
    return _rewritten(objects, chance, bool, lambda text: f"(!has(team) && ({text})) || (({text}) && has(team))")


def fold_not_selector(objects: Objects, chance: random.Random) -> bool:
    """Write a notSelector into the selector, where a positive one is there in any case (calico.md 3.5)."""

    def wanted(side: Manifest, spot: Spot) -> bool:
        positive = {"selector", "namespaceSelector", "serviceAccounts"} & side.keys()
        scoped = bool(positive) or spot.policy["kind"] == "NetworkPolicy"
        return "notSelector" in side and scoped and not _names_ports(side)

    side = pick((side for spot in spots(objects) for side in spot.sides if wanted(side, spot)), chance)
    if side is None:
        return False
    negative = f"!({side.pop('notSelector')})"
    side["selector"] = f"({side['selector']}) && {negative}" if "selector" in side else negative
    return True


def _names_ports(side: Manifest) -> bool:
    """Tell whether ports are looked up on what the positive selector finds (calico.md 4.3)."""
    return any(isinstance(port, str) and ":" not in port for key in ("ports", "notPorts") for port in side.get(key, ()))


def namespaces_by_name(objects: Objects, chance: random.Random) -> bool:
    """Write what a namespaceSelector says of the label `team` with the names of the namespaces."""
    sides = [side for spot in spots(objects) for side in spot.sides if "team" in side.get("namespaceSelector", "")]
    side = pick(sides, chance)
    if side is None:
        return False
    text = side["namespaceSelector"]
    teams = {
        item["metadata"]["name"]: item["metadata"]["labels"].get("team")
        for item in objects
        if item["kind"] == "Namespace"
    }
    found = [name for name, team in teams.items() if team is not None and (team == "red" or text == "has(team)")]
    label = chance.choice(("projectcalico.org/name", _OWN))
    names = ", ".join(f"'{name}'" for name in found)
    side["namespaceSelector"] = f"{label} {'not in' if '!=' in text else 'in'} {{{names}}}"
    return True


def own_namespace_in_words(objects: Objects, chance: random.Random) -> bool:
    """Write the namespace that a namespaced rule is limited to, by its name or its label."""
    keys = {"selector", "notSelector", "serviceAccounts"}
    found = [
        (spot.policy["metadata"]["namespace"], side)
        for spot in spots(objects)
        if spot.policy["kind"] == "NetworkPolicy"
        for side in spot.sides
        if keys & side.keys() and "namespaceSelector" not in side
    ]
    chosen = pick(found, chance)
    if chosen is None:
        return False
    label = chance.choice(("projectcalico.org/name", _OWN))
    chosen[1]["namespaceSelector"] = f"{label} == '{chosen[0]}'"
    return True


def account_as_label(objects: Objects, chance: random.Random) -> bool:
    """Write a service account by name as a test of the label that Calico puts on its pods."""
    side = pick((side for spot in spots(objects) for side in spot.sides if "serviceAccounts" in side), chance)
    if side is None:
        return False
    accounts = side.pop("serviceAccounts")
    test = "projectcalico.org/serviceaccount == 'high'"
    if "selector" in accounts:  # an account carries its name as the label `power`
        test = "projectcalico.org/serviceaccount == 'low'"
    side["selector"] = f"({side['selector']}) && {test}" if "selector" in side else test
    return True

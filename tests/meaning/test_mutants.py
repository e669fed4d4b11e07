"""The comparison can fail: mutants of each template and of the code that feeds it, each caught with a witness.

A mutant counts if the checks of `assemble` let it pass and the obvious evaluator finds a flow that it decides
otherwise. Mutants are drawn in an order that is always the same, until enough of a source were caught;
`RINGFENCE_ALL_MUTANTS=1` judges them all, and holds those that are not caught against the right set exactly, in a world
with every combination of labels; that takes half an hour.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, cycle
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from generator.foundation.errors import InputError
from generator.layers import assemble
from generator.layers.model import ManifestSet
from tests.faults import meaning as faults
from tests.meaning.mutants.confined import Stopped, confined
from tests.meaning.mutants.equal import EQUAL
from tests.meaning.mutants.exact import find_difference
from tests.meaning.mutants.judge import Fate, Judged, Scene, judge, make_scene
from tests.meaning.mutants.run_lines import Lines, lines_run
from tests.meaning.mutants.sources import CODE, TEMPLATES, Mutant, of_code, of_template
from tests.meaning.proving import Change, build, changed

ENOUGH: Final = 30
IN_TIERS: Final = ("default-deny", "scope")  # in a single tier the default deny has no rules, and so little to change
ALL: Final = os.environ.get("RINGFENCE_ALL_MUTANTS") == "1"
CPU: Final = 2  # seconds for one mutant, where it is not looked at exactly


@cache
def scenes() -> tuple[Scene, Scene]:
    return (
        make_scene("tiers", layout="tiers", isolation="namespace"),
        make_scene("single tier", layout="single-tier"),
    )


@cache
def isolated_scenes() -> tuple[Scene, Scene]:
    """Return the scenes in which the layer `isolation` has something to say."""
    return scenes()[0], make_scene("single tier, by namespace", layout="single-tier", isolation="namespace")


@cache
def lines() -> Lines:
    """Return the lines of `generator.layers` that the scenes run."""
    folder = str(Path(assemble.__file__).parent)
    return lines_run(lambda: [build(scene.intent, scene.profile) for scene in scenes()], folder)


def judge_one(mutant: Mutant, scene: Scene, *, exactly: bool = ALL) -> Judged:
    """Judge a mutant in a process of its own."""
    name, put_in_place = mutant

    def work() -> Judged:
        put_in_place()
        return judge(name, scene, exactly=exactly)

    found = confined(work, cpu=60 if exactly else CPU)
    return Judged(name, scene.name, Fate.STOPPED, said=found.why) if isinstance(found, Stopped) else found


def judge_in_turn(mutants: Iterable[Mutant], turns: list[tuple[Scene, Scene]]) -> Iterator[Judged]:
    """Judge each mutant in the first scene of a turn; then those that made no difference there in the other."""
    again: list[tuple[Mutant, Scene]] = []
    for mutant, (scene, other) in zip(mutants, cycle(turns)):
        judged = judge_one(mutant, scene)
        if judged.fate in (Fate.SAME, Fate.EQUAL):
            again.append((mutant, other))
        yield judged
    for mutant, scene in again:
        yield judge_one(mutant, scene)


def check(source: str, *parts: Iterable[Mutant]) -> None:
    """Judge mutants of a source, each part in an order of its own, and hold all that count against the comparison."""
    drawn = [list(part) for part in parts]
    for part in drawn:
        Random(1).shuffle(part)
    fates: Counter[Fate] = Counter()
    holes: list[Judged] = []
    known = isolated_scenes() if source == "isolation" else scenes()
    turns = [known, known[::-1]] if source not in IN_TIERS else [known]
    for judged in judge_in_turn(chain.from_iterable(drawn), turns):
        fates[judged.fate] += 1
        if judged.fate is Fate.STOPPED:
            sys.stdout.write(f"{source}: {judged.name}: {judged.said}\n")
        if judged.fate.counts and judged.fate is not Fate.CAUGHT:
            holes.append(judged)
        if not ALL and fates[Fate.CAUGHT] >= ENOUGH:
            break
    told = ", ".join(f"{number} {fate.value}" for fate, number in fates.items())
    sys.stdout.write(f"{source}: {told}\n")
    assert holes == []
    assert fates[Fate.CAUGHT] >= ENOUGH


@pytest.mark.parametrize("name", TEMPLATES)
def test_mutants_of_a_template_are_caught(name: str) -> None:
    check(name, *of_template(name))


@pytest.mark.parametrize("name", CODE)
def test_mutants_of_the_code_that_feeds_templates_are_caught(name: str) -> None:
    check(name, *of_code(*CODE[name], lines=lines()))


@pytest.mark.parametrize("reason", EQUAL)
def test_mutants_that_decide_as_the_right_set_does(reason: str) -> None:
    source, change = EQUAL[reason]
    own, pieces = of_template(source)
    mutant = next(mutant for mutant in (*own, *pieces) if change in mutant[0])
    judged = judge_one(mutant, scenes()[0], exactly=True)
    assert judged.fate is Fate.EQUAL, judged


Tiers = list[tuple[str, Any]]


def tiers_with(mutant: Mutant) -> Tiers | Stopped | None:
    """Return name and spec of the Tiers that are rendered with a mutant; None where the checks refuse the set."""
    scene = scenes()[0]

    def work() -> Tiers | None:
        mutant[1]()
        try:
            rendered = build(scene.intent, scene.profile)
        except InputError:
            return None
        return _tiers(rendered)

    return confined(work)


def _tiers(rendered: ManifestSet) -> Tiers:
    return [(item.identity.name, item.object.manifest["spec"]) for item in rendered.objects if item.layer == "tier"]


def refused_tiers() -> int:
    """Return how many mutants of the Tier's template the checks refuse; all others write the very same Tier."""
    mutants = of_template("tier")[0]
    right = _tiers(scenes()[0].right)
    found = [tiers_with(mutant) for mutant in mutants]
    assert [mutant[0] for mutant, tiers in zip(mutants, found, strict=True) if tiers not in (None, right)] == []
    return found.count(None)


def test_what_is_changed_of_a_tier_is_refused_by_the_checks() -> None:
    """A Tier's order and default action decide nothing in a set that stands alone, so the comparison cannot see them.

    The checks of `assemble` hold both against the intent. The template has four lines, and these are all the changes
    that the operators make of them.
    """
    assert refused_tiers() >= 10


def test_a_tier_that_nobody_checks_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assemble, "_check_tier", lambda *_: [])
    with pytest.raises(AssertionError):
        refused_tiers()


@pytest.mark.parametrize(
    ("fault", "name"),
    [(faults.what_arrives_is_not_compared, "shared"), (faults.nothing_is_followed_beyond_the_scope, "default-deny")],
)
def test_a_comparison_that_is_blind_lets_mutants_through(
    fault: faults.Fault, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes()  # proven by the comparison as it is
    fault(monkeypatch)
    with pytest.raises(AssertionError, match=r"NOT CAUGHT|WITHOUT A WITNESS"):
        check(name, of_template(name)[0][:25])


def test_what_random_flows_may_miss_is_found_exactly() -> None:
    """DNS for pods that have one label and are silent by another: of all pods, very few."""
    right = scenes()[0].right
    change = _more_selected(" || app == 'evil'")
    assert find_difference(right, right) is None
    found = find_difference(right, changed(right, "dns", "shop-dns", change))
    assert found is not None
    assert (found["labels"]["app"], found["account"]) == ("evil", "batch")


def _more_selected(text: str) -> Change:
    return lambda spec: spec.update(selector=spec["selector"] + text)

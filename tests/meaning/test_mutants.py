"""The comparison can fail: mutants of each template and of the code that feeds it, each caught with a witness.

A mutant counts if the checks of `assemble` let it pass and the obvious evaluator finds a flow that it decides
otherwise. `RINGFENCE_ALL_MUTANTS=1` judges them all; else each source is left when enough of them were caught.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module
from random import Random
from typing import Final

import pytest

from generator.layers import environment
from generator.layers.model import ManifestSet
from tests.meaning.mutants import Count, Fate, Judged, Scene, judge, make_scene
from tests.meaning.mutants_code import CodeMutant, code_mutants
from tests.meaning.mutants_text import text_mutants
from tests.meaning.proving import build

ENOUGH: Final = 30
ALL: Final = os.environ.get("RINGFENCE_ALL_MUTANTS") == "1"
Maker = Callable[[Scene, pytest.MonkeyPatch], ManifestSet]

TEMPLATES: Final = (
    "_policy", "guardrails", "threat-feeds", "sets", "dns", "system", "shared", "exceptions", "workloads", "isolation",
    "default-deny",
)  # fmt: skip
CODE: Final[dict[str, tuple[str, ...]]] = {
    "workloads": ("compose.workloads", "compose.controllers"),
    "externals": ("compose.externals", "networks"),
    "dns": ("compose.dns",),
    "system": ("compose.system",),
    "shared": ("compose.shared",),
    "exceptions": ("compose.exceptions",),
    "guardrails": ("compose.guardrails",),
    "peers": ("peers",),
}


@cache
def _scenes() -> tuple[Scene, ...]:
    return (
        make_scene("tiers", layout="tiers", isolation="namespace"),
        make_scene("single tier", layout="single-tier"),
    )


def _judge_all(mutants: Iterable[tuple[str, Maker]]) -> Count:
    """Judge mutants in every scene, until one catches them; stop when enough were caught."""
    count = Count()
    listed = list(mutants)
    Random(1).shuffle(listed)
    for name, make in listed:
        count.add(_worst(name, make))
        if not ALL and count.fates[Fate.CAUGHT] >= ENOUGH:
            break
    return count


def _worst(name: str, make: Maker) -> Judged:
    found: list[Judged] = []
    for scene in _scenes():
        with pytest.MonkeyPatch.context() as patch:
            found.append(judge(name, scene, lambda scene=scene, patch=patch: make(scene, patch)))  # type: ignore[misc]
        if found[-1].fate in (Fate.CAUGHT, Fate.BROKEN, Fate.SURVIVED):
            break
    return max(found, key=lambda item: list(Fate).index(item.fate))


def _of_template(name: str) -> Iterator[tuple[str, Maker]]:
    texts = environment.bundled_templates()
    file = f"{name}.yaml.j2"

    def make(text: str) -> Maker:
        def built(scene: Scene, patch: pytest.MonkeyPatch) -> ManifestSet:
            patch.setattr(environment, "bundled_templates", lambda: {**texts, file: text})
            return build(scene.intent, scene.profile, scene.snapshot)

        return built

    for said, text in text_mutants(texts[file]):
        yield said, make(text)
    whole = _with_its_pieces(texts, file)
    for said, text in text_mutants(whole) if whole != texts[file] else ():
        yield f"with its pieces, {said}", make(text)


def _with_its_pieces(texts: dict[str, str], file: str) -> str:
    """Return a template with the shared macros written into it, so that a change of one is a change for it alone."""
    lines = texts[file].splitlines(keepends=True)
    rest = [line for line in lines if "import" not in line]
    return texts["_policy.yaml.j2"] + "".join(rest) if len(rest) < len(lines) else texts[file]


def _of_code(modules: Iterable[str]) -> Iterator[tuple[str, Maker]]:
    def make(mutant: CodeMutant) -> Maker:
        def built(scene: Scene, patch: pytest.MonkeyPatch) -> ManifestSet:
            with mutant.in_place():
                return build(scene.intent, scene.profile, scene.snapshot)

        return built

    for name in modules:
        for mutant in code_mutants(import_module(f"generator.layers.{name}")):
            yield f"{name}.{mutant.name}", make(mutant)


def _check(source: str, count: Count) -> None:
    made = sum(count.fates.values())
    told = ", ".join(f"{number} {fate.value}" for fate, number in count.fates.items() if number)
    sys.stdout.write(f"\n{source}: {made} mutants: {told}\n")
    assert count.kept == []
    assert count.fates[Fate.CAUGHT] >= ENOUGH


@pytest.mark.parametrize("name", TEMPLATES)
def test_mutants_of_a_template_are_caught(name: str) -> None:
    _check(name, _judge_all(_of_template(name)))


@pytest.mark.parametrize("name", CODE)
def test_mutants_of_the_code_that_feeds_templates_are_caught(name: str) -> None:
    _check(name, _judge_all(_of_code(CODE[name])))

"""Parse result, canonical form and truth of selectors, as Calico's own parser gives them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from generator.selectors import SelectorError, evaluate_selector, parse_selector, print_selector
from tests.selectors.sample import LABEL_SETS, SAMPLE, WRONG
from tests.support.shared import shared_folder


def check(case: dict[str, Any], label_sets: list[dict[str, str]]) -> None:
    if not case["parses"]:
        with pytest.raises(SelectorError):
            parse_selector(case["selector"])
        return
    node = parse_selector(case["selector"])
    assert print_selector(node) == case["canonical"]
    assert [evaluate_selector(node, labels) for labels in label_sets] == case["match"]


def test_all_selector_vectors_agree() -> None:
    data = json.loads((shared_folder() / "vectors" / "selectors.json").read_text(encoding="utf-8"))
    assert len(data["vectors"]) >= 97
    for case in data["vectors"]:
        check(case, data["label_sets"])


@pytest.mark.parametrize(("text", "canonical", "match"), SAMPLE)
def test_sample_agrees(text: str, canonical: str, match: list[bool]) -> None:
    check({"selector": text, "parses": True, "canonical": canonical, "match": match}, LABEL_SETS)


@pytest.mark.parametrize("text", WRONG)
def test_sample_of_wrong_ones_does_not_parse(text: str) -> None:
    check({"selector": text, "parses": False}, LABEL_SETS)


def selectors_in(value: Any) -> Iterator[str]:
    """Give every text under a key that holds a selector, at any depth."""
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, str) and (key == "selector" or key.endswith("Selector")):
                yield item
            else:
                yield from selectors_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from selectors_in(item)


def test_selectors_of_validated_worlds_parse() -> None:
    """A world that Calico's validator accepted holds no selector that does not parse; print and parse agree on it."""
    seen: set[str] = set()
    for name in ("handmade", "random-1", "random-2", "divergent"):
        with gzip.open(shared_folder() / "vectors" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                if '"validate"' in line[:2000] and json.loads(line).get("validate") == "none":
                    continue
                world = json.loads(line)
                if world.get("validate") != "none":
                    seen.update(selectors_in(world["objects"]))
    assert len(seen) > 500
    for text in sorted(seen):
        canonical = print_selector(parse_selector(text))
        assert parse_selector(canonical) == parse_selector(text) or "!!" in canonical


def test_selectors_of_validator_vectors_parse_as_calico_says() -> None:
    """An accepted object has only selectors that parse; one that does not parse is among the rejected ones."""
    broken = 0
    with gzip.open(shared_folder() / "vectors" / "validator.jsonl.gz", "rt", encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines]
    for case in cases:
        spec = case["object"].get("spec") or {}
        for text in selectors_in(spec):
            try:
                parse_selector(text)
            except SelectorError:
                broken += 1
                assert case["go"]["verdict"] == "reject", (case["id"], text)
    assert broken > 20

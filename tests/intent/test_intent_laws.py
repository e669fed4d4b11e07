from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.foundation.yaml_writer import write_document
from generator.intent import load_intent
from generator.intent.model import Intent
from tests.faults.intent import digest_counts_the_order_of_lists

EVERYTHING = load_intent([str(Path(__file__).parent / "good" / "everything.yaml")])


def _shuffled(value: Any, chance: random.Random) -> Any:
    match value:
        case dict():
            keys = list(value)
            chance.shuffle(keys)
            return {key: _shuffled(value[key], chance) for key in keys}
        case list():
            items = [_shuffled(item, chance) for item in value]
            chance.shuffle(items)
            return items
        case _:
            return value


def _load(content: Any) -> Intent:
    return load_intent(["-"], stdin=write_document(content)).intent


def check_order_means_nothing(chance: random.Random) -> None:
    plain = _load(EVERYTHING.effective)
    shuffled = _load(_shuffled(EVERYTHING.effective, chance))
    assert shuffled == plain
    assert shuffled.digest == plain.digest == EVERYTHING.intent.digest
    assert list(shuffled.services) == sorted(shuffled.services)


@settings(max_examples=40)
@given(st.randoms(use_true_random=False))
def test_order_of_keys_and_entries_means_nothing(chance: random.Random) -> None:
    check_order_means_nothing(chance)


def test_a_digest_that_counts_order_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    digest_counts_the_order_of_lists(monkeypatch)
    with pytest.raises(AssertionError):
        check_order_means_nothing(random.Random(7))


def test_the_digest_sees_every_change() -> None:
    seen = {EVERYTHING.intent.digest}
    content = EVERYTHING.effective
    changed = [
        {**content, "isolation": "strict"},
        {**content, "services": {**content["services"], "empty": {"dns": False}}},
        {**content, "labels": {**content["labels"], "team": "other"}},
        {key: value for key, value in content.items() if key != "replaces"},
    ]
    for item in changed:
        digest = _load(item).digest
        assert digest not in seen
        seen.add(digest)


def test_an_empty_service_has_one_digest() -> None:
    content = EVERYTHING.effective
    assert content["services"]["empty"] is None
    assert _load({**content, "services": {**content["services"], "empty": {}}}).digest == EVERYTHING.intent.digest


def test_two_thousand_services_load_in_a_second(tmp_path: Path) -> None:
    lines = ["version: 1", "name: big", "platform: generic", "services:"]
    for number in range(2000):
        needs = ", ".join(f"s{(number + 37 * step + 1) % 2000}" for step in range(5))
        lines += [f"  s{number}:", f"    namespace: ns{number % 50}", "    ports: [8080]", f"    needs: [{needs}]"]
    path = tmp_path / "big.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    intent = load_intent([str(path)]).intent
    assert len(intent.services) == 2000
    assert intent.services["s1999"].needs[0].origin.place.line == 4 + 4 * 2000
    # In a process of its own: the collector of this one has all that other tests left to look at.
    code = "import sys, time; from generator.intent import load_intent; start = time.process_time()\n"
    code += "load_intent([sys.argv[1]]); print(time.process_time() - start)"
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True)
    assert float(done.stdout) < 1.0

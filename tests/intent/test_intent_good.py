from __future__ import annotations

from pathlib import Path

import pytest

from generator.intent import load_intent

GOOD = Path(__file__).parent / "good"


@pytest.mark.parametrize("path", sorted(GOOD.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_good_intent_loads_without_a_word(path: Path) -> None:
    assert load_intent([str(path)]).diagnostics == []

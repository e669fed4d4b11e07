"""Every file under `wrong/` is refused, with the messages that stand beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.foundation.diagnostics import Diagnostic, has_errors
from generator.foundation.errors import InputError
from generator.intent import load_intent
from tests.support.golden import check_golden

WRONG = Path(__file__).parent / "wrong"
CASES = sorted(WRONG.glob("*.yaml"))


def _refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Diagnostic]:
    monkeypatch.chdir(WRONG)
    with pytest.raises(InputError) as refused:
        load_intent([path.name])
    return refused.value.diagnostics


def _line(item: Diagnostic) -> str:
    where = f" {item.path}" if item.path else ""
    hint = f" / {item.hint}" if item.hint else ""
    return f"{item.code} {item.severity} {item.place}{where} {item.summary}{hint}\n"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_wrong_intent(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = _refused(path, monkeypatch)
    assert has_errors(found)
    check_golden(path.with_suffix(".txt"), "".join(_line(item) for item in found))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_no_foreign_words(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for item in _refused(path, monkeypatch):
        text = f"{item.summary} {item.hint} {item.path}"
        for word in ("pydantic", "Input should", "Extra inputs", "Field required", "Value error", "<", "NoneType"):
            assert word not in text, text
        assert "\n" not in text
        assert not item.summary.endswith(".")
        assert item.place.line


def test_the_table_is_large_and_has_no_leftovers() -> None:
    assert len(CASES) >= 60
    assert {path.stem for path in WRONG.glob("*.txt")} == {path.stem for path in CASES}

"""What a wrong selector is told: message, range and hint of each, as golden text."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.selectors import SelectorError, parse_selector
from tests.support.golden import check_golden

WRONG = [
    "a = 'b'",
    "a === 'b'",
    "a == b",
    "a == 1",
    "a == {'b'}",
    "a == 'b",
    'a == "b',
    "a == 'it's'",
    "a != ",
    "a",
    "all",
    "a b",
    "a is 'b'",
    "a == 'b' and has(c)",
    "a == 'b' AND has(c)",
    "a == 'b' or has(c)",
    "a == 'b' & has(c)",
    "a == 'b' | has(c)",
    "a == 'b' &&",
    "|| has(a)",
    "a == 'b'\n",
    "a == 'b' &&\n  has(c)",
    "a == 'b'\r\n",
    "{{.Namespace}} == 'x'",
    "{{ .Values.selector }}",
    "a in ['b']",
    "a in ('b')",
    "a in 'b'",
    "a in {b}",
    "a in {'b' 'c'}",
    "a in {'b', c}",
    "a in {,}",
    "a in {'b'",
    "a IN {'b'}",
    "a not {'b'}",
    "a Contains 'b'",
    "a containsx 'b'",
    "a starts 'b'",
    "has(a",
    "has()",
    "has('a')",
    "has(a,b)",
    "has (a)",
    "HAS(a)",
    "all ()",
    "all(a)",
    "global(",
    "(has(a)",
    "has(a))",
    "has(a) has(b)",
    "!",
    "()",
    "'a' == 'b'",
    "a == 'b' == 'c'",
    "a:b == 'c'",
    "a* == 'c'",
    "é == 'c'",
    "a\u00a0== 'c'",
    "a == 'b' # comment",
    "a == 'b';",
    "a, b",
    "has(" + "a" * 513 + ")",
    "!(" * 201 + "has(a)" + ")" * 201,
]


def report(text: str) -> str:
    with pytest.raises(SelectorError) as caught:
        parse_selector(text)
    error = caught.value
    shown = text if len(text) <= 60 else text[:20] + "..." + text[-20:]
    lines = [f"{shown!r} [{error.start}:{error.end}] {text[error.start : error.end][:20]!r}", f"  {error.message}"]
    if error.hint:
        lines.append(f"  hint: {error.hint}")
    return "\n".join(lines)


def test_messages() -> None:
    check_golden(Path(__file__).parent / "golden" / "messages.txt", "\n".join(map(report, WRONG)) + "\n")

"""Disagreements explained side by side."""

from __future__ import annotations

from collections.abc import Iterator

from tests.conformance.judge import Disagreement

WIDTH = 50


def explain(disagreement: Disagreement) -> Iterator[str]:
    """Give the lines that show a disagreement: what was asked, and expected beside found; `*` marks what differs."""
    yield f"{disagreement.place}  {disagreement.world}".rstrip()
    if disagreement.claim:
        yield f"  claim  {disagreement.claim}"
    if disagreement.asked:
        yield f"  asked  {disagreement.asked}"
    if disagreement.way:
        yield f"  door   {disagreement.way}"
    if disagreement.error:
        yield f"  found  {disagreement.error}"
    if disagreement.rows:
        wide = max(len(row.field) for row in disagreement.rows)
        left = min(WIDTH, max(len("expected"), *(len(row.expected) for row in disagreement.rows)))
        yield f"    {'':{wide}}  {'expected':{left}}  found"
        for row in disagreement.rows:
            mark = "*" if row.differs else " "
            yield f"  {mark} {row.field:{wide}}  {row.expected or '-':{left}}  {row.found or '-'}"
    yield ""


def last_line(worlds: int, verdicts: int, disagreements: int) -> str:
    """Write the one line that sums up a run."""
    return f"{worlds} worlds, {verdicts} verdicts, {disagreements} disagreements"

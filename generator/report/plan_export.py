"""What was exported of a plan, and where to, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from generator.plan.exports.model import Course, Tool
from generator.report.formats import count


@dataclass(frozen=True, slots=True)
class Written:
    """An export that lies in a folder."""

    tool: Tool
    course: Course
    folder: str


def export_text(written: Written | None) -> str:
    """Say which commits lie in the folder; nothing where nothing was exported."""
    return "" if written is None else "".join(f"{line}\n" for line in _lines(written))


def _lines(written: Written) -> Iterator[str]:
    course = written.course
    yield ""
    if written.tool is Tool.KUBECTL:
        yield f"exported to {written.folder}: apply.sh, rollback.sh and the objects that they write"
        return
    yield f"exported to {written.folder} as {written.tool}: {count(len(course.commits), 'commit')}, each with a wait"
    for name, commit in zip(course.names[1:], course.commits, strict=True):
        order = "in any order" if commit.any_order else "one object of a kind"
        yield f"  {name}: {count(len(commit.writes), 'write')}, {order}"

"""The object diff as text, JSON and Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from generator.calico.objects import Identity
from generator.compare.model import FieldChange, ObjectChange, ObjectDiff, Status
from generator.foundation.diagnostics import Diagnostic
from generator.foundation.yaml_writer import write_document
from generator.report.flow_changes import FlowDifference, flows_data, flows_markdown, flows_text
from generator.report.formats import PLAIN, Ink, count, markdown_table, write_json
from generator.report.problems import problems_data, problems_markdown, problems_text

KIND: Final = "ringfence.diff"
Replaced = frozenset[Identity]  # foreign policies that the intent takes over; `plan` removes them last
NONE: Final[Replaced] = frozenset()
MOST_OBJECTS: Final = 100  # of each status, and of those that change fewer, for each has lines of its own
MOST_CHANGED: Final = 40
_MOST_LINES: Final = 60  # of one value
Flows = FlowDifference | None  # None: not compared

_WORDS: Final = {
    Status.CREATED: ("+", "to create"),
    Status.CHANGED: ("~", "to change"),
    Status.REMOVED: ("-", "to remove"),
    Status.SAME: ("=", "the same"),
    Status.FOREIGN: (" ", "foreign"),
}


def diff_headline(diff: ObjectDiff, replaced: Replaced = NONE) -> str:
    """Return the difference in one line: `3 to create, 1 to change, 0 to remove, 2 the same, 1 foreign`."""
    text = ", ".join(f"{len(diff.with_status(status)):,} {words}" for status, (_, words) in _WORDS.items())
    return f"{text} ({len(replaced):,} taken over)" if replaced else text


def diff_text(
    diff: ObjectDiff,
    ink: Ink = PLAIN,
    replaced: Replaced = NONE,
    problems: Sequence[Diagnostic] = (),
    flows: Flows = None,
) -> str:
    """Write the difference for a terminal: what changes field by field, what is left alone, which flows differ."""
    lines = [ink.bold(f"intent '{diff.intent}': {diff_headline(diff, replaced)}")]
    for status in (Status.CREATED, Status.CHANGED, Status.REMOVED, Status.FOREIGN):
        changes = diff.with_status(status)
        most = MOST_CHANGED if status is Status.CHANGED else MOST_OBJECTS
        if changes:
            lines.append("")
            lines.extend(line for change in changes[:most] for line in _change_lines(change, ink, replaced))
        if len(changes) > most:
            lines.append(f"  ... and {len(changes) - most:,} more {_WORDS[status][1]}; --format json lists all")
    text = "".join(f"{line}\n" for line in lines)
    text += f"\n{problems_text(problems, ink)}" if problems else ""
    return text + (f"\n{flows_text(flows, ink)}" if flows is not None else "")


def diff_json(
    diff: ObjectDiff, replaced: Replaced = NONE, problems: Sequence[Diagnostic] = (), flows: Flows = None
) -> str:
    """Write the difference as JSON; objects that are the same are counted, flows that were not compared are null."""
    return write_json(
        KIND,
        {
            "intent": diff.intent,
            "summary": {status.value: len(diff.with_status(status)) for status in Status},
            "changes": [_change_data(change, replaced) for change in diff.changes if change.status is not Status.SAME],
            "flows": None if flows is None else flows_data(flows),
            "problems": problems_data(problems),
        },
    )


def diff_markdown(
    diff: ObjectDiff, replaced: Replaced = NONE, problems: Sequence[Diagnostic] = (), flows: Flows = None
) -> str:
    """Write the difference for a pull request: a headline, tables, and the changed fields as a fold-out."""
    rows = [
        (_WORDS[change.status][1], f"`{change.identity}`", _remark(change, replaced))
        for change in diff.changes
        if change.status is not Status.SAME
    ]
    text = f"### ringfence diff: intent `{diff.intent}`\n\n{diff_headline(diff, replaced)}\n"
    if rows:
        text += "\n" + markdown_table(("", "object", ""), rows)
    if problems:
        text += "\n" + problems_markdown(problems)
    if flows is not None:
        text += "\n" + flows_markdown(flows)
    changed = diff.with_status(Status.CHANGED)
    if changed:
        shown = changed[:MOST_CHANGED]
        lines = [line for change in shown for line in _change_lines(change, PLAIN, replaced)]
        text += "\n<details><summary>changed fields</summary>\n\n```diff\n"
        text += "".join(f"{_diff_line(line)}\n" for line in lines) + "```\n\n"
        if len(changed) > MOST_CHANGED:
            text += f"... and {len(changed) - MOST_CHANGED:,} more objects; --format json lists all\n\n"
        text += "</details>\n"
    return text


def print_identity(identity: Identity) -> str:
    """Write an identity for people: `NetworkPolicy shop/ringfence.web`."""
    where = f"{identity.namespace}/" if identity.namespace else ""
    return f"{identity.kind} {where}{identity.name}"


def field_lines(change: FieldChange, ink: Ink) -> Iterator[str]:
    """Write one changed field: its path, then the old value and the new one."""
    yield f"    {change.path}"
    for sign, value, paint in (("-", change.old, ink.red), ("+", change.new, ink.green)):
        if value is None:
            continue
        found = print_value(value)
        for line in found[:_MOST_LINES]:
            yield "      " + paint(f"{sign} {line}")
        if len(found) > _MOST_LINES:
            yield f"      ... and {len(found) - _MOST_LINES:,} more lines"


def print_value(value: Any) -> list[str]:
    """Write a value in one line where it fits in 70 columns, else as YAML."""
    short = json.dumps(value, ensure_ascii=False)
    if len(short) <= 70 or not isinstance(value, dict | list):
        return [short]
    return write_document(value).rstrip("\n").split("\n")


def _change_lines(change: ObjectChange, ink: Ink, replaced: Replaced) -> Iterator[str]:
    sign, _ = _WORDS[change.status]
    name = print_identity(change.identity)
    match change.status:
        case Status.CREATED:
            yield ink.green(f"{sign} {name}")
        case Status.CHANGED:
            yield ink.yellow(f"{sign} {name}")
            for item in change.fields:
                yield from field_lines(item, ink)
        case Status.REMOVED:
            yield ink.red(f"{sign} {name}")
        case Status.SAME | Status.FOREIGN:
            yield ink.faint(f"{sign} {name} ({_remark(change, replaced)})")


def _remark(change: ObjectChange, replaced: Replaced) -> str:
    match change.status:
        case Status.CHANGED:
            return count(len(change.fields), "field")
        case Status.FOREIGN if change.identity in replaced:
            return "taken over: plan removes it last"
        case Status.FOREIGN:
            return f"of intent '{change.owner}', left alone" if change.owner else "not ours, left alone"
        case _:
            return ""


def _diff_line(line: str) -> str:
    """Move the sign of a changed value to the first column, where Markdown's diff colours look for it."""
    return line[6:] if line.startswith("      ") else f" {line}"


def _change_data(change: ObjectChange, replaced: Replaced) -> dict[str, Any]:
    identity = change.identity
    data: dict[str, Any] = {
        "status": change.status.value,
        "kind": str(identity.kind),
        "namespace": identity.namespace,
        "name": identity.name,
    }
    if change.owner:
        data["owner"] = change.owner
    if change.identity in replaced:
        data["takenOver"] = True
    if change.live is not None:
        place = change.live.source.place()
        data |= {"file": place.file, "line": place.line}
    if change.fields:
        data["fields"] = [{"path": item.path, "old": item.old, "new": item.new} for item in change.fields]
    return data

"""What a pause or its end writes, as text."""

from __future__ import annotations

from textwrap import wrap

from generator.apply.pausing import Writing
from generator.report.formats import count

_WIDTH = 80


def writing_text(intent: str, found: Writing) -> str:
    """Write the steps and the notes."""
    lines = [f"intent '{intent}': {count(len(found.steps), 'write')}, proven on what is live"]
    for step in found.steps:
        lines.append(f"  {step.purpose}")
        lines.append(f"    {step.write.verb.value} {step.write.identity}")
    for note in found.notes:
        lines += wrap(note, _WIDTH, initial_indent="  ", subsequent_indent="    ")
    return "".join(f"{line}\n" for line in lines)

"""What `validate` found, as text, JSON and Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from generator.foundation.diagnostics import Diagnostic
from generator.report.formats import PLAIN, Ink, write_json
from generator.report.problems import problems_data, problems_markdown, problems_text, tally

KIND: Final = "ringfence.validate"


def validation_text(intent: str, problems: Sequence[Diagnostic], ink: Ink = PLAIN) -> str:
    """Write the findings and a last line that counts them."""
    return problems_text(problems, ink) + ink.bold(f"intent '{intent}': {tally(problems)}") + "\n"


def validation_json(intent: str, problems: Sequence[Diagnostic]) -> str:
    """Write the findings as JSON."""
    return write_json(KIND, {"intent": intent, "problems": problems_data(problems)})


def validation_markdown(intent: str, problems: Sequence[Diagnostic]) -> str:
    """Write the findings as a table under a headline."""
    text = f"### ringfence validate: intent `{intent}`\n\n{tally(problems)}\n"
    return text + ("\n" + problems_markdown(problems) if problems else "")

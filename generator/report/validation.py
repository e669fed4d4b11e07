"""What `validate` found, as text, JSON and Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from generator.foundation.diagnostics import Diagnostic, Severity
from generator.report.expectations import (
    JudgedState,
    expectations_data,
    expectations_markdown,
    expectations_text,
)
from generator.report.formats import PLAIN, Ink, count, write_json
from generator.report.problems import problems_data, problems_markdown, problems_text, tally

KIND: Final = "ringfence.validate"
FOLD_AFTER: Final = 3


def validation_text(
    intent: str | None, problems: Sequence[Diagnostic], ink: Ink = PLAIN, states: Sequence[JudgedState] = ()
) -> str:
    """Write the findings, the expectations in each state, and a last line that counts the findings.

    Of many notes of one code only the first few are shown.
    """
    shown, more = fold_notes(problems)
    text = problems_text(shown, ink)
    text += "".join(f"{count(number, 'more note')} {code}; --format json lists them\n" for code, number in more)
    judged = expectations_text(states, ink)
    text += (judged.lstrip("\n") if not text else judged) + ("\n" if judged else "")
    return text + ink.bold(f"{_whose(intent)}: {tally(problems)}") + "\n"


def _whose(intent: str | None) -> str:
    return f"intent '{intent}'" if intent is not None else "what is live"


def fold_notes(problems: Sequence[Diagnostic]) -> tuple[list[Diagnostic], list[tuple[str, int]]]:
    """Keep every error and warning and the first notes of each code; return them and how many notes were left out."""
    seen: Counter[str] = Counter()
    shown: list[Diagnostic] = []
    for item in problems:
        seen[item.code] += item.severity is Severity.NOTE
        if item.severity is not Severity.NOTE or seen[item.code] <= FOLD_AFTER:
            shown.append(item)
    return shown, [(code, number - FOLD_AFTER) for code, number in sorted(seen.items()) if number > FOLD_AFTER]


def validation_json(intent: str | None, problems: Sequence[Diagnostic], states: Sequence[JudgedState] = ()) -> str:
    """Write the findings as JSON; `intent` is null where there is none, or the file cannot be read as one."""
    data = {"intent": intent, "problems": problems_data(problems), "expectations": expectations_data(states)}
    return write_json(KIND, data)


def validation_markdown(intent: str | None, problems: Sequence[Diagnostic], states: Sequence[JudgedState] = ()) -> str:
    """Write the findings as a table under a headline, and the expectations as another."""
    whose = f"intent `{intent}`" if intent is not None else "what is live" if states else "no intent"
    text = f"### ringfence validate: {whose}\n\n{tally(problems)}\n"
    judged = expectations_markdown(states)
    text += "\n" + problems_markdown(problems) if problems else ""
    return text + (f"\n{judged}" if judged else "")

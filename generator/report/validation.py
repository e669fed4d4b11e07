"""What `validate` found, as text, JSON and Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from generator.foundation.diagnostics import Diagnostic, Severity
from generator.report.expectations import (
    JudgedState,
    expectations_data,
    expectations_markdown,
    expectations_text,
)
from generator.report.formats import PLAIN, Ink, write_json
from generator.report.judged_by import judged_data
from generator.report.problems import fold_problems, problems_data, problems_markdown, problems_text, tally

KIND: Final = "ringfence.validate"


def validation_text(
    intent: str | None, problems: Sequence[Diagnostic], ink: Ink = PLAIN, states: Sequence[JudgedState] = ()
) -> str:
    """Write the findings, the expectations in each state, and a last line that counts the findings.

    Of many findings of one code only the first are shown.
    """
    shown, more = fold_problems(problems)
    text = problems_text(shown, ink)
    text += "".join(f"{line}; --format json lists them\n" for line in more)
    judged = expectations_text(states, ink)
    text += (judged.lstrip("\n") if not text else judged) + ("\n" if judged else "")
    return text + ink.bold(f"{_whose(intent)}: {_counted(problems)}") + "\n"


def _counted(problems: Sequence[Diagnostic]) -> str:
    """Count the findings; where there are but notes, say that these are no findings."""
    notes = bool(problems) and all(item.severity is Severity.NOTE for item in problems)
    return f"no errors, no warnings, {tally(problems)}" if notes else tally(problems)


def _whose(intent: str | None) -> str:
    return f"intent '{intent}'" if intent is not None else "what is live"


def validation_json(intent: str | None, problems: Sequence[Diagnostic], states: Sequence[JudgedState] = ()) -> str:
    """Write the findings as JSON; `intent` is null where there is none, or the file cannot be read as one.

    `judgedFor` is null where nothing was judged.
    """
    data = {
        "intent": intent,
        "problems": problems_data(problems),
        "judgedFor": judged_data(states[0].environment) if states else None,
        "expectations": expectations_data(states),
    }
    return write_json(KIND, data)


def validation_markdown(intent: str | None, problems: Sequence[Diagnostic], states: Sequence[JudgedState] = ()) -> str:
    """Write the findings as a table under a headline, and the expectations as another."""
    whose = f"intent `{intent}`" if intent is not None else "what is live" if states else "no intent"
    text = f"### ringfence validate: {whose}\n\n{_counted(problems)}\n"
    judged = expectations_markdown(states)
    text += "\n" + problems_markdown(problems) if problems else ""
    return text + (f"\n{judged}" if judged else "")

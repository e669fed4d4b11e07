"""Cron lines as Kubernetes' CronJob reads them: five fields, or one of the `@` words.

Kubernetes reads them with robfig/cron v3 (`ParseStandard`; bounds in its `spec.go`, words in its `parser.go`): days of
the week are 0 to 6, so that 7 is no Sunday, and there is no `@reboot`.
"""

from __future__ import annotations

import re
from typing import Final

from generator.foundation.spelling import did_you_mean
from generator.intent.codes import SCHEDULE
from generator.intent.names import parse_text
from generator.intent.problems import ValueProblem, show

_WORDS: Final = ("@annually", "@daily", "@hourly", "@midnight", "@monthly", "@weekly", "@yearly")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 6, _DAYS),
)
_EVERY: Final = re.compile(r"@every ([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+", re.ASCII)
_PART: Final = re.compile(
    r"(?P<first>[a-z]+|[0-9]{1,4}|\*|\?)(?:-(?P<last>[a-z]+|[0-9]{1,4}))?(?:/(?P<step>[0-9]{1,4}))?"
)
_FORM: Final = "five fields: minute hour day-of-month month day-of-week, such as 0 3 * * 0"


def parse_schedule(value: object) -> str:
    """Read a cron line; blanks between fields are made one. ValueProblem names the field that is wrong."""
    text = " ".join(parse_text(value).split())
    if text.startswith("@"):
        if text in _WORDS or _EVERY.fullmatch(text):
            return text
        hint = did_you_mean(text, _WORDS)
        permitted = f"permitted: {', '.join(_WORDS)}, @every 1h30m"
        raise ValueProblem(SCHEDULE, f"{show(text)} is no cron word", f"{hint} {permitted}".strip())
    fields = text.split(" ")
    if len(fields) != len(_FIELDS):
        raise ValueProblem(SCHEDULE, f"the cron line {show(text)} has {len(fields)} fields", _FORM)
    for field, (title, low, high, words) in zip(fields, _FIELDS, strict=True):
        for part in field.split(","):
            if not _legal(part.lower(), low, high, words):
                names = f" or {words[0]} to {words[-1]}" if words else ""
                hint = f"{title}: {low} to {high}{names}, with *, -, / and ,"
                raise ValueProblem(SCHEDULE, f"{show(part)} is no {title} in the cron line {show(text)}", hint)
    return text


def _legal(part: str, low: int, high: int, words: tuple[str, ...]) -> bool:
    found = _PART.fullmatch(part)
    if found is None:
        return False
    if found["step"] is not None and int(found["step"]) < 1:
        return False
    if found["first"] in ("*", "?"):
        return found["last"] is None
    first = _number(found["first"], low, words)
    last = _number(found["last"], low, words) if found["last"] is not None else first
    return low <= first <= last <= high


def _number(text: str, low: int, words: tuple[str, ...]) -> int:
    if text in words:
        return words.index(text) + low
    return int(text) if text.isdigit() else -1

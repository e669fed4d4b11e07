"""Reads expectations from a file of their own: the same `expect:` as in an intent, and nothing else."""

from __future__ import annotations

from typing import Any, Final

from generator.foundation.diagnostics import has_errors, problem
from generator.foundation.errors import InputError
from generator.foundation.source import Path, print_path
from generator.foundation.spelling import did_you_mean
from generator.intent.codes import MISSING_KEY, NO_VALUE, UNKNOWN_KEY
from generator.intent.context import Resolving
from generator.intent.expectation import Expectation
from generator.intent.loader import read_document
from generator.intent.model import Intent
from generator.intent.overlay import MergedSource
from generator.intent.resolve_expectations import resolve_expectations
from generator.intent.shape import read_shape

_KEY: Final = "expect"
# What every intent has to say; none of it means anything to an expectation.
_REST: Final[dict[str, Any]] = {"version": 1, "name": "expectations", "platform": "generic"}


def load_expectations(path: str, intent: Intent | None = None, stdin: str | None = None) -> tuple[Expectation, ...]:
    """Read expectations that may name the services and externals of an intent; InputError with all problems.

    `-` is the text of standard input.
    """
    document, problems = read_document(path, stdin, f"a file of expectations begins with `{_KEY}:`")
    if document is None:
        raise InputError(problems)
    source = MergedSource([document])
    for key in document.value:
        if key not in (_KEY, "version"):
            here: Path = (key,)
            hint = f"{did_you_mean(str(key), [_KEY])} permitted: {_KEY}".strip()
            place = source.place(here, key=True)
            problems.append(problem(UNKNOWN_KEY, f"unknown key '{key}'", place=place, path=print_path(here), hint=hint))
    if _KEY not in document.value:
        hint = f"a file of expectations holds `{_KEY}:` with `must:` and `mustNot:`, as an intent does"
        problems.append(problem(MISSING_KEY, f"the key '{_KEY}' is missing", place=source.place(), hint=hint))
        raise InputError(problems)
    read = read_shape({**_REST, _KEY: document.value[_KEY]}, source)
    problems.extend(read.problems)
    if read.file is None or has_errors(problems):
        raise InputError(problems)
    run = Resolving(read.file, read.source, read.gaps, problems)
    found = resolve_expectations(run, intent.services if intent else {}, intent.externals if intent else {})
    if has_errors(problems):
        raise InputError(problems)
    if not found:
        hint = "write a flow under `must:` or `mustNot:`"
        raise InputError([problem(NO_VALUE, "the file states no expectation", place=source.place((_KEY,)), hint=hint)])
    return found

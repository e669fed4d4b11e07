"""The two streams: results on standard output, everything else on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import IO

from generator.cli.codes import CANNOT_WRITE
from generator.foundation.diagnostics import Diagnostic, Place, problem, sort_diagnostics
from generator.foundation.errors import EnvironmentFailure
from generator.report.formats import Ink
from generator.report.problems import folded_text


def prepare_streams() -> None:
    """Make both streams take any text: UTF-8 unless a terminal says otherwise, and what it lacks as an escape."""
    _replace_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            encoding = stream.encoding if stream.isatty() else "utf-8"
            reconfigure(encoding=encoding, errors="backslashreplace", newline="\n")


def write_result(text: str) -> None:
    """Write a result to standard output; a reader that has gone away (`| head`) is no failure, a full disk is."""
    try:
        _write(sys.stdout, text)
    except OSError as error:
        raise stdout_failure(error) from None


def stdout_failure(error: OSError) -> EnvironmentFailure:
    """Return what a failed write to standard output is to the user, after which nothing more is written there."""
    _write_no_more(sys.stdout)
    return EnvironmentFailure([problem(CANNOT_WRITE, f"cannot write: {error.strerror}", place=Place("<stdout>"))])


def write_note(text: str) -> None:
    """Write what is not the result to standard error; where that cannot be written, nobody is told."""
    try:
        _write(sys.stderr, text)
    except OSError:
        _write_no_more(sys.stderr)


def report_problems(problems: Sequence[Diagnostic]) -> None:
    """Write problems that do not stop the command to standard error: sorted, each once, of many alike the first."""
    if problems:
        write_note(folded_text(sort_diagnostics(problems), note_ink()))


def result_ink() -> Ink:
    """Return colours for standard output: only for a terminal, and not with NO_COLOR."""
    return Ink(_wants_colour(sys.stdout))


def note_ink() -> Ink:
    """Return colours for standard error."""
    return Ink(_wants_colour(sys.stderr))


def _wants_colour(stream: IO[str]) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _write(stream: IO[str], text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _write_no_more(stream)


def _replace_closed_streams() -> None:
    """Give each stream that the caller closed (`>&-`) a descriptor again, so that no file is opened in its place.

    A write to standard output then fails as it should, notes go nowhere, and standard input is empty.
    """
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY), encoding="utf-8")
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


def _write_no_more(stream: IO[str]) -> None:
    """Send what is still to be written, at exit too, nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)

"""Where a result goes: standard output, or a file that is written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from generator.cli.screen import result_ink, write_result
from generator.report.comment import fit_comment
from generator.report.formats import PLAIN, Format, Ink


def write_output(text: str, output: Path | None, *, private: bool = False) -> None:
    """Write a result to the file that `-o` names, else to standard output; a `private` one only its owner may read."""
    if output is None or str(output) == "-":
        write_result(text)
    else:
        # Only here, because most results go to standard output and need nothing of what writes files.
        from generator.cli.output_folder import write_file

        write_file(output, text, private=private)


def write_report(
    chosen: Format,
    output: Path | None,
    *,
    text: Callable[[Ink], str],
    json: Callable[[], str],
    markdown: Callable[[], str],
) -> None:
    """Write a report in the format that was asked for; text has colours on a terminal, Markdown fits a comment."""
    match chosen:
        case Format.TEXT:
            write_output(text(result_ink() if output is None else PLAIN), output)
        case Format.JSON:
            write_output(json(), output)
        case Format.MARKDOWN:
            write_output(fit_comment(markdown()), output)

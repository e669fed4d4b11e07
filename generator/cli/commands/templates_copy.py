"""`ringfence templates copy`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from generator.cli.codes import NOT_OUR_FILE
from generator.cli.output_folder import write_file
from generator.cli.screen import write_result
from generator.foundation.diagnostics import Place, problem
from generator.foundation.errors import RefusedError
from generator.foundation.paths import PathKind, path_kind
from generator.foundation.resources import list_data


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; existing files are not overwritten.")],
) -> None:
    """Copy the layer templates, to change them.

    Give the folder to --templates afterwards. What a changed template renders is checked like all else.
    """
    templates = list_data("templates", ".j2")
    there = [folder / item.name for item in templates if path_kind(folder / item.name) is not PathKind.NOTHING]
    if there:
        raise RefusedError([problem(NOT_OUR_FILE, "this file exists", place=Place(str(path))) for path in there])
    for item in templates:
        write_file(folder / item.name, item.read_text(encoding="utf-8"))
        write_result(f"{folder / item.name}\n")

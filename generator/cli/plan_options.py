"""The options of plans; apart from the others, for they load the planner."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

import typer

from generator.cli.options import parse_date
from generator.plan.exports.model import DEFAULT_IMAGE, Tool


class Destination(StrEnum):
    """Where a plan leads."""

    SET = "set"
    NONE = "none"


To = Annotated[
    Destination, typer.Option("--to", metavar="WHERE", help="set: to the policy set; none: take all of it off.")
]
Observe = Annotated[
    bool, typer.Option("--observe", help="End before cut-over: enforce nothing, and log what the set would drop.")
]
ObserveUntil = Annotated[
    date | None,
    typer.Option(
        "--observe-until",
        metavar="DATE",
        parser=parse_date,
        help="Observe until this day; it is noted on what logs, and nothing ends by itself.",
    ),
]
ExportAs = Annotated[
    Tool | None,
    typer.Option("--as", metavar="TOOL", help="Export the plan into the folder of -o: argo, flux, kubectl, kustomize."),
]
Single = Annotated[
    bool, typer.Option("--single", help="Export it as one sync, if it is proven to be safe without any wait.")
]
Image = Annotated[
    str, typer.Option("--image", metavar="NAME", help="Image of ringfence, for the Jobs of an export that wait.")
]

__all__ = ["DEFAULT_IMAGE", "Destination", "ExportAs", "Image", "Observe", "ObserveUntil", "Single", "To"]

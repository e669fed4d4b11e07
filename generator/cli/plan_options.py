"""The options of plans; apart from the others, for they load the planner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated

import typer

from generator.cli.codes import USAGE
from generator.cli.options import parse_date
from generator.foundation.diagnostics import problem
from generator.foundation.errors import InputError
from generator.plan.exports.model import DEFAULT_IMAGE, Tool
from generator.plan.observed import Form


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
ObserveAs = Annotated[
    Form,
    typer.Option("--observe-as", metavar="FORM", help="log: Log rules; staged: staged policies, from Calico 3.30."),
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
Flows = Annotated[
    list[str] | None,
    typer.Option(
        "--flows",
        metavar="FILE",
        help="Flows that were seen, or -: Whisker's as JSON lines, or the kernel log of a node; repeatable.",
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

__all__ = [
    "DEFAULT_IMAGE",
    "Destination",
    "ExportAs",
    "Flows",
    "Form",
    "Image",
    "Observe",
    "ObserveAs",
    "ObserveUntil",
    "Single",
    "To",
    "check_observing",
]


def check_observing(
    observe: bool, form: Form, until: date | None, to: Destination, accept: Sequence[str] | None
) -> str:
    """Return the day that observing ends on as text; InputError for options that say nothing together."""
    if observe and (to is Destination.NONE or accept):
        summary = "--observe leads before the cut-over, so it goes with neither --to none nor --accept"
        raise InputError([problem(USAGE, summary, hint="leave one of them out")])
    if until is not None and not observe:
        raise InputError([problem(USAGE, "--observe-until says nothing without --observe", hint="add --observe")])
    if form is Form.STAGED and (not observe or until is not None):
        summary = "--observe-as staged goes with --observe, and not with --observe-until, which is for logs"
        raise InputError([problem(USAGE, summary, hint="take staged policies off by a plan without --observe")])
    return until.isoformat() if until is not None else ""

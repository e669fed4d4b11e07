"""The options that commands share, each declared once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from generator.cli.codes import USAGE
from generator.foundation.diagnostics import Diagnostic, problem
from generator.reach.environment import Dataplane, Staged
from generator.report.formats import Format

Intent = Annotated[str | None, typer.Argument(metavar="INTENT", help="The intent file; - is standard input.")]
Overlays = Annotated[
    list[str] | None,
    typer.Option("--file", "-f", metavar="FILE", help="Another intent file, laid over those before it; repeatable."),
]
Live = Annotated[
    list[str] | None,
    typer.Option(
        "--live",
        metavar="PATH",
        help="What is there now: files or folders of manifests, a saved snapshot, -, or cluster; repeatable.",
    ),
]


def no_live() -> Diagnostic:
    """Return what is said where a command needs `--live` and got none."""
    hint = "name a folder or file of manifests, a saved snapshot, - for standard input, or the word cluster"
    return problem(USAGE, "missing option --live", hint=hint)


def parse_label(text: str) -> str:
    """Read the name of a namespace or an intent; BadParameter for what no such name can be."""
    from generator.intent.names import parse_name
    from generator.intent.problems import ValueProblem

    try:
        return parse_name(text)
    except ValueProblem as error:
        raise typer.BadParameter(f"{error.summary}: {error.hint}") from None


Namespace = Annotated[
    str,
    typer.Option(
        "--namespace",
        "-n",
        metavar="NS",
        parser=parse_label,
        help="Namespace of manifests that name none; in a cluster where to look if you may not look everywhere.",
    ),
]
Name = Annotated[str | None, typer.Option("--name", metavar="NAME", parser=parse_label, help="Name of the intent.")]
Complete = Annotated[
    bool, typer.Option("--complete", help="The manifests are all there is: what is absent does not exist.")
]
OutputFormat = Annotated[Format, typer.Option("--format", metavar="FORMAT", help="text, json or markdown.")]
OutputFile = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the result to a file, whole or not at all.")
]
Templates = Annotated[
    Path | None,
    typer.Option("--templates", metavar="DIR", help="Layer templates of your own; those not in it stay ours."),
]
Accept = Annotated[
    list[str] | None,
    typer.Option(
        "--accept",
        metavar="POLICY",
        help="A policy of others whose Deny an Allow of ours may come before: Kind/namespace/name; repeatable.",
    ),
]
Replace = Annotated[
    list[str] | None,
    typer.Option("--replace", metavar="POLICY", help="Another old policy to take over: Kind/namespace/name."),
]
PlanFile = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Save the plan, and beside it the break-glass bundle; with --as a folder.",
    ),
]
BreakGlass = Annotated[
    Path | None,
    typer.Option("--break-glass", metavar="DIR", help="Folder of the bundle; default: FILE with .break-glass."),
]
Expect = Annotated[
    list[str] | None,
    typer.Option("--expect", metavar="FILE", help="Expectations in a file of their own, or -; repeatable."),
]
Platform = Annotated[str, typer.Option("--platform", metavar="NAME", help="A platform profile, by name or path.")]


DataplaneName = Annotated[
    Dataplane | None,
    typer.Option(
        "--dataplane",
        metavar="NAME",
        case_sensitive=False,
        help="iptables, nftables or eBPF; default: what the FelixConfiguration says, else iptables.",
    ),
]
StagedAs = Annotated[
    Staged,
    typer.Option("--staged", metavar="HOW", help="ignored, or enforced: as if staged policies were promoted."),
]


def parse_date(text: str) -> date:
    """Read a day; BadParameter for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no date; write it as 2027-03-31") from None


AsOf = Annotated[
    date | None,
    typer.Option("--as-of", metavar="DATE", parser=parse_date, help="Judge expiry as of this day; default: today."),
]

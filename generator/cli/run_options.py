"""The options of the commands that change a cluster."""

from __future__ import annotations

import math
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

STATE_NAMESPACE = "ringfence"


class StreamFormat(StrEnum):
    """How a run tells what it does."""

    TEXT = "text"
    JSON = "json"  # one object a line


class WaitBy(StrEnum):
    """How a run waits for the nodes."""

    SIGN = "sign"
    PROMETHEUS = "prometheus"
    PAUSE = "pause"


class DryRun(StrEnum):
    """Who looks at the writes without making them."""

    SERVER = "server"


_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")


def parse_duration(text: str | float) -> float:
    """Return the seconds of `90s`, `5m`, `1h30m`, as kubectl takes them, or of a plain number of seconds."""
    if not isinstance(text, str):
        return text  # a default, which is parsed too
    parts = _PART.findall(text)
    if text and "".join(number + unit for number, unit in parts) == text:
        seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    else:
        try:
            seconds = float(text)
        except ValueError:
            seconds = 0.0
    if not 0 < seconds < math.inf:
        raise typer.BadParameter(f"'{text}' is no length of time; 90s, 5m and 1h30m are")
    return seconds


PlanPath = Annotated[
    str | None, typer.Argument(metavar="PLAN", help="A saved plan; with --intent the one that the cluster keeps.")
]
IntentName = Annotated[
    str | None, typer.Option("--intent", metavar="NAME", help="Without PLAN: the intent whose run is meant.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before the first write.")]
StateNamespace = Annotated[
    str, typer.Option("--state-namespace", metavar="NS", help="Where the Lease and the copy of the run's state are.")
]
JournalFolder = Annotated[
    Path | None, typer.Option("--journal", metavar="DIR", help="Folder of the journal; default: PLAN with .run.")
]
Stream = Annotated[StreamFormat, typer.Option("--format", metavar="FORMAT", help="text, or json: an event a line.")]
Waiting = Annotated[
    WaitBy,
    typer.Option(
        "--wait-by",
        metavar="HOW",
        help="sign: what nodes show, else by time; prometheus: what --prometheus has seen of them; pause: by time.",
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        metavar="DURATION",
        parser=parse_duration,
        help="How long nodes have to confirm a wait, as in 90s or 5m; then it stops. Default: 2m, of a Prometheus 10m.",
    ),
]
Pause = Annotated[
    float, typer.Option("--pause", metavar="SECONDS", min=0, help="Length of a wait by time, which is a guess.")
]
Context = Annotated[str | None, typer.Option("--context", metavar="NAME", help="The kubeconfig's context.")]
Kubeconfig = Annotated[str | None, typer.Option("--kubeconfig", metavar="FILE", help="The kubeconfig to use.")]
Gates = Annotated[
    list[str] | None,
    typer.Option("--gate", metavar="COMMAND", help="After each wait: a command that must end with 0; repeatable."),
]
GateQuery = Annotated[
    str | None,
    typer.Option("--gate-query", metavar="QUERY", help="After each wait: a Prometheus query that must not give 0."),
]
Prometheus = Annotated[
    str | None,
    typer.Option("--prometheus", metavar="URL", help="The Prometheus of --gate-query and --wait-by prometheus."),
]
AcceptHarm = Annotated[
    list[str] | None,
    typer.Option(
        "--accept",
        metavar="NAME",
        help="Harm that the way back may do, as a refusal names it; unproven: whatever it may do; repeatable.",
    ),
]

"""What `reach` asks of: who is asked about, a pod that may come, the engine of the state that is meant."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from generator.cli import options
from generator.cli.codes import USAGE
from generator.cli.ending import hold
from generator.cli.explained import States
from generator.expect.new_pods import NewPod, with_new_pods
from generator.foundation.diagnostics import problem
from generator.foundation.errors import InputError
from generator.foundation.spelling import did_you_mean
from generator.reach.engine import Engine
from generator.reach.reachability import workload_names

NewPodIn = Annotated[
    str | None,
    typer.Option(
        "--new-pod", metavar="NS", parser=options.parse_label, help="Ask of a pod that does not exist yet, there."
    ),
]
Labels = Annotated[
    list[str] | None, typer.Option("--label", metavar="KEY=VALUE", help="A label of the new pod; repeatable.")
]
Account = Annotated[str, typer.Option("--service-account", metavar="NAME", help="Service account of the new pod.")]


class Table(StrEnum):
    """How the result is written: as other reports, or as rows for a spreadsheet."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    CSV = "csv"


OutputTable = Annotated[Table, typer.Option("--format", metavar="FORMAT", help="text, json, markdown or csv.")]


def called_pod(workload: str | None, space: str | None, labels: list[str] | None, account: str) -> NewPod | None:
    """Return the pod that may come, as it is called for; None where none is."""
    if space is None:
        if labels or account != "default":
            hint = "name its namespace with --new-pod"
            raise InputError([problem(USAGE, "--label and --service-account are of a new pod", hint=hint)])
        return None
    if workload is not None:
        raise InputError([problem(USAGE, f"'{workload}' and a new pod cannot both be asked for")])
    found: dict[str, str] = {}
    for text in labels or ():
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise InputError([problem(USAGE, f"'{text}' is no label", hint="write KEY=VALUE")])
        found[key] = value
    return NewPod(space, tuple(sorted(found.items())), account)


def find_engine(states: States, pod: NewPod | None) -> Engine:
    """Return the engine of the last of the states, with the pod that may come; it lives until the process ends."""
    snapshot = states.snapshots[-1]
    engine = Engine(snapshot, states.environment)
    if engine.undecodable:
        raise InputError(engine.undecodable)
    asked = engine if pod is None else with_new_pods(engine, snapshot, [pod])
    hold(states, asked)
    return asked


def check_name(engine: Engine, workload: str) -> None:
    """Refuse a name that no pod and no workload has."""
    names = workload_names(engine)
    if workload not in names:
        hint = did_you_mean(workload, names) or "write NAMESPACE/NAME of a pod or of what makes it"
        raise InputError([problem(USAGE, f"there is no pod or workload '{workload}'", hint=hint)])

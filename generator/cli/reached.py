"""What `reach` asks of: who is asked about, a pod that may come, the engine of the state that is meant."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from generator.checks.out_of_force import find_refused
from generator.cli import options
from generator.cli.codes import NEW_NAMESPACE, NOBODY_THERE, USAGE
from generator.cli.ending import hold
from generator.cli.states import States
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.errors import InputError
from generator.foundation.spelling import did_you_mean
from generator.reach.engine import Engine
from generator.reach.ignored_kinds import find_taken_for_granted
from generator.reach.reachability import workload_names

if TYPE_CHECKING:
    from generator.expect.new_pods import NewPod

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
    # Only here, because most questions are about pods that are there.
    from generator.expect.new_pods import NewPod

    return NewPod(space, tuple(sorted(found.items())), account)


def find_engine(states: States, pod: NewPod | None) -> Engine:
    """Return the engine of the last of the states, with the pod that may come; it lives until the process ends."""
    snapshot = states.snapshots[-1]
    engine = Engine(snapshot, states.environment)
    if engine.undecodable:
        raise InputError(engine.undecodable)
    asked = engine
    if pod is not None:
        from generator.expect.new_pods import with_new_pods

        asked = with_new_pods(engine, snapshot, [pod])
    hold(states, asked)
    return asked


def check_name(engine: Engine, workload: str) -> None:
    """Refuse a name that no pod and no workload has."""
    names = workload_names(engine)
    if workload not in names:
        hint = did_you_mean(workload, names) or "write NAMESPACE/NAME of a pod or of what makes it"
        raise InputError([problem(USAGE, f"there is no pod or workload '{workload}'", hint=hint)])


def remarks(states: States, engine: Engine, pod: NewPod | None, subject: str) -> list[Diagnostic]:
    """Return what a reader must know of the answer: what is taken for granted, and which policies decide nothing.

    Of one workload these are the policies of its namespace, and the cluster's.
    """
    snapshot = states.snapshots[-1]
    found = find_taken_for_granted(engine, snapshot)
    space = subject.partition("/")[0]
    concerned = [item for item in snapshot.policies if not subject or item.namespace in ("", space)]
    found += find_refused(concerned, engine.environment.version)
    if pod is None and not engine.inventory.pods:
        summary = "there are no pods in what is live: nobody is asked about, and nothing is known to be closed"
        found.append(problem(NOBODY_THERE, summary, hint="give the workloads too, not the policies alone"))
    if pod is not None and pod.namespace not in snapshot.namespaces:
        summary = f"namespace '{pod.namespace}' is not in what is live: taken as new, with the label it would get"
        found.append(problem(NEW_NAMESPACE, summary, hint=did_you_mean(pod.namespace, snapshot.namespaces)))
    return found

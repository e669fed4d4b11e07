"""What `--live` names, as a snapshot: files, a saved snapshot, or a cluster."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from generator.checks.surroundings import check_surroundings
from generator.cli.cluster_options import NOBODY, ClusterCall
from generator.cli.codes import USAGE
from generator.foundation.codes import FILE_UNREADABLE
from generator.foundation.diagnostics import Diagnostic, Place, Severity, has_errors, problem
from generator.foundation.errors import InputError
from generator.foundation.paths import PathKind, near_path, path_kind, read_file
from generator.foundation.yaml_reader import decode_text
from generator.snapshot import load_snapshot
from generator.snapshot.model import Snapshot

CLUSTER: Final = "cluster"
_NONE_GIVEN: Final = "default"
_FEW: Final = 1  # more kinds than this that are refused alike stand in one line


def read_live(
    paths: Sequence[str], namespace: str, complete: bool, cluster: ClusterCall = NOBODY, *, evidence: bool = False
) -> tuple[Snapshot, list[Diagnostic]]:
    """Load the snapshot of what is named, with the problems that did not stop it.

    That are directories, files and standard input, or the word `cluster` alone, of which `cluster` says where it is;
    `evidence` reads there what only a proposed intent looks at.
    """
    if CLUSTER in paths:
        if len(paths) > 1:
            hint = "name nothing beside it; a folder of that name is ./cluster"
            raise InputError([problem(USAGE, "a cluster is read alone, not together with files", hint=hint)])
        return _read_cluster(cluster, namespace, evidence)
    if cluster.is_given:
        raise InputError([problem(USAGE, "--context and --kubeconfig are of a cluster", hint="give --live cluster")])
    snapshot, problems = load_snapshot(paths, namespace=namespace, complete=complete, stdin=read_stdin(paths))
    if snapshot.others:
        from generator.checks.out_of_force import check_kinds_of_policies  # late: it asks the engine's rooms

        problems = [*problems, *check_kinds_of_policies(snapshot)]
    return snapshot, [*problems, *check_surroundings(snapshot)]


def read_whole_live(
    paths: Sequence[str], namespace: str, complete: bool, cluster: ClusterCall = NOBODY, *, evidence: bool = False
) -> tuple[Snapshot, list[Diagnostic]]:
    """Do the same where a document that could not be read would make the result wrong: InputError, all at once."""
    snapshot, problems = read_live(paths, namespace, complete, cluster, evidence=evidence)
    if has_errors(problems):
        raise InputError(problems)
    return snapshot, problems


def _read_cluster(call: ClusterCall, namespace: str, evidence: bool) -> tuple[Snapshot, list[Diagnostic]]:
    # Only here, because whoever reads files should not wait for what talks to a cluster.
    from generator.apply.stopping import SystemClock
    from generator.cli.attended import reach_cluster
    from generator.cluster.snapshot import read_cluster

    opened = reach_cluster(call.kubeconfig, call.context).opened
    own = namespace if namespace != _NONE_GIVEN else opened.namespace or _NONE_GIVEN  # as with kubectl -n
    snapshot, problems = read_cluster(
        opened.connection, SystemClock(), server=opened.server, evidence=evidence, namespaces=(own,)
    )
    return snapshot, [*opened.notes, *gather_refusals(problems), *check_surroundings(snapshot)]


def gather_refusals(problems: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return the problems with one line for many kinds that are refused alike, which nobody reads one by one."""
    from generator.cluster.codes import NOT_ALLOWED

    alike: dict[tuple[str, str], list[str]] = {}
    kept: list[Diagnostic] = []
    for item in problems:
        kind, _, rest = item.summary.partition(" ")
        if item.code == NOT_ALLOWED.id:
            alike.setdefault((rest, item.hint), []).append(kind)
        else:
            kept.append(item)
    for (rest, hint), kinds in alike.items():
        if len(kinds) > _FEW:
            every = f"{len(kinds)} kinds {rest}: {', '.join(kinds)}"
            kept.append(problem(NOT_ALLOWED, every, hint=hint.replace(" it", " them")))
        else:
            kept += [problem(NOT_ALLOWED, f"{kind} {rest}", hint=hint) for kind in kinds]
    return kept


def freezing_warnings(snapshot: Snapshot) -> list[Diagnostic]:
    """Return the objects with which no plan can be carried out, as warnings: nothing is planned here."""
    from generator.plan.freeze import freezing_objects

    return [replace(item, severity=Severity.WARNING) for item in freezing_objects(snapshot.policies)]


def read_stdin(paths: Sequence[str]) -> str | None:
    """Return the text of standard input where one of the paths is `-`."""
    if "-" not in paths:
        return None
    return sys.stdin.buffer.read().decode("utf-8", "replace")


def read_text(path: str) -> str:
    """Return the text of one file, or of standard input for `-`; InputError where there is none."""
    if path == "-":
        return sys.stdin.buffer.read().decode("utf-8", "replace")
    try:
        text, problems = decode_text(read_file(path), path)
    except OSError as error:
        hint = near_path(path) if path_kind(path) is PathKind.NOTHING else ""
        summary = f"the file cannot be read: {error.strerror}"
        problems = [problem(FILE_UNREADABLE, summary, place=Place(path), hint=hint)]
        raise InputError(problems) from None
    if problems:
        raise InputError(problems)
    return text

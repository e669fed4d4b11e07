"""What `--live` names, as a snapshot."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from generator.cli.codes import NOT_IN_THIS_VERSION
from generator.foundation.codes import FILE_UNREADABLE
from generator.foundation.diagnostics import Diagnostic, Place, has_errors, problem
from generator.foundation.errors import InputError
from generator.foundation.paths import read_file
from generator.foundation.yaml_reader import decode_text
from generator.snapshot import load_snapshot
from generator.snapshot.model import Snapshot


def read_live(paths: Sequence[str], namespace: str, complete: bool) -> tuple[Snapshot, list[Diagnostic]]:
    """Load the snapshot from directories, files, or standard input, with the problems that did not stop it."""
    if "cluster" in paths:
        hint = "save it with kubectl get -o yaml and name the file; a folder of that name is ./cluster"
        raise InputError([problem(NOT_IN_THIS_VERSION, "this version reads files, not a cluster", hint=hint)])
    return load_snapshot(paths, namespace=namespace, complete=complete, stdin=read_stdin(paths))


def read_whole_live(paths: Sequence[str], namespace: str, complete: bool) -> tuple[Snapshot, list[Diagnostic]]:
    """Do the same where a document that could not be read would make the result wrong: InputError, all at once."""
    snapshot, problems = read_live(paths, namespace, complete)
    if has_errors(problems):
        raise InputError(problems)
    return snapshot, problems


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
        problems = [problem(FILE_UNREADABLE, f"the file cannot be read: {error.strerror}", place=Place(path))]
        raise InputError(problems) from None
    if problems:
        raise InputError(problems)
    return text

"""From what the call names to what the rooms take: intent, profile, snapshot; problems go to standard error."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from generator.cli.codes import NOT_IN_THIS_VERSION, USAGE
from generator.cli.screen import note_ink, write_note
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.errors import InputError
from generator.intent import LoadedIntent, load_intent
from generator.platforms import load_profile
from generator.platforms.model import PlatformProfile
from generator.report.problems import problems_text
from generator.snapshot import load_snapshot
from generator.snapshot.model import Snapshot


@dataclass(frozen=True, slots=True)
class Target:
    """The intent with the profile of its platform."""

    loaded: LoadedIntent
    profile: PlatformProfile


def read_target(intent: str | None, overlays: Sequence[str] | None) -> Target:
    """Load the intent from one file and those laid over it, and its platform's profile."""
    paths = [*([intent] if intent is not None else []), *(overlays or [])]
    if not paths:
        raise InputError([problem(USAGE, "no intent is named", hint="give the intent file, or - for standard input")])
    loaded = load_intent(paths, stdin=_stdin(paths))
    return Target(loaded, load_profile(loaded.intent.platform))


def read_live(
    paths: Sequence[str] | None, namespace: str, complete: bool, *, intent: str | None = None
) -> tuple[Snapshot | None, list[Diagnostic]]:
    """Load the snapshot that `--live` names, None where it names nothing."""
    if not paths:
        return None, []
    if "cluster" in paths:
        hint = "save it with kubectl get … -o yaml and name the file; a folder of that name is ./cluster"
        raise InputError([problem(NOT_IN_THIS_VERSION, "--live cluster: this version reads files only", hint=hint)])
    if intent == "-" and "-" in paths:
        raise InputError([problem(USAGE, "standard input cannot be both the intent and what is live")])
    return load_snapshot(paths, namespace=namespace, complete=complete, stdin=_stdin(paths))


def need_live(paths: Sequence[str] | None, namespace: str, complete: bool, *, intent: str | None) -> Snapshot:
    """Load the snapshot of a command that makes no sense without one, and report its problems."""
    snapshot, problems = read_live(paths, namespace, complete, intent=intent)
    if snapshot is None:
        raise InputError([problem(USAGE, "missing option --live", hint="name a directory or file of manifests")])
    report_problems(problems)
    return snapshot


def report_problems(problems: Sequence[Diagnostic]) -> None:
    """Write problems that do not stop the command to standard error."""
    if problems:
        write_note(problems_text(problems, note_ink()))


def _stdin(paths: Sequence[str]) -> str | None:
    if "-" not in paths:
        return None
    return sys.stdin.buffer.read().decode("utf-8", "replace")

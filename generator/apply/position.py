"""Where a run is, from its journal and from the copy in the cluster; either may be a step behind, or be missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from generator.apply.journal import Entry
from generator.apply.ports import Direction, Progress, RunStatus
from generator.apply.records import (
    CheckDone,
    GoingOn,
    RunBegun,
    RunFinished,
    RunStopped,
    WaitDone,
    WriteDone,
)


def replay(entries: Sequence[Entry]) -> Progress | None:
    """Return where the last run of a journal is; None where it holds no run."""
    found: Progress | None = None
    for entry in entries:
        match entry.record:
            case RunBegun(run, plan, direction, reached, next):
                way = Direction(direction)
                found = Progress(run, plan, way, reached, next, RunStatus.RUNNING, entry.checksum)
            case _ if found is None:
                continue
            case GoingOn(next):
                found = replace(found, next=next, status=RunStatus.RUNNING, reason="")
            case WriteDone() | WaitDone() | CheckDone() as done:
                found = replace(found, next=max(found.next, done.number + 1), status=RunStatus.RUNNING)
            case RunStopped(_, reason, next):
                found = replace(found, next=next, status=RunStatus.STOPPED, reason=reason)
            case RunFinished(next):
                found = replace(found, next=next, status=RunStatus.FINISHED)
        found = replace(found, journal=entry.checksum)
    return found


def find_progress(entries: Sequence[Entry], saved: Progress | None) -> Progress | None:
    """Return the newer of what the journal and the cluster say of the run; None where neither knows of one.

    The cluster's copy names the journal's last record at the time: where that record is in this journal, the journal
    is at least as new. Else somebody has gone on elsewhere.
    """
    local = replay(entries)
    if saved is None or local is None:
        return local if saved is None else saved
    known = any(entry.checksum == saved.journal for entry in entries)
    if not known:
        return saved
    return replace(local, until=local.until or saved.until, namespaces=local.namespaces or saved.namespaces)

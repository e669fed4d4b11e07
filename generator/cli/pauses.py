"""Pause and resume, as the command line does them: read, prove, ask, take the Lease, write."""

from __future__ import annotations

import getpass
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from generator.apply.codes import DECLINED
from generator.apply.pauses import PauseRecord
from generator.apply.pausing import Writing, carry_out, find_ways, pause_writing, require_proven, resume_writing
from generator.apply.ports import Direction, RunStatus
from generator.apply.rights import rights_of
from generator.apply.run import state_rights
from generator.apply.run_codes import NOT_PAUSABLE
from generator.apply.tier_rights import require_rights
from generator.cli.intent_state import Site
from generator.cli.leases import open_fence
from generator.cli.progress import show_progress
from generator.cli.screen import write_note, write_result
from generator.cluster.writes import Writer
from generator.foundation.diagnostics import problem
from generator.foundation.errors import RefusedError
from generator.plan.model import Plan
from generator.report.pausing import writing_text


@dataclass(frozen=True, slots=True)
class PauseCall:
    """What the command line says; `until` and `reason` are for people."""

    site: Site
    intent: str | None
    namespaces: Sequence[str]
    direction: str
    yes: bool
    until: date | None = None
    reason: str = ""


def pause(call: PauseCall) -> None:
    """Take namespaces out of enforcement."""
    site = call.site
    intent = site.choose_intent(call.intent)
    plan = _plan(site, intent)
    ways = find_ways(plan, call.namespaces, call.direction)
    with show_progress("reading the cluster"):
        snapshot = site.read()
    with show_progress("proving"):
        found = pause_writing(plan, snapshot, ways)
        require_proven(plan, snapshot, found.steps)
    _require_rights(site, found)
    since = site.clock.now().strftime("%Y-%m-%d %H:%M UTC")
    until = call.until.isoformat() if call.until is not None else ""
    records = [PauseRecord(*way, _who(), since, until, call.reason) for way in found.ways]
    if not _agreed(call, plan, found):
        return
    fence = open_fence(site.connection, site.clock, site.namespace, intent)
    with fence.hold(), site.attended.writing():
        site.book_of(intent).add(records)  # first: whoever finds it paused shall find by whom
        carry_out(Writer(site.connection, site.clock, fence.still_ours), plan, found.steps)


def resume(call: PauseCall) -> None:
    """End pauses: those of the namespaces that are named, or all."""
    site = call.site
    intent = site.choose_intent(call.intent)
    plan = _plan(site, intent)
    book = site.book_of(intent)
    known = [(item.namespace, item.direction) for item in book.read()]
    ways = [way for way in known if call.direction in ("", way[1])]
    if call.namespaces:
        ways = [way for way in ways if way[0] in call.namespaces]
        ways += [way for name in call.namespaces if name not in {item[0] for item in ways} for way in _both(name, call)]
    with show_progress("reading the cluster"):
        snapshot = site.read()
    with show_progress("proving"):
        found = resume_writing(plan, snapshot, ways, known)
        require_proven(plan, snapshot, found.steps)
    if not ways:
        raise RefusedError([problem(NOT_PAUSABLE, f"nothing of intent '{intent}' is paused")])
    _require_rights(site, found)
    if found.steps and not _agreed(call, plan, found):
        return
    fence = open_fence(site.connection, site.clock, site.namespace, intent)
    with fence.hold(), site.attended.writing():
        carry_out(Writer(site.connection, site.clock, fence.still_ours), plan, found.steps)
        book.remove(ways)


def _plan(site: Site, intent: str) -> Plan:
    plan, saved = site.load_plan(intent)
    if saved.progress.direction is Direction.BACK:
        summary = "what the plan wrote has been taken back, or is being taken back"
        raise RefusedError([problem(NOT_PAUSABLE, summary, hint="ringfence status tells more")])
    if saved.progress.status is RunStatus.RUNNING:
        hint = "wait until it is done, or go on with it: ringfence status tells more"
        raise RefusedError([problem(NOT_PAUSABLE, "a run of the plan goes on, or was interrupted", hint=hint)])
    return plan


def _require_rights(site: Site, found: Writing) -> None:
    """Ask for every right before anything is written, the record of who has paused included."""
    kept = [right for right in state_rights(site.namespace) if right.verb != "delete"]
    require_rights(site.connection, site.clock, sorted({*rights_of(found.steps), *kept}), found.steps)


def _both(namespace: str, call: PauseCall) -> list[tuple[str, str]]:
    return [(namespace, way) for way in ("Egress", "Ingress") if call.direction in ("", way)]


def _agreed(call: PauseCall, plan: Plan, found: Writing) -> bool:
    """Show what will be written and ask; False where there is nothing to write."""
    write_result(writing_text(plan.intent, found))
    if not found.steps:
        return False
    if not call.yes:
        opened = call.site.opened
        write_note(f"on {opened.server} (context {opened.context}): go ahead? [y/N] ")
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise RefusedError([problem(DECLINED, "nothing was written", hint="--yes does not ask")])
    return True


def _who() -> str:
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):  # a container may know no name for its user
        return socket.gethostname()

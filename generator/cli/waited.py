"""`status --wait`: the sign of a run's waits, without a run."""

from __future__ import annotations

from contextlib import suppress

from generator.apply.run_codes import NOT_ON_ALL_NODES
from generator.apply.waits.canaries import CanaryCage
from generator.apply.waits.faults import NoSign
from generator.apply.waits.fleet import FleetReader
from generator.apply.waits.kinds import MEASURES
from generator.apply.waits.sign import Pace, Sign
from generator.calico.versions import NEWEST
from generator.cli.intent_state import Site
from generator.cli.screen import write_note
from generator.foundation.diagnostics import problem
from generator.foundation.errors import EnvironmentFailure
from generator.report.formats import count
from generator.snapshot.facts import read_seen
from generator.snapshot.model import Snapshot

_TITLE = "status"  # in the names of the canaries; those of runs have the intent's


def wait_for_nodes(site: Site, snapshot: Snapshot, timeout: float, pause: float | None) -> None:
    """Return when every node has all that is written; EnvironmentFailure when that is not so in time.

    Where nodes give no sign it is a pause by time, if one is permitted.
    """
    seen = read_seen(snapshot)
    calico = seen.api_group or "projectcalico.org/v3"
    version = ".".join((seen.calico or NEWEST.minor_text).split(".")[:2])
    reader = FleetReader(site.connection, site.clock, calico)
    cage = CanaryCage(site.connection, site.clock, site.namespace, _TITLE, calico, version)
    sign = Sign(site.connection, site.clock, reader, cage, MEASURES, calico, version, Pace(limit=timeout))
    try:
        with site.attended.writing():  # canaries
            behind = sign.confirm(lambda lacking, of: None)
        if behind:
            raise _failure("; ".join(f"{node or 'all nodes'}: {words}" for node, words in sorted(behind.items())))
        fleet = sign.fleet
        blind = dict(fleet.blind) if fleet is not None else {}
        number = len(fleet.agents) if fleet is not None else 0
        if blind:
            remedies = fleet.remedies if fleet is not None else ()
            _guess(site, "; ".join(f"{node}: {words}" for node, words in sorted(blind.items())), pause, remedies)
        write_note(f"confirmed on {count(number, 'node')}\n")
    except NoSign as error:
        _guess(site, error.reason, pause, error.remedies)
    finally:
        with suppress(NoSign, EnvironmentFailure):  # why it ended is told, not this
            sign.end()


def _guess(site: Site, reason: str, pause: float | None, remedies: tuple[str, ...] = ()) -> None:
    if pause is None:
        how = (
            f"turn them on: {'; '.join(remedies)}" if remedies else "turn Felix's metrics on (prometheusMetricsEnabled)"
        )
        raise _failure(f"nodes give no sign: {reason}", f"{how}; or allow a guess with --pause SECONDS")
    write_note(f"pausing for {pause:g} s, which is a guess: {reason}\n")
    site.clock.sleep(pause)


def _failure(words: str, hint: str = "") -> EnvironmentFailure:
    return EnvironmentFailure([problem(NOT_ON_ALL_NODES, words, hint=hint)])

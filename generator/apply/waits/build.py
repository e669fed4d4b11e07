"""The waits of a plan's run, put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from generator.apply.ports import Tell
from generator.apply.rights import Right
from generator.apply.waits.canaries import CanaryCage
from generator.apply.waits.fleet import FleetReader, FleetWatch
from generator.apply.waits.gates import Gate
from generator.apply.waits.kinds import COUNTED_TOO, MEASURES, api_version_of
from generator.apply.waits.node_waits import PAUSE, NodeWaits
from generator.apply.waits.prometheus import PrometheusMetrics
from generator.apply.waits.sign import PACE, Pace, Sign
from generator.calico.kinds import KINDS, Kind
from generator.cluster.access import Connection
from generator.cluster.clock import Clock
from generator.plan.model import Plan, WaitStep, WriteStep

SCRAPED: Final = Pace(poll=5.0, limit=600.0)  # a Prometheus looks every 15 to 60 seconds


class WaitBy(StrEnum):
    """How a run waits."""

    SIGN = "sign"  # by what nodes show, and by time where they show nothing
    PROMETHEUS = "prometheus"  # by what a Prometheus has seen of the nodes
    PAUSE = "pause"  # by time alone


def kinds_of(plan: Plan) -> tuple[Kind, ...]:
    """Return the kinds that a plan writes or waits for."""
    written = {step.write.identity.kind for step in plan.steps if isinstance(step, WriteStep)}
    waited = {kind for step in plan.steps if isinstance(step, WaitStep) for kind in step.kinds}
    return tuple(sorted(written | waited))


def build_waits(
    connection: Connection,
    clock: Clock,
    plan: Plan,
    namespace: str,
    tell: Tell,
    *,
    by: WaitBy = WaitBy.SIGN,
    pause: float = PAUSE,
    pace: Pace | None = None,
    limit: float | None = None,
    gates: Sequence[Gate] = (),
    prometheus: str = "",
) -> NodeWaits:
    """Return the waits of a run; `namespace` is that of its state, in which namespaced canaries live.

    `limit` is how many seconds nodes have to confirm a wait, in the place of the pace's own. `clock` is one whose sleep
    a stop ends; `prometheus` is the address of the one that is asked. Close it when the run is over.
    """
    metrics = PrometheusMetrics(prometheus) if by is WaitBy.PROMETHEUS else None
    reader = FleetReader(connection, clock, plan.target.api_group, metrics=metrics)
    sign = None
    if by is not WaitBy.PAUSE:
        pace = pace or (SCRAPED if metrics is not None else PACE)
        pace = replace(pace, limit=limit) if limit is not None else pace
        target = plan.target
        cage = CanaryCage(connection, clock, namespace, plan.intent, target.api_group, target.version)
        sign = Sign(connection, clock, reader, cage, kinds_of(plan), target.api_group, target.version, pace)
    return NodeWaits(sign, FleetWatch(reader), clock, tell, pause=pause, gates=gates)


def wait_rights(kinds: Iterable[Kind], calico: str, namespace: str) -> tuple[Right, ...]:
    """Return what the sign needs beyond what a plan's writes need; without it waits are guesses."""
    found = [Right("", "nodes", "", "list"), Right("", "pods", "", "list"), Right("", "pods/proxy", "", "get")]
    found.append(Right(calico.partition("/")[0], "felixconfigurations", "", "list"))
    for kind in (*MEASURES, *COUNTED_TOO):
        group = api_version_of(kind, calico).partition("/")[0]
        found += [Right(group, KINDS[kind].plural, "", verb) for verb in ("list", "watch")]
    for kind in sorted(set(kinds) & set(MEASURES)):
        group = api_version_of(kind, calico).partition("/")[0]
        where = namespace if KINDS[kind].namespaced else ""
        found += [Right(group, KINDS[kind].plural, where, verb) for verb in ("get", "create", "delete")]
    return tuple(sorted(set(found)))

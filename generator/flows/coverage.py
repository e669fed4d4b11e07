"""What logs of flows cannot show, said beside what they do: nothing seen is not nothing there (field note L9)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from generator.flows.model import FlowFormat, LogRead
from generator.intent.model import Intent
from generator.snapshot.model import Snapshot

_WHISKER = (
    "Goldmane keeps about an hour (242 times 15 s): what ran at other times is not in its flows",
    "flows of Whisker have no addresses and no source ports, and none of host endpoints' own policies",
)
_KERNEL = (
    "Log rules see only what no rule of the set allows, in the namespaces and directions that are observed",
    "a line says that a packet reached the Log rule, not that the other end took it",
)


def limits_of(logs: Sequence[LogRead], rate: str, unkept: int) -> tuple[str, ...]:
    """Return what these logs cannot show; `rate` is the limit of lines that nodes keep for a Log rule, "" for none."""
    found: list[str] = []
    formats = {log.format for log in logs}
    if FlowFormat.WHISKER in formats:
        found += _WHISKER
    if FlowFormat.KERNEL in formats:
        found += _KERNEL
        if rate:
            found.append(f"a node writes at most {rate} lines for each Log rule: the log is incomplete")
        else:
            found.append("a kernel log loses lines when many come at once, and old ones: it may be incomplete")
    if unkept:
        found.append(f"{unkept:,} records of still more flows were counted and not judged")
    return tuple(found)


def unseen_jobs(snapshot: Snapshot, intent: Intent, seen: Collection[str], scope: Collection[str]) -> tuple[str, ...]:
    """Return the scheduled workloads of the owned namespaces of which no flow was seen, with their schedule.

    `seen` are the names (`namespace/name`) of workloads that occur in the logs.
    """
    found = {*_cron_jobs(snapshot, seen, scope), *_scheduled_services(snapshot, intent, seen)}
    return tuple(sorted(found))


def _cron_jobs(snapshot: Snapshot, seen: Collection[str], scope: Collection[str]) -> Iterator[str]:
    for workload in snapshot.workloads:
        name = f"{workload.namespace}/{workload.name}"
        if workload.schedule and workload.namespace in scope and name not in seen:
            yield f"{name} ({workload.schedule})"


def _scheduled_services(snapshot: Snapshot, intent: Intent, seen: Collection[str]) -> Iterator[str]:
    """Yield the services with a schedule whose pods no CronJob of the snapshot makes, for those are told already."""
    for service in intent.services.values():
        pods = service.pods
        made = [
            item
            for item in snapshot.workloads
            if item.namespace == pods.namespace and set(pods.labels) <= set(item.labels)
        ]
        known = any(item.schedule or f"{item.namespace}/{item.name}" in seen for item in made)
        if service.schedule and not known:
            yield f"{pods.namespace}/{service.name} ({service.schedule})"

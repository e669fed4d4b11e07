"""What a check found, kept in the cluster: a ConfigMap with the last report, and an Event for each drift.

A drift is told by its digest. While it stays the same its one Event is counted up, as Kubernetes' own are, so whoever
watches Events hears of it once; another drift gets an Event of its own, and a check that finds none gives none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from generator.cluster.access import Connection, Request
from generator.cluster.backoff import Backoff, Patience, Unreachable, ask
from generator.cluster.clock import Clock
from generator.cluster.faults import Fault, FaultKind
from generator.cluster.report_codes import REPORT_LOST, REPORT_OF_OTHERS, REPORT_REFUSED
from generator.foundation.diagnostics import problem
from generator.foundation.errors import EnvironmentFailure, RefusedError, RingfenceError

LABEL_REPORT: Final = "ringfence/report"  # names the intent; not the label of its objects, which are policies
REASON: Final = "Drift"
_WRITE: Final = (("fieldManager", "ringfence"), ("fieldValidation", "Strict"))
_PATIENCE: Final = Patience(0.5, 5.0, 30.0)
_LONGEST_REPORT: Final = 512 * 1024  # bytes; a ConfigMap holds 1 MiB in all
_LONGEST_MESSAGE: Final = 1024  # what Kubernetes takes in an Event
_TRIES: Final = 3
_CUT: Final = "(cut here: ringfence diff shows all of it)\n"

Stored = Mapping[str, Any]
Renew = Callable[[Stored, Stored], Stored]  # what is there, and what is to be written: what replaces it


@dataclass(frozen=True, slots=True)
class DriftReport:
    """The result of one check: `headline` is one line, `text` the whole of it; `digest` "" where there is no drift."""

    intent: str
    headline: str
    text: str
    digest: str = ""


def keep_report(connection: Connection, clock: Clock, namespace: str, report: DriftReport) -> None:
    """Keep a report in a namespace, and an Event where it tells of a drift.

    RefusedError where a right or the namespace is missing, or where the name belongs to something else;
    EnvironmentFailure where the server gives no answer.
    """
    store = _Store(connection, clock, namespace)
    now = clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    kept = store.put("configmaps", _config_map(namespace, report, now), _update_report)
    if report.digest:
        store.put("events", _event(namespace, report, kept, now), _count_up)


def _config_map(namespace: str, report: DriftReport, now: str) -> Stored:
    metadata = {"name": f"ringfence-{report.intent}-report", "namespace": namespace}
    data = {
        "drift": "yes" if report.digest else "no",
        "checked": now,
        "since": now,
        "digest": report.digest,
        "summary": report.headline,
        "report": _cut(report.text),
    }
    labels = {LABEL_REPORT: report.intent}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata | {"labels": labels}, "data": data}


def _update_report(found: Stored, fresh: Stored) -> Stored:
    """Return the new report in place of the old one; `since` stays where what was found is the same."""
    intent = fresh["metadata"]["labels"][LABEL_REPORT]
    if (found["metadata"].get("labels") or {}).get(LABEL_REPORT) != intent:
        name = fresh["metadata"]["name"]
        hint = f"rename it, or label it {LABEL_REPORT}={intent} if it may be overwritten"
        raise RefusedError([problem(REPORT_OF_OTHERS, f"ConfigMap {name} is no report of '{intent}'", hint=hint)])
    old, data = found.get("data") or {}, dict(fresh["data"])
    if old.get("digest") == data["digest"] and old.get("since"):
        data["since"] = old["since"]
    return {**found, "data": data}


def _event(namespace: str, report: DriftReport, about: Stored, now: str) -> Stored:
    metadata = about["metadata"]
    message = report.headline
    if len(message) > _LONGEST_MESSAGE:
        message = f"{message[: _LONGEST_MESSAGE - 4]} ..."
    ending = report.digest.rpartition(":")[2][:16]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"ringfence-{report.intent}.{ending}", "namespace": namespace},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "namespace": namespace,
            "name": metadata["name"],
            "uid": metadata["uid"],
        },
        "type": "Warning",
        "reason": REASON,
        "message": message,
        "source": {"component": "ringfence"},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }


def _count_up(found: Stored, fresh: Stored) -> Stored:
    """Return the Event, once more; one of this very moment is our own write, whose answer was lost."""
    count = int(found.get("count") or 0) + (found.get("lastTimestamp") != fresh["lastTimestamp"])
    return {**found, "message": fresh["message"], "lastTimestamp": fresh["lastTimestamp"], "count": count}


def _cut(text: str) -> str:
    data = text.encode("utf-8", "replace")
    if len(data) <= _LONGEST_REPORT:
        return data.decode()
    whole = data[: _LONGEST_REPORT - len(_CUT)].decode(errors="ignore")
    return whole[: whole.rfind("\n") + 1] + _CUT


class _Store:
    """Creates objects, or writes them anew over what is there."""

    def __init__(self, connection: Connection, clock: Clock, namespace: str) -> None:
        self._connection = connection
        self._clock = clock
        self._namespace = namespace

    def put(self, plural: str, fresh: Stored, renew: Renew) -> Stored:
        """Return the object as it is now; `renew` says what replaces one that is there.

        Each try begins with reading, so a write that happened without an answer is found and built upon.
        """
        where = f"/api/v1/namespaces/{quote(self._namespace, safe='')}/{plural}"
        path = f"{where}/{quote(fresh['metadata']['name'], safe='')}"
        for _ in range(_TRIES):
            found = self._send(Request("GET", path), "get", plural, FaultKind.ABSENT)
            if found is None:
                written = self._send(Request("POST", where, _WRITE, fresh), "create", plural, FaultKind.EXISTS)
            else:
                written = self._send(Request("PUT", path, _WRITE, renew(found, fresh)), "update", plural, *_MOVED)
            if written is not None:
                return written
        summary = f"somebody else writes the {plural} in '{self._namespace}' at the same time"
        raise EnvironmentFailure([problem(REPORT_LOST, summary)])

    def _send(self, request: Request, verb: str, plural: str, *again: FaultKind) -> Stored | None:
        """Return what was answered; None where it is a refusal after which the object is looked at again."""
        try:
            answer = ask(self._connection, request, Backoff(self._clock, _PATIENCE))
        except Unreachable as error:
            summary = f"{plural} in '{self._namespace}': {error.fault.words}"
            raise EnvironmentFailure([problem(REPORT_LOST, summary)]) from None
        if not isinstance(answer, Fault):
            return answer.body if isinstance(answer.body, Mapping) else {}
        if answer.kind in again:
            return None
        raise self._refused(answer, verb, plural)

    def _refused(self, fault: Fault, verb: str, plural: str) -> RingfenceError:
        where = self._namespace
        if fault.kind is FaultKind.NO_NAMESPACE:
            summary, hint = f"there is no namespace '{where}'", f"kubectl create namespace {where}"
        elif fault.kind is FaultKind.FORBIDDEN:
            summary = f"the role may not {verb} {plural} in namespace '{where}'"
            hint = "deploy/drift-check has a role that may"
        else:
            summary, hint = f"{plural} in '{where}': {fault.words}", ""
        return RefusedError([problem(REPORT_REFUSED, summary, hint=hint)])


_MOVED: Final = (FaultKind.CONFLICT, FaultKind.ABSENT)

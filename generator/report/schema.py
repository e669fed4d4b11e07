"""The JSON Schemas of the reports: what `--format json` of each command prints.

A report is written for its readers and not read back, so its form is stated here once more; the tests hold what each
command prints against it, and a key that is not stated is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, get_args

from generator.apply.enforcement import Enforcement
from generator.apply.events import Event
from generator.apply.ports import Direction as RunDirection
from generator.apply.status import RunPhase
from generator.compare.model import Status
from generator.expect.model import Outcome
from generator.foundation.diagnostics import Severity
from generator.foundation.json_codec import Codec, Rule, Schema, object_schema
from generator.intent.model import Layout
from generator.plan.check import Standing
from generator.plan.effects import Effect
from generator.reach.decision import Reason, Stage, Verdict
from generator.reach.environment import Dataplane, Staged
from generator.reach.flow_changes import ChangeKind
from generator.reach.model import Direction
from generator.report import flow_verdict_json, object_diff, plan_check, reachability, rendering, status, validation
from generator.report.expectations import NOW, THEN
from generator.report.formats import FORMAT_VERSION
from generator.report.run import event_name

_TEXT: Final[Schema] = {"type": "string"}
_NUMBER: Final[Schema] = {"type": "integer"}
_FLAG: Final[Schema] = {"type": "boolean"}
_ANY: Final[Schema] = {}
_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


class Report(StrEnum):
    """A report that a command prints as JSON."""

    VALIDATE = "validate"
    RENDER = "render"
    DIFF = "diff"
    PLAN_CHECK = "plan-check"
    APPLY = "apply"
    STATUS = "status"
    EXPLAIN = "explain"
    REACH = "reach"


def report_schema(report: Report) -> Schema:
    """Return the JSON Schema (2020-12) of a report; of `apply` and `rollback` that of one line."""
    kind, body = _REPORTS[report]
    if report is Report.APPLY:
        return {"$schema": _DRAFT, "title": "ringfence apply and rollback: one line of output", **body()}
    head: dict[str, Schema] = {"kind": {"const": kind}, "formatVersion": {"const": FORMAT_VERSION}}
    return {"$schema": _DRAFT, "title": f"ringfence {report.value.replace('-', ' ')}", **_closed({**head, **body()})}


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _many(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def _words(choices: type[StrEnum], *more: str) -> Schema:
    return {"enum": [*(item.value for item in choices), *more]}


def _closed(properties: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    schema = object_schema(properties)
    return {**schema, "properties": {**properties, **optional}} if optional else schema


def _counts(choices: type[StrEnum]) -> Schema:
    return _closed({item.value: _NUMBER for item in choices})


_TEXTS: Final = _many(_TEXT)
_FAMILIES: Final = _many({"enum": [4, 6]})
_PROBLEMS: Final = _many(
    _closed(
        {"code": _TEXT, "severity": _words(Severity), "summary": _TEXT},
        {"file": _TEXT, "line": _NUMBER, "column": _NUMBER, "path": _TEXT, "hint": _TEXT},
    )
)
_JUDGED_FOR: Final[dict[str, Schema]] = {
    "calico": _TEXT,
    "dataplane": _words(Dataplane),
    "staged": _words(Staged),
    "byVectors": _FLAG,
}
_END: Final[dict[str, Schema]] = {"name": _TEXT, "address": _maybe(_TEXT), "node": _maybe(_TEXT)}
_PLACE: Final = _closed({"file": _TEXT, "line": _NUMBER, "column": _NUMBER})
_POLICY: Final = _closed({"kind": _TEXT, "namespace": _TEXT, "name": _TEXT})
_EFFECT: Final = _closed(
    {
        "effect": _words(Effect),
        "sources": _TEXTS,
        "destinations": _TEXTS,
        "packets": _TEXT,
        "example": _TEXT,
    }
)


def _validate() -> dict[str, Schema]:
    station = _closed(
        {"at": _TEXT, "verdict": _words(Verdict), "decidedBy": _TEXT, "place": _maybe(_TEXT), "lookedAt": _TEXTS}
    )
    witness = _closed(
        {
            "source": _closed(_END),
            "destination": _closed(_END),
            "ipVersion": {"enum": [4, 6]},
            "packet": _TEXT,
            "sourcePort": _maybe(_NUMBER),
            "verdict": _words(Verdict),
            "trace": _many(station),
        }
    )
    breach = _closed(
        {
            "outcome": _words(Outcome),
            "why": _maybe(_TEXT),
            "ipVersions": _FAMILIES,
            "sources": _TEXTS,
            "destinations": _TEXTS,
            "packets": _TEXT,
            "witness": witness,
        }
    )
    judged = _closed(
        {
            "outcome": _words(Outcome),
            "why": _maybe(_TEXT),
            "sources": _NUMBER,
            "destinations": _NUMBER,
            "notes": _TEXTS,
            "breaches": _many(breach),
        }
    )
    expectation = _closed(
        {
            "expectation": _TEXT,
            "must": _FLAG,
            "from": _TEXT,
            "exceptFrom": _TEXTS,
            "to": _TEXT,
            "exceptTo": _TEXTS,
            "ports": _TEXTS,
            "file": _maybe(_TEXT),
            "line": _maybe(_NUMBER),
            "column": _maybe(_NUMBER),
        },
        {NOW: judged, THEN: judged},
    )
    return {
        "intent": _maybe(_TEXT),
        "problems": _PROBLEMS,
        "judgedFor": _maybe(_closed(_JUDGED_FOR)),
        "expectations": _many(expectation),
    }


def _render() -> dict[str, Schema]:
    target = {"calico": _TEXT, "apiGroup": _TEXT, "layout": _words(Layout), "tier": _TEXT}
    return {
        "intent": _TEXT,
        "target": _closed(target),
        "namespaces": _TEXTS,
        "layers": _many(_closed({"layer": _TEXT, "objects": _NUMBER})),
        "proof": _maybe(_closed({"pods": _NUMBER, "places": _NUMBER, "standIns": _TEXTS})),
        "folder": _TEXT,
        "files": _TEXTS,
        "digests": _closed({"set": _TEXT, "intent": _TEXT, "profile": _TEXT, "templates": _TEXT}),
        "notes": _PROBLEMS,
    }


def _diff() -> dict[str, Schema]:
    change = _closed(
        {"status": _words(Status), "kind": _TEXT, "namespace": _TEXT, "name": _TEXT},
        {
            "owner": _TEXT,
            "takenOver": _FLAG,
            "file": _TEXT,
            "line": _NUMBER,
            "fields": _many(_closed({"path": _TEXT, "old": _ANY, "new": _ANY})),
        },
    )
    witness = _closed(
        {
            "source": _TEXT,
            "destination": _TEXT,
            "packet": _TEXT,
            "before": _words(Verdict),
            "after": _words(Verdict),
            "why": _TEXT,
            "unknownReasons": _TEXTS,
        }
    )
    flow = _closed(
        {
            "change": _words(ChangeKind),
            "ipVersions": _FAMILIES,
            "sources": _TEXTS,
            "destinations": _TEXTS,
            "packets": _TEXT,
            "witness": witness,
        }
    )
    flows = _closed({**_JUDGED_FOR, "summary": _counts(ChangeKind), "changes": _many(flow)})
    return {
        "intent": _TEXT,
        "summary": _counts(Status),
        "changes": _many(change),
        "flows": _maybe(flows),
        "problems": _PROBLEMS,
    }


def _plan_check() -> dict[str, Schema]:
    drift = {"object": _TEXT, "begun": _FLAG, "left": _ANY, "seen": _ANY, "found": _ANY}
    return {
        "intent": _TEXT,
        "standing": _words(Standing),
        "complete": _FLAG,
        "drifted": _many(_closed(drift)),
        "proof": _maybe(_TEXT),
        "joined": _TEXTS,
        "more": _many(_EFFECT),
        "less": _many(_EFFECT),
        "observed": _closed({"flows": _NUMBER, "cut": _NUMBER, "unknown": _NUMBER}),
        "problems": _many(_closed({"code": _TEXT, "summary": _TEXT, "hint": _TEXT})),
    }


def _status() -> dict[str, Schema]:
    run = {
        "phase": _words(RunPhase),
        "direction": _words(RunDirection),
        "done": _NUMBER,
        "steps": _NUMBER,
        "next": _TEXT,
        "purpose": _TEXT,
        "nextIsWritten": _FLAG,
        "who": _TEXT,
        "reason": _TEXT,
        "late": _many(_closed({"object": _TEXT, "step": _TEXT})),
    }
    way = {
        "namespace": _TEXT,
        "direction": _TEXT,
        "state": _words(Enforcement, "mixed"),
        "pods": {"type": "object", "propertyNames": _words(Enforcement), "additionalProperties": _NUMBER},
        "logged": _FLAG,
        "pause": _maybe(_closed({"who": _TEXT, "since": _TEXT, "until": _TEXT, "reason": _TEXT})),
    }
    found = {"intent": _TEXT, "run": _maybe(_closed(run)), "starting": _TEXT, "ways": _many(_closed(way))}
    return {"intents": _many(_closed(found))}


def _explain() -> dict[str, Schema]:
    end = _closed({**_END, "kind": {"enum": ["pod", "node", "outside"]}})
    packet = {
        "ipVersion": {"enum": [4, 6]},
        "protocol": _NUMBER,
        **{key: _maybe(_NUMBER) for key in ("sourcePort", "destinationPort", "icmpType", "icmpCode")},
        "text": _TEXT,
    }
    texts = ("tier", "action", "why", "unknown", "profile", "hostEndpoint", "node")
    decision = _closed(
        {
            "verdict": _words(Verdict),
            "reason": _words(Reason),
            "direction": _words(Direction),
            "policy": _maybe(_POLICY),
            "rule": _maybe(_NUMBER),
            "place": _maybe(_PLACE),
            "stage": _maybe(_words(Stage)),
            **{key: _maybe(_TEXT) for key in texts},
        }
    )
    tried = _closed(
        {
            "tier": _TEXT,
            "policy": _POLICY,
            "rule": _NUMBER,
            "action": _TEXT,
            "matches": _maybe(_FLAG),
            "mismatch": _maybe(_TEXT),
            "unknown": _maybe(_TEXT),
            "place": _maybe(_PLACE),
        }
    )
    verdict = {
        "verdict": _words(Verdict),
        "unknown": _maybe(_TEXT),
        "unknownReasons": _TEXTS,
        "notes": _TEXTS,
        "egress": _maybe(decision),
        "ingress": _maybe(decision),
        "host": _many(decision),
        "egressTrace": _many(tried),
        "ingressTrace": _many(tried),
        "withoutEffect": _TEXTS,
    }
    remedy = {
        "change": _many(_closed({"way": _TEXT, "verb": _TEXT, "value": _ANY})),
        "overlay": _ANY,
        "opens": _TEXTS,
        "opensMore": _ANY,
        "mayOpen": _TEXTS,
        "fillIn": _maybe(_TEXT),
        "obstacle": _maybe(_TEXT),
        "overrides": _TEXTS,
        "denials": _TEXTS,
    }
    flow: dict[str, Schema] = {"source": end, "destination": end, "packet": _closed(packet), **_JUDGED_FOR}
    return {**flow, **verdict, "after": _maybe(_closed(verdict)), "remedy": _maybe(_closed(remedy))}


def _reach() -> dict[str, Schema]:
    group = {
        "sources": _TEXTS,
        "destinations": _TEXTS,
        "packets": _TEXT,
        "ipVersions": _FAMILIES,
        "verdict": {"enum": ["allow", "unknown"]},
        "unknown": _maybe(_TEXT),
        "unknownReasons": _TEXTS,
    }
    return {"subject": _maybe(_TEXT), **_JUDGED_FOR, "reach": _many(_closed(group))}


def _apply() -> Schema:
    """Return the schema of one event, which is made from the events themselves."""
    codec = Codec()
    codec.add(float, Rule(lambda value, _: value, lambda data, _: data, lambda _: {"type": "number"}))
    parts: dict[str, Schema] = {}
    events = [
        _closed({"event": {"const": event_name(event)}, **codec.schema_fields(event, parts)})
        for event in get_args(Event)
    ]
    return {"oneOf": events, "$defs": {name: parts[name] for name in sorted(parts)}}


_REPORTS: Final[dict[Report, tuple[str, Callable[[], dict[str, Any]]]]] = {
    Report.VALIDATE: (validation.KIND, _validate),
    Report.RENDER: (rendering.KIND, _render),
    Report.DIFF: (object_diff.KIND, _diff),
    Report.PLAN_CHECK: (plan_check.KIND, _plan_check),
    Report.APPLY: ("", _apply),
    Report.STATUS: (status.KIND, _status),
    Report.EXPLAIN: (flow_verdict_json.KIND, _explain),
    Report.REACH: (reachability.KIND, _reach),
}

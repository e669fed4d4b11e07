"""Does the API server know what a plan writes: its kinds, and the field that puts a policy into a tier?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from generator.apply.codes import NOT_SERVED, OTHER_GROUP
from generator.calico.kinds import KINDS, Kind
from generator.calico.names import TIERED_KINDS
from generator.cluster.access import Connection, Request
from generator.cluster.backoff import Backoff, ask
from generator.cluster.clock import Clock
from generator.cluster.faults import Fault
from generator.foundation.diagnostics import Diagnostic, problem
from generator.plan.model import Manifest, Plan


def unserved(connection: Connection, clock: Clock, plan: Plan) -> list[Diagnostic]:
    """Return a problem for each kind, and for `spec.tier`, that the plan writes and the server does not know.

    Where the server does not publish its schemas the field is left to its strict validation. Raises Unreachable.
    """
    found = [*_moved(plan)]
    for version in sorted({version for version, _, _ in _kinds(plan)}):
        wanted = {(kind, tier) for at, kind, tier in _kinds(plan) if at == version}
        names = _served_names(connection, clock, version)
        absent = {kind for kind, _ in wanted if KINDS[kind].plural not in names}
        for kind in sorted(absent):
            summary = f"the cluster does not serve {KINDS[kind].manifest_kind} in {version}"
            found.append(problem(NOT_SERVED, summary, hint=_hint(plan)))
        tiered = {kind for kind, tier in wanted if tier} - absent
        if tiered:
            schemas = _schemas(connection, clock, version)
            for kind in sorted(tiered):
                if _knows_tier(schemas, KINDS[kind].manifest_kind) is False:
                    summary = f"{KINDS[kind].manifest_kind} in {version} has no field spec.tier: it would be dropped"
                    found.append(problem(NOT_SERVED, summary, hint=_hint(plan)))
    return found


def _hint(plan: Plan) -> str:
    target = plan.target
    return (
        f"the plan is for Calico {target.version}, {target.api_group}, layout {target.layout.value}; "
        "make one for what the cluster has"
    )


def _kinds(plan: Plan) -> Iterator[tuple[str, Kind, bool]]:
    for step in plan.writes:
        kind = step.write.identity.kind
        for manifest in (step.write.before, step.write.after):
            if manifest is not None:
                yield str(manifest.get("apiVersion")), kind, kind in TIERED_KINDS and _has_tier(manifest)


def _has_tier(manifest: Manifest) -> bool:
    spec = manifest.get("spec")
    return isinstance(spec, Mapping) and bool(spec.get("tier"))


def _moved(plan: Plan) -> Iterator[Diagnostic]:
    for step in plan.writes:
        before, after = step.write.before, step.write.after
        if before is not None and after is not None and before.get("apiVersion") != after.get("apiVersion"):
            summary = (
                f"{step.write.identity} is read as {before.get('apiVersion')} and written as {after.get('apiVersion')}"
            )
            yield problem(OTHER_GROUP, summary, hint="plan with the API group that the cluster has")


def _served_names(connection: Connection, clock: Clock, version: str) -> set[str]:
    answer = ask(connection, Request("GET", f"/apis/{version}"), Backoff(clock))
    if isinstance(answer, Fault) or not isinstance(answer.body, Mapping):
        return set()
    return {str(row.get("name")) for row in answer.body.get("resources") or () if isinstance(row, Mapping)}


def _schemas(connection: Connection, clock: Clock, version: str) -> Mapping[str, Any]:
    answer = ask(connection, Request("GET", f"/openapi/v3/apis/{version}"), Backoff(clock))
    if isinstance(answer, Fault) or not isinstance(answer.body, Mapping):
        return {}
    components = answer.body.get("components")
    schemas = components.get("schemas") if isinstance(components, Mapping) else None
    return schemas if isinstance(schemas, Mapping) else {}


def _knows_tier(schemas: Mapping[str, Any], kind: str) -> bool | None:
    """Return whether a kind has the field; None where no schema says anything."""
    for schema in schemas.values():
        kinds = schema.get("x-kubernetes-group-version-kind") if isinstance(schema, Mapping) else None
        if not isinstance(kinds, list) or not any(item.get("kind") == kind for item in kinds):
            continue
        spec = (schema.get("properties") or {}).get("spec") or {}
        fields = spec.get("properties")
        if isinstance(fields, Mapping) and not spec.get("x-kubernetes-preserve-unknown-fields"):
            return "tier" in fields
    return None

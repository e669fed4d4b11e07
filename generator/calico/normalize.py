"""The comparison form of an object: two objects have the same one exactly when no server would tell them apart.

Defaults are filled in, what only servers and deployment tools set is dropped, sets are sorted, numbers and selectors
have one spelling (calico.md 1.4, 7.2, 11.2). The API group is no part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.calico.defaults import WritePath, apply_defaults
from generator.calico.kinds import Kind
from generator.calico.metadata import TIER_LABEL, effective_annotations, effective_labels, is_stored_form
from generator.calico.names import TIERED_KINDS, identity_of
from generator.calico.nets import canonical_address
from generator.calico.normalize_kubernetes import normalize_kubernetes_spec
from generator.calico.normalize_rules import (
    canonical_selector,
    normalize_nets,
    normalize_port,
    normalize_protocol,
    normalize_rules,
    sorted_texts,
    without_nulls,
)
from generator.calico.objects import ApiObject
from generator.calico.scalars import decode_number

# Lists that the API treats as sets: their order says nothing, and a difference is one of the whole list.
SET_FIELDS: Final = frozenset(
    {"nets", "notNets", "types", "policyTypes", "names", "expectedIPs", "performanceHints", "values", "except"}
)

OUR_PREFIX: Final = "ringfence/"
# Labels that deployment tools put on everything they touch; no selector of a policy is meant to see them.
_TOOL_LABELS: Final = frozenset({TIER_LABEL, "app.kubernetes.io/managed-by"})
_TOOL_PREFIXES: Final = (
    "argocd.argoproj.io/",
    "fleet.cattle.io/",
    "helm.sh/",
    "helm.toolkit.fluxcd.io/",
    "kapp.k14s.io/",
    "kustomize.toolkit.fluxcd.io/",
    "objectset.rio.cattle.io/",
)
# By it Argo CD tells its objects where it tracks by labels. Charts put it on pods, so selectors do ask for it: on a set
# or a host endpoint it changes who is meant. Nobody selects tiers.
_TRACKING_LABEL: Final = "app.kubernetes.io/instance"
_LABELS_COUNT: Final = frozenset({Kind.NETWORK_SET, Kind.GLOBAL_NETWORK_SET, Kind.HOST_ENDPOINT, Kind.TIER})
_GLOBAL_POLICIES: Final = frozenset({Kind.GLOBAL_NETWORK_POLICY, Kind.STAGED_GLOBAL_NETWORK_POLICY})
_SWITCHES: Final = ("doNotTrack", "preDNAT", "applyOnForward")


def normalize_object(obj: ApiObject, path: WritePath = WritePath.GO, version: str | None = None) -> dict[str, Any]:
    """Return kind, metadata (name, namespace, labels and annotations that count) and spec in comparison form.

    `path` says how `types` are defaulted where the object does not write them; `version` is that of `identity_of`.
    Nobody defaults an object in the stored form: without types it governs both directions (calico.md 1.4). All labels
    count on what selectors see (sets, host endpoints) and on tiers; elsewhere, and of annotations, only those of this
    tool. A value that Calico could not decode stays as it is, so that it differs from every good one.
    """
    identity = identity_of(obj, version)
    metadata: dict[str, Any] = {"name": identity.name}
    if identity.namespace:
        metadata["namespace"] = identity.namespace
    labels = {key: value for key, value in sorted(effective_labels(obj).items()) if _label_counts(obj.kind, key)}
    if labels:
        metadata["labels"] = labels
    notes = {key: value for key, value in sorted(effective_annotations(obj).items()) if key.startswith(OUR_PREFIX)}
    if notes:
        metadata["annotations"] = notes
    written = obj.manifest.get("spec")
    spec = without_nulls(written) if isinstance(written, Mapping) else {}
    stored_without_types = is_stored_form(obj) and obj.kind in TIERED_KINDS and not spec.get("types")
    spec = apply_defaults(obj.kind, spec, path)
    if stored_without_types and "types" in spec:
        spec["types"] = ["Ingress", "Egress"]
    return {"kind": obj.kind.value, "metadata": metadata, "spec": _normalize_spec(obj.kind, spec)}


def _label_counts(kind: Kind, key: str) -> bool:
    if key.startswith(OUR_PREFIX):
        return True
    if kind is Kind.TIER and key == _TRACKING_LABEL:
        return False
    return kind in _LABELS_COUNT and key not in _TOOL_LABELS and not key.startswith(_TOOL_PREFIXES)


def _normalize_spec(kind: Kind, spec: dict[str, Any]) -> dict[str, Any]:
    match kind:
        case kind if kind in TIERED_KINDS:
            return _policy(kind, spec)
        case Kind.TIER:
            return spec | {"order": _number(spec["order"])}
        case Kind.NETWORK_SET | Kind.GLOBAL_NETWORK_SET:
            return _with(spec, "nets", normalize_nets)
        case Kind.HOST_ENDPOINT:
            return _host_endpoint(spec)
        case Kind.PROFILE:
            spec = _with(spec, "ingress", normalize_rules)
            spec = _with(spec, "egress", normalize_rules)
            return _with(spec, "labelsToApply", lambda value: value)
        case _:
            return normalize_kubernetes_spec(kind, spec)


def _policy(kind: Kind, spec: dict[str, Any]) -> dict[str, Any]:
    if spec.get("stagedAction") == "Delete":
        # Native CRDs may fill in types where the Go client does not; for a staged deletion they mean nothing.
        spec.pop("types", None)
    other = bool(spec.get("namespaceSelector") or spec.get("serviceAccountSelector"))
    for field in ("selector", "namespaceSelector", "serviceAccountSelector"):
        # Calico replaces the text `all()` in a global policy's joined selectors, so the text matters there (3.5).
        spec = _with(spec, field, lambda text: canonical_selector(text, keep_all=kind in _GLOBAL_POLICIES))
    if spec.get("selector") == "all()" and not (other and kind in _GLOBAL_POLICIES):
        del spec["selector"]
    for field in ("ingress", "egress"):
        spec = _with(spec, field, normalize_rules)
    for field in ("types", "performanceHints"):
        spec = _with(spec, field, sorted_texts)
    for field in _SWITCHES:
        if spec.get(field) is False:
            del spec[field]
    return _with(spec, "order", _number, keep_empty=True)


def _host_endpoint(spec: dict[str, Any]) -> dict[str, Any]:
    def address(value: Any) -> Any:
        return (canonical_address(value) or value) if isinstance(value, str) else value

    def port(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        found = without_nulls(value)
        found = _with(found, "protocol", normalize_protocol)
        return _with(found, "port", normalize_port, keep_empty=True)

    spec = _with(
        spec,
        "expectedIPs",
        lambda value: sorted_texts([address(i) for i in value]) if isinstance(value, list) else value,
    )
    spec = _with(spec, "ports", lambda value: [port(i) for i in value] if isinstance(value, list) else value)
    spec = _with(spec, "profiles", lambda value: value)
    return _with(spec, "interfaceName", lambda value: value)


def _number(value: Any) -> Any:
    number = decode_number(value)
    return value if number is None else number


def _with(spec: dict[str, Any], field: str, change: Any, *, keep_empty: bool = False) -> dict[str, Any]:
    """Return the spec with one field changed; an empty text, list or mapping there says the same as none."""
    if field not in spec:
        return spec
    value = change(spec[field])
    if not keep_empty and value in ("", [], {}):
        return {key: item for key, item in spec.items() if key != field}
    return spec | {field: value}

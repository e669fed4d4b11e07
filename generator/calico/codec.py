"""From a manifest to a typed object and back; what Calico could not decode becomes a diagnostic with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_type_hints

from generator.calico.cluster_policy import AdminNetworkPolicy, BaselineAdminNetworkPolicy, ClusterNetworkPolicy
from generator.calico.codes import NAME_MISSING, UNKNOWN_FIELD
from generator.calico.endpoint import HostEndpoint
from generator.calico.kinds import CALICO_V3, KINDS, KUBERNETES_NETWORKING, POLICY_NETWORKING, Kind
from generator.calico.kubernetes_policy import KubernetesNetworkPolicy, StagedKubernetesNetworkPolicy
from generator.calico.metadata import (
    METADATA_ANNOTATION,
    Metadata,
    check_metadata,
    effective_annotations,
    effective_labels,
    is_stored_form,
)
from generator.calico.names import effective_name
from generator.calico.networkset import GlobalNetworkSet, NetworkSet
from generator.calico.objects import ApiObject
from generator.calico.policy import GlobalNetworkPolicy, NetworkPolicy, StagedGlobalNetworkPolicy, StagedNetworkPolicy
from generator.calico.profile import Profile
from generator.calico.resource import UnknownField
from generator.calico.shapes import (
    Findings,
    OddlyWritten,
    note_unknown,
    quick_reader,
    quick_texts,
    read_part,
    write_part,
)
from generator.calico.tier import Tier
from generator.foundation.diagnostics import Diagnostic, has_errors, problem, sort_diagnostics
from generator.foundation.source import Path, print_path
from generator.foundation.spelling import did_you_mean

Resource = (
    NetworkPolicy
    | GlobalNetworkPolicy
    | StagedNetworkPolicy
    | StagedGlobalNetworkPolicy
    | StagedKubernetesNetworkPolicy
    | KubernetesNetworkPolicy
    | ClusterNetworkPolicy
    | AdminNetworkPolicy
    | BaselineAdminNetworkPolicy
    | NetworkSet
    | GlobalNetworkSet
    | Tier
    | HostEndpoint
    | Profile
)

RESOURCE_TYPES: Final[dict[Kind, type[Resource]]] = {
    cls.kind: cls
    for cls in (
        NetworkPolicy,
        GlobalNetworkPolicy,
        StagedNetworkPolicy,
        StagedGlobalNetworkPolicy,
        StagedKubernetesNetworkPolicy,
        KubernetesNetworkPolicy,
        ClusterNetworkPolicy,
        AdminNetworkPolicy,
        BaselineAdminNetworkPolicy,
        NetworkSet,
        GlobalNetworkSet,
        Tier,
        HostEndpoint,
        Profile,
    )
}
_SPEC_TYPES: Final[dict[Kind, type]] = {kind: get_type_hints(cls)["spec"] for kind, cls in RESOURCE_TYPES.items()}
_TOP: Final = ("apiVersion", "kind", "metadata", "spec", "status")
# Kubernetes' ObjectMeta; servers fill in most of it.
_OBJECT_META: Final = (
    "name",
    "namespace",
    "labels",
    "annotations",
    "generateName",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "ownerReferences",
    "finalizers",
    "selfLink",
    "clusterName",
)
_TOP_NAMES: Final = frozenset(_TOP)
_META_NAMES: Final = frozenset(_OBJECT_META)
_ENTERPRISE_FIELDS: Final = frozenset({"domains", "allowedEgressDomains"})
_API_VERSIONS: Final = {
    Kind.KUBERNETES_NETWORK_POLICY: KUBERNETES_NETWORKING,
    Kind.CLUSTER_NETWORK_POLICY: f"{POLICY_NETWORKING}/v1alpha2",
    Kind.ADMIN_NETWORK_POLICY: f"{POLICY_NETWORKING}/v1alpha1",
    Kind.BASELINE_ADMIN_NETWORK_POLICY: f"{POLICY_NETWORKING}/v1alpha1",
}


def decode_object(obj: ApiObject) -> tuple[Resource | None, list[Diagnostic]]:
    """Read an object as a typed value; None where Calico's decoder would fail, with the reasons as diagnostics.

    As tolerant as Calico: `order: 900.0`, `protocol: "6"`, ports as text, `source:` with nothing (calico.md 4.2, 4.3,
    7.3). It says nothing of values that decode and are wrong; that is the validator's part. Fields that the API does
    not have are kept in `unknown`, with a warning each. Name, labels and annotations are those that count (7.1).
    """
    try:
        return _decode_quickly(obj), []
    except OddlyWritten:
        return _decode_carefully(obj)


def _decode_quickly(obj: ApiObject) -> Resource:
    """Read an object that is written in the usual way, as nearly all are, without looking for its places."""
    written = obj.manifest.get("spec")
    spec_type = _SPEC_TYPES[obj.kind]
    spec = spec_type() if written is None else quick_reader(spec_type)(written)
    return RESOURCE_TYPES[obj.kind](_quick_metadata(obj), spec, ())


def _decode_carefully(obj: ApiObject) -> tuple[Resource | None, list[Diagnostic]]:
    findings = Findings(obj.source)
    findings.problems += check_metadata(obj)
    cls = RESOURCE_TYPES[obj.kind]
    metadata = _read_metadata(obj, findings)
    note_unknown(obj.manifest, _TOP, (), findings)
    spec_type = _SPEC_TYPES[obj.kind]
    written = obj.manifest.get("spec")
    spec = spec_type() if written is None else read_part(spec_type, written, ("spec",), findings)
    problems = [*findings.problems, *(_unknown_field(obj, *found) for found in findings.unknown)]
    if has_errors(problems):
        return None, sort_diagnostics(problems)
    unknown = tuple(field for _, field, _ in findings.unknown)
    return cls(metadata, spec, unknown), sort_diagnostics(problems)


def encode_resource(resource: Resource) -> dict[str, Any]:
    """Write a typed value as a manifest: group v3, fields in the API's order, without defaults and unknown fields."""
    metadata: dict[str, Any] = {"name": resource.metadata.name}
    if KINDS[resource.kind].namespaced:
        metadata["namespace"] = resource.metadata.namespace
    for key, values in (("labels", resource.metadata.labels), ("annotations", resource.metadata.annotations)):
        if values:
            metadata[key] = {name: values[name] for name in sorted(values)}
    return {
        "apiVersion": _API_VERSIONS.get(resource.kind, CALICO_V3),
        "kind": KINDS[resource.kind].manifest_kind,
        "metadata": metadata,
        "spec": write_part(resource.spec),
    }


def _read_metadata(obj: ApiObject, findings: Findings) -> Metadata:
    written = obj.manifest.get("metadata")
    if written is not None and not isinstance(written, Mapping):
        findings.undecodable(("metadata",), "mapping", written)
    elif isinstance(written, Mapping):
        note_unknown(written, _OBJECT_META, ("metadata",), findings)
        for field in ("name", "namespace"):
            value = written.get(field)
            if value is not None and not isinstance(value, str):
                findings.undecodable(("metadata", field), "text", value)
    if not obj.name:
        place = obj.source.place(("metadata",))
        findings.problems.append(problem(NAME_MISSING, "the object has no name", place=place, path="metadata.name"))
    return Metadata(effective_name(obj), obj.namespace, effective_labels(obj), effective_annotations(obj))


def _quick_metadata(obj: ApiObject) -> Metadata:
    """Return the metadata of an object that needs no second look: no stored form, nothing unknown, nothing missing."""
    if not is_usual_metadata(obj):
        raise OddlyWritten
    written = obj.metadata
    labels, annotations = (quick_texts(written.get(group, {})) for group in ("labels", "annotations"))
    return Metadata(written["name"], obj.namespace, labels, annotations)


def is_usual_metadata(obj: ApiObject) -> bool:
    """Tell whether metadata is what nearly all objects have, so that nothing is to be said of it."""
    written = obj.manifest.get("metadata")
    if type(written) is not dict or is_stored_form(obj) or not _TOP_NAMES.issuperset(obj.manifest):
        return False
    name, namespace = written.get("name"), written.get("namespace", "")
    if not name or type(name) is not str or type(namespace) is not str or not _META_NAMES.issuperset(written):
        return False
    if "labels" not in written and "annotations" not in written:
        return True
    try:
        quick_texts(written.get("labels", {}))
        return METADATA_ANNOTATION not in quick_texts(written.get("annotations", {}))
    except OddlyWritten:
        return False


def _unknown_field(obj: ApiObject, path: Path, field: UnknownField, known: tuple[str, ...]) -> Diagnostic:
    name = str(path[-1])
    if name in _ENTERPRISE_FIELDS:
        hint = "only Calico Enterprise has it; open-source Calico drops it, and the rule matches more"
    else:
        hint = did_you_mean(name, known)
    summary = f"there is no field '{name}' here"
    return problem(UNKNOWN_FIELD, summary, place=obj.source.place(path, key=True), path=print_path(path), hint=hint)

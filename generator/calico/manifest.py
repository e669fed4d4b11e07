"""One object, two forms: the v3 manifest and the `crd.projectcalico.org/v1` object that holds it (calico.md 7.1)."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any, Final

from generator.calico.codes import NOT_IN_VERSION
from generator.calico.defaults import apply_defaults
from generator.calico.kinds import CALICO_CRD, CALICO_V3, KINDS, Kind, find_kind
from generator.calico.metadata import METADATA_ANNOTATION, TIER_LABEL, effective_annotations, effective_labels
from generator.calico.names import DEFAULT_TIER, TIERED_KINDS, effective_name, stored_name
from generator.calico.objects import ApiObject
from generator.calico.versions import Version, has_tiers, knows_kind, parse_version
from generator.foundation.diagnostics import problem
from generator.foundation.errors import InputError

# On the stored object itself Calico keeps only labels and annotations of its own (calico.md 7.1).
_KEPT_ON_STORED: Final = ("projectcalico.org/", "operator.tigera.io")


def write_manifest(v3_manifest: Mapping[str, Any], api_group: str, version: str) -> dict[str, Any]:
    """Return the manifest for an API group (`projectcalico.org/v3` or `crd.projectcalico.org/v1`) of a version.

    Stored form: the annotation `projectcalico.org/metadata` holds name (policies only), labels and annotations, the
    object's name is the one which that version stores, and what the API server would default (tier, types,
    stagedAction) is written out, because nobody defaults a stored object. Before 3.29 `spec.tier` is left out.
    Kubernetes' own kinds come back as they are. InputError for what the version does not know.
    """
    manifest: dict[str, Any] = copy.deepcopy(dict(v3_manifest))
    kind = find_kind(str(manifest.get("apiVersion") or ""), str(manifest.get("kind") or ""))
    if kind is None or not KINDS[kind].calico:
        return manifest
    release = parse_version(version)
    spec = _mapping(manifest.get("spec"))
    _refuse_unknown(kind, manifest, spec, release)
    if not has_tiers(release) and kind in TIERED_KINDS:
        spec.pop("tier", None)
    match api_group:
        case "projectcalico.org/v3" | "projectcalico.org":
            manifest["apiVersion"] = CALICO_V3
        case "crd.projectcalico.org/v1" | "crd.projectcalico.org":
            manifest["apiVersion"] = CALICO_CRD
            manifest["metadata"] = _stored_metadata(kind, manifest, spec, release)
            spec = _ordered_like(spec, apply_defaults(kind, spec, version=release)) if kind is not Kind.TIER else spec
        case _:
            raise ValueError(f"no API group of Calico: {api_group}")
    if spec or "spec" in manifest:
        manifest["spec"] = spec
    return manifest


def read_manifest(obj: ApiObject) -> dict[str, Any]:
    """Return the v3 manifest that an object stands for, with the name, labels and annotations that count.

    Fields that only a server sets (uid, resourceVersion and so on) stay; defaults are not taken out again.
    """
    manifest: dict[str, Any] = copy.deepcopy(dict(obj.manifest))
    if obj.api_version.partition("/")[0] != CALICO_CRD.partition("/")[0]:
        return manifest
    manifest["apiVersion"] = CALICO_V3
    metadata = dict(obj.metadata)
    metadata["name"] = effective_name(obj)
    for key, values in (("labels", effective_labels(obj)), ("annotations", effective_annotations(obj))):
        if values:
            metadata[key] = values
        else:
            metadata.pop(key, None)
    manifest["metadata"] = metadata
    return manifest


def _refuse_unknown(kind: Kind, manifest: Mapping[str, Any], spec: Mapping[str, Any], version: Version) -> None:
    if not knows_kind(version, kind):
        summary = f"Calico {version.minor_text} has no {KINDS[kind].manifest_kind}"
        raise InputError([problem(NOT_IN_VERSION, summary, path="kind")])
    tier = spec.get("tier")
    if kind in TIERED_KINDS and tier and tier != DEFAULT_TIER and not has_tiers(version):
        summary = f"Calico {version.minor_text} has no tiers, and the policy stands in tier '{tier}'"
        raise InputError([problem(NOT_IN_VERSION, summary, path="spec.tier", hint="tiers exist since 3.29")])


def _stored_metadata(
    kind: Kind, manifest: Mapping[str, Any], spec: Mapping[str, Any], version: Version
) -> dict[str, Any]:
    metadata = _mapping(manifest.get("metadata"))
    name = str(metadata.get("name") or "")
    tier = str(spec.get("tier") or DEFAULT_TIER)
    labels = _mapping(metadata.pop("labels", None))
    annotations = _mapping(metadata.pop("annotations", None))
    if kind in TIERED_KINDS and has_tiers(version):
        labels[TIER_LABEL] = tier
    v3: dict[str, Any] = {}
    if kind in TIERED_KINDS or kind is Kind.STAGED_KUBERNETES_NETWORK_POLICY:
        v3["name"] = name
    for key, values in (("labels", labels), ("annotations", annotations)):
        if values:
            v3[key] = {label: values[label] for label in sorted(values)}
    metadata["name"] = stored_name(kind, name, tier, version)
    kept = {key: labels[key] for key in sorted(labels) if key.startswith(_KEPT_ON_STORED)}
    if kept:
        metadata["labels"] = kept
    own = {key: annotations[key] for key in sorted(annotations) if key.startswith(_KEPT_ON_STORED)}
    if v3:
        own[METADATA_ANNOTATION] = json.dumps(v3, separators=(",", ":"), ensure_ascii=False)
    if own:
        metadata["annotations"] = own
    return metadata


def _mapping(value: Any) -> dict[str, Any]:
    return {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else {}


def _ordered_like(written: Mapping[str, Any], full: Mapping[str, Any]) -> dict[str, Any]:
    """Put what was filled in before what was written, tier first; a reader looks for it there."""
    added = {key: full[key] for key in full if key not in written}
    changed = {key: full[key] for key in written}
    return {**added, **changed}

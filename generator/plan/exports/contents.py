"""The objects of an export as files: what is sent of each, and under which name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from generator.calico.metadata import effective_labels
from generator.calico.names import identity_of
from generator.calico.objects import ApiObject, Identity
from generator.layers.model import LABEL_INTENT
from generator.plan.exports.model import Objects
from generator.plan.model import Manifest, Plan
from generator.plan.scoped import SERVER_FIELDS
from generator.snapshot.model import Snapshot

# kubectl's own note of what it applied last; whoever applies next writes it anew.
_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


def sent(manifest: Manifest) -> dict[str, Any]:
    """Return what is sent of an object: without its status and what only a server or kubectl sets."""
    found = {key: value for key, value in manifest.items() if key != "status"}
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in SERVER_FIELDS}
    annotations = metadata.get("annotations")
    if isinstance(annotations, Mapping) and _LAST_APPLIED in annotations:
        metadata["annotations"] = {key: value for key, value in annotations.items() if key != _LAST_APPLIED}
        if not metadata["annotations"]:
            del metadata["annotations"]
    return {**found, "metadata": metadata}


def annotated(manifest: Manifest, notes: Mapping[str, str]) -> dict[str, Any]:
    """Return an object with further annotations, which no comparison of ours looks at."""
    metadata = dict(manifest["metadata"])
    given = metadata.get("annotations")
    metadata["annotations"] = {**(given if isinstance(given, Mapping) else {}), **notes}
    return {**manifest, "metadata": metadata}


def file_names(identities: set[Identity]) -> dict[Identity, str]:
    """Return a file name for each object: for people, and no two alike also on disks that do not tell case apart."""
    found: dict[Identity, str] = {}
    taken: set[str] = set()
    for identity in sorted(identities):
        parts = (identity.kind.lower(), identity.namespace, identity.name)
        stem = re.sub(r"[^A-Za-z0-9.-]", "_", "-".join(part for part in parts if part))[:200]
        name, number = stem, 1
        while name.lower() in taken:
            number += 1
            name = f"{stem}_{number}"
        taken.add(name.lower())
        found[identity] = f"{name}.yaml"
    return found


def kept_objects(plan: Plan, snapshot: Snapshot) -> Objects:
    """Return the live objects of the plan's intent that no step of it writes."""
    written = {step.write.identity for step in plan.writes}
    found: dict[Identity, Manifest] = {}
    for obj in snapshot.policies:
        identity = identity_of(obj, plan.target.version)
        if identity not in written and _owner(obj) == plan.intent:
            found[identity] = obj.manifest
    return found


def _owner(obj: ApiObject) -> str:
    return effective_labels(obj).get(LABEL_INTENT, "")

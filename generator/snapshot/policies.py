"""Policy objects as written, each once; what Calico shows as a view of a Kubernetes policy is not a second one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.calico.kinds import KINDS, Kind
from generator.calico.names import effective_name, identity_of
from generator.calico.normalize import normalize_object
from generator.calico.objects import ApiObject
from generator.snapshot.documents import Item, Named, report_twice


class PolicyShelf:
    """Collects policy objects; the later of two with the same kind, namespace and name counts.

    `foo` and `default.foo` stay two objects here, because from 3.32 they are (calico.md 1.6).
    """

    __slots__ = ("_kept", "_namespace")

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._kept: dict[tuple[Kind, str, str], tuple[ApiObject, Item]] = {}

    def add(self, kind: Kind, found: Named) -> None:
        """Keep a policy object; one without a namespace is put into the default one."""
        item = found.item
        obj = ApiObject(kind, _with_namespace(item.fields.value, kind, self._namespace), item.fields.source)
        key = (kind, obj.namespace, effective_name(obj))
        before = self._kept.pop(key, None)
        self._kept[key] = (obj, item)
        if before is not None and not _same(before[0], obj):
            report_twice(item.kind, obj.namespace, effective_name(obj), before[1].fields, item.fields)

    def objects(self) -> tuple[ApiObject, ...]:
        """Return what was kept, by kind, namespace and name, without views of Kubernetes policies that are here too."""
        own = {key for key in self._kept}
        kept: list[tuple[tuple[Kind, str, str], ApiObject]] = []
        for key, (obj, _) in self._kept.items():
            real = identity_of(obj)
            if real.kind is not obj.kind and (real.kind, real.namespace, real.name) in own:
                continue
            kept.append((key, obj))
        return tuple(obj for _, obj in sorted(kept, key=lambda pair: pair[0]))


def _with_namespace(manifest: Mapping[str, Any], kind: Kind, namespace: str) -> Mapping[str, Any]:
    if not KINDS[kind].namespaced or namespace == "default":
        return manifest
    metadata = manifest.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.get("namespace"):
        return manifest
    return {**manifest, "metadata": {**metadata, "namespace": namespace}}


def _same(before: ApiObject, after: ApiObject) -> bool:
    """Tell whether two mean the same: an export of both API groups holds each object in both forms."""
    if before.manifest == after.manifest:
        return True
    if before.api_version == after.api_version:
        return False
    return normalize_object(before) == normalize_object(after)

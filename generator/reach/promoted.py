"""A cluster after its staged policies are promoted: what a staged policy would do, once it is enforced (calico.md 6.2).

A promoted policy takes the place of the enforced one that has its name, or takes it away where its action is Delete.
Calico's own pending verdict is another thing: it asks both, in order, so that a narrower copy shows nothing there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from generator.calico.kinds import Kind
from generator.calico.names import effective_name, identity_of
from generator.calico.objects import ApiObject, Identity
from generator.calico.versions import Version, knows_kind

_ENFORCED: Final = {
    Kind.STAGED_NETWORK_POLICY: Kind.NETWORK_POLICY,
    Kind.STAGED_GLOBAL_NETWORK_POLICY: Kind.GLOBAL_NETWORK_POLICY,
    Kind.STAGED_KUBERNETES_NETWORK_POLICY: Kind.KUBERNETES_NETWORK_POLICY,
}


def promote(objects: Iterable[ApiObject], version: Version) -> tuple[ApiObject, ...]:
    """Return the objects with every staged policy enforced: those that stay first, in their order, then these.

    A version without staged kinds leaves them alone.
    """
    kept: dict[Identity | int, ApiObject] = {}
    staged: list[ApiObject] = []
    for number, obj in enumerate(objects):
        if obj.kind in _ENFORCED and knows_kind(version, obj.kind):
            staged.append(obj)
        elif obj.kind in set(_ENFORCED.values()):
            kept[identity_of(obj, str(version))] = obj
        else:
            kept[number] = obj
    for obj in staged:
        made = _enforced(obj)
        kept.pop(identity_of(made, str(version)), None)
        if _spec(obj).get("stagedAction") != "Delete":
            kept[identity_of(made, str(version))] = made
    return tuple(kept.values())


def _enforced(obj: ApiObject) -> ApiObject:
    kind = _ENFORCED[obj.kind]
    spec = {key: value for key, value in _spec(obj).items() if key != "stagedAction"}
    if kind is Kind.KUBERNETES_NETWORK_POLICY:
        metadata = {"name": effective_name(obj), "namespace": obj.namespace}
        head: dict[str, Any] = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata}
        return ApiObject(kind, head | {"spec": spec}, obj.source)
    return ApiObject(kind, {**obj.manifest, "kind": kind.value, "spec": spec}, obj.source)


def _spec(obj: ApiObject) -> Mapping[str, Any]:
    spec = obj.manifest.get("spec")
    return spec if isinstance(spec, Mapping) else {}

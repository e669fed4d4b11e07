"""Brings a server back to how it was at first, so that a test finds nothing of the tests before it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from tests.testbed.client import Client, Manifest, Refused

_PATIENCE: Final = 30.0  # seconds until an API that was removed must be gone
_AGGREGATION: Final = "apiregistration.k8s.io/v1"
_METADATA: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
# What the API server writes by itself, at any time.
_ITS_OWN_KINDS: Final = {
    *("APIService", "FlowSchema", "PriorityLevelConfiguration", "IPAddress", "ServiceCIDR", "StorageVersion")
}
_ITS_OWN_NAMESPACES: Final = ("kube-node-lease", "kube-public")
_ITS_OWN: Final = {
    ("Service", "default", "kubernetes"),
    ("ConfigMap", "kube-system", "extension-apiserver-authentication"),
    ("ConfigMap", "kube-system", "kube-apiserver-legacy-service-account-token-tracking"),
}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One object of the server."""

    api_version: str
    kind: str
    namespace: str
    name: str


class Baseline:
    """What a server held at first; `restore` removes what came since and writes back what was changed or deleted."""

    def __init__(self, admin: Client) -> None:
        self._admin = admin
        self._kinds = [row for row in admin.kinds() if row[1] not in _ITS_OWN_KINDS]
        self._versions = self._look()
        self._contents = {
            place: obj
            for api_version, kind, _ in self._kinds
            if any((place.api_version, place.kind) == (api_version, kind) for place in self._versions)
            for obj in admin.objects(api_version, kind)
            if (place := _place(api_version, kind, obj)) in self._versions
        }

    def restore(self) -> None:
        """Make the server hold what it held at first; Refused where it does not get there."""
        self._remove_aggregated()
        now: dict[Place, str] = {}
        for _ in range(3):
            now = self._look()
            if now == self._versions:
                return
            for place in sorted(now.keys() - self._versions.keys(), key=_last_of_all):
                self._remove(place)
            for place, version in list(self._versions.items()):
                if now.get(place) != version:
                    self._write_back(place, now.get(place))
        raise Refused(f"the server does not go back to its first state: {now.items() ^ self._versions.items()}")

    def _remove_aggregated(self) -> None:
        """Remove the APIs that another server was to serve, and wait until this one sends nobody there."""
        listed = self._admin.objects(_AGGREGATION, "APIService")
        found = {f"{item['spec']['group']}/{item['spec']['version']}": item for item in listed if _is_elsewhere(item)}
        for item in found.values():
            self._admin.delete(_named(_place(_AGGREGATION, "APIService", item)))
        until = time.monotonic() + _PATIENCE
        while found and found.keys() & {
            version["groupVersion"]
            for group in self._admin.ask("GET", "/apis").body["groups"]
            for version in group["versions"]
        }:
            if time.monotonic() > until:
                raise Refused(f"the server goes on with APIs of others: {sorted(found)}")
            time.sleep(0.05)

    def _look(self) -> dict[Place, str]:
        found = {}
        for api_version, kind, _ in self._kinds:
            answer = self._admin.ask("GET", self._admin.path(api_version, kind), accept=_METADATA)
            for item in answer.body["items"] or () if answer.status == 200 else ():
                place = _place(api_version, kind, item)
                if not _is_its_own(place):
                    found[place] = item["metadata"]["resourceVersion"]
        return found

    def _remove(self, place: Place) -> None:
        if place.kind == "Namespace":
            self._admin.finalize_namespace(place.name)
        else:
            self._admin.delete(_named(place))

    def _write_back(self, place: Place, version: str | None) -> None:
        first = self._contents[place]
        meta = {key: value for key, value in first["metadata"].items() if key not in ("managedFields", "generation")}
        if version is None:
            fresh = {key: value for key, value in meta.items() if key not in ("uid", "resourceVersion")}
            written = self._admin.create({**first, "metadata": fresh})
        else:
            written = self._admin.replace({**first, "metadata": {**meta, "resourceVersion": version}})
        self._versions[place] = written["metadata"]["resourceVersion"]


def _is_elsewhere(api_service: Manifest) -> bool:
    return api_service["spec"].get("service") is not None


def _place(api_version: str, kind: str, obj: Manifest) -> Place:
    meta: dict[str, Any] = obj["metadata"]
    return Place(api_version, kind, meta.get("namespace", ""), meta["name"])


def _named(place: Place) -> Manifest:
    meta = {"name": place.name} | ({"namespace": place.namespace} if place.namespace else {})
    return {"apiVersion": place.api_version, "kind": place.kind, "metadata": meta}


def _is_its_own(place: Place) -> bool:
    lease = place.kind == "Lease" and place.namespace == "kube-system"
    in_between = place.namespace in _ITS_OWN_NAMESPACES or place.name in _ITS_OWN_NAMESPACES
    return lease or in_between or (place.kind, place.namespace, place.name) in _ITS_OWN


def _last_of_all(place: Place) -> tuple[int, Place]:
    """Policies that could refuse a deletion go first, then objects, then namespaces."""
    if "Admission" in place.kind or "Webhook" in place.kind:
        return 0, place
    return (2 if place.kind == "Namespace" else 1), place

"""Where an object of a policy kind lives on an API server: its own path, and that of all like it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from generator.calico.kinds import KINDS, Kind


@dataclass(frozen=True, slots=True)
class ObjectPlace:
    """An object's address; `namespace` is "" for a cluster-wide kind, `name` the one it is stored under."""

    api_version: str
    plural: str
    namespace: str
    name: str

    @property
    def group(self) -> str:
        """Return the API group, "" for the core one."""
        return self.api_version.rpartition("/")[0]

    @property
    def collection(self) -> str:
        """Return the path that a new object is posted to."""
        root = "apis" if "/" in self.api_version else "api"
        where = f"namespaces/{quote(self.namespace, safe='')}/" if self.namespace else ""
        return f"/{root}/{self.api_version}/{where}{self.plural}"

    @property
    def path(self) -> str:
        """Return the path of the object itself."""
        return f"{self.collection}/{quote(self.name, safe='')}"


def place_of(kind: Kind, manifest: Mapping[str, Any]) -> ObjectPlace:
    """Return where a manifest's object lives; a namespaced one without a namespace is in `default`."""
    metadata = manifest.get("metadata") or {}
    info = KINDS[kind]
    namespace = str(metadata.get("namespace") or "default") if info.namespaced else ""
    return ObjectPlace(str(manifest.get("apiVersion", "")), info.plural, namespace, str(metadata.get("name", "")))

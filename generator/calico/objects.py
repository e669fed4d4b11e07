"""An object as written, with its place; the currency of diff and plan, which must give back what they were given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from generator.calico.kinds import KINDS, Kind, find_kind
from generator.foundation.source import SourceMap


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """What makes two objects the same one: kind, namespace ("" where cluster-wide) and portable name.

    The API group and the `default.` prefix are not part of it (calico.md 1.6, L8); see `calico.names`.
    """

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        if self.namespace:
            return f"{self.kind}/{self.namespace}/{self.name}"
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class ApiObject:
    """One manifest: `manifest` is the plain data as read (never changed), `source` knows its lines.

    For an object of `crd.projectcalico.org` the labels and the name in the annotation `projectcalico.org/metadata`
    count (calico.md 7.1); `calico.names` and `calico.normalize` look there.
    """

    kind: Kind
    manifest: Mapping[str, Any]
    source: SourceMap = field(compare=False, repr=False)

    @property
    def api_version(self) -> str:
        """Return the apiVersion as written."""
        return str(self.manifest.get("apiVersion", ""))

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Return the metadata mapping, empty where there is none."""
        found = self.manifest.get("metadata")
        # A dict is asked for first, because an abstract class is slow to ask.
        return found if type(found) is dict or isinstance(found, Mapping) else {}

    @property
    def name(self) -> str:
        """Return metadata.name as written."""
        return str(self.metadata.get("name") or "")

    @property
    def namespace(self) -> str:
        """Return the namespace: `default` where a namespaced object names none, "" for a cluster-wide kind."""
        return str(self.metadata.get("namespace") or "default") if self.kind in _NAMESPACED else ""


_NAMESPACED: Final = frozenset(kind for kind, info in KINDS.items() if info.namespaced)


def as_api_object(manifest: Any, source: SourceMap) -> ApiObject | None:
    """Wrap a manifest of a policy kind; None for anything else."""
    if not isinstance(manifest, Mapping):
        return None
    kind = find_kind(str(manifest.get("apiVersion") or ""), str(manifest.get("kind") or ""))
    return ApiObject(kind, manifest, source) if kind is not None else None

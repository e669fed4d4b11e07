"""The rendered set as files: one for each layer or object, or one stream; same bytes for the same set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from generator.foundation.yaml_writer import write_document, write_documents
from generator.layers.catalog import BY_NAME
from generator.layers.model import ManifestSet, RenderedObject

_HEADER = (
    "# Written by ringfence for intent '{intent}', layer {layer}: {title}.\n"
    "# A cluster with traffic is taken here step by step: ringfence plan INTENT --live …\n"
)
LAST = "default-deny"


class Split(StrEnum):
    """How the set is cut into files."""

    LAYER = "layer"
    OBJECT = "object"
    STREAM = "stream"


def layer_files(objects: Sequence[RenderedObject], intent: str) -> dict[str, str]:
    """Return one file for each layer; names sort in the order of evaluation, so the default deny comes last."""
    files: dict[str, str] = {}
    for layer in _layers_of(objects):
        mine = [item for item in objects if item.layer == layer]
        files[f"{_number(layer)}-{layer}.yaml"] = _header(layer, intent) + write_documents(
            item.object.manifest for item in mine
        )
    return files


def object_files(objects: Sequence[RenderedObject], intent: str) -> dict[str, str]:
    """Return one file for each object; names begin with the layer's number."""
    files: dict[str, str] = {}
    for item in objects:
        where = f"{item.identity.namespace}-" if item.identity.namespace else ""
        name = f"{_number(item.layer)}-{item.layer}-{item.identity.kind.lower()}-{where}{item.identity.name}.yaml"
        files[name] = _header(item.layer, intent) + write_document(item.object.manifest)
    return dict(sorted(files.items()))


def stream(manifests: ManifestSet) -> str:
    """Return the set as one stream of documents."""
    return "---\n".join(manifests.files.values())


def split_files(manifests: ManifestSet, split: Split) -> dict[str, str]:
    """Return the set's files by name, cut as asked."""
    match split:
        case Split.LAYER:
            return dict(manifests.files)
        case Split.OBJECT:
            return object_files(manifests.objects, manifests.intent)
        case Split.STREAM:
            return {"policies.yaml": stream(manifests)}


def kustomization(names: Iterable[str], *, with_default_deny: bool = False) -> str:
    """Return a kustomization.yaml of these files; the default deny is left out unless asked for (product.md 3)."""
    chosen = [name for name in sorted(names) if with_default_deny or f"-{LAST}" not in name]
    return write_document(
        {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": chosen}
    )


def _layers_of(objects: Sequence[RenderedObject]) -> list[str]:
    present = {item.layer for item in objects}
    return [name for name in BY_NAME if name in present]


def _number(layer: str) -> str:
    return f"{int(BY_NAME[layer].order):04d}"


def _header(layer: str, intent: str) -> str:
    return _HEADER.format(intent=intent, layer=layer, title=BY_NAME[layer].title)

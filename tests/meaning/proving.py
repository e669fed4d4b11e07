"""The intent that says everything there is to say, on any platform, and a set that is rendered for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from generator.calico.objects import ApiObject
from generator.equality.model import Difference, Proven
from generator.equality.prove import prove_equal
from generator.foundation.yaml_writer import write_document
from generator.intent import load_intent
from generator.intent.model import Intent
from generator.layers.model import ManifestSet
from generator.layers.render import build_set
from generator.platforms import load_profile
from generator.platforms.model import PlatformProfile
from generator.snapshot.model import Snapshot

EVERYTHING = Path(__file__).parent / "everything" / "intent.yaml"
AS_OF = date(2026, 1, 15)
PLATFORMS = ("generic", "aks", "calico-enterprise", "eks", "gke", "k3s", "openshift", "rke2", "talos")


def load(path: Path = EVERYTHING, **overlay: Any) -> tuple[Intent, PlatformProfile]:
    """Load an intent with something laid over it, and its platform."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "overlay.yaml"
        file.write_text(write_document(overlay), encoding="utf-8")
        intent = load_intent([str(path), str(file)] if overlay else [str(path)]).intent
    return intent, load_profile(intent.platform)


def build(intent: Intent, profile: PlatformProfile, snapshot: Snapshot | None = None) -> ManifestSet:
    return build_set(intent, profile, snapshot=snapshot, as_of=AS_OF)


def prove(path: Path = EVERYTHING, **overlay: Any) -> Proven | list[Difference]:
    intent, profile = load(path, **overlay)
    return prove_equal(intent, profile, build(intent, profile))


Change = Callable[[dict[str, Any]], None]


def changed(rendered: ManifestSet, layer: str, name: str, change: Change) -> ManifestSet:
    """Return the set with one object changed: the one of a layer whose name ends so."""
    (found,) = [item for item in rendered.objects if item.layer == layer and item.identity.name.endswith(name)]
    manifest = deepcopy(_plain(found.object.manifest))
    change(manifest["spec"])
    other = replace(found, object=ApiObject(found.object.kind, manifest, found.object.source))
    return replace(rendered, objects=tuple(other if item is found else item for item in rendered.objects))


def _plain(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return dict(manifest)

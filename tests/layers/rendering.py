"""Render an intent written in a test, and look into what came out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import Any

from generator.intent import load_intent
from generator.layers import render_set
from generator.layers.model import ManifestSet
from generator.platforms import load_profile

AS_OF = date(2026, 1, 15)

SHOP = """
    version: 1
    name: shop
    platform: generic
    namespace: shop
    services:
      web:
        ports: [8080]
        exposed: {by: loadbalancer}
        needs: [cart, payments, kubernetes-api]
      cart: {ports: [7070], needs: [redis]}
      redis: {ports: [6379], needs: [self]}
    externals:
      payments: {cidrs: [198.51.100.0/24], ports: [443]}
"""


def render_text(
    text: str, *, platform: str = "generic", files: Mapping[str, str] | None = None, **options: Any
) -> ManifestSet:
    """Render an intent given as text, with files beside it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "intent.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        for name, content in (files or {}).items():
            (Path(folder) / name).write_text(content, encoding="utf-8")
        loaded = load_intent([str(path)])
        return render_set(loaded.intent, load_profile(platform), as_of=AS_OF, **options)


def manifests(found: ManifestSet, layer: str = "") -> list[dict[str, Any]]:
    """Return the manifests of a layer, or of all."""
    return [dict(item.object.manifest) for item in found.objects if not layer or item.layer == layer]


def rules(found: ManifestSet, layer: str = "") -> Iterator[tuple[dict[str, Any], str, dict[str, Any]]]:
    """Give every rule with its object and direction."""
    for manifest in manifests(found, layer):
        for direction in ("ingress", "egress"):
            for rule in manifest["spec"].get(direction, ()):
                yield manifest, direction, rule

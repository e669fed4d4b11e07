"""A cluster in which the shop of the tests runs, to ask the engine what a rendered set does there."""

from __future__ import annotations

from collections.abc import Iterable

from generator.calico.versions import parse_version
from generator.layers.model import ManifestSet
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from tests.layers.rendering import manifests
from tests.reach.small_world import TCP, Manifest, ask, manifest, node, packet, pod, snapshot_of

PODS = {"shop/web": 8080, "shop/cart": 7070, "shop/redis": 6379, "shop/loose": 9999, "apps/front": 9999}
OBJECTS: tuple[Manifest, ...] = (
    *(
        manifest("Namespace", name, metadata={"labels": {"kubernetes.io/metadata.name": name}})
        for name in ("shop", "apps")
    ),
    *(manifest("ServiceAccount", "default", name) for name in ("shop", "apps")),
    node("n1", ["10.0.0.1", "fd00:1::1"]),
    node("n2", ["10.0.0.2", "fd00:1::2"]),
    *(pod(name, [f"192.168.0.{number}", f"fd00::{number}"]) for number, name in enumerate(PODS, start=1)),
)


def engine_with(
    found: ManifestSet, more: Iterable[Manifest] = (), *, layers: Iterable[str] = (), version: str = ""
) -> Engine:
    """Return the engine of the cluster with a rendered set, or with some layers of it, and more objects."""
    chosen = [item for layer in layers for item in manifests(found, layer)] if layers else manifests(found)
    environment = Environment(version=parse_version(version or found.target.version), interface="eth0")
    return Engine(snapshot_of([*OBJECTS, *chosen, *more]), environment)


def fate(engine: Engine, source: str, destination: str, port: int = 0, protocol: int = TCP) -> str:
    """Return the verdict on a flow, to the port that the destination listens on where none is given."""
    return str(ask(engine, source, destination, packet(protocol, port or PODS.get(destination, 443))).verdict)

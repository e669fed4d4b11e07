"""The layers in the order of evaluation (product.md 3): a layer is a row here, a `compose` module and a template."""

from __future__ import annotations

from typing import Final

from generator.layers.model import Layer

TIER: Final = Layer(
    "tier", 0, "the tier that all policies of the set are in; what it does not decide passes", "tier.yaml.j2"
)
SETS: Final = Layer("sets", 10, "network sets that rules refer to", "sets.yaml.j2")

LAYERS: Final[tuple[Layer, ...]] = (
    Layer("guardrails", 40, "deny cloud metadata and link-local addresses", "guardrails.yaml.j2"),
    Layer("threat-feeds", 50, "deny to and from the addresses of threat feeds", "threat-feeds.yaml.j2"),
    Layer("dns", 100, "allow DNS as the platform runs it", "dns.yaml.j2"),
    Layer("system", 150, "allow what the platform and the API server need", "system.yaml.j2"),
    Layer("shared", 180, "allow shared services such as monitoring", "shared.yaml.j2"),
    Layer("exceptions", 190, "allow named, dated exceptions", "exceptions.yaml.j2"),
    Layer("workloads", 200, "allow what each service declares, in both directions", "workloads.yaml.j2"),
    Layer("isolation", 500, "allow everything inside a namespace, with `isolation: namespace`", "isolation.yaml.j2"),
    Layer("default-deny", 1000, "deny what no layer before allowed", "default-deny.yaml.j2"),
)

ALL: Final[tuple[Layer, ...]] = (TIER, SETS, *LAYERS)
BY_NAME: Final[dict[str, Layer]] = {layer.name: layer for layer in ALL}

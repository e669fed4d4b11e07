"""What rendering gives: the set of objects in fixed order, each with its layer and the intent items it is from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from generator.calico.objects import ApiObject, Identity
from generator.equality.model import Proven
from generator.foundation.diagnostics import Diagnostic
from generator.intent.model import Layout

LABEL_INTENT: Final = "ringfence/intent"  # whose object this is
LABEL_LAYER: Final = "ringfence/layer"
LABEL_SET: Final = "ringfence/set"  # on network sets: what a rule's selector asks for
ANNOTATION_WHY: Final = "ringfence/why"  # on a rule and on an object: its way in the intent


@dataclass(frozen=True, slots=True)
class Layer:
    """A policy layer: name, order, what it is for; `template` is its file in `templates/`."""

    name: str
    order: float
    title: str
    template: str


@dataclass(frozen=True, slots=True)
class RenderedObject:
    """One object of the set with its layer; `why` are the intent items that it is from, by path."""

    identity: Identity
    layer: str
    object: ApiObject
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """What the set is rendered for: Calico version (minor, as "3.32"), API group, layout, tier."""

    version: str
    api_group: str
    layout: Layout
    tier: str  # the tier that policies are in: ours, or `default`


@dataclass(frozen=True, slots=True)
class ManifestSet:
    """The rendered policy set, sorted by layer order and identity; equal input gives equal bytes.

    `files` maps file name to text in the fixed YAML form, the default deny last. `notes` are warnings that do not
    stop the rendering (own ranges cut out of a feed, an expired exception, unverified facts that were used).
    """

    intent: str
    target: Target
    scope: tuple[str, ...]  # owned namespaces
    objects: tuple[RenderedObject, ...]
    files: dict[str, str]
    notes: tuple[Diagnostic, ...]
    digest: str
    templates_digest: str
    profile_digest: str
    intent_digest: str
    system_namespaces: tuple[str, ...] = ()  # of the platform; `*` ends a prefix
    proof: Proven | None = None  # that it allows what the intent means; None before that is proven

"""What every layer's `compose` function is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.foundation.diagnostics import Diagnostic
from generator.intent.model import Intent, Network
from generator.layers.model import Target
from generator.layers.names import Names
from generator.layers.scope import ScopePart
from generator.platforms.effective import EffectiveFacts
from generator.platforms.model import PlatformProfile


@dataclass(frozen=True, slots=True)
class FeedAddresses:
    """A threat feed after reading: its addresses without the cluster's own, in shards of stable make-up."""

    name: str
    shards: tuple[tuple[Network, ...], ...]


@dataclass(frozen=True, slots=True)
class LayerContext:
    """Everything a layer may read; files are read already: `feeds`, and `addresses` of externals with domains."""

    intent: Intent
    profile: PlatformProfile
    facts: EffectiveFacts
    target: Target
    names: Names
    scope: tuple[ScopePart, ...]
    namespaces: tuple[str, ...]  # owned ones that are known by name
    feeds: Mapping[str, FeedAddresses]
    addresses: Mapping[str, tuple[Network, ...]]
    namespaces_known: bool = True  # False: the intent owns the cluster, and no snapshot says what is in it

    def owns(self, namespace: str) -> bool:
        """Tell whether the intent owns a namespace."""
        return namespace in self.namespaces or (
            self.intent.owns_cluster and not self.facts.is_system_namespace(namespace)
        )

    def global_selector(self) -> str:
        """Return the policy selector of global policies: pods only, so no host endpoint is ever selected."""
        return "projectcalico.org/orchestrator == 'k8s'"


@dataclass(frozen=True, slots=True)
class SetView:
    """A global network set: its name, the value of its label, its networks in text, and why it is there."""

    name: str
    label: str
    nets: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Composed:
    """What a layer's template gets. `data` empty means the layer has nothing to say and is left out."""

    data: Mapping[str, Any] = field(default_factory=dict)
    sets: tuple[SetView, ...] = ()
    problems: tuple[Diagnostic, ...] = ()

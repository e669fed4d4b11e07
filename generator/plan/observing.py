"""Observing: the set is in place and decides nothing, and what it would drop is logged (product.md 6).

A Log rule does not end the evaluation (calico.md 2.3). So in a tier of ours, which passes, a policy that only logs
changes nothing; in tier `default` the bridge logs before it passes. Everything here is read from the objects alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from generator.calico.kinds import Kind
from generator.calico.manifest import read_manifest
from generator.calico.metadata import effective_annotations, effective_labels
from generator.calico.names import DEFAULT_TIER, TIERED_KINDS, tier_of
from generator.calico.objects import ApiObject
from generator.compare.model import ObjectChange
from generator.layers.model import LABEL_INTENT, LABEL_LAYER
from generator.plan.observed import Observed
from generator.plan.scoped import named_spaces, read_reach
from generator.plan.stages import BRIDGE_LAYER, DEFAULT_DENY_LAYER

OBSERVE_LAYER: Final = "observe"
# On a policy of the set that decides nothing for now, and on what logs: how long that was meant to last.
ANNOTATION_OBSERVING: Final = "ringfence/observing"
ANNOTATION_UNTIL: Final = "ringfence/observe-until"
LOG: Final = "Log"


def observed_namespaces(objects: Iterable[ApiObject], intent: str = "") -> tuple[Observed, ...]:
    """Return the namespaces and directions that are observed by these live objects, and not enforced; sorted.

    With `intent` only what that intent owns is looked at. Each is told once, by the policy whose name is the lowest.
    """
    live = [item for item in objects if item.kind in TIERED_KINDS and _is_of(item, intent)]
    ways = sorted(way for obj in live for way in _ways(obj))
    spaces: dict[str, dict[str, str]] = {way.namespace: {} for way in ways}
    enforced = {pair for item in live for pair in _denied(item, spaces)}
    found: dict[tuple[str, str], Observed] = {}
    for item in ways:
        if (item.namespace, item.direction) not in enforced:
            found.setdefault((item.namespace, item.direction), item)
    return tuple(found[key] for key in sorted(found))


def is_observing(obj: ApiObject | None) -> bool:
    """Tell whether a policy of the set is in the form in which it decides nothing."""
    return obj is not None and ANNOTATION_OBSERVING in effective_annotations(obj)


def was_left_observing(change: ObjectChange) -> bool:
    """Tell whether a policy of ours is live in the form that observes, and is now to be enforced."""
    return is_observing(change.live) and not is_observing(change.intended)


def only_logs(obj: ApiObject | None) -> bool:
    """Tell whether an object is a policy of ours that is there to log and is not of the set."""
    return obj is not None and effective_labels(obj).get(LABEL_LAYER) == OBSERVE_LAYER


def logs(manifest: Mapping[str, Any], direction: str) -> bool:
    """Tell whether a policy has a Log rule in a direction."""
    spec = manifest.get("spec")
    rules = spec.get(direction.lower()) if isinstance(spec, Mapping) else None
    return any(isinstance(rule, Mapping) and rule.get("action") == LOG for rule in rules or ())


def _is_of(obj: ApiObject, intent: str) -> bool:
    owner = effective_labels(obj).get(LABEL_INTENT, "")
    return owner == intent if intent else bool(owner)


def _ways(obj: ApiObject) -> Iterator[Observed]:
    """Yield what one policy observes: its own namespace, or those that a bridge names."""
    manifest, layer = read_manifest(obj), effective_labels(obj).get(LABEL_LAYER)
    if layer not in (OBSERVE_LAYER, BRIDGE_LAYER):
        return
    until = effective_annotations(obj).get(ANNOTATION_UNTIL, "")
    for direction in _types(manifest):
        if logs(manifest, direction):
            for namespace in (obj.namespace,) if obj.namespace else sorted(named_spaces(manifest)):
                yield Observed(namespace, direction, str(manifest["metadata"]["name"]), until)


def _denied(obj: ApiObject, spaces: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield which of these namespaces a default deny of a tier of ours reaches, and in which directions."""
    layer = effective_labels(obj).get(LABEL_LAYER)
    if layer != DEFAULT_DENY_LAYER or obj.kind is not Kind.GLOBAL_NETWORK_POLICY or tier_of(obj) == DEFAULT_TIER:
        return
    manifest = read_manifest(obj)
    for namespace in read_reach(manifest, spaces).spaces:
        for direction in _types(manifest):
            yield namespace, direction


def _types(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    spec = manifest.get("spec")
    types = spec.get("types") if isinstance(spec, Mapping) else None
    return tuple(map(str, types or ()))

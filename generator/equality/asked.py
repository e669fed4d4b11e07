"""Whom the rules of a set ask for, and what they ask for that nobody in the world of the proof is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from generator.calico.rewrite import (
    ACCOUNT_LABEL,
    ACCOUNT_PREFIX,
    NAME_LABEL,
    NAMESPACE_LABEL,
    NAMESPACE_PREFIX,
    ORCHESTRATOR_LABEL,
)
from generator.equality.selector_models import Model, models_of
from generator.intent.model import PodSelection
from generator.reach.engine import Engine
from generator.reach.lower import Lowered
from generator.reach.model import PolicyView, RuleView, SideView
from generator.selectors import Node

_NAMESPACE_NAME: Final = f"{NAMESPACE_PREFIX}{NAME_LABEL}"
_OF_NAMESPACES: Final = (NAMESPACE_LABEL, _NAMESPACE_NAME)
_GIVEN: Final = (NAMESPACE_PREFIX, ACCOUNT_PREFIX)  # of labels that a pod has from elsewhere


def asked_for(lowered: Lowered) -> list[PodSelection]:
    """Return the pods that selectors of policies and rules ask for, each once; "" is any namespace."""
    selectors: dict[Node, None] = {}
    for policy, _, side in _sides(lowered):
        selectors[policy.selector] = None
        if side is not None:
            selectors.update((node, None) for node in (side.members, side.excluded) if node is not None)
    return list(dict.fromkeys(_selection(model) for selector in selectors for model in models_of(selector)))


def _selection(model: Model) -> PodSelection:
    labels = {key: value for key, value in model.items() if value is not None and not key.startswith(_GIVEN)}
    account = labels.pop(ACCOUNT_LABEL, "")
    labels.pop(ORCHESTRATOR_LABEL, None)
    labels.pop(NAMESPACE_LABEL, None)
    namespace = next((value for key in _OF_NAMESPACES if (value := model.get(key))), "")
    return PodSelection(namespace, tuple(sorted(labels.items())), account)


def _sides(lowered: Lowered) -> Iterator[tuple[PolicyView, RuleView | None, SideView | None]]:
    for tier in lowered.tiers:
        for policy in tier.policies:
            yield policy, None, None
            for rule in (*policy.ingress, *policy.egress):
                yield policy, rule, rule.source
                yield policy, rule, rule.destination


def blind_spots(engine: Engine) -> Iterator[tuple[PolicyView, int | None, str]]:
    """Give what is asked for and is nobody here, by policy and rule: what it allows would be seen by nobody."""
    directory = engine.directory
    names = {name for endpoint, _ in directory.endpoints() for name, _, _ in endpoint.ports}
    for policy, rule, side in _sides(engine.lowered):
        if side is None or rule is None:
            if not directory.endpoint_index.select(policy.selector):
                yield policy, None, "selects nobody"
            continue
        for node in (side.members, side.excluded):
            if (
                node is not None
                and not directory.endpoint_index.select(node)
                and not directory.group_index.select(node)
            ):
                yield policy, rule.index, "asks for labels that nobody can have"
        for name in (*side.port_names, *side.not_port_names):
            if name not in names:
                yield policy, rule.index, f"asks for port '{name}', which the intent does not name"
        if side.service is not None and side.service not in engine.inventory.services:
            service = f"{side.service.namespace}/{side.service.name}"
            yield policy, rule.index, f"asks for Service '{service}', which the intent does not name"

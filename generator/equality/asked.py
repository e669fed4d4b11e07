"""Whom the rules of a set ask for, and what they ask for that nobody in the world of the proof is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from generator.calico.rewrite import (
    ACCOUNT_LABEL,
    ACCOUNT_PREFIX,
    NAME_LABEL,
    NAMESPACE_LABEL,
    NAMESPACE_PREFIX,
    ORCHESTRATOR_LABEL,
)
from generator.equality.selector_models import OTHER, Model, choices_of, models_of, tests_of
from generator.intent.model import PodSelection
from generator.reach.engine import Engine
from generator.reach.lower import Lowered
from generator.reach.model import Action, PolicyView, RuleView, SideView
from generator.reach.service_backends import NO_BACKENDS
from generator.selectors import Node

_NAMESPACE_NAME: Final = f"{NAMESPACE_PREFIX}{NAME_LABEL}"
_OF_NAMESPACES: Final = (NAMESPACE_LABEL, _NAMESPACE_NAME)
_OURS: Final = "ringfence/"  # of labels that only network sets have, for which there are stand-ins of their own
_GIVEN: Final = (NAMESPACE_PREFIX, ACCOUNT_PREFIX)  # of labels that a pod has from elsewhere


def asked_for(lowered: Lowered) -> list[PodSelection]:
    """Return the pods that selectors of policies and rules ask for or look at, each once; "" is any namespace."""
    models = (model for node in _selectors(lowered) for model in (*models_of(node), *choices_of(node, _name_of)))
    return list(dict.fromkeys(map(_selection, models)))


def _selection(model: Model) -> PodSelection:
    labels = {key: value for key, value in model.items() if value is not None and not key.startswith(_GIVEN)}
    account = labels.pop(ACCOUNT_LABEL, "")
    labels.pop(ORCHESTRATOR_LABEL, None)
    labels.pop(NAMESPACE_LABEL, None)
    namespace = next((value for key in _OF_NAMESPACES if (value := model.get(key))), "")
    return PodSelection("" if namespace == OTHER else namespace, tuple(sorted(labels.items())), account)


def looked_at(lowered: Lowered, named: Iterable[PodSelection]) -> list[tuple[str, str]]:
    """Return the labels of pods that selectors look at, with the values they name, the account's label among them.

    Left out is what the intent itself names, save in global policies: those speak of all pods, whatever else is said of
    them.
    """
    known = {label for pods in named for label in (*pods.labels, (ACCOUNT_LABEL, pods.service_account))}
    spoken = {policy.selector for policy, _, _ in _sides(lowered) if not policy.id.namespace}
    found = {
        (name, value)
        for node in _selectors(lowered)
        for label, value in tests_of(node)
        if (name := _name_of(label)) not in ("", NAMESPACE_LABEL) and (node in spoken or (name, value) not in known)
    }
    return sorted(found)


def _selectors(lowered: Lowered) -> list[Node]:
    found: dict[Node, None] = {}
    for policy, _, side in _sides(lowered):
        found[policy.selector] = None
        if side is not None:
            found.update((node, None) for node in (side.members, side.excluded) if node is not None)
    return list(found)


def _name_of(label: str) -> str:
    """Return the label under which a choice is made; "" for what all pods have, is their namespace's, or a set's."""
    if label in _OF_NAMESPACES:
        return NAMESPACE_LABEL
    return "" if label == ORCHESTRATOR_LABEL or label.startswith((*_GIVEN, _OURS)) else label


def _sides(lowered: Lowered) -> Iterator[tuple[PolicyView, RuleView | None, SideView | None]]:
    for tier in lowered.tiers:
        for policy in tier.policies:
            yield policy, None, None
            for rule in (*policy.ingress, *policy.egress):
                yield policy, rule, rule.source
                yield policy, rule, rule.destination


def blind_spots(engine: Engine) -> Iterator[tuple[PolicyView, int | None, str]]:
    """Give what nobody here can see, by policy and rule: what asks for nobody, and what leaves it to others to decide.

    A Pass ends as an Allow where the set is alone, and as anything where others have policies after it.
    """
    directory = engine.directory
    names = {name for endpoint, _ in directory.endpoints() for name, _, _ in endpoint.ports}
    for policy, rule, side in _sides(engine.lowered):
        if side is None or rule is None:
            if not directory.endpoint_index.select(policy.selector):
                yield policy, None, "selects nobody"
            continue
        if rule.action is Action.PASS and side is rule.source:
            yield policy, rule.index, "passes packets on, for policies of others to decide"
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
        if side.service is not None and directory.backends(side.service) is NO_BACKENDS:
            service = f"{side.service.namespace}/{side.service.name}"
            yield policy, rule.index, f"asks for Service '{service}', which the intent does not name"

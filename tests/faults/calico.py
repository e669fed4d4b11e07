"""Faults in names and normalisation of policy objects."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generator.calico import names, normalize, normalize_rules, ordering, shapes
from generator.calico.objects import ApiObject, Identity
from generator.calico.ports import NamedPort, PortNumber, ProtocolNumber

Fault = Callable[[pytest.MonkeyPatch], None]


def raw_names_make_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare names as they are stored (landmine L8)."""

    def raw(obj: ApiObject, version: str | None = None) -> Identity:
        return Identity(obj.kind, obj.namespace, obj.name)

    monkeypatch.setattr(names, "identity_of", raw)


def prefix_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep `default.` in the name."""
    monkeypatch.setattr(names, "portable_name", lambda name, tier: name)


FAULTS_OF_IDENTITY: tuple[Fault, ...] = (raw_names_make_the_identity, prefix_stays)


def _without(field: str) -> Fault:
    def fault(monkeypatch: pytest.MonkeyPatch) -> None:
        real = normalize_rules._entity
        monkeypatch.setattr(
            normalize_rules,
            "_entity",
            lambda entity: {key: value for key, value in real(entity).items() if key != field},
        )

    fault.__name__ = f"{field}_is_dropped"
    return fault


def rules_are_a_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sort rules, as if their order did not decide."""
    real = normalize_rules.normalize_rules
    monkeypatch.setattr(normalize, "normalize_rules", lambda rules: sorted(real(rules), key=repr))


def labels_of_sets_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget that selectors see the labels of network sets."""
    monkeypatch.setattr(normalize, "_LABELS_COUNT", frozenset())


FAULTS_OF_NORMALISING: tuple[Fault, ...] = (
    _without("notNets"),
    _without("notSelector"),
    _without("services"),
    _without("serviceAccounts"),
    _without("notPorts"),
    rules_are_a_set,
    labels_of_sets_do_not_count,
)


def _taking(field: str, accept: Callable[[object], object]) -> Fault:
    def fault(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shapes, "_FIELDS", {})
        monkeypatch.setattr(shapes, field, shapes._checked("anything", accept))

    fault.__name__ = f"any{field}_will_do"
    return fault


FAULTS_OF_DECODING: tuple[Fault, ...] = (
    _taking("_PORT", lambda value: PortNumber(value) if isinstance(value, int) else NamedPort(str(value))),
    _taking("_PROTOCOL", lambda value: ProtocolNumber(0)),
    _taking("_WHOLE", lambda value: 0),
)


def _sorting_by(name: str, key: Callable[[str, str, str], str]) -> Fault:
    def fault(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            ordering, "sort_name", lambda kind, namespace, name, tier, version: key(kind.value, namespace, name)
        )

    fault.__name__ = name
    return fault


FAULTS_OF_ORDER: tuple[Fault, ...] = (
    _sorting_by("the_name_decides_in_every_version", lambda kind, namespace, name: f"{name}/{namespace}/{kind}"),
    _sorting_by("the_namespace_comes_first", lambda kind, namespace, name: f"{namespace}/{name}"),
    _sorting_by("a_blank_ends_the_name", lambda kind, namespace, name: f"{name} {namespace} {kind}"),
)

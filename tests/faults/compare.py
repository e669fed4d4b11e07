"""Faults in the object diff."""

from __future__ import annotations

import pytest

from generator.calico.objects import ApiObject, Identity
from generator.compare import diff, index
from tests.faults.calico import Fault


def raw_names_in_the_diff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pair objects by the names as stored (landmine L8): every policy would be deleted and created."""

    def raw(obj: ApiObject, version: str | None = None) -> Identity:
        return Identity(obj.kind, obj.namespace, obj.name)

    monkeypatch.setattr(index, "identity_of", raw)


def every_label_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take whatever any intent owns for ours."""
    monkeypatch.setattr(diff, "owner_of", lambda obj: "shop")


def a_prefix_of_the_name_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take intent `shop-2` for `shop`."""
    real = diff.owner_of
    monkeypatch.setattr(diff, "owner_of", lambda obj: real(obj).partition("-")[0])


def labels_are_read_from_the_stored_object(monkeypatch: pytest.MonkeyPatch) -> None:
    """Overlook that a stored object's labels are in its annotation."""
    monkeypatch.setattr(diff, "effective_labels", lambda obj: dict(obj.metadata.get("labels") or {}))


FAULTS_OF_DIFF: tuple[Fault, ...] = (
    raw_names_in_the_diff,
    every_label_is_ours,
    a_prefix_of_the_name_is_enough,
    labels_are_read_from_the_stored_object,
)

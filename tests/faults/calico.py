"""Faults in names and normalisation of policy objects."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generator.calico import names
from generator.calico.objects import ApiObject, Identity

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

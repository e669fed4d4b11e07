"""Faults in what staged policies would do once they are promoted (calico.md 6.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from generator.calico.kinds import Kind
from generator.calico.objects import ApiObject
from generator.reach import engine, promoted
from generator.reach.program import policies_by_class


def nothing_is_promoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "promote", lambda objects, version: tuple(objects))


def deletions_are_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    real = promoted._spec
    monkeypatch.setattr(
        promoted, "_spec", lambda obj: {key: item for key, item in real(obj).items() if key != "stagedAction"}
    )


def the_enforced_twin_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask both, as Calico's pending verdict does."""
    real = promoted.promote

    def both(objects: Iterable[ApiObject], version: Any) -> tuple[ApiObject, ...]:
        listed = list(objects)
        found = real(listed, version)
        return (*found, *(obj for obj in listed if obj not in found and "Staged" not in obj.kind.value))

    monkeypatch.setattr(engine, "promote", both)


def kubernetes_kinds_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {staged: kind for staged, kind in promoted._ENFORCED.items() if kind is not Kind.KUBERNETES_NETWORK_POLICY}
    monkeypatch.setattr(promoted, "_ENFORCED", kinds)


def staged_policies_are_enforced_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def enforced(tiers: Any, index: Any) -> Any:
        return policies_by_class(
            (replace(tier, policies=tuple(replace(one, staged=False) for one in tier.policies)) for tier in tiers),
            index,
        )

    monkeypatch.setattr(engine, "policies_by_class", enforced)


ALL: tuple[Callable[[pytest.MonkeyPatch], None], ...] = (
    nothing_is_promoted,
    deletions_are_policies,
    the_enforced_twin_stays,
    kubernetes_kinds_are_forgotten,
    staged_policies_are_enforced_as_they_are,
)

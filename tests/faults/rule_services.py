"""Faults in what stands behind a Service that a rule names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from generator.reach import inventory, matching, members, service_backends, side_sets


def manifests_without_slices_have_nothing_behind_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "UNKNOWN_BACKENDS", members.NO_BACKENDS)
    monkeypatch.setattr(inventory, "expect_backends", lambda *asked: {})


def what_is_not_known_of_a_service_is_not_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = matching._is_backend
    monkeypatch.setattr(matching, "_is_backend", lambda *asked: bool(real(*asked)))


def the_sets_know_what_is_behind_every_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_sets.SideSets, "_is_unsure", lambda self, service: False)


def a_service_has_both_families(monkeypatch: pytest.MonkeyPatch) -> None:
    real = service_backends.readable_addresses

    def both(texts: Any) -> Any:
        found = list(real(texts))
        return [*found, (6, 1)] if found and found[0] == (4, 0x0A600009) else found

    monkeypatch.setattr(service_backends, "readable_addresses", both)


def pods_on_the_hosts_network_are_behind_no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    real = inventory.expect_backends

    def forget(snapshot: Any, *more: Any) -> Any:
        plain = tuple(item for item in snapshot.workloads if not item.host_network)
        return real(replace(snapshot, workloads=plain), *more)

    monkeypatch.setattr(inventory, "expect_backends", forget)


ALL = [
    manifests_without_slices_have_nothing_behind_a_service,
    what_is_not_known_of_a_service_is_not_behind_it,
    the_sets_know_what_is_behind_every_service,
    a_service_has_both_families,
    pods_on_the_hosts_network_are_behind_no_service,
]

"""The tests of the snapshot go red under planted faults."""

from __future__ import annotations

import pytest

from tests.faults import snapshot as faults
from tests.snapshot.test_snapshot_load import test_what_a_controller_makes_is_not_counted_twice as check_owners
from tests.snapshot.test_snapshot_resolve import test_target_ports as check_ports
from tests.snapshot.test_snapshot_secrets import SHAPES, check_nothing_planted


def test_kept_secrets_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    check_nothing_planted([dict(SHAPES[0])])
    faults.secrets_are_kept(monkeypatch)
    with pytest.raises(AssertionError):
        check_nothing_planted([dict(SHAPES[0])])


def test_a_forgotten_target_port_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    faults.service_port_taken_for_the_pods(monkeypatch)
    with pytest.raises(AssertionError):
        check_ports("web", "443", {8443})


def test_doubled_pods_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    faults.owned_pods_are_doubled(monkeypatch)
    with pytest.raises(AssertionError):
        check_owners()

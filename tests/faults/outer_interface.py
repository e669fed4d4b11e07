"""Faults in what governs a node's outer interface where its name is not known."""

from __future__ import annotations

from typing import Any

import pytest

from generator.reach import flow, pairs
from generator.reach.engine import Engine


def an_interface_that_is_not_known_has_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out host endpoints that name an interface, which says that nobody asks."""
    monkeypatch.setattr(Engine, "_outer_interfaces", lambda self, node: (self.environment.interface or "",))


def an_interface_that_is_not_known_is_the_first_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Engine._outer_interfaces
    monkeypatch.setattr(Engine, "_outer_interfaces", lambda self, node: real(self, node)[-1:])


def expected_addresses_tell_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def named(self: Engine, node: str) -> tuple[str, ...]:
        if self.environment.interface is not None:
            return (self.environment.interface,)
        return ("", *sorted({host.interface for host in self._hosts_on(node)} - {"", "*"}))

    monkeypatch.setattr(Engine, "_outer_interfaces", named)


def one_flow_takes_the_first_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "product", lambda *hosts: [tuple(one[0] for one in hosts)])


def the_sets_take_the_first_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def first(ways: Any) -> Any:
        return ways[0]

    monkeypatch.setattr(pairs, "any_of", first)


ALL = [
    an_interface_that_is_not_known_has_another_name,
    an_interface_that_is_not_known_is_the_first_that_is_named,
    expected_addresses_tell_nothing,
    one_flow_takes_the_first_way,
    the_sets_take_the_first_way,
]

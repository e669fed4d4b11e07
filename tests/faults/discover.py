"""Faults in discovery: each makes a guess look like a fact, or loses an edge."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generator.discover import names, references, sightings
from generator.discover.values import Form, parse_addresses

Fault = Callable[[pytest.MonkeyPatch], None]


def whole_maps_are_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every value of a shared ConfigMap for one that each reader uses (field notes, 5)."""
    monkeypatch.setattr(sightings.Consumers, "guess", lambda self, namespace, name: "")


def only_urls_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Overlook host:port."""
    monkeypatch.setattr(
        references,
        "parse_addresses",
        lambda text: tuple(item for item in parse_addresses(text) if item.form is Form.URL),
    )


def every_word_is_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take MYSQL_DATABASE=wordpress for a call to the Service of that name."""
    monkeypatch.setattr(names, "says_address", lambda name: True)


FAULTS_OF_FALSE_EDGES: tuple[Fault, ...] = (whole_maps_are_facts, every_word_is_a_host)

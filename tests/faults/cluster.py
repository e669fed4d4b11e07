"""Faults in the reading of a cluster: each takes what it has seen for more than it is."""

from __future__ import annotations

from typing import Any

import pytest

from generator.cluster import kept, lists, reading, snapshot
from generator.cluster.reading import Reader


def nobody_looks_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reader, "_settle", lambda *asked: None)


def a_look_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_difference", lambda held, fresh: "same")


def replicas_are_alike_whatever_their_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    real = kept.essence

    def blind(item: Any) -> Any:
        found = real(item)
        return {**found, "labels": {}} if found is not None and "account" in found else found

    monkeypatch.setattr(reading, "essence", blind)


def an_expired_list_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """What came before the server forgot that moment is kept as if it were the whole list."""
    real = lists._pages

    def ending(*asked: Any) -> Any:
        try:
            yield from real(*asked)
        except lists._Torn:
            return

    monkeypatch.setattr(lists, "_pages", ending)


def what_is_refused_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "write_unread", lambda kinds: {})


PAGES = (an_expired_list_goes_on_where_it_was,)


def no_environment_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_CONTAINER", tuple(key for key in kept._CONTAINER if key != "env"))


def no_node_of_a_pod_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_POD_SPEC", tuple(key for key in kept._POD_SPEC if key != "nodeName"))


KEPT = (no_environment_is_kept, no_node_of_a_pod_is_kept)


def nobody_looks_into_one_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reader, "_candidates", lambda *asked: iter(()))


def one_namespace_is_all_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could be read in some namespace counts as read, and what could not as absent."""
    monkeypatch.setattr(snapshot, "write_unread", lambda kinds: {})
    monkeypatch.setattr(snapshot, "_decides", lambda kinds: False)


def derived_profiles_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "_DERIVED", ("nobody",))


def a_list_holds_every_tier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "hidden_tiers", lambda *asked: {})

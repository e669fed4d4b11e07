"""Faults in the check of whom pods ask for names."""

from __future__ import annotations

import pytest

from generator.checks import pod_resolvers


def everything_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pod_resolvers, "_is_opened", lambda text, opened: True)


def a_node_asks_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pod_resolvers, "OF_NODE", "nobody")


def kubelets_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pod_resolvers, "_kubelets", lambda *asked: ())

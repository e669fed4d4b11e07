"""Layers on their own: what they write, before anybody proves that it is what the intent means."""

from __future__ import annotations

import pytest

from generator.layers import render


@pytest.fixture
def unproven(monkeypatch: pytest.MonkeyPatch) -> None:
    """Render without the proof, which would find a planted fault before the check that is to find it."""
    monkeypatch.setattr(render, "_prove", lambda *_: None)

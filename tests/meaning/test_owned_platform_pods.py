"""Pods of the platform in a namespace that the intent owns: what they need is rendered at their end too."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.equality.model import Proven, Wrong
from generator.equality.prove import prove_equal
from generator.intent import load_intent
from generator.layers.compose import system
from generator.platforms import load_profile
from tests.meaning.proving import build

PROFILE = """
version: 1
name: own
title: A platform whose metrics live in a namespace of the team
extends: generic
capabilities:
  metrics-api:
    value:
      title: metrics-server
      peers: [{pods: {namespace: metrics, labels: {k8s-app: metrics-server}, ports: [10250/TCP]}}]
    source: here
    verified: yes
"""
INTENT = """
version: 1
name: shop
platform: own.yaml
namespace: shop
owns: [metrics]
layout: LAYOUT
services:
  web: {needs: [metrics-api]}
  cart: {needs: [metrics-api]}
"""


def prove(folder: Path, layout: str) -> object:
    (folder / "own.yaml").write_text(PROFILE, encoding="utf-8")
    (folder / "intent.yaml").write_text(INTENT.replace("LAYOUT", layout), encoding="utf-8")
    intent = load_intent([str(folder / "intent.yaml")]).intent
    profile = load_profile(str(folder / "own.yaml"))
    return prove_equal(intent, profile, build(intent, profile))


@pytest.mark.parametrize("layout", ["tiers", "single-tier"])
def test_a_capability_in_an_owned_namespace(layout: str, tmp_path: Path) -> None:
    assert isinstance(prove(tmp_path, layout), Proven)


def test_without_that_end_it_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "_owned_ends", lambda context: [])
    found = prove(tmp_path, "tiers")
    assert isinstance(found, list)
    assert {(item.wrong, item.way, item.layer) for item in found} == {(Wrong.LESS, "ingress", "system")}

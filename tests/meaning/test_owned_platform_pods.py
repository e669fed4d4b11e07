"""Pods of the platform in a namespace that the intent owns: what they need is rendered at their end too."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.equality.model import Proven, Wrong
from generator.equality.prove import prove_equal
from generator.foundation.errors import InputError
from generator.intent import load_intent
from generator.intent.namespaces import is_listed
from generator.layers.compose import system
from generator.platforms import list_profiles, load_profile
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
webhooks:
  judge:
    value: {namespace: metrics, labels: {app: judge}, ports: [9443/TCP]}
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
cluster: {apiServer: [192.168.11.5]}
services:
  web: {needs: [metrics-api]}
  cart: {needs: [metrics-api]}
"""


def prove(folder: Path, layout: str, intent_text: str = INTENT) -> object:
    (folder / "own.yaml").write_text(PROFILE, encoding="utf-8")
    (folder / "intent.yaml").write_text(intent_text.replace("LAYOUT", layout), encoding="utf-8")
    intent = load_intent([str(folder / "intent.yaml")]).intent
    profile = load_profile(str(folder / "own.yaml"))
    return prove_equal(intent, profile, build(intent, profile))


@pytest.mark.parametrize("layout", ["tiers", "single-tier"])
def test_a_capability_in_an_owned_namespace(layout: str, tmp_path: Path) -> None:
    assert isinstance(prove(tmp_path, layout), Proven)


@pytest.mark.parametrize("part", ["_owned_ends", "_platform_webhooks"])
def test_without_that_end_it_would_be_found(part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, part, lambda *_: [])
    found = prove(tmp_path, "tiers")
    assert isinstance(found, list)
    assert {(item.wrong, item.way, item.layer) for item in found} == {(Wrong.LESS, "ingress", "system")}


def test_without_addresses_of_the_api_server_it_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the API server calls judge in 'metrics', but its addresses are not known"):
        prove(tmp_path, "tiers", INTENT.replace("cluster: {apiServer: [192.168.11.5]}\n", ""))


@pytest.mark.parametrize("name", list_profiles())
def test_no_shipped_platform_has_its_own_pods_in_a_namespace_of_the_users(name: str) -> None:
    profile = load_profile(name)
    peers = [peer.pods for capability in profile.capabilities.values() for peer in capability.peers]
    pods = [*(webhook.pods for webhook in profile.webhooks), *(item for item in peers if item is not None)]
    system_namespaces = profile.system_namespaces.value
    assert [item.namespace for item in pods if not is_listed(item.namespace, system_namespaces)] == []

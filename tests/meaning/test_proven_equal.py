"""A rendered set is what its intent means: for every platform and layout, and with what a user may change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generator.equality.model import Proven
from generator.equality.prove import prove_equal
from generator.snapshot import load_snapshot
from tests.meaning.proving import PLATFORMS, build, load, prove

EXAMPLES = Path(__file__).parents[2] / "examples"
LIVE = sorted(path.parent for path in EXAMPLES.glob("*/live"))


@pytest.mark.parametrize("isolation", ["strict", "namespace"])
@pytest.mark.parametrize("layout", ["tiers", "single-tier"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_everything_an_intent_can_say(platform: str, layout: str, isolation: str) -> None:
    found = prove(platform=platform, layout=layout, isolation=isolation)
    assert isinstance(found, Proven), found
    assert found.pods > 50
    assert found.places > 250


CLUSTER = {"owns": "cluster", "services": {"orders": {"namespace": "billing", "ports": [8443]}}}
ENTERPRISE = {
    "platform": "calico-enterprise",
    "externals": {
        "payments": {"domains": ["*.payments.example"], "cidrs": ["198.51.100.7/32"], "strategy": "enterprise"}
    },
}
OVERLAYS: dict[str, dict[str, Any]] = {
    "denials are off": {"layers": {"guardrails": "off", "threat-feeds": "off"}},
    "orders of one's own": {"layers": {"guardrails": {"order": 7}, "workloads": {"order": 499.5}}},
    "an old version in stored form": {
        "calico": "3.28", "layout": "single-tier", "apiGroup": "crd.projectcalico.org/v1",
    },
    "a version whose tiers are in every name": {"calico": "3.29", "apiGroup": "crd.projectcalico.org/v1"},
    "a tier that another intent renders": {"tier": {"name": "tenants", "ownedBy": "platform-team"}},
    "domains that the edition resolves": ENTERPRISE,
    "the whole cluster": CLUSTER,
    "the whole cluster in one tier": {**CLUSTER, "layout": "single-tier"},
    "metadata on purpose": {
        "platform": "gke", "services": {"web": {"needs": ["cloud-identity", "cloud-metadata", "internet", "wide"]}},
    },
    "no node is known": {"platform": "gke", "cluster": {"nodes": None}, "services": {"door": {"needs": ["redis"]}}},
}  # fmt: skip


@pytest.mark.parametrize("overlay", OVERLAYS.values(), ids=OVERLAYS)
def test_with_what_a_user_may_change(overlay: dict[str, Any]) -> None:
    if overlay.get("owns") == "cluster":
        needs = ["cart", "catalog", "payments", "kubernetes-api", "orders"]
        services = {**overlay["services"], "web": {"needs": needs}}
        overlay = {**overlay, "services": services, "exceptions": None}
    found = prove(**overlay)
    assert isinstance(found, Proven), found


def test_what_had_to_be_stood_in_for_is_said() -> None:
    found = prove(**ENTERPRISE)
    assert isinstance(found, Proven)
    assert found.stand_ins == (
        "an address for domain '*.payments.example'",
        "endpoints for Service default/kubernetes",
        "addresses for the feed 'other' of intent 'platform-team'",
    )


@pytest.mark.parametrize("layout", ["tiers", "single-tier"])
@pytest.mark.parametrize("folder", LIVE, ids=lambda folder: folder.name)
def test_examples_over_what_is_live(folder: Path, layout: str) -> None:
    snapshot, _ = load_snapshot([str(folder / "live")])
    for path in folder.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        if "\nservices:" not in text:
            continue
        overlay: dict[str, Any] = {"layout": layout}
        if layout == "single-tier" and "\ntier:" in text:
            overlay["tier"] = None
        intent, profile = load(path, **overlay)
        alone = prove_equal(intent, profile, build(intent, profile))
        found = prove_equal(intent, profile, build(intent, profile, snapshot), snapshot)
        assert isinstance(alone, Proven)
        assert isinstance(found, Proven), found
        assert found.pods > alone.pods, "the live pods are compared too"

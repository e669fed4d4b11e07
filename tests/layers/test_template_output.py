"""What a user's template may not write: another tier than the intent's, or what has not the shape of an object."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from generator.foundation.errors import InputError
from generator.intent import load_intent
from generator.layers import render_set
from generator.platforms import load_profile

DAY = date(2026, 1, 1)
ROOT = Path(__file__).parents[2]
INTENT = "version: 1\nname: shop\nplatform: generic\nlayout: tiers\nnamespace: shop\nservices: {web: {ports: [80]}}\n"


def refusal(folder: Path, template: str, old: str, new: str) -> list[str]:
    (folder / "intent.yaml").write_text(INTENT)
    text = (ROOT / "templates" / template).read_text()
    assert old in text
    templates = folder / "templates"
    templates.mkdir()
    (templates / template).write_text(text.replace(old, new))
    intent = load_intent([str(folder / "intent.yaml")]).intent
    with pytest.raises(InputError) as caught:
        render_set(intent, load_profile(intent.platform), templates=templates, as_of=DAY)
    return [f"{item.code} {item.summary}" for item in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("defaultAction: Pass", "defaultAction: Deny", "has default action Deny, not Pass"),
        ("defaultAction: Pass", "", "has default action None, not Pass"),
        ("order: {{ tier_order }}", "order: 50", "has order 50, not 900"),
        ("order: {{ tier_order }}", "", "has order None, not 900"),
        ('"Tier", tier_name', '"Tier", "other"', "is not the intent's tier 'ringfence'"),
    ],
)
def test_another_tier(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert any(says in text for text in refusal(tmp_path, "tier.yaml.j2", old, new))


def test_what_is_no_object(tmp_path: Path) -> None:
    found = refusal(tmp_path, "tier.yaml.j2", "spec:\n", "spec: [a]\nother:\n")
    assert any("spec is no mapping" in text for text in found)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("spec: {ingress: text}", "ingress is no list"),
        ("spec: {ingress: [text]}", "ingress[0] is no rule"),
        ("spec: {egress: [{action: Allow, destination: text}]}", "egress[0] is no rule"),
        ("spec: text", "spec is no mapping"),
    ],
)
def test_what_is_no_policy(tmp_path: Path, written: str, says: str) -> None:
    (tmp_path / "templates").mkdir()
    text = (
        "---\napiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\n"
        "metadata: {name: ringfence.shop-x, labels: {ringfence/intent: shop, ringfence/layer: dns}}\n" + written + "\n"
    )
    (tmp_path / "templates" / "dns.yaml.j2").write_text(text)
    (tmp_path / "intent.yaml").write_text(INTENT)
    intent = load_intent([str(tmp_path / "intent.yaml")]).intent
    with pytest.raises(InputError) as caught:
        render_set(intent, load_profile(intent.platform), templates=tmp_path / "templates", as_of=DAY)
    assert any(says in item.summary for item in caught.value.diagnostics), caught.value.diagnostics

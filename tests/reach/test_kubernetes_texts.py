"""What Calico makes of parts of a staged Kubernetes policy that no API server has looked at (calico.md 5.1)."""

from __future__ import annotations

import pytest

from generator.calico.kubernetes_policy import IngressRule, IPBlock, LabelRequirement, LabelSelector, PolicyPeer
from generator.calico.rule import EntityRule
from generator.reach.kubernetes_rules import convert_rules, namespace_selector_text

TEXTS: list[tuple[LabelSelector | None, str]] = [
    (None, ""),
    (LabelSelector(), "all()"),
    (LabelSelector({"team": "a"}), "team == 'a'"),
    (LabelSelector(match_expressions=(LabelRequirement("team", "Exists"),)), "has(team)"),
    (LabelSelector(match_expressions=(LabelRequirement("team", "Gt", ("1",)),)), ""),
    (LabelSelector({"app": "x"}, (LabelRequirement("team", "Gt", ("1",)),)), "app == 'x'"),
]
BLOCKS: list[tuple[IPBlock, EntityRule]] = [
    (IPBlock("10.1.2.3/8"), EntityRule(nets=("10.0.0.0/8",))),
    (IPBlock("10.1.2.3"), EntityRule()),
    (IPBlock("10.0.0.0/8", ("10.1.0.0/16",)), EntityRule(nets=("10.0.0.0/8",), not_nets=("10.1.0.0/16",))),
    (IPBlock("10.0.0.0/8", ("10.1.2.3", "10.2.0.0/16")), EntityRule(nets=("10.0.0.0/8",))),
]


@pytest.mark.parametrize(("selector", "text"), TEXTS)
def test_namespace_selectors(selector: LabelSelector | None, text: str) -> None:
    assert namespace_selector_text(selector) == text


@pytest.mark.parametrize(("block", "source"), BLOCKS)
def test_blocks(block: IPBlock, source: EntityRule) -> None:
    [(_, _, rule)] = convert_rules([IngressRule((PolicyPeer(ip_block=block),))], True)
    assert rule.source == source

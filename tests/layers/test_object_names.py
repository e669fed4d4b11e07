"""Names of objects: legal however long the items' names are, and no two the same whatever they are called."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from generator.foundation.errors import InputError
from generator.layers.model import LABEL_SET
from tests.faults import layers as faults
from tests.layers.rendering import manifests, render_text, rules

HEAD = """
    version: 1
    name: shop
    platform: generic
    namespace: shop
"""
CLASHES = """
    isolation: namespace
    services:
      a: {ports: [80], needs: [kubernetes-api]}
      a-system: {ports: [81], needs: [self], exposed: {by: loadbalancer}}
      a-shared-b: {ports: [82], needs: [self]}
      a-shared-b-shared-c: {ports: [82], needs: [self]}
      same-namespace: {ports: [83], needs: [self]}
      shared-b: {ports: [84], needs: [self], exposed: {by: loadbalancer}}
      shared-c: {ports: [84], needs: [self]}
      exception-x: {ports: [85], needs: [a]}
      exception-x-in: {ports: [86], needs: [self]}
      dns: {ports: [53/UDP], needs: [self], exposed: {by: nodeport}}
    shared:
      b: {from: {namespace: other, select: {app: b}}, to: [a], ports: [80]}
      b-shared-c: {from: {namespace: other, select: {app: b}}, to: [a], ports: [80]}
      b-exposed: {from: {namespace: other, select: {app: b}}, to: all, ports: [80]}
      c: {from: {namespace: shop, select: {app: shared-c}}, to: [a, a-shared-b], ports: [80]}
    exceptions:
      - {name: x, from: a, to: a-system, owner: o, until: 2027-01-01, reason: r}
      - {name: x-in, from: a, to: a-shared-b, owner: o, until: 2027-01-01, reason: r}
"""
LONG = "a" + "-very" * 12 + "-b"  # 63 characters


@pytest.mark.parametrize("layout", ["tiers", "single-tier"])
def test_names_that_meet_are_told_apart(layout: str) -> None:
    found = render_text(f"{HEAD}    layout: {layout}\n{CLASHES}")
    names = [str(item.identity) for item in found.objects]
    assert len(names) == len(set(names))
    prefix = "ringfence." if layout == "tiers" else "ringfence-"
    by_name = {m["metadata"]["name"].removeprefix(prefix): m for m in manifests(found, "workloads")}
    for service in ("a", "a-system", "a-shared-b", "exception-x", "exception-x-in", "shared-b"):
        assert by_name[service]["spec"]["selector"] == f"app == '{service}'"


@pytest.mark.parametrize(("layout", "calico"), [("tiers", "3.32"), ("single-tier", "3.32"), ("single-tier", "3.26")])
def test_long_names_stay_legal(layout: str, calico: str) -> None:
    ranges = ", ".join(f"198.51.{number}.0/25" for number in range(65))
    text = f"""
    version: 1
    name: {LONG}
    platform: generic
    namespace: {LONG}
    layout: {layout}
    calico: "{calico}"
    services:
      {LONG}: {{ports: [80], needs: [kubernetes-api, self, {{external: {LONG}}}], exposed: {{by: loadbalancer}}}}
      {LONG[:-1]}c: {{ports: [80], needs: [{LONG}, {{external: {LONG}}}], exposed: {{by: loadbalancer}}}}
    externals: {{{LONG}: {{cidrs: [{ranges}], ports: [443]}}}}
    shared: {{{LONG}: {{from: {{namespace: {LONG}, select: {{app: x}}}}, to: all, ports: [80]}}}}
    threatFeeds: {{{LONG}: {{file: bad.netset}}}}
    exceptions:
      - {{name: {LONG}, from: {LONG}, to: {LONG[:-1]}c, owner: o, until: 2027-01-01, reason: r}}
"""
    found = render_text(text, files={"bad.netset": "203.0.113.9\n"})
    names = [str(item.identity) for item in found.objects]
    assert len(names) == len(set(names))
    for manifest in manifests(found):
        labels = manifest["metadata"]["name"].split(".")
        assert all(re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", label) for label in labels)
    asked = {rule["destination"]["selector"] for _, d, rule in rules(found, "threat-feeds") if d == "egress"}
    sets = {manifest["metadata"]["labels"][LABEL_SET] for manifest in manifests(found, "sets")}
    assert any(f"'{label}'" in selector for label in sets for selector in asked)


@pytest.mark.parametrize("layout", ["tiers", "single-tier"])
def test_a_policy_with_too_many_rules_is_cut(layout: str) -> None:
    """Calico takes 1,024 rules in a policy (V15); a service with more callers has more than one policy."""
    callers = "".join(f"      s{number}: {{needs: [hub]}}\n" for number in range(1030))
    text = f"{HEAD}    layout: {layout}\n    services:\n      hub: {{ports: [80], needs: [self]}}\n{callers}"
    found = [m for m in manifests(render_text(text), "workloads") if m["spec"]["selector"] == "app == 'hub'"]
    assert [len(manifest["spec"]["ingress"]) for manifest in found] == [1024, 7]
    assert [len(manifest["spec"].get("egress", ())) for manifest in found] == [1, 0]
    sources = [rule["source"]["selector"] for manifest in found for rule in manifest["spec"]["ingress"]]
    assert len(set(sources)) == 1031


@pytest.mark.parametrize("check", [test_names_that_meet_are_told_apart, test_a_policy_with_too_many_rules_is_cut])
@pytest.mark.usefixtures("unproven")
def test_planted_fault_is_found(check: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    faults.names_are_not_told_apart(monkeypatch)
    with pytest.raises((AssertionError, InputError)):
        check("tiers")

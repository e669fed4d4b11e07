"""The intent against a snapshot: each check finds what it is for and names the nearest spelling, else it is quiet."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from generator.checks.run import check_against_snapshot
from generator.foundation.diagnostics import Diagnostic
from generator.intent import load_intent
from generator.platforms import load_profile
from generator.snapshot import load_snapshot

INTENT = """
    version: 1
    name: shop
    platform: generic
    namespace: shop
    services:
      web: {ports: [8080], needs: [db]}
      db: {ports: [5432]}
"""
LIVE = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{containerPort: 8080, name: http}]}]
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: shop}
    spec:
      serviceName: db
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          containers: [{name: db, image: db, ports: [{containerPort: 5432}]}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec: {selector: {app: web}, type: LoadBalancer, ports: [{port: 80, targetPort: 8080}]}
"""


def found(intent: str, live: str, tmp_path: Path, *, complete: bool = False) -> list[Diagnostic]:
    (tmp_path / "intent.yaml").write_text(dedent(intent))
    (tmp_path / "live.yaml").write_text(dedent(live))
    loaded = load_intent([str(tmp_path / "intent.yaml")])
    snapshot, _ = load_snapshot([str(tmp_path / "live.yaml")], complete=complete)
    return check_against_snapshot(loaded.intent, load_profile("generic"), snapshot)


def codes(diagnostics: list[Diagnostic]) -> list[str]:
    return [item.code for item in diagnostics]


def test_what_agrees_gives_only_the_note_that_dns_is_not_shown(tmp_path: Path) -> None:
    assert codes(found(INTENT, LIVE, tmp_path)) == ["RF5602"]


def test_in_a_complete_snapshot_missing_dns_is_an_error(tmp_path: Path) -> None:
    assert codes(found(INTENT, LIVE, tmp_path, complete=True)) == ["RF5608"]


CASES = {
    "a misspelt label": (INTENT.replace("db: {", "db: {select: {app: dbb}, "), "RF5601", "did you mean app: db?"),
    "a misspelt key": (INTENT.replace("db: {", "db: {select: {apps: db}, "), "RF5601", "did you mean the label 'app'?"),
    "a Service's port": (INTENT.replace("[8080]", "[80]"), "RF5605", "write 8080"),
    "a name that no pod has": (INTENT.replace("[8080]", "[htpp]"), "RF5606", "did you mean 'http'?"),
    "a port nobody declares": (INTENT.replace("[5432]", "[5433]"), "RF5607", "declared there: 5432"),
    "a workload of no service": (
        INTENT.replace("db: {ports: [5432]}", "x: {}").replace("[db]", "[]"), "RF5604", "",
    ),
    "hidden clients": (
        INTENT.replace("[8080],", "[8080], exposed: {by: loadbalancer, cidrs: [198.51.100.0/24]},"),
        "RF5610", "externalTrafficPolicy",
    ),
    "a callee elsewhere": (
        INTENT.replace("[db]", "[db, {namespace: billing, select: {app: api}, ports: [443]}]"), "RF5609", "443",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_contradiction_is_found(case: str, tmp_path: Path) -> None:
    intent, code, hint = CASES[case]
    diagnostics = found(intent, LIVE, tmp_path)
    assert code in codes(diagnostics)
    assert any(hint in item.hint for item in diagnostics if item.code == code)
    assert all(item.place.file for item in diagnostics if item.code not in ("RF5602", "RF5608"))


def test_a_namespace_that_a_partial_snapshot_does_not_show_is_a_note(tmp_path: Path) -> None:
    intent = INTENT.replace("namespace: shop", "namespace: elsewhere")
    diagnostics = found(intent, LIVE, tmp_path)
    assert "RF5601" not in codes(diagnostics)
    assert codes(found(intent, LIVE, tmp_path, complete=True)).count("RF5601") == 2


def test_two_services_on_the_same_pods(tmp_path: Path) -> None:
    live = LIVE.replace("labels: {app: db}", "labels: {app: db, tier: data}")
    intent = INTENT + "      data: {select: {tier: data}}\n"
    assert "RF5603" in codes(found(intent, live, tmp_path))


def test_an_intent_that_owns_the_cluster_leaves_no_workload_uncovered(tmp_path: Path) -> None:
    intent = INTENT.replace("services:", "owns: cluster\n    services:")
    stray = LIVE.split("---")[0].replace("name: web, namespace: shop", "name: stray, namespace: NAMESPACE")
    for namespace, expected in (("elsewhere", 1), ("kube-system", 0)):
        live = LIVE + "    ---" + stray.replace("NAMESPACE", namespace)
        assert codes(found(intent, live, tmp_path)).count("RF5604") == expected
        assert "RF5604" not in codes(found(INTENT, live, tmp_path))

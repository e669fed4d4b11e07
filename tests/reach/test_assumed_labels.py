"""Manifests without the object of a namespace or account: where a verdict hangs on its labels, that is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from generator.calico.rewrite import ACCOUNT_PREFIX, NAMESPACE_PREFIX
from generator.cli.main import run_command
from generator.reach import assumed, inventory
from generator.reach.assumed import find_assumed_labels
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from tests.reach.kubernetes_worlds import kubernetes_world
from tests.reach.small_world import Manifest, ask, calico, kubernetes, manifest, packet, snapshot_of

SHOP = manifest("Namespace", "shop", metadata={"labels": {"team": "red"}})
ACCOUNT = manifest("ServiceAccount", "default", "shop", metadata={"labels": {"power": "high"}})


def deployment(name: str, namespace: str = "shop") -> Manifest:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return manifest("Deployment", name, namespace, api="apps/v1", spec=spec)


WEB, DB = deployment("web"), deployment("db")


def of_team(**spec: Any) -> Manifest:
    return calico("GlobalNetworkPolicy", "p", types=["Ingress"], **{"namespaceSelector": "team == 'red'", **spec})


BY_RULE = of_team(
    namespaceSelector="projectcalico.org/name == 'shop'",
    ingress=[{"action": "Allow", "source": {"notSelector": "pcns.team == 'red'"}}],
)
BY_ACCOUNT = calico("NetworkPolicy", "p", "shop", serviceAccountSelector="power == 'high'", types=["Ingress"])
STAGED = {**of_team(), "kind": "StagedGlobalNetworkPolicy"}
BY_NAME = of_team(namespaceSelector="kubernetes.io/metadata.name == 'shop'")
EMPTY = calico("NetworkPolicy", "q", "lib")
ROWS: list[tuple[str, list[Manifest], list[str]]] = [
    ("a policy asks", [WEB, DB, ACCOUNT, of_team()], ["label team of the namespace shop"]),
    ("and the namespace is there", [SHOP, WEB, DB, ACCOUNT, of_team()], []),
    ("a rule asks", [WEB, DB, ACCOUNT, BY_RULE], ["label team of the namespace shop"]),
    ("it asks for the name alone", [WEB, DB, ACCOUNT, BY_NAME], []),
    ("a staged policy asks", [WEB, DB, ACCOUNT, STAGED], []),
    ("of a namespace in which nothing stands", [SHOP, WEB, ACCOUNT, of_team(), EMPTY], []),
    ("of one with a set in it", [SHOP, WEB, ACCOUNT, of_team(), calico("NetworkSet", "s", "lib", nets=["10.9.0.0/16"])],
     ["label team of the namespace lib"]),
    ("of two", [WEB, deployment("x", "lib"), of_team()], ["label team of the namespaces lib, shop"]),
    ("a policy asks for an account", [SHOP, WEB, BY_ACCOUNT], ["label power of the service account shop/default"]),
    ("and it is there", [SHOP, WEB, ACCOUNT, BY_ACCOUNT], []),
]  # fmt: skip


def made(kind: str) -> Manifest:
    """Return what makes pods with the labels of WEB."""
    template = WEB["spec"]["template"]
    spec = {"jobTemplate": {"spec": {"template": template}}} if kind == "CronJob" else {"template": template}
    return manifest(kind, "web", "shop", api="batch/v1" if "Job" in kind else "apps/v1", spec=spec)


def of_label(label: str, value: str = "web") -> Manifest:
    return calico("NetworkPolicy", "p", "shop", selector=f"{label} == '{value}'", types=["Ingress"])


# What makes pods, the label that a policy asks for, whether that is told, and what becomes of a flow to such a pod.
OF_PODS: list[tuple[Manifest, str, bool, str]] = [
    (made("Deployment"), "pod-template-hash", True, "allow"),
    (made("StatefulSet"), "statefulset.kubernetes.io/pod-name", True, "allow"),
    (made("StatefulSet"), "pod-template-generation", False, "allow"),
    (made("DaemonSet"), "controller-revision-hash", True, "allow"),
    (made("Job"), "job-name", False, "deny"),
    (made("Job"), "batch.kubernetes.io/job-name", False, "deny"),
    (made("Job"), "controller-uid", True, "allow"),
    (made("CronJob"), "job-name", True, "allow"),
    (made("Deployment"), "job-name", False, "allow"),
    (made("Deployment"), "app", False, "deny"),
]


@pytest.mark.parametrize("row", OF_PODS, ids=lambda row: f"{row[0]['kind']} {row[1]}")
def test_labels_that_pods_get_when_they_are_made(row: tuple[Manifest, str, bool, str]) -> None:
    check_made(row)


def check_made(row: tuple[Manifest, str, bool, str]) -> None:
    maker, label, is_told, said = row
    objects = [SHOP, ACCOUNT, DB, maker, of_label(label)]
    found = told(objects)
    assert len(found) == is_told
    assert all(f"the label {label}, which pods of a {maker['kind']}" in summary for summary in found)
    engine = Engine(snapshot_of(objects, complete=False))
    assert ask(engine, "shop/db", "shop/web", packet()).verdict == said


def test_the_labels_of_jobs_that_are_not_given_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "_JOB_NAMES", ())
    with pytest.raises(AssertionError):
        check_all_made()


def check_all_made() -> None:
    for row in OF_PODS:
        check_made(row)


def told(objects: list[Manifest], *, complete: bool = False) -> list[str]:
    snapshot = snapshot_of(objects, complete=complete)
    return [item.summary for item in find_assumed_labels(Engine(snapshot, Environment()), snapshot)]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_row(row: tuple[str, list[Manifest], list[str]]) -> None:
    check_row(row)


def check_row(row: tuple[str, list[Manifest], list[str]]) -> None:
    found = told(row[1])
    assert len(found) == len(row[2])
    assert all(part in summary for part, summary in zip(row[2], found, strict=True))
    assert told(row[1], complete=True) == []


def test_the_verdict_hangs_on_it() -> None:
    """What is said is no idle remark: with the namespace's object the verdict is another one."""
    verdicts = [
        str(ask(Engine(snapshot_of(objects, complete=False)), "shop/web", "shop/db", packet()).verdict)
        for objects in ([WEB, DB, ACCOUNT, of_team()], [SHOP, WEB, DB, ACCOUNT, of_team()])
    ]
    assert verdicts == ["allow", "deny"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    live = tmp_path / "live"
    live.mkdir()
    (live / "all.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [WEB, DB, of_team()]}))
    (tmp_path / "expect.yaml").write_text(
        "expect: {must: [{from: {namespace: shop, select: {app: web}}, "
        "to: {namespace: shop, select: {app: db}}, ports: [80]}]}\n"
    )
    (tmp_path / "intent.yaml").write_text(
        "{version: 1, name: shop, platform: generic, namespace: shop, services: {web: {ports: [8080]}}}\n"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "call",
    [
        "reach --live live",
        "reach --live live --format json",
        "explain shop/web shop/db:80 --live live",
        "validate --live live --expect expect.yaml",
        "diff intent.yaml --live live --as-of 2026-11-01",
    ],
)
@pytest.mark.usefixtures("folder")
def test_each_command_that_judges_says_it(call: str, capsys: pytest.CaptureFixture[str]) -> None:
    run_command(call.split())
    shown = capsys.readouterr()
    assert "RF5201" in shown.out + shown.err
    assert "label team of the namespace shop" in " ".join((shown.out + shown.err).split())


@pytest.mark.parametrize("name", ["_assumed_namespaces", "_assumed_accounts", "_selectors"])
def test_planted_fault_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def everything() -> None:
        for row in ROWS:
            check_row(row)

    everything()
    monkeypatch.setattr(assumed, name, lambda *_: set())
    with pytest.raises(AssertionError):
        everything()


def asked_both_ways(count: int) -> int:
    """Compare what is asked for where policies are only recognised with what their selectors say; return how often."""
    compared = 0
    for seed in range(count):
        snapshot = snapshot_of([*kubernetes_world(seed), *ASKS_ODDLY], complete=False)
        full, waiting = Engine(snapshot), Engine(snapshot)
        whole = set(assumed._labels_asked(assumed._selectors(full.lowered.tiers)))
        lowered, usual = waiting.recognised()
        few = {*assumed._labels_asked(assumed._selectors(lowered.tiers)), *assumed._labels_of_usual(usual)}
        assert {label for label in few if label.startswith((NAMESPACE_PREFIX, ACCOUNT_PREFIX))} == whole
        compared += len(usual)
    return compared


ASKS_ODDLY = (
    kubernetes("by-account", "a", podSelector={"matchLabels": {"pcsa.power": "high"}}),
    kubernetes(
        "by-pods", "b", ingress=[{"from": [{"podSelector": {"matchLabels": {"pcns.colour": "red", "app": "x"}}}]}]
    ),
)


def test_what_is_only_recognised_asks_for_the_same_labels() -> None:
    assert asked_both_ways(40) > 100


@pytest.mark.parametrize("field", ["own", "spaces"])
def test_passing_over_labels_is_caught(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = assumed._labels_of_usual
    prefix = {"own": "pcns.team", "spaces": "pcns.colour"}[field]
    monkeypatch.setattr(assumed, "_labels_of_usual", lambda found: (one for one in real(found) if one == prefix))
    with pytest.raises(AssertionError):
        asked_both_ways(40)

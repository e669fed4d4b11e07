"""Services that nobody calls: a note each, and none as soon as anything of the intent reaches them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from generator.checks import unneeded as unneeded_module
from generator.checks.unneeded import check_unneeded
from generator.foundation.diagnostics import Diagnostic, Severity
from generator.intent import load_intent
from tests.cli.calling import call

FORGOTTEN = """
    version: 1
    name: shop
    platform: generic
    namespace: shop
    services:
      web: {ports: [8080], exposed: loadbalancer}
      db: {ports: [5432]}
"""


def found(intent: str, tmp_path: Path) -> list[Diagnostic]:
    path = tmp_path / "intent.yaml"
    path.write_text(dedent(intent))
    return check_unneeded(load_intent([str(path)]).intent)


def names(intent: str, tmp_path: Path) -> list[str]:
    return [item.path for item in found(intent, tmp_path)]


def test_the_note_stands_at_the_service(tmp_path: Path) -> None:
    (note,) = found(FORGOTTEN, tmp_path)
    assert (note.code, note.severity, note.path, note.place.line) == ("RF5620", Severity.NOTE, "services.db", 8)
    assert note.summary == "'db' listens on 5432/TCP, but no service needs it and it is not exposed"


WEB = "web: {ports: [8080], exposed: loadbalancer}"
DB = "db: {ports: [5432]}"
PROMETHEUS = "shared:\n      prometheus: {from: {namespace: monitoring, select: {app: prometheus}}, "
REACHED = {
    "needed": FORGOTTEN.replace(WEB, WEB[:-1] + ", needs: [db]}"),
    "needed by what runs rarely": FORGOTTEN + "      job: {schedule: 0 3 * * *, needs: [db]}\n",
    "needed by itself": FORGOTTEN.replace(DB, "db: {ports: [5432], needs: [self]}"),
    "exposed": FORGOTTEN.replace(DB, "db: {ports: [5432], exposed: nodeport}"),
    "without ports": FORGOTTEN.replace(DB, "db: {}"),
    "runs by a schedule": FORGOTTEN.replace(DB, "db: {ports: [5432], schedule: 0 3 * * *}"),
    "named by a shared service": FORGOTTEN + f"    {PROMETHEUS}to: [db], ports: [9100]}}\n",
    "a shared service reaches its port": FORGOTTEN + f"    {PROMETHEUS}to: all, ports: [5000-6000]}}\n",
    "an exception": FORGOTTEN
    + "    exceptions:\n      - {from: web, to: db, owner: team-web, until: 2027-03-31, reason: cut-over}\n",
    "the proxy of an external": FORGOTTEN
    + "    externals:\n      api: {domains: [example.com], ports: [443], strategy: proxy, proxy: db}\n",
    "a neighbour in isolation by namespace": FORGOTTEN + "    isolation: namespace\n",
}
NOT_REACHED = {
    "another is needed": FORGOTTEN.replace(WEB, WEB[:-1] + ", needs: [cart]}") + "      cart: {ports: [7000]}\n",
    "a shared service reaches another": FORGOTTEN + f"    {PROMETHEUS}to: [web], ports: [5432]}}\n",
    "a shared service reaches another port": FORGOTTEN + f"    {PROMETHEUS}to: all, ports: [9100]}}\n",
    "a shared service reaches a port by name": FORGOTTEN + f"    {PROMETHEUS}to: all, ports: [metrics]}}\n",
    "an exception for another": FORGOTTEN
    + "    exceptions:\n      - {from: db, to: web, owner: team-web, until: 2027-03-31, reason: cut-over}\n",
    "no proxy": FORGOTTEN + "    externals:\n      api: {cidrs: [203.0.113.0/24], ports: [443]}\n",
    "alone in its namespace": FORGOTTEN.replace(DB, "db: {ports: [5432], namespace: data}")
    + "    isolation: namespace\n",
}


@pytest.mark.parametrize("case", REACHED)
def test_what_is_reached_gets_no_note(case: str, tmp_path: Path) -> None:
    assert names(REACHED[case], tmp_path) == []


@pytest.mark.parametrize("case", NOT_REACHED)
def test_what_is_not_reached_gets_one(case: str, tmp_path: Path) -> None:
    assert names(NOT_REACHED[case], tmp_path) == ["services.db"]


def test_validate_shows_it_and_still_ends_with_0(tmp_path: Path) -> None:
    path = tmp_path / "intent.yaml"
    path.write_text(dedent(FORGOTTEN))
    done = call("validate", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "note RF5620" in done.stdout + done.stderr


def test_a_check_that_forgets_proxies_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unneeded_module, "_called", lambda intent: iter(()))
    assert names(REACHED["the proxy of an external"], tmp_path) == ["services.db"]
    assert names(REACHED["needed"], tmp_path) == ["services.db"]

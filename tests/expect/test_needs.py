"""Needs that the set allows and a policy of others denies: named by plan, with whether they live now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from generator.expect.needs import declared_needs
from generator.intent import load_intent
from tests.cli.calling import ROOT, call

EXAMPLE = "examples/two-tier"


def policy(name: str, action: str, order: int, **metadata: Any) -> dict[str, Any]:
    rule = {"action": action, "protocol": "TCP", "destination": {"ports": [5432]}}
    spec = {"order": order, "selector": "app == 'database'", "types": ["Ingress"], "ingress": [rule]}
    head = {"name": name, "namespace": "notes", **metadata}
    return {"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy", "metadata": head, "spec": spec}


def planned(folder: Path, *more: dict[str, Any], options: tuple[str, ...] = ()) -> tuple[int, str]:
    layout, live = folder / "layout.yaml", folder / "live.yaml"
    layout.write_text("layout: single-tier\n")
    live.write_text("\n---\n".join(map(json.dumps, more)))
    words = ("--live", f"{EXAMPLE}/live", "--live", str(live), "--complete", "--as-of", "2026-11-01", *options)
    done = call("plan", f"{EXAMPLE}/intent.yaml", "-f", str(layout), *words)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_a_need_that_lives_now_would_break(tmp_path: Path) -> None:
    """An old Allow stands before somebody's Deny; it is handed over, and ours comes behind that Deny."""
    old, deny = policy("old", "Allow", 10), policy("theirs", "Deny", 20)
    code, text = planned(tmp_path, old, deny, options=("--replace", "NetworkPolicy/notes/old"))
    assert code == 0, text
    assert "RF7506" in text
    assert "'web needs database on 5432/TCP' would break" in text
    assert "notes/web -> notes/database TCP 5432" in text


def test_a_need_that_is_denied_now_stays_so(tmp_path: Path) -> None:
    code, text = planned(tmp_path, policy("theirs", "Deny", 20))
    assert code == 0, text
    assert "RF7507" in text
    assert "'web needs database on 5432/TCP' is denied now, and stays so" in text


@pytest.mark.parametrize("more", [(), (policy("theirs", "Allow", 20),)])
def test_what_lives_afterwards_is_not_named(more: tuple[dict[str, Any], ...], tmp_path: Path) -> None:
    code, text = planned(tmp_path, *more)
    assert code == 0, text
    assert "RF750" not in text


def test_what_is_asked() -> None:
    intents = ("online-boutique/intent.yaml", "egress/intent.yaml", "multi-tenant/tenants.yaml")
    for name in intents:
        intent = load_intent([str(ROOT / "examples" / name)]).intent
        found = declared_needs(intent)
        assert all(item.must and item.ports for item in found)
        asked = {str(item.source.text) for item in found}
        assert asked <= set(intent.services)
        assert found == tuple(sorted(found, key=lambda item: item.source.text))

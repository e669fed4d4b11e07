"""From published manifests to a plan with no hand edit, and the files that are written on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from generator.cli.main import run_command
from tests.cli.calling import ROOT, call, transcript
from tests.faults import plan as faults
from tests.faults.calico import Fault
from tests.support.golden import check_golden
from tests.support.plain_yaml import load_one
from tests.support.shared import shared_folder

GOLDEN = Path(__file__).parent / "golden"
DAY = ("--as-of", "2026-11-01")


def test_from_manifests_to_a_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    application = shared_folder() / "corpora" / "apps" / "online-boutique"
    manifests = str(application)
    intent, folder, plan = tmp_path / "intent.yaml", tmp_path / "policies", tmp_path / "plan.json"
    steps = [
        (0, ["init", manifests, "-o", str(intent)]),
        (0, ["render", str(intent), *DAY, "-o", str(folder)]),
        (0, ["validate", str(intent), *DAY, "--live", manifests]),
        (1, ["diff", str(intent), *DAY, "--live", manifests]),
        (0, ["plan", str(intent), *DAY, "--live", manifests, "-o", str(plan)]),
        (0, ["plan", "show", str(plan)]),
    ]
    for expected, arguments in steps:
        assert run_command(arguments) == expected, capsys.readouterr()
    graph = load_one((application / "expected-graph.yaml").read_text())
    services = load_one(intent.read_text())["services"]
    needs = {(name, need) for name, service in services.items() for need in (service or {}).get("needs", [])}
    assert needs == {(edge["from"], edge["to"]) for edge in graph["edges"]}


@pytest.mark.parametrize("example", ["two-tier", "online-boutique", "brownfield"])
def test_what_is_proposed_for_an_example(example: str) -> None:
    check_golden(GOLDEN / f"init-{example}.txt", transcript("init", f"examples/{example}/live"))


def test_a_saved_snapshot_stands_for_the_manifests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    intent, live = str(ROOT / "examples/brownfield/intent.yaml"), str(ROOT / "examples/brownfield/live")
    saved = tmp_path / "snapshot.json"
    assert run_command(["snapshot", live, "-o", str(saved)]) == 0
    capsys.readouterr()
    shown = []
    for path in (live, str(saved)):
        assert run_command(["diff", intent, *DAY, "--live", path, "--format", "markdown"]) == 1
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]


@pytest.mark.parametrize("name", ["intent", "snapshot", "plan", "profile"])
def test_schemas_are_schemas(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["schema", name]) == 0
    Draft202012Validator.check_schema(json.loads(capsys.readouterr().out))


def test_the_intents_of_the_examples_fit_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["schema"]) == 0
    validator = Draft202012Validator(json.loads(capsys.readouterr().out))
    for path in sorted((ROOT / "examples").glob("*/*.yaml")):
        text = path.read_text(encoding="utf-8")
        if "services:" in text:
            validator.validate(json.loads(json.dumps(load_one(text), default=str)))


def test_standard_input(capsys: pytest.CaptureFixture[str]) -> None:
    intent = (ROOT / "examples/two-tier/intent.yaml").read_text(encoding="utf-8")
    piped = call("render", "-", *DAY, stdin=intent)
    assert piped.returncode == 0, piped.stderr
    assert piped.stdout == call("render", "examples/two-tier/intent.yaml", *DAY).stdout
    live = (ROOT / "examples/two-tier/live/notes.yaml").read_text(encoding="utf-8")
    assert call("diff", "examples/two-tier/intent.yaml", "--live", "-", *DAY, stdin=live).returncode == 1
    both = call("diff", "-", "--live", "-", stdin=intent)
    assert (both.returncode, both.stdout) == (2, "")


def test_the_effective_intent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    overlay = tmp_path / "prod.yaml"
    overlay.write_text("layout: single-tier\nservices: {web: {needs: null}}\n")
    assert (
        run_command(["validate", str(ROOT / "examples/two-tier/intent.yaml"), "-f", str(overlay), "--effective"]) == 0
    )
    found = load_one(capsys.readouterr().out)
    assert found["layout"] == "single-tier"
    assert "needs" not in found["services"]["web"]


def test_a_broken_document_stops_what_it_would_make_wrong(tmp_path: Path) -> None:
    live = tmp_path / "live.yaml"
    good = (ROOT / "examples/two-tier/live/notes.yaml").read_text(encoding="utf-8")
    live.write_text(good + "---\nkind: NetworkPolicy\n  broken: [\n")
    saved = tmp_path / "saved.json"
    for arguments in (
        ("diff", "examples/two-tier/intent.yaml", *DAY, "--live", str(live)),
        ("snapshot", str(live), "-o", str(saved)),
    ):
        done = call(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert "live.yaml:" in done.stderr
        assert "error RF0001" in done.stderr
    assert not saved.exists()
    proposed = call("init", str(live))
    assert proposed.returncode == 2  # of what could be read there is a proposal all the same
    assert "error RF0001" in proposed.stderr
    assert "database:" in proposed.stdout


OLD_POLICY = """
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: ringfence-web, namespace: notes}
spec: {selector: app == 'web', order: 10, types: [Ingress], ingress: [{action: Allow, source: {nets: [10.0.0.0/8]}}]}
"""
ADOPTING = """
version: 1
name: notes
platform: generic
layout: single-tier
namespace: notes
services: {web: {ports: [8080]}}
"""


def test_a_policy_of_ones_own_name_is_taken_over_only_when_it_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    intent, live = tmp_path / "intent.yaml", tmp_path / "live.yaml"
    live.write_text(OLD_POLICY)
    intent.write_text(ADOPTING)
    for command in ("diff", "plan"):
        assert run_command([command, str(intent), *DAY, "--live", str(live)]) == 2
        assert "exists and is not ours" in capsys.readouterr().err
    intent.write_text(ADOPTING + "replaces: [NetworkPolicy/notes/ringfence-web]\n")
    assert run_command(["diff", str(intent), *DAY, "--live", str(live)]) == 1
    assert "~ NetworkPolicy notes/ringfence-web" in capsys.readouterr().out
    assert run_command(["plan", str(intent), *DAY, "--live", str(live)]) == 0
    assert "~ NetworkPolicy notes/ringfence-web" in capsys.readouterr().out


QUIET = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: worker, namespace: batch}
spec:
  selector: {matchLabels: {app: worker}}
  template:
    metadata: {labels: {app: worker}}
    spec: {containers: [{name: worker, image: worker, ports: [{containerPort: 9000}]}]}
"""


@pytest.mark.parametrize("layout", ["tiers", "single-tier"])
def test_a_service_without_needs_and_callers_is_nothing_to_warn_of(
    layout: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live, intent = tmp_path / "live.yaml", tmp_path / "intent.yaml"
    live.write_text(QUIET)
    assert run_command(["init", str(live), "-o", str(intent)]) == 0
    intent.write_text(intent.read_text() + f"layout: {layout}\n")
    assert run_command(["render", str(intent), *DAY, "-o", str(tmp_path / "policies")]) == 0
    assert run_command(["validate", str(intent), *DAY, "--live", str(live)]) == 0
    assert "RF4035" not in capsys.readouterr().err


FOREIGN_DENY = """
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: security-deny}
spec: {selector: all(), order: 5000, types: [Ingress], ingress: [{action: Deny, source: {selector: risk == 'high'}}]}
"""


def test_a_deny_of_others_is_overridden_only_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live = tmp_path / "live.yaml"
    live.write_text((ROOT / "examples/two-tier/live/notes.yaml").read_text(encoding="utf-8") + "---" + FOREIGN_DENY)
    call_it = [str(ROOT / "examples/two-tier/intent.yaml"), *DAY, "--live", str(live)]
    accepting = ["--accept", "GlobalNetworkPolicy/security-deny"]
    for command, expected in (("diff", 1), ("plan", 0)):
        assert run_command([command, *call_it]) == 3
        shown = capsys.readouterr().out
        assert "live.yaml:" in shown
        assert "error RF8018: GlobalNetworkPolicy/security-deny denies ingress" in shown
        assert "--accept GlobalNetworkPolicy/security-deny" in shown
        assert run_command([command, *call_it, *accepting]) == expected
        assert "note RF8019" in capsys.readouterr().out
        assert run_command([command, *call_it, "--accept", "nonsense"]) == 2
        assert "RF8021" in capsys.readouterr().err
    assert run_command(["diff", *call_it, "--format", "json"]) == 3
    found = json.loads(capsys.readouterr().out)["problems"]
    assert [item["code"] for item in found] == ["RF8018"]
    assert run_command(["plan", *call_it, *accepting, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["plan"]["accepted"] == ["GlobalNetworkPolicy/security-deny"]


def test_a_wrong_intent_is_data_for_whoever_asks_for_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    intent, report = tmp_path / "intent.yaml", tmp_path / "report.json"
    intent.write_text(
        "version: 1\nname: shop\nplatfrom: generic\nnamespace: shop\nservices: {web: {needs: [nobody]}}\n"
    )
    assert run_command(["validate", str(intent), *DAY, "--format", "json"]) == 2
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert (found["kind"], found["intent"], shown.err) == ("ringfence.validate", None, "")
    assert [(item["path"], item["line"]) for item in found["problems"]] == [("platform", 1), ("platfrom", 3)]
    assert run_command(["validate", str(intent), *DAY, "--format", "json", "-o", str(report)]) == 2
    assert json.loads(report.read_text()) == found
    assert run_command(["validate", str(intent), *DAY, "--format", "markdown"]) == 2
    assert "did you mean 'platform'?" in capsys.readouterr().out
    assert run_command(["validate", str(intent), *DAY]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "error RF1003" in shown.err


@pytest.mark.parametrize("layout", ["tiers", "single-tier"])
def test_a_namespace_belongs_to_one_intent(layout: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "version: 1\nname: {}\nplatform: generic\nlayout: {}\n"
    text += "services: {{{}: {{namespace: {}, needs: [self], ports: [80]}}}}\n"
    theirs, ours, live = tmp_path / "theirs.yaml", tmp_path / "ours.yaml", tmp_path / "live"
    theirs.write_text(text.format("theirs", layout, "web", "shop") + "owns: [pay]\n")
    assert run_command(["render", str(theirs), *DAY, "-o", str(live)]) == 0
    own_tier = "tier: {ownedBy: theirs}\n" if layout == "tiers" else ""
    for namespace, number in (("shop", 2), ("pay", 2), ("other", 1)):
        ours.write_text(text.format("ours", layout, "cart", namespace) + own_tier)
        capsys.readouterr()
        assert run_command(["diff", str(ours), *DAY, "--live", str(live)]) == number, capsys.readouterr()
        found = capsys.readouterr().err
        assert (f"error RF8022: namespace '{namespace}' is owned by intent 'theirs' as well" in found) is (number == 2)
        assert run_command(["plan", str(ours), *DAY, "--live", str(live)]) == (2 if number == 2 else 0)
    ours.write_text(text.format("ours", layout, "cart", "shop") + own_tier)
    assert run_command(["plan", str(ours), *DAY, "--live", str(live), "--to", "none"]) == 0


@pytest.mark.parametrize("fault", [faults.default_denies_claim_nothing, faults.namespaces_are_not_looked_at])
def test_a_fault_in_claims_is_caught(
    fault: Fault, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        test_a_namespace_belongs_to_one_intent("single-tier", tmp_path, capsys)

"""Expectations and pods that come, from the command line: what people read, and the exit codes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from generator.cli.main import run_command
from tests.support.golden import check_golden

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
LIVE = ("--live", "live.yaml")
DAY = ("--as-of", "2026-11-01")
VALIDATE = ("validate", "intent.yaml", *LIVE, *DAY)
GOOD = "{must: [{from: web, to: cart}]}"


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)


def run(*call: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = run_command(list(call))
    shown = capsys.readouterr()
    return code, shown.out, shown.err


@pytest.mark.parametrize("format", ["text", "json", "markdown"])
def test_validate_judges_now_and_with_the_set_in_place(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(*VALIDATE, "--format", format, capsys=capsys)
    assert code == 1
    kept = [line for line in out.splitlines() if "RF2005" not in line and "platform." not in line]
    if format == "json":
        kept = json.dumps({"expectations": json.loads(out)["expectations"]}, indent=2).splitlines()
    check_golden(GOLDEN / f"validate.{format}.txt", "\n".join(kept) + "\n")


def test_the_outcome_of_each_in_both_states(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(*VALIDATE, "--format", "json", capsys=capsys)
    found = {item["expectation"]: item for item in json.loads(out)["expectations"]}
    assert {text: (item["now"]["outcome"], item["then"]["outcome"]) for text, item in found.items()} == {
        "internet must reach web on 8080/TCP": ("holds", "holds"),
        "web must reach cart on 7070/TCP": ("holds", "holds"),
        "web must reach db on 5432/TCP": ("holds", "violated"),
        "lab/* must not reach cart": ("holds", "holds"),
        "lab/* must not reach db": ("violated", "holds"),
        "lib/* must not reach db": ("vacuous", "vacuous"),
        "pods (except cart, db) must not reach db on sql": ("violated", "holds"),
    }
    broken = found["web must reach db on 5432/TCP"]
    assert (broken["file"], broken["line"]) == ("intent.yaml", 13)
    witness = broken["then"]["breaches"][0]["witness"]
    assert (witness["source"]["name"], witness["destination"]["name"], witness["packet"], witness["verdict"]) == (
        "shop/web",
        "shop/db",
        "TCP 5432",
        "deny",
    )
    assert any(step["verdict"] == "deny" and step["decidedBy"] for step in witness["trace"])


def overlay(folder: Path, expectations: str) -> tuple[str, str]:
    path = folder / "overlay.yaml"
    rest = "mustNot: null" if "must:" in expectations else "must: null"
    path.write_text(f"expect: {expectations.removesuffix('}')}, {rest}}}\n")
    return "-f", str(path)


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def code(expectations: str, *more: str) -> int:
        return run(*VALIDATE, *overlay(tmp_path, expectations), *more, capsys=capsys)[0]

    assert code(GOOD) == 0
    assert code("{must: [{from: web, to: db}]}") == 1  # the set breaks it
    assert code("{mustNot: [{from: {namespace: lab}, to: db}]}") == 1  # the set mends it
    assert code("{mustNot: [{from: {namespace: lib}, to: db}]}") == 1  # it states nothing
    assert code("{mustNot: [{from: pods, to: 10.0.0.0/8, exceptTo: outside}]}") == 1  # nobody knows
    assert code("{mustNot: [{from: wbe, to: db}]}") == 2
    assert code(GOOD, "--expect", "alone.yaml") == 0


def test_without_what_is_live_nothing_is_judged(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run("validate", "intent.yaml", *DAY, capsys=capsys)
    assert code == 0
    assert "intent.yaml:12:7: note RF1048: 7 expectations are not judged without what is live" in out


def test_where_a_document_cannot_be_read_nothing_is_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("kind: NetworkPolicy\n  spec: [\n")
    code, out, _ = run(*VALIDATE, "--live", str(broken), capsys=capsys)
    assert code == 1
    assert "7 expectations are not judged while a document cannot be read" in out
    assert "expectations as it is now" not in out


def test_a_file_of_expectations_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run("validate", *LIVE, "--expect", "alone.yaml", capsys=capsys)
    assert (code, out.splitlines()[-1]) == (0, "what is live: no problems")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("expect: {mustNot: [{from: pods, to: {namespace: shop}}]}\n")
    code, out, _ = run("validate", *LIVE, "--expect", str(wrong), "--format", "json", capsys=capsys)
    assert code == 1
    assert json.loads(out)["expectations"][0]["now"]["outcome"] == "violated"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("[]", "the file holds no mapping"),
        ("must: []", "unknown key 'must'"),
        ("expect: {must: [{from: web, to: {namespace: shop}, ports: [1]}]}", "'web' is nothing that this intent knows"),
        ("expect: {mustnot: []}", "did you mean 'mustNot'?"),
        ("expect: {must: []}", "the file states no expectation"),
        ("expect:", "'expect' has no value"),
        ("expect: {must: [{from: pods, to: pods}]}", "the expectation has no ports"),
    ],
)
def test_a_wrong_file_of_expectations(text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text + "\n")
    code, _, err = run("validate", *LIVE, "--expect", str(path), capsys=capsys)
    assert code == 2
    assert said in err
    assert str(path) in err
    assert run("validate", *LIVE, "--expect", str(tmp_path / "none.yaml"), capsys=capsys)[0] == 2


def test_standard_input_is_one_thing(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("validate", "plan"):
        code, _, err = run(command, "intent.yaml", "--live", "-", "--expect", "-", *DAY, capsys=capsys)
        assert (code, "standard input cannot be both" in err) == (2, True)


def test_plan_judges_where_it_leads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ("plan", "intent.yaml", *LIVE, *DAY)
    assert run(*call, *overlay(tmp_path, GOOD), capsys=capsys)[0] == 0
    path = tmp_path / "plan.json"
    code, out, _ = run(*call, "-o", str(path), capsys=capsys)
    assert code == 1
    assert "warning RF7501: 'web must reach db on 5432/TCP' is violated where the plan leads" in out
    assert '"RF7501"' in path.read_text()
    assert run("plan", "show", str(path), capsys=capsys)[0] == 0
    assert run(*call, "--to", "none", capsys=capsys)[0] == 0
    more = overlay(tmp_path, GOOD)
    more_code, out, _ = run(*call, *more, "--expect", "alone.yaml", capsys=capsys)
    assert (more_code, "RF75" in out) == (0, False)


def test_a_namespace_that_is_open_to_pods_that_come(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(*VALIDATE, *overlay(tmp_path, GOOD), capsys=capsys)
    assert "note RF7505: namespace 'shop' is now open to pods that nobody wrote a policy for" in out
    everybody = tmp_path / "everybody.yaml"
    everybody.write_text(
        """apiVersion: projectcalico.org/v3
kind: Tier
metadata: {name: early}
spec: {order: 50, defaultAction: Pass}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: early.everybody}
spec: {tier: early, order: 1, selector: all(), types: [Ingress], ingress: [{action: Allow}]}
"""
    )
    code, out, _ = run(*VALIDATE, *overlay(tmp_path, GOOD), "--live", str(everybody), capsys=capsys)
    assert code == 1
    assert "warning RF7505: namespace 'shop' is open to pods that nobody wrote a policy for" in out


def test_reach_of_a_new_pod(capsys: pytest.CaptureFixture[str]) -> None:
    call = ("reach", *LIVE, "--new-pod", "shop")
    code, out, _ = run(*call, "--format", "json", capsys=capsys)
    assert code == 0
    assert json.loads(out)["subject"] == "shop/(new pod)"
    assert any(item["sources"] == ["everything outside"] for item in json.loads(out)["reach"])
    _, out, _ = run(*call, "--intent", "intent.yaml", *DAY, "--format", "json", capsys=capsys)
    assert {packets for item in json.loads(out)["reach"] for packets in [item["packets"]]} == {"TCP 53; UDP 53"}
    _, out, _ = run(*call, "--label", "app=web", "--intent", "intent.yaml", *DAY, capsys=capsys)
    assert "shop/(new pod app=web), shop/web -> shop/cart\n    TCP 7070\n" in out
    code, _, err = run("reach", *LIVE, "--new-pod", "new", capsys=capsys)
    assert (code, "namespace 'new' is not in what is live" in err) == (0, True)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("--new-pod", "Shop"), "Shop"),
        (("--label", "app=web"), "are of a new pod"),
        (("--new-pod", "shop", "--label", "app"), "'app' is no label"),
        (("shop/web", "--new-pod", "shop"), "cannot both be asked for"),
    ],
)
def test_a_wrong_call_for_a_new_pod(call: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run("reach", *LIVE, *call, capsys=capsys)
    assert code == 2
    assert said in err


def test_reach_as_csv_has_a_row_for_each_pair(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run("reach", "shop/cart", *LIVE, "--format", "json", capsys=capsys)
    pairs = {
        (source, destination, item["packets"])
        for item in json.loads(out)["reach"]
        for source in item["sources"]
        for destination in item["destinations"]
    }
    code, out, _ = run("reach", "shop/cart", *LIVE, "--format", "csv", capsys=capsys)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert {(row["source"], row["destination"], row["packets"]) for row in rows} == pairs
    assert {row["verdict"] for row in rows} == {"allow"}
    assert len(rows) == len(out.splitlines()) - 1

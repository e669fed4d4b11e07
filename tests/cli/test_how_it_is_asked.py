"""`--dataplane` and `--staged`: another question, another answer, and the report says which was asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from generator.cli.main import run_command
from generator.foundation.yaml_writer import write_document
from tests.reach.small_world import CLUSTER, Manifest, calico

FLOW = ("shop/web", "shop/db:80")
STAGED = calico(
    "StagedNetworkPolicy", "s", "shop", stagedAction="Set", selector="app == 'db'", types=["Ingress"], ingress=[]
)
BY_NAME = calico(
    "NetworkPolicy",
    "p",
    "shop",
    selector="app == 'db'",
    types=["Ingress"],
    ingress=[{"action": "Deny", "notProtocol": "UDPLite"}, {"action": "Allow"}],
)
UDPLITE = calico(
    "NetworkPolicy",
    "p",
    "shop",
    selector="app == 'db'",
    types=["Ingress"],
    ingress=[
        {"action": "Deny", "protocol": "UDPLite"},
        {"action": "Deny", "notICMP": {"type": 8}},
        {"action": "Allow"},
    ],
)


def live(folder: Path, *more: Manifest) -> tuple[str, ...]:
    path = folder / "live.yaml"
    path.write_text("---\n".join(write_document(item) for item in (*CLUSTER, *more)), encoding="utf-8")
    return ("--live", str(path), "--complete")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run_command(list(arguments)) in (0, 1)
    return capsys.readouterr().out


def data(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    found = json.loads(run(capsys, *arguments, "--format", "json"))
    return found.get("data", found) if isinstance(found, dict) else {}


def test_explain_with_staged_policies_promoted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = live(tmp_path, STAGED)
    assert run(capsys, "explain", *FLOW, *here).startswith("allowed")
    text = run(capsys, "explain", *FLOW, *here, "--staged", "enforced")
    assert text.startswith("denied")
    assert "staged policies count as if they were promoted" in text
    answer = data(capsys, "explain", *FLOW, *here, "--staged", "enforced")
    assert (answer["staged"], answer["byVectors"], answer["verdict"]) == ("enforced", True, "deny")


def test_explain_on_another_dataplane(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = live(tmp_path, UDPLITE)
    assert run(capsys, "explain", *FLOW, *here).startswith("allowed")
    text = run(capsys, "explain", *FLOW, *here, "--dataplane", "eBPF")
    assert text.startswith("unknown")
    assert "not known because eBPF compares ICMP fields" in text
    assert "Calico 3.32 with eBPF: by reference, not by vectors" in text
    answer = data(capsys, "explain", *FLOW, *here, "--dataplane", "ebpf")
    assert answer["byVectors"] is False
    assert answer["unknownReasons"] == ["EBPF_ICMP"]
    found = data(capsys, "reach", *here, "--dataplane", "ebpf")["reach"]
    assert {name for item in found for name in item["unknownReasons"]} == {"EBPF_ICMP"}


@pytest.mark.parametrize(
    ("option", "remark"),
    [
        (("--staged", "enforced"), "staged policies count as if they were promoted"),
        (("--dataplane", "nftables"), "Calico 3.32 with nftables: by reference, not by vectors"),
        (("--calico", "3.31"), "Calico 3.31: by reference, not by vectors"),
    ],
)
@pytest.mark.parametrize("format", ["text", "markdown"])
def test_reach_says_how_it_was_asked(
    option: tuple[str, str], remark: str, format: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = live(tmp_path, STAGED, BY_NAME)
    assert remark not in run(capsys, "reach", *here, "--format", format)
    assert remark in run(capsys, "reach", *here, *option, "--format", format)


def test_reach_with_staged_policies_promoted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = live(tmp_path, STAGED)
    now, then = (data(capsys, "reach", "shop/db", *here, "--staged", how)["reach"] for how in ("ignored", "enforced"))
    assert any("shop/db" in item["destinations"] for item in now)
    assert not any("shop/db" in item["destinations"] and "shop/web" in item["sources"] for item in then)


INTENT = """\
version: 1
name: shop
platform: generic
calico: "{version}"
namespace: shop
services:
  web: {{ports: [8080], needs: [db]}}
  db: {{ports: [80]}}
"""


def diff(
    folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str, version: str = "3.32"
) -> tuple[str, dict[str, Any]]:
    intent = folder / "intent.yaml"
    intent.write_text(INTENT.format(version=version), encoding="utf-8")
    call = ("diff", str(intent), *live(folder, STAGED), *arguments, "--as-of", "2026-01-15")
    return run(capsys, *call), data(capsys, *call)


def test_diff_with_staged_policies_promoted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the staged policy would deny anyway is no news."""
    _, now = diff(tmp_path, capsys)
    text, then = diff(tmp_path, capsys, "--staged", "enforced")
    assert "staged policies count as if they were promoted" in text
    assert into_db(now, "newly denied")
    assert not into_db(then, "newly denied")
    assert (now["flows"]["staged"], then["flows"]["staged"]) == ("ignored", "enforced")


def into_db(found: dict[str, Any], kind: str) -> list[Any]:
    return [
        item for item in found["flows"]["changes"] if item["change"] == kind and item["destinations"] == ["shop/db"]
    ]


def test_diff_says_how_it_was_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "by reference" not in diff(tmp_path, capsys)[0]
    assert "Calico 3.31: by reference, not by vectors" in diff(tmp_path, capsys, version="3.31")[0]
    assert "Calico 3.32 with eBPF: by reference" in diff(tmp_path, capsys, "--dataplane", "eBPF")[0]


def test_an_unknown_word_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["explain", *FLOW, *live(tmp_path), "--staged", "perhaps"]) == 2
    assert "ignored" in capsys.readouterr().err

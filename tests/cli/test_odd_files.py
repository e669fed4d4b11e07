"""Files as they should not be: no traceback, the place, exit code 2 (4 where it is written to)."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.cli.main import run_command
from tests.cli.calling import ROOT

INTENT = str(ROOT / "examples/two-tier/intent.yaml")
LIVE = str(ROOT / "examples/two-tier/live")
LONG = "x" * 300  # no file system takes it
NUL = "a\0b"
HEAD = "version: 1\nname: a\nnamespace: a\n"
WITH_FILES = (
    "platform: generic\nservices: {{web: {{needs: [d]}}}}\nlock: {lock}\nthreatFeeds: {{f: {{file: {feed}}}}}\n"
    "externals: {{d: {{domains: [a.example.com], strategy: lock, ports: [443]}}}}\n"
)


@pytest.mark.parametrize("name", [LONG, NUL, f"{INTENT}/below"], ids=["long", "nul", "below a file"])
@pytest.mark.parametrize(
    "call",
    [
        ("validate", "{}"),
        ("validate", INTENT, "-f", "{}"),
        ("diff", INTENT, "--live", "{}"),
        ("init", "{}"),
        ("init", LIVE, "--platform", "{}"),
        ("snapshot", "{}"),
        ("plan", "show", "{}"),
        ("render", INTENT, "--templates", "{}"),
    ],
)
def test_a_name_that_no_file_has(call: tuple[str, ...], name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([part.replace("{}", name) for part in call]) == 2
    assert "internal error" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "call",
    [
        ("schema", "-o", "{}"),
        ("render", INTENT, "-o", "{}"),
        ("templates", "copy", "{}"),
        ("plan", INTENT, "--live", LIVE, "-o", "{}"),
    ],
)
@pytest.mark.parametrize("name", [LONG, f"{INTENT}/below"], ids=["long", "below a file"])
def test_a_name_that_cannot_be_written(call: tuple[str, ...], name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([part.replace("{}", name) for part in call]) == 4
    assert "error RF9010: cannot write" in capsys.readouterr().err


@pytest.mark.parametrize("name", [LONG, '"a\\0b"', ".", "below/absent"])
@pytest.mark.parametrize("key", ["lock", "feed"])
def test_a_file_that_the_intent_names(key: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    intent = tmp_path / "intent.yaml"
    intent.write_text(HEAD + WITH_FILES.format(**{"lock": "absent", "feed": "absent", key: name}))
    assert run_command(["render", str(intent)]) == 2
    found = capsys.readouterr().err
    assert "internal error" not in found
    assert found.count(f"{intent}:") >= 2, found


@pytest.mark.parametrize("name", [LONG, '"a\\0b"', ".", "gek"])
def test_a_platform_that_the_intent_names(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    intent = tmp_path / "intent.yaml"
    intent.write_text(f"{HEAD}platform: {name}\nservices: {{web: {{}}}}\n")
    assert run_command(["render", str(intent)]) == 2
    assert capsys.readouterr().err.startswith(f"{intent}:4:11: error RF2001")


def test_what_the_rendering_finds_stands_at_its_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    intent = tmp_path / "intent.yaml"
    intent.write_text(f"{HEAD}platform: generic\nservices: {{web: {{}}}}\nowns: [kube-system]\n")
    assert run_command(["render", str(intent)]) == 2
    assert capsys.readouterr().err.startswith(f"{intent}:6:7: error RF3017")


def test_templates_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tier.yaml.j2").write_bytes(b"\x81\x82")
    assert run_command(["render", INTENT, "--templates", str(tmp_path)]) == 2
    assert "tier.yaml.j2:1:1: error RF0005: the file is not UTF-8 text" in capsys.readouterr().err
    (tmp_path / "dns.yaml.j2").mkdir()
    assert run_command(["render", INTENT, "--templates", str(tmp_path)]) == 2
    assert "dns.yaml.j2: error RF0005: the template cannot be read: Is a directory" in capsys.readouterr().err

"""A template that writes something else than the intent means: render, diff and plan refuse, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.cli.main import run_command
from generator.layers.environment import bundled_templates

EXAMPLE = "examples/two-tier"
WIDER = ("      selector: {{ peer.selector | yaml }}", "      selector: {{ peer.selector.split(' && ')[0] | yaml }}")


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """Return a folder with one template of the user's own, which leaves off what a selector asks second."""
    folder = tmp_path / "templates"
    folder.mkdir()
    text = bundled_templates()["_policy.yaml.j2"]
    assert WIDER[0] in text
    (folder / "_policy.yaml.j2").write_text(text.replace(*WIDER), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "call",
    [
        ("render", "-o", "{out}"),
        ("diff", "--live", f"{EXAMPLE}/live"),
        ("plan", "--live", f"{EXAMPLE}/live", "-o", "{out}"),
    ],
    ids=lambda call: call[0],
)
def test_refused(call: tuple[str, ...], templates: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    command, *options = (word.replace("{out}", str(out)) for word in call)
    intent = f"{EXAMPLE}/intent.yaml"
    day = ["--as-of", "2026-01-15"]
    assert run_command([command, intent, *options, *day]) in (0, 1)
    if command == "render":
        assert "proven equal to the intent" in capsys.readouterr().out
    before = sorted(out.iterdir()) if out.is_dir() else out.exists()
    assert run_command([command, intent, *options, *day, "--templates", str(templates)]) == 3
    said = capsys.readouterr().err
    assert "error RF3301: " in said
    assert "allowed at ingress, and the intent does not mean it" in said
    assert "layer workloads, NetworkPolicy/" in said
    assert (sorted(out.iterdir()) if out.is_dir() else out.exists()) == before

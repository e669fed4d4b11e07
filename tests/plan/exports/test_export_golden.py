"""One small export for each tool, as people read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.intent.model import Layout
from generator.plan.exports import Tool, export_plan
from tests.plan.exports.small import SMALL_LIVE, small
from tests.support.golden import check_golden

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("tool", list(Tool))
def test_a_small_export(tool: Tool) -> None:
    layout = Layout.SINGLE_TIER if tool is Tool.KUSTOMIZE else Layout.TIERS
    files = export_plan(small(layout).plan, tool, SMALL_LIVE, image="ringfence:test").files
    shown = {name: text for name, text in files.items() if _is_shown(name)}
    text = "".join(f"{name}\n" for name in files) + "".join(f"=== {name}\n{shown[name]}" for name in shown)
    check_golden(GOLDEN / f"{tool.value}.txt", text)


def _is_shown(name: str) -> bool:
    """Tell whether a file is shown whole: a few states and contents stand for all."""
    if name.startswith(("stages/", "versions/", "objects/")):
        return name.startswith(("stages/01", "stages/07", "versions/00", "versions/01", "objects/001"))
    return name != "plan.json" and not name.startswith("break-glass/")

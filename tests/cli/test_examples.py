"""Every folder under examples/ is run: rendered for each platform in both layouts, compared with live, planned."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from generator.cli.main import run_command
from generator.platforms import list_profiles
from tests.cli.calling import ROOT, call, environment
from tests.support.golden import check_golden
from tests.support.plain_yaml import load_all, load_one

GOLDEN = Path(__file__).parent / "golden" / "examples"
DAY = ("--as-of", "2026-11-01")
LAYOUTS = ("tiers", "single-tier")
INTENTS = sorted(
    str(path.relative_to(ROOT))
    for path in (ROOT / "examples").glob("*/*.yaml")
    if "services:" in path.read_text(encoding="utf-8")
)


def live_of(intent: str) -> tuple[str, ...]:
    return ("--live", str(Path(intent).parent / "live"))


def layout_overlay(intent: str, layout: str) -> str:
    """Return what asks for a layout; with tier default a tier that the intent names would be a warning."""
    has_tier = "\ntier:" in (ROOT / intent).read_text(encoding="utf-8")
    return f"layout: {layout}\n" + ("tier: null\n" if has_tier and layout == "single-tier" else "")


@pytest.fixture(autouse=True)
def _in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_there_are_the_promised_examples() -> None:
    folders = {Path(intent).parent.name for intent in INTENTS}
    assert folders == {"online-boutique", "two-tier", "multi-tenant", "egress", "brownfield"}
    assert len([intent for intent in INTENTS if "multi-tenant" in intent]) == 2
    for folder in sorted(folders):
        assert (ROOT / "examples" / folder / "README.md").is_file()
        assert (ROOT / "examples" / folder / "live").is_dir()


@pytest.mark.parametrize(("intent", "platform"), list(product(INTENTS, list_profiles())))
@pytest.mark.parametrize("layout", LAYOUTS)
def test_renders_on_every_platform(
    intent: str, platform: str, layout: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overlay = tmp_path / "platform.yaml"
    overlay.write_text(f"platform: {platform}\n{layout_overlay(intent, layout)}")
    code = run_command(["render", intent, "-f", str(overlay), *DAY])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    assert not [line for line in captured.err.splitlines() if " error " in line or " warning " in line]
    manifests = load_all(captured.out)
    assert len(manifests) > 3
    tiers = {manifest["spec"].get("tier", "default") for manifest in manifests if "Policy" in manifest["kind"]}
    assert (tiers == {"default"}) is (layout == "single-tier")


@pytest.mark.parametrize("intent", INTENTS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_validates_differs_and_plans(
    intent: str, layout: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overlay = tmp_path / "layout.yaml"
    overlay.write_text(layout_overlay(intent, layout))
    name = intent.removeprefix("examples/").removesuffix(".yaml").replace("/", "-")
    for command, expected in (("validate", 0), ("diff", 1), ("plan", 0)):
        code = run_command([command, intent, "-f", str(overlay), *live_of(intent), *DAY])
        captured = capsys.readouterr()
        assert code == expected, captured.out + captured.err
        check_golden(GOLDEN / f"{name}-{layout}-{command}.txt", captured.out + captured.err)


def test_the_same_bytes_anywhere(tmp_path: Path) -> None:
    for intent in ("examples/egress/intent.yaml", "examples/multi-tenant/tenants.yaml"):
        plain = call("render", intent, *DAY)
        assert plain.returncode == 0, plain.stderr
        other = call(
            "render",
            str(ROOT / intent),
            *DAY,
            cwd=tmp_path,
            env=environment(PYTHONHASHSEED="77", LC_ALL="C", TZ="Pacific/Apia"),
        )
        assert other.stdout == plain.stdout


def test_render_into_a_folder_and_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "policies"
    overlay = tmp_path / "less.yaml"
    overlay.write_text("services: {redis-cart: null, cartservice: {needs: null}}\n")
    intent = "examples/online-boutique/intent.yaml"
    call_it = ["render", intent, *DAY, "-o", str(folder), "--split", "object", "--kustomization"]
    assert run_command(call_it) == 0
    before = {path.name for path in folder.iterdir()}
    assert any("redis-cart" in name for name in before)
    listed = load_one((folder / "kustomization.yaml").read_text())["resources"]
    deny = {name for name in before if "default-deny" in name}
    assert deny
    assert set(listed) == before - deny - {"kustomization.yaml", ".ringfence.json"}
    (folder / "mine.txt").write_text("kept\n")
    expectations = tmp_path / "expect.yaml"
    expectations.write_text("expect: null\n")
    assert run_command([*call_it, "-f", str(overlay), "-f", str(expectations)]) == 0
    after = {path.name for path in folder.iterdir()}
    assert before - after == {name for name in before if "redis-cart" in name}
    assert "mine.txt" in after
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("services: {redis-cart: {prots: [6379]}}\n")
    assert run_command([*call_it, "-f", str(wrong)]) == 2
    assert {path.name for path in folder.iterdir()} == after
    capsys.readouterr()

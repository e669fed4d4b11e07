"""The wheel: one top-level package, all data files and no others; installed elsewhere it renders the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT), cwd=folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the programs' folder of an environment that holds the wheel and sees the libraries, but no checkout."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index", str(wheel))
    (site,) = folder.glob("lib/python*/site-packages")
    libraries = Path(pytest.__file__).parents[1]
    # A plain path line: the libraries' own .pth files, the editable checkout among them, are not followed.
    (site / "libraries.pth").write_text(f"{libraries}\n")
    return folder / "bin"


def run(*call: str, cwd: Path | None = None) -> str:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(call, cwd=cwd, capture_output=True, text=True, check=False, env=plain)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tracked(folder: str) -> set[str]:
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", folder, cwd=ROOT)
    return {name for name in listed.split("\0") if name and (ROOT / name).is_file()}


def test_one_top_level_package_and_exactly_the_files_of_the_repository(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"generator"}
    bundled = {name.removeprefix("generator/_bundled/") for name in names if name.startswith("generator/_bundled/")}
    assert bundled == tracked("templates") | tracked("profiles")
    code = {name for name in names if name.startswith("generator/") and not name.startswith("generator/_bundled/")}
    assert code == tracked("generator")


def test_no_copies_are_left_in_the_checkout(wheel: Path) -> None:
    assert not (ROOT / "generator" / "_bundled").exists()


def test_installed_elsewhere_it_renders_the_same(installed: Path, tmp_path: Path) -> None:
    where = run(str(installed / "python"), "-c", "import generator; print(generator.__file__)", cwd=tmp_path)
    assert where.startswith(str(installed.parent))
    intent = str(ROOT / "examples" / "two-tier" / "intent.yaml")
    call = ("render", intent, "--as-of", "2026-11-01")
    run(str(installed / "ringfence"), *call, "-o", "out", cwd=tmp_path)
    assert list((tmp_path / "out").glob("*-workloads.yaml"))
    here = run(str(Path(sys.executable).parent / "ringfence"), *call, cwd=ROOT)
    assert run(str(installed / "ringfence"), *call, cwd=tmp_path) == here
    run(str(installed / "kubectl-ringfence"), "--help", cwd=tmp_path)

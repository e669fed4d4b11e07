"""The output folder is the old one or the new one, whatever happens; what others put there stays."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from generator.cli import output_folder
from generator.cli.output_folder import MARKER, replace_folder, write_file
from generator.foundation.errors import EnvironmentFailure, InputError, RefusedError

OLD = {"a.yaml": "old a\n", "stale.yaml": "stale\n"}
NEW = {"a.yaml": "new a\n", "b.yaml": "new b\n"}


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MARKER
    }


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.parent.iterdir() if path != folder]


def codes(error: pytest.ExceptionInfo[RefusedError | InputError | EnvironmentFailure]) -> list[str]:
    return [item.code for item in error.value.diagnostics]


def test_a_new_folder_is_written_with_its_marker(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "out"
    replace_folder(folder, NEW, "shop")
    assert contents(folder) == NEW
    marker = json.loads((folder / MARKER).read_text())
    assert (marker["kind"], marker["intent"], sorted(marker["files"])) == ("ringfence.folder", "shop", sorted(NEW))
    assert leftovers(folder) == []


def test_a_second_render_removes_its_own_stale_files_and_no_others(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    replace_folder(folder, OLD, "shop")
    (folder / "notes.txt").write_text("mine\n")
    (folder / "sub").mkdir()
    (folder / "sub" / "deep.yaml").write_text("mine too\n")
    (folder / "link").symlink_to("notes.txt")
    (folder / "notes.txt").chmod(0o600)
    folder.chmod(0o750)
    replace_folder(folder, NEW, "shop")
    assert contents(folder) == {**NEW, "notes.txt": "mine\n", "sub/deep.yaml": "mine too\n", "link": "mine\n"}
    assert (folder / "link").is_symlink()
    assert (folder / "notes.txt").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o750
    assert leftovers(folder) == []


def test_files_in_folders(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    replace_folder(folder, {"run.sh": "1\n", "v3/a.yaml": "1\n", "old/b.yaml": "1\n", "mixed/c.yaml": "1\n"}, "shop")
    (folder / "mixed" / "mine.txt").write_text("mine\n")
    (folder / "empty").mkdir()
    replace_folder(folder, {"run.sh": "2\n", "v3/a.yaml": "2\n"}, "shop")
    assert contents(folder) == {"run.sh": "2\n", "v3/a.yaml": "2\n", "mixed/mine.txt": "mine\n"}
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == ["empty", "mixed", "v3"]


def test_the_same_again_touches_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    replace_folder(folder, NEW, "shop")
    before = folder.stat().st_ino
    replace_folder(folder, NEW, "shop")
    assert folder.stat().st_ino == before
    (folder / "b.yaml").unlink()
    replace_folder(folder, NEW, "shop")
    assert contents(folder) == NEW


def test_an_edited_file_is_refused_and_force_overwrites_it(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    replace_folder(folder, OLD, "shop")
    (folder / "a.yaml").write_text("edited\n")
    with pytest.raises(RefusedError) as error:
        replace_folder(folder, NEW, "shop")
    assert codes(error) == ["RF9011"]
    assert contents(folder) == {**OLD, "a.yaml": "edited\n"}
    replace_folder(folder, NEW, "shop", force=True)
    assert contents(folder) == NEW


def test_a_foreign_file_in_the_way_and_another_intent_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "b.yaml").write_text("foreign\n")
    with pytest.raises(RefusedError) as error:
        replace_folder(folder, NEW, "shop")
    assert codes(error) == ["RF9012"]
    other = tmp_path / "other"
    replace_folder(other, OLD, "shop")
    with pytest.raises(RefusedError) as error:
        replace_folder(other, NEW, "billing")
    assert codes(error) == ["RF9013"]
    assert contents(other) == OLD


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"files": 3}', '{"files": {"../../escape": "x"}}'])
def test_a_marker_that_is_not_ours_makes_every_file_foreign(tmp_path: Path, text: str) -> None:
    escape = tmp_path / "escape"
    escape.write_text("outside\n")
    folder = tmp_path / "in" / "out"
    folder.mkdir(parents=True)
    (folder / MARKER).write_text(text)
    (folder / "other.yaml").write_text("foreign\n")
    replace_folder(folder, NEW, "shop")
    assert contents(folder) == {**NEW, "other.yaml": "foreign\n"}
    assert escape.read_text() == "outside\n"


def test_unsuitable_folders_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_text("")
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    here = tmp_path / "here" / "below"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    for folder in (file, repository, Path(), here.parent, Path("..")):
        with pytest.raises(InputError) as error:
            replace_folder(folder, NEW, "shop")
        assert codes(error) == ["RF9014"]


def test_without_an_atomic_exchange_two_renames_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    replace_folder(folder, OLD, "shop")
    monkeypatch.setattr(output_folder, "exchange", lambda one, other: False)
    replace_folder(folder, NEW, "shop")
    assert contents(folder) == NEW
    assert leftovers(folder) == []


def test_what_a_killed_run_left_is_cleared_and_the_old_folder_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    replace_folder(folder, OLD, "shop")
    (folder / "notes.txt").write_text("mine\n")
    folder.rename(tmp_path / ".out.ringfence-x-old")
    (tmp_path / ".out.ringfence-y").mkdir()
    replace_folder(folder, NEW, "shop")
    assert contents(folder) == {**NEW, "notes.txt": "mine\n"}
    assert leftovers(folder) == []


CHILD = """
import os, signal, sys
from pathlib import Path
from generator.cli.output_folder import replace_folder
limit, folder = int(sys.argv[1]), Path(sys.argv[2])
seen = 0
def hook(event, arguments):
    global seen
    if event.startswith(("open", "os.", "shutil.", "ctypes.", "tempfile.", "fcntl.")):
        seen += 1
        if seen == limit:
            os.kill(os.getpid(), signal.SIGKILL)
files = {"a.yaml": "new a\\n", "b.yaml": "new b\\n"}
sys.addaudithook(hook)
replace_folder(folder, files, "shop")
"""


def test_killed_before_any_system_call_the_folder_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    """A hook kills the process before its first, second, third … call to the file system."""
    old, new = {**OLD, "notes.txt": "mine\n"}, {**NEW, "notes.txt": "mine\n"}
    seen: list[dict[str, str]] = []
    for limit in range(1, 500):
        folder = tmp_path / str(limit) / "out"
        replace_folder(folder, OLD, "shop")
        (folder / "notes.txt").write_text("mine\n")
        done = subprocess.run([sys.executable, "-c", CHILD, str(limit), str(folder)], check=False)
        assert contents(folder) in (old, new)
        seen.append(contents(folder))
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
        if limit % 5 == 0:  # and the next run mends whatever was left
            replace_folder(folder, NEW, "shop", force=True)
            assert contents(folder) == new
            assert leftovers(folder) == []
    assert seen[0] == old
    assert seen[-1] == new
    assert len(seen) > 20
    assert new not in seen[: seen.index(new)]
    assert old not in seen[seen.index(new) :]


FULL = """
import resource, sys
from pathlib import Path
from generator.cli.output_folder import replace_folder
from generator.foundation.errors import EnvironmentFailure
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    replace_folder(Path(sys.argv[1]), {"a.yaml": "x" * 50_000, "b.yaml": "x" * 200_000}, "shop")
except EnvironmentFailure as error:
    sys.exit(error.exit_code)
"""


def test_a_disk_that_takes_no_more_leaves_the_old_folder(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    replace_folder(folder, OLD, "shop")
    assert subprocess.run([sys.executable, "-c", FULL, str(folder)], check=False).returncode == 4
    assert contents(folder) == OLD
    assert leftovers(folder) == []


@pytest.mark.parametrize("failing", range(6))
def test_a_full_disk_at_any_flush_leaves_the_old_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    folder = tmp_path / "out"
    replace_folder(folder, OLD, "shop")
    count = 0
    real = os.fsync

    def fsync(descriptor: int) -> None:
        nonlocal count
        count += 1
        if count > failing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(output_folder.os, "fsync", fsync)
    if failing < 4:  # two files, the marker, the folder itself; after that the new folder is in its place
        with pytest.raises(EnvironmentFailure) as error:
            replace_folder(folder, NEW, "shop")
        assert codes(error) == ["RF9010"]
        assert contents(folder) == OLD
    else:
        with pytest.raises(EnvironmentFailure) if failing == 4 else contextlib.nullcontext():
            replace_folder(folder, NEW, "shop")
        assert contents(folder) == NEW
    assert leftovers(folder) == []


def test_write_file_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new" / "plan.json"
    write_file(path, "one\n")
    path.chmod(0o640)
    write_file(path, "two\n")
    assert path.read_text() == "two\n"
    assert path.stat().st_mode & 0o777 == 0o640

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(output_folder.os, "fsync", full)
    with pytest.raises(EnvironmentFailure):
        write_file(path, "three\n")
    assert path.read_text() == "two\n"
    assert [item.name for item in path.parent.iterdir()] == ["plan.json"]
    write_file(Path("/dev/null"), "gone\n")

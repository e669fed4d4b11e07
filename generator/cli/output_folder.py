"""The output folder: replaced as a whole or not at all; files of others in it are kept.

The new folder is built beside the old one and the two change places in one step. Whoever kills the program or fills the
disk finds the old folder or the new one. `.ringfence.json` lists what the last render wrote: only that is ever removed,
and what was edited since is not overwritten unasked.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from generator.cli.codes import CANNOT_WRITE, EDITED_BY_HAND, NOT_OUR_FILE, OTHER_INTENT, UNSUITABLE_FOLDER
from generator.cli.exchange import exchange
from generator.foundation.diagnostics import Diagnostic, Place, problem
from generator.foundation.digest import digest_text
from generator.foundation.errors import EnvironmentFailure, InputError, RefusedError

MARKER: Final = ".ringfence.json"


@dataclass(frozen=True, slots=True)
class Written:
    """What a render wrote into a folder: for which intent, and each file's digest."""

    intent: str = ""
    files: dict[str, str] = field(default_factory=dict)


def replace_folder(folder: Path, files: Mapping[str, str], intent: str, *, force: bool = False) -> None:
    """Make the folder hold these files, and of what an earlier render wrote nothing else.

    Raises InputError where it can be no output folder, RefusedError where an edited or foreign file would be lost
    (unless `force`), EnvironmentFailure if the disk fails; in all these cases the folder is as it was.
    """
    try:
        _check_suitable(folder)
        folder = folder.resolve()
        folder.parent.mkdir(parents=True, exist_ok=True)
        _clear_remains(folder)
        before = _read_marker(folder)
        if not force:
            _check_losses(folder, files, intent, before)
        written = Written(intent, {name: digest_text(text) for name, text in sorted(files.items())})
        if before == written and not _edited(folder, before):
            return
        with _building_place(folder) as place:
            _fill(place, {**files, MARKER: _write_marker(written)})
            if folder.exists():
                _carry_over(folder, place, own={*before.files, *files, MARKER})
            _sync(place)
            _take_place(place, folder)
    except OSError as error:
        raise EnvironmentFailure([_cannot_write(error, folder)]) from None


def write_file(path: Path, text: str, *, private: bool = False) -> None:
    """Write one file whole or not at all; raises EnvironmentFailure, and then the file is as it was.

    A `private` one only its owner may read, whatever an older file of that name permits.
    """
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():  # a device or a pipe, such as /dev/null
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask()
        Path(temporary).chmod(0o600 if private else mode)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise EnvironmentFailure([_cannot_write(error, path)]) from None


def _cannot_write(error: OSError, target: Path) -> Diagnostic:
    """Say what is wrong with the place that the call names; the names of what is built beside it help nobody."""
    what = error.strerror
    if isinstance(error, FileExistsError | NotADirectoryError):
        what = f"'{error.filename}' is no folder"
    return problem(CANNOT_WRITE, f"cannot write: {what}", place=Place(str(target)))


def _check_suitable(folder: Path) -> None:
    place = Place(str(folder))
    if folder.exists() and not folder.is_dir():
        raise InputError([problem(UNSUITABLE_FOLDER, "this is a file, and a folder is due", place=place)])
    here = Path.cwd()
    full = folder.resolve()
    if full == here or full in here.parents:
        hint = "name a folder below it, or call from outside of it"
        raise InputError([problem(UNSUITABLE_FOLDER, "the current folder lies in it", place=place, hint=hint)])
    if (full / ".git").exists():
        hint = "name a folder below it"
        raise InputError([problem(UNSUITABLE_FOLDER, "it is the root of a repository", place=place, hint=hint)])


def _write_marker(written: Written) -> str:
    body = {"kind": "ringfence.folder", "formatVersion": 1, "intent": written.intent, "files": written.files}
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def _read_marker(folder: Path) -> Written:
    """Return what the last render wrote; a marker that is not of ours counts as none, so everything there is kept."""
    try:
        found = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return Written()
    files = found.get("files") if isinstance(found, dict) else None
    if not isinstance(files, dict) or not all(_stays_inside(name) for name in files):
        return Written()
    return Written(str(found.get("intent", "")), {name: str(digest) for name, digest in files.items()})


def _stays_inside(name: str) -> bool:
    """Tell whether a name is a plain relative path: no marker leads out of its folder."""
    parts = name.split("/")
    return not any(part in ("", ".", "..") for part in parts)


def _edited(folder: Path, before: Written) -> list[str]:
    """Return the files of the last render that are not as it left them; one that was deleted counts too."""
    return [name for name, digest in before.files.items() if _digest(folder / name) != digest]


def _digest(path: Path) -> str:
    try:
        return digest_text(path.read_bytes().decode("utf-8", "surrogateescape"))
    except (FileNotFoundError, IsADirectoryError):
        return ""


def _check_losses(folder: Path, files: Mapping[str, str], intent: str, before: Written) -> None:
    hint = "move it away, or give --force"
    found: list[Diagnostic] = []
    if before.files and before.intent != intent:
        summary = f"the folder holds the set of intent '{before.intent}'"
        found.append(problem(OTHER_INTENT, summary, place=Place(str(folder)), hint="give each intent a folder"))
    for name in _edited(folder, before):
        if (folder / name).exists():
            found.append(problem(EDITED_BY_HAND, "edited since it was rendered", place=_place(folder, name), hint=hint))
    for name in sorted(files):
        if name not in before.files and (folder / name).exists():
            summary = "no render wrote this file, and one of its name is due"
            found.append(problem(NOT_OUR_FILE, summary, place=_place(folder, name), hint=hint))
    if found:
        raise RefusedError(found)


def _place(folder: Path, name: str) -> Place:
    return Place(str(folder / name))


@contextmanager
def _building_place(folder: Path) -> Iterator[Path]:
    """Give a new folder beside the target, locked while this process lives and gone afterwards."""
    place = Path(tempfile.mkdtemp(prefix=_prefix(folder), dir=folder.parent))
    lock = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        place.chmod(stat.S_IMODE(folder.stat().st_mode) if folder.exists() else 0o777 & ~_umask())
        yield place
    finally:
        os.close(lock)
        shutil.rmtree(place, ignore_errors=True)


def _prefix(folder: Path) -> str:
    return f".{folder.name}.ringfence-"


def _clear_remains(folder: Path) -> None:
    """Remove what killed runs left; where the folder itself is gone, the remains are the old one and go back."""
    for found in sorted(folder.parent.glob(f"{_prefix(folder)}*")):
        if not found.is_dir() or _is_locked(found):
            continue
        if found.name.endswith("-old") and not folder.exists():
            found.rename(folder)
        else:
            shutil.rmtree(found, ignore_errors=True)


def _is_locked(place: Path) -> bool:
    lock = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _fill(place: Path, files: Mapping[str, str]) -> None:
    """Write the files, and only then ask the disk for each: the first flush takes most of the others along."""
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        with (place / name).open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    for name in files:
        _sync(place / name)


def _carry_over(folder: Path, place: Path, own: set[str], prefix: str = "") -> None:
    """Give the new folder what others have put into the old one: the same files by hard link, or else copies."""
    for source in sorted(folder.iterdir()):
        name = prefix + source.name
        target = place / source.name
        if source.is_dir() and not source.is_symlink():
            # A folder that held files of ours alone goes with them.
            if not any(item.startswith(f"{name}/") for item in own):
                target.mkdir()
            _carry_over(source, target, own, f"{name}/")
            if target.exists():
                shutil.copystat(source, target)
        elif name not in own:
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(source, target)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def _take_place(place: Path, folder: Path) -> None:
    if not folder.exists():
        place.rename(folder)
    elif not exchange(place, folder):
        # No atomic step here: for a moment there is no folder; the next run finds the old one and puts it back.
        old = place.with_name(place.name + "-old")
        folder.rename(old)
        place.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    _sync(folder.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    found = os.umask(0)
    os.umask(found)
    return found

"""The journal of a run on disk: append-only, each record numbered and chained to the one before, synced one by one.

A line is `{"n": number, "prev": checksum of the line before, "record": {...}, "sum": checksum of all that}`. Killed
while a record is appended, a process leaves a last line without its end: that one is dropped. Anything else that is
not as it was written is a refusal, since a journal that lies is worse than none.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from generator.apply.codes import JOURNAL_DAMAGED, JOURNAL_UNWRITABLE
from generator.apply.records import Record, decode_record, encode_record
from generator.foundation.diagnostics import Place, problem
from generator.foundation.digest import canonical_json
from generator.foundation.errors import EnvironmentFailure, RefusedError

FILE: Final = "journal.jsonl"
PLAN_COPY: Final = "plan.json"
FIRST: Final = "0" * 64  # what stands before the first record


@dataclass(frozen=True, slots=True)
class Entry:
    """One record with its checksum."""

    record: Record
    checksum: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a journal's bytes say: the records, and how many bytes of them are whole."""

    entries: tuple[Entry, ...]
    length: int

    @property
    def last(self) -> str:
        """Return the checksum of the last record."""
        return self.entries[-1].checksum if self.entries else FIRST


class Damage(ValueError):
    """A record is not as it was written; `line` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


def read_entries(data: bytes) -> Contents:
    """Read a journal's bytes; Damage where a line that has its end is not what was written."""
    entries: list[Entry] = []
    before, length = FIRST, 0
    for number, line in enumerate(data.split(b"\n")[:-1], 1):
        entry = _entry(line, number, before)
        if entry is None:
            raise Damage(number)
        entries.append(entry)
        before, length = entry.checksum, length + len(line) + 1
    return Contents(tuple(entries), length)


def write_entry(record: Record, number: int, before: str) -> tuple[bytes, str]:
    """Return the line of a record with its end, and its checksum."""
    value: dict[str, Any] = {"n": number, "prev": before, "record": encode_record(record)}
    checksum = _checksum(value)
    return (canonical_json({**value, "sum": checksum}) + "\n").encode(), checksum


def _checksum(value: dict[str, Any]) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def _entry(line: bytes, number: int, before: str) -> Entry | None:
    try:
        value = json.loads(line.decode())
        if not isinstance(value, dict) or value.get("n") != number or value.get("prev") != before:
            return None
        checksum = value.pop("sum", None)
        record = decode_record(value.get("record"))
    except (ValueError, RecursionError):
        return None
    # Byte for byte: JSON has many spellings of one value, and only one of them was written.
    return Entry(record, str(checksum)) if write_entry(record, number, before) == (line + b"\n", checksum) else None


class Journal:
    """A journal that is open for more records; `folder` holds it and the copy of the plan."""

    def __init__(self, folder: Path, contents: Contents, file: int) -> None:
        self.folder = folder
        self.entries = list(contents.entries)
        self._file = file

    @property
    def records(self) -> list[Record]:
        """Return all records, oldest first."""
        return [entry.record for entry in self.entries]

    @property
    def checksum(self) -> str:
        """Return the checksum of the last record."""
        return self.entries[-1].checksum if self.entries else FIRST

    def append(self, record: Record) -> None:
        """Write a record and return when the disk has it; EnvironmentFailure where it has not."""
        data, checksum = write_entry(record, len(self.entries) + 1, self.checksum)
        try:
            while data:
                data = data[os.write(self._file, data) :]
            os.fsync(self._file)
        except OSError as error:
            raise _unwritable(self.folder, error) from None
        self.entries.append(Entry(record, checksum))

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def open_journal(folder: Path, plan: str) -> Journal:
    """Open the journal of a folder for more records, made where there is none, with a copy of the plan's text.

    RefusedError for a damaged one, EnvironmentFailure where the disk does not permit it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        _copy_plan(folder / PLAN_COPY, plan)
        path = folder / FILE
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(file, 0o600)
            contents = _contents(path, _read_all(file))
            os.ftruncate(file, contents.length)  # the record that was cut off
            os.lseek(file, contents.length, os.SEEK_SET)
            os.fsync(file)
            _sync_folder(folder)
            _sync_folder(folder.parent)
        except BaseException:
            os.close(file)
            raise
        return Journal(folder, contents, file)
    except OSError as error:
        raise _unwritable(folder, error) from None


def read_journal(folder: Path) -> tuple[Entry, ...]:
    """Return the records of a folder's journal, () where there is none; RefusedError for a damaged one."""
    path = folder / FILE
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise _unwritable(folder, error) from None
    return _contents(path, data).entries


def read_plan_copy(folder: Path) -> str | None:
    """Return the text of the plan that a folder's run carries out; None where there is none."""
    try:
        return (folder / PLAN_COPY).read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    except OSError as error:
        raise _unwritable(folder, error) from None


def _contents(path: Path, data: bytes) -> Contents:
    try:
        return read_entries(data)
    except Damage as damage:
        hint = "keep the file; --journal NEWFOLDER goes on from what the cluster holds of the run"
        place = Place(str(path), damage.line, 1)
        raise RefusedError(
            [problem(JOURNAL_DAMAGED, f"record {damage.line} is not as it was written", place=place, hint=hint)]
        ) from None


def _copy_plan(path: Path, plan: str) -> None:
    data = plan.encode()
    if path.exists() and path.read_bytes() == data:
        return
    making = path.with_suffix(".making")
    file = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        for piece in _pieces(data):
            os.write(file, piece)
        os.fsync(file)
    finally:
        os.close(file)
    making.replace(path)


def _pieces(data: bytes) -> Iterator[bytes]:
    size = 1 << 20
    for start in range(0, len(data), size):
        yield data[start : start + size]


def _read_all(file: int) -> bytes:
    found = []
    while piece := os.read(file, 1 << 20):
        found.append(piece)
    return b"".join(found)


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder last."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _unwritable(folder: Path, error: OSError) -> EnvironmentFailure:
    summary = f"the journal cannot be written or read: {error.strerror or 'the disk fails'}"
    hint = "--journal FOLDER puts it elsewhere"
    return EnvironmentFailure([problem(JOURNAL_UNWRITABLE, summary, place=Place(str(folder)), hint=hint)])

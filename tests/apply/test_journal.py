"""The journal's laws: what was cut off is dropped, anything else is refused, and it is synced."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.apply import journal as journal_module
from generator.apply.journal import FILE, FIRST, Damage, open_journal, read_entries, read_journal, write_entry
from generator.apply.records import (
    CheckDone,
    GoingOn,
    HarmAccepted,
    Record,
    RunBegun,
    RunFinished,
    RunStopped,
    WaitBegun,
    WaitDone,
    WriteBegun,
    WriteDone,
)
from generator.foundation.errors import EnvironmentFailure, RefusedError

text = st.text(max_size=12)
number = st.integers(0, 999)
records = st.one_of(
    st.builds(RunBegun, text, text, st.sampled_from(["forward", "back"]), number, number, text),
    st.builds(GoingOn, number, text),
    st.builds(HarmAccepted, text, text),
    st.builds(WriteBegun, text, number),
    st.builds(WriteDone, text, number, text, text),
    st.builds(WaitBegun, text, number),
    st.builds(WaitDone, text, number, text),
    st.builds(CheckDone, text, number),
    st.builds(RunStopped, text, text, number),
    st.builds(RunFinished, number),
)
lists = st.lists(records, min_size=1, max_size=6)


def written(items: list[Record]) -> bytes:
    data, before = b"", FIRST
    for place, record in enumerate(items, 1):
        line, before = write_entry(record, place, before)
        data += line
    return data


def read(data: bytes) -> list[Record]:
    return [entry.record for entry in read_entries(data).entries]


@given(lists)
def test_what_was_written_is_read(items: list[Record]) -> None:
    assert read(written(items)) == items


@given(lists, st.data())
def test_a_journal_that_was_cut_off_holds_the_whole_records_before(items: list[Record], data: st.DataObject) -> None:
    whole = written(items)
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    assert read(cut) == items[: cut.count(b"\n")]


@given(lists, st.data())
def test_a_flipped_bit_is_never_read(items: list[Record], data: st.DataObject) -> None:
    whole = bytearray(written(items))
    place, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))
    whole[place] ^= 1 << bit
    try:
        found = read(bytes(whole))
    except Damage:
        return
    # Only the end of the last line may be lost without a refusal: then the record was never whole.
    assert place == len(whole) - 1
    assert found == items[:-1]


@given(lists, st.data())
def test_records_that_are_left_out_repeated_or_moved_are_refused(items: list[Record], data: st.DataObject) -> None:
    lines = written([*items, RunFinished(0)]).splitlines(keepends=True)
    one, other = data.draw(st.integers(0, len(lines) - 1)), data.draw(st.integers(0, len(lines) - 1))
    changed = list(lines)
    match data.draw(st.sampled_from(["without", "twice", "swapped"])):
        case "without" if one < len(lines) - 1:
            del changed[one]
        case "twice":
            changed.insert(one, lines[one])
        case _:
            changed[one], changed[other] = lines[other], lines[one]
    if changed == lines:
        return
    with pytest.raises(Damage):
        read(b"".join(changed))


def test_a_torn_record_is_dropped_and_the_next_one_stands_in_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "plan.run"
    first = open_journal(folder, "{}")
    first.append(WriteBegun("w1", 0))
    first.append(WriteDone("w1", 0, "u", "1"))
    first.close()
    file = folder / FILE
    file.write_bytes(file.read_bytes()[:-7])
    again = open_journal(folder, "{}")
    assert again.records == [WriteBegun("w1", 0)]
    again.append(RunFinished(1))
    again.close()
    assert [entry.record for entry in read_journal(folder)] == [WriteBegun("w1", 0), RunFinished(1)]


def test_a_damaged_journal_is_a_refusal_with_its_line(tmp_path: Path) -> None:
    folder = tmp_path / "plan.run"
    journal = open_journal(folder, "{}")
    for step in ("a", "b", "c"):
        journal.append(WriteBegun(step, 0))
    journal.close()
    file = folder / FILE
    file.write_bytes(file.read_bytes().replace(b'"step":"b"', b'"step":"x"'))
    with pytest.raises(RefusedError) as refused:
        open_journal(folder, "{}")
    (found,) = refused.value.diagnostics
    assert (found.code, found.place.line) == ("RF8301", 2)


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    os.umask(0o022)
    folder = tmp_path / "deep" / "plan.run"
    open_journal(folder, "the plan").close()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert modes == {"plan.run": 0o700, FILE: 0o600, "plan.json": 0o600}


def test_every_record_is_synced_after_it_was_written_and_the_folder_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    real_write, real_sync = os.write, os.fsync

    def name(file: int) -> str:
        return Path(f"/proc/self/fd/{file}").readlink().name

    def write(file: int, data: bytes) -> int:
        calls.append(f"write {name(file)}")
        return real_write(file, data)

    def sync(file: int) -> None:
        calls.append(f"sync {name(file)}")
        real_sync(file)

    monkeypatch.setattr(journal_module.os, "write", write)
    monkeypatch.setattr(journal_module.os, "fsync", sync)
    journal = open_journal(tmp_path / "plan.run", "{}")
    made = list(calls)
    assert made[-3:] == [f"sync {FILE}", "sync plan.run", f"sync {tmp_path.name}"]
    assert made.index("write plan.making") < made.index("sync plan.making")
    calls.clear()
    for place in range(3):
        journal.append(WriteBegun("w", place))
    journal.close()
    assert calls == [f"write {FILE}", f"sync {FILE}"] * 3


def test_a_disk_that_fails_ends_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = open_journal(tmp_path / "plan.run", "{}")

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal_module.os, "fsync", full)
    with pytest.raises(EnvironmentFailure) as failed:
        journal.append(WriteBegun("w", 0))
    assert failed.value.diagnostics[0].code == "RF8302"
    assert journal.records == []
    journal.close()

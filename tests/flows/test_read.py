"""Files of flows: recognised by what is in them, refused with their place, and read in little memory."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from pathlib import Path

import pytest

from generator.flows import aggregate
from generator.flows.model import FlowFormat
from generator.flows.read import read_flows
from generator.foundation.errors import InputError
from tests.flows.samples import observe, packet, record
from tests.support.shared import shared_folder


def test_formats_are_seen_from_what_is_in_them(tmp_path: Path) -> None:
    (tmp_path / "kernel.jsonl").write_text("\n" + packet("10.1.1.1", "10.1.1.2"))
    (tmp_path / "whisker.log").write_text("\ufeff" + record("a/x", "b/y"), encoding="utf-8")
    found, _ = read_flows([str(tmp_path / "kernel.jsonl"), str(tmp_path / "whisker.log")])
    assert [log.format for log in found.logs] == [FlowFormat.KERNEL, FlowFormat.WHISKER]
    assert len(found.flows) == 2


@pytest.mark.parametrize(
    ("content", "line", "said", "hint"),
    [
        (b"", 0, "the file is empty", ""),
        (b"\n\n", 0, "the file is empty", ""),
        (b"\x7fELF\0\0", 1, "this is no text", ""),
        (gzip.compress(b"x"), 1, "this is no text", "unpack it first"),
        (b"\xff\xfea\0b\0", 1, "this is no text", ""),
        (b"name,count\nx,3\n", 0, "this is no log of flows", "journalctl -k"),
        (b'{"a": 1}\n', 1, "the first line is a JSON object, and no flow of Whisker", ""),
        (b'{"meta": {}, "items": []}\n', 1, "this is a whole answer of Whisker, not one flow a line", "jq -c"),
        (b"{\n", 1, "the first line is no JSON object of one line", "jq -c"),
        (b'{"flow": {"verdict": "FORWARDED"}}\n', 1, "these are flows of Hubble, which are not read", ""),
        (b'{"MESSAGE": "IN= OUT="}\n', 1, "this is a journal as JSON, which is not read", "short-iso"),
    ],
)
def test_what_is_no_log_of_flows_is_refused(tmp_path: Path, content: bytes, line: int, said: str, hint: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_flows([str(path)])
    (problem,) = error.value.diagnostics
    assert (problem.code, problem.place.file, problem.place.line, problem.summary) == ("RF7601", str(path), line, said)
    assert hint in problem.hint


def test_a_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "flows.jsonl"
    path.write_text(record("a/x", "b/y") + record("a/x", "b/y")[:200])
    with pytest.raises(InputError) as error:
        read_flows([str(path)])
    assert [(item.code, item.place.line) for item in error.value.diagnostics] == [("RF7602", 2)]


def test_all_problems_of_all_files_come_at_once_and_no_more_than_a_few_of_one(tmp_path: Path) -> None:
    (tmp_path / "bad.log").write_text(packet("10.1.1.1", "10.1.1.2") + packet("x", "y") * 30)
    with pytest.raises(InputError) as error:
        read_flows([str(tmp_path / "bad.log"), str(tmp_path / "absent"), str(tmp_path)])
    found = error.value.diagnostics
    assert sorted(item.code for item in found) == ["RF0005"] * 2 + ["RF7602"] * 11
    assert "20 more lines of this file cannot be read" in [item.summary for item in found]


def test_standard_input_is_one_of_the_files() -> None:
    found, _ = read_flows(["-"], stdin=io.BytesIO(packet("10.1.1.1", "10.1.1.2").encode()))
    assert [log.file for log in found.logs] == ["<stdin>"]


@pytest.mark.parametrize("name", ["conntrack-L.txt", "aws-vpc-extra-samples.log", "hubble-flows.jsonl", "SCHEMA.md"])
def test_other_published_formats_are_refused(name: str) -> None:
    with pytest.raises(InputError) as error:
        read_flows([str(shared_folder() / "corpora/flow-logs" / name)])
    assert [item.code for item in error.value.diagnostics] == ["RF7601"]


def test_a_log_of_a_kernel_in_which_nothing_was_logged_is_a_log(tmp_path: Path) -> None:
    for text in ("-- No entries --\n", "Nov 20 08:00:00 n kernel: Linux version 6.12\n"):
        found = observe(tmp_path, text)
        assert (len(found.logs), found.flows) == (1, ())


def test_records_beyond_the_most_flows_are_counted_and_told(tmp_path: Path) -> None:
    path = tmp_path / "kernel.log"
    path.write_text("".join(packet("10.1.1.1", "10.1.1.2", port) for port in (1, 2, 3, 1)))
    found, notes = read_flows([str(path)], most=2)
    assert (len(found.flows), found.unkept) == (2, 1)
    assert [item.code for item in notes] == ["RF7604"]


def test_memory_hangs_on_flows_and_not_on_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregate, "_RECENT", 100)
    peaks = []
    for lines in (2_000, 8_000):
        path = tmp_path / f"{lines}.log"
        path.write_text("".join(packet("10.1.1.1", f"10.1.1.{i % 9}", spt=1 + i % 60_000) for i in range(lines)))
        tracemalloc.start()
        found, _ = read_flows([str(path)])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert (len(found.flows), sum(flow.let_through for flow in found.flows)) == (9, lines)
    assert peaks[1] < peaks[0] * 1.2

"""From files to observations: which format a file has is seen from its content, and it is read line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from generator.flows import kernel_log, whisker
from generator.flows.aggregate import MOST_FLOWS, Aggregation
from generator.flows.codes import FLOW_LINE_WRONG, NOT_FLOWS, OTHER_PREFIX, TOO_MANY_FLOWS
from generator.flows.model import NEVER, BadLine, FlowFormat, LogRead, Moment, Observations, Record
from generator.flows.moments import earlier, later, read_kernel_time
from generator.flows.recognise import FORMS, OtherFormat, recognise
from generator.foundation.codes import FILE_UNREADABLE
from generator.foundation.diagnostics import Diagnostic, Place, problem
from generator.foundation.errors import InputError
from generator.foundation.paths import PathKind, near_path, path_kind

DEFAULT_PREFIX: Final = "calico-packet"
_LONGEST: Final = 1 << 20  # bytes of a line; a log has none like that
_SHOWN: Final = 10
_PACKED: Final = (b"\x1f\x8b", b"(\xb5/\xfd", b"BZh", b"\xfd7zXZ")


@dataclass(slots=True)
class _File:
    """What is known of a file so far."""

    path: str
    read_before: int = 0  # lines of the files before it
    lines: int = 0
    format: FlowFormat | None = None
    records: int = 0
    others: int = 0  # lines of something else
    other_packets: int = 0  # of them: packets of other rules than Calico's
    begins: Moment = NEVER
    ends: Moment = NEVER
    is_kernels: bool = False  # a line of it is surely one of a kernel log
    problems: list[Diagnostic] = field(default_factory=list)
    bad: int = 0

    @property
    def name(self) -> str:
        return "<stdin>" if self.path == "-" else self.path

    def covers(self, begins: Moment, ends: Moment) -> None:
        self.begins, self.ends = earlier(self.begins, begins), later(self.ends, ends)

    def wrong(self, error: BadLine) -> None:
        self.bad += 1
        if self.bad <= _SHOWN:
            place = Place(self.name, self.lines, 1)
            self.problems.append(problem(FLOW_LINE_WRONG, str(error), place=place, hint=error.hint))

    def refuse(self, summary: str, hint: str) -> None:
        self.problems.append(problem(NOT_FLOWS, summary, place=Place(self.name, self.lines, 1), hint=hint))


def read_flows(
    paths: Sequence[str], prefix: str = DEFAULT_PREFIX, stdin: BinaryIO | None = None, most: int = MOST_FLOWS
) -> tuple[Observations, list[Diagnostic]]:
    """Read logs of flows, and what to know of them; `prefix` is Felix's logPrefix, `-` is standard input.

    InputError with all problems of all files: one that cannot be read, is of no format that is known, or has a line
    that cannot be read.
    """
    flows = Aggregation(most)
    files: list[_File] = []
    for path in dict.fromkeys(paths):
        before = files[-1].read_before + files[-1].lines if files else 0
        files.append(_File(path, before))
        _read_file(files[-1], kernel_log.literal_of(prefix), flows, stdin)
    problems = [item for found in files for item in found.problems]
    if problems:
        raise InputError(problems)
    logs = tuple(_log_of(found) for found in files)
    notes = [item for found in files for item in _notes_of(found, prefix)]
    if flows.unkept:
        summary = f"{flows.unkept:,} records are of more than {most:,} different flows, and are not judged"
        notes.append(problem(TOO_MANY_FLOWS, summary, hint="name fewer files, or files of a shorter time"))
    return Observations(logs, flows.flows(), flows.unkept), notes


def _log_of(found: _File) -> LogRead:
    assert found.format is not None
    return LogRead(found.name, found.format, found.records, found.others, found.begins.text, found.ends.text)


def _notes_of(found: _File, prefix: str) -> Iterator[Diagnostic]:
    if found.other_packets and not found.records:
        summary = f"none of {found.other_packets:,} logged packets begins with '{prefix}'"
        hint = "if they are Calico's, let --live have the FelixConfiguration whose logPrefix they begin with"
        yield problem(OTHER_PREFIX, summary, place=Place(found.name), hint=hint)


def _read_file(found: _File, literal: str, flows: Aggregation, stdin: BinaryIO | None) -> None:
    path = found.path
    try:
        if path == "-" and stdin is not None:
            _read_lines(stdin, found, literal, flows)
        else:
            with Path(path).open("rb") as stream:
                _read_lines(stream, found, literal, flows)
    except (OSError, ValueError) as error:
        hint = near_path(path) if path_kind(path) is PathKind.NOTHING else ""
        why = (error.strerror if isinstance(error, OSError) else "") or "the name holds a NUL"
        found.problems = [problem(FILE_UNREADABLE, f"the file cannot be read: {why}", place=Place(path), hint=hint)]


def _read_lines(stream: BinaryIO, found: _File, literal: str, flows: Aggregation) -> None:
    for line in iter(lambda: stream.readline(_LONGEST), b""):
        found.lines += 1
        text = _decode(line)
        if text is None:
            packed = found.lines == 1 and line.startswith(_PACKED)
            found.refuse("this is no text", "unpack it first" if packed else FORMS)
            return
        if not text.strip():
            continue
        try:
            if found.format is None:
                found.format = recognise(text)
            record = _record_of(text, found, literal, ended=line.endswith(b"\n"))
        except OtherFormat as error:
            found.refuse(str(error), error.hint or FORMS)
            return
        except BadLine as error:
            found.wrong(error)
            continue
        if record is not None:
            found.records += 1
            found.covers(record.begins, record.ends)
            flows.add(record, found.format)
    _finish(found)


def _decode(line: bytes) -> str | None:
    """Return the text of a line; None of what is no text."""
    if b"\0" in line or (len(line) >= _LONGEST and not line.endswith(b"\n")):
        return None
    try:
        return line.decode("utf-8").lstrip("\ufeff").rstrip("\r\n")
    except UnicodeDecodeError:
        return None


def _record_of(text: str, found: _File, literal: str, *, ended: bool) -> Record | None:
    """Return the record of a line; None of a line of something else, which is counted."""
    if found.format is FlowFormat.WHISKER:
        return None if whisker.is_event_noise(text) else whisker.parse_flow(whisker.read_object(text))
    packet, at = kernel_log.find_packet(text), read_kernel_time(text, found.read_before + found.lines)
    if packet is None and kernel_log.is_cut_off(text, literal):
        raise BadLine("the line ends before its packet is told", "take the line out, or read the log anew")
    if packet is not None and literal in text[: packet.start()]:
        return kernel_log.parse_packet(text, packet, at, ended=ended)
    found.others += 1
    found.other_packets += packet is not None
    found.is_kernels = found.is_kernels or kernel_log.is_kernel_line(text)
    found.covers(at, at)
    return None


def _finish(found: _File) -> None:
    """Say what is only known at the end: that nothing was in it, or nothing that is known."""
    if found.bad > _SHOWN:
        more = f"{found.bad - _SHOWN:,} more lines of this file cannot be read"
        found.problems.append(problem(FLOW_LINE_WRONG, more, place=Place(found.name)))
    if found.format is None:
        hint = "a log in which nothing was seen would show when it began"
        found.problems.append(problem(NOT_FLOWS, "the file is empty", place=Place(found.name), hint=hint))
    elif found.format is FlowFormat.KERNEL and not (
        found.records or found.other_packets or found.problems or found.is_kernels
    ):
        found.problems.append(problem(NOT_FLOWS, "this is no log of flows", place=Place(found.name), hint=FORMS))

"""Flows of Whisker: what a record says, what both ends of a connection say together, and what is wrong with a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.flows.model import FlowFormat, NamedEnd, SeenPackets
from generator.flows.read import read_flows
from generator.foundation.errors import InputError
from tests.flows.samples import WEB, observe, record
from tests.support.shared import shared_folder


def test_a_record_is_who_whom_and_where_to(tmp_path: Path) -> None:
    found = observe(tmp_path, record(f"notes/{WEB}", "notes/database-*", 5432))
    (flow,) = found.flows
    assert (flow.source, flow.destination) == (NamedEnd("notes", WEB), NamedEnd("notes", "database-*"))
    assert (flow.packets, flow.let_through, flow.denied) == (SeenPackets(6, 5432), 1, 0)
    assert flow.last.text == "2026-11-21T08:00:15Z"
    (log,) = found.logs
    assert (log.format, log.records, log.begins, log.ends) == (
        FlowFormat.WHISKER,
        1,
        "2026-11-21T08:00:00Z",
        "2026-11-21T08:00:15Z",
    )


ALLOW, DENY = {"action": "Allow"}, {"action": "Deny"}
OUT, INTO = {"reporter": "Src"}, {"reporter": "Dst"}


@pytest.mark.parametrize(
    ("records", "through", "denied"),
    [
        ([OUT | ALLOW, INTO | ALLOW], 1, 0),  # one connection, told by both ends
        ([OUT | ALLOW, OUT | ALLOW, INTO | ALLOW], 2, 0),
        ([OUT | ALLOW], 1, 0),  # no end that reports is behind it
        ([INTO | ALLOW], 1, 0),
        ([OUT | DENY], 0, 1),
        ([INTO | DENY], 0, 1),
        ([OUT | ALLOW, INTO | DENY], 0, 1),  # let out, and not let in: nothing came through
        ([OUT | ALLOW, OUT | ALLOW, INTO | DENY, INTO | ALLOW], 1, 1),
    ],
)
def test_what_both_ends_say_is_taken_together(
    tmp_path: Path, records: list[dict[str, str]], through: int, denied: int
) -> None:
    (flow,) = observe(tmp_path, *(record("a/x", "b/y", **item) for item in records)).flows
    assert (flow.let_through, flow.denied) == (through, denied)


def test_an_action_that_decides_nothing_is_counted_as_that(tmp_path: Path) -> None:
    (flow,) = observe(tmp_path, record("a/x", "b/y", action="Pass")).flows
    assert (flow.let_through, flow.denied, flow.undecided) == (0, 0, 1)


@pytest.mark.parametrize(
    ("protocol", "port", "packets"),
    [
        ("udp", 53, SeenPackets(17, 53)),
        ("SCTP", 132, SeenPackets(132, 132)),
        ("icmp", 0, SeenPackets(1)),
        ("icmpv6", None, SeenPackets(58)),
        ("47", 0, SeenPackets(47)),
    ],
)
def test_protocols(tmp_path: Path, protocol: str, port: int | None, packets: SeenPackets) -> None:
    line = record("a/x", "b/y", protocol=protocol, dest_port=port)
    assert observe(tmp_path, line).flows[0].packets == packets


def test_no_namespace_is_told_in_two_ways(tmp_path: Path) -> None:
    lines = [record("a/x", "PUBLIC NETWORK", dest_namespace=text) for text in ("", "-")]
    (flow,) = observe(tmp_path, *lines).flows
    assert flow.destination == NamedEnd("", "PUBLIC NETWORK")


def test_the_stream_of_the_server_is_read_too(tmp_path: Path) -> None:
    found = observe(tmp_path, ": hello\n", "event: flow\n", f"data: {record('a/x', 'b/y')}", "\n")
    assert [flow.let_through for flow in found.flows] == [1]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"reporter": "Fwd"}, "reporter 'Fwd' is neither Src nor Dst"),
        ({"action": "Maybe"}, "action 'Maybe' is neither Allow nor Deny"),
        ({"action": None}, "the flow has no action"),
        ({"dest_port": None}, "the flow has no dest_port"),
        ({"dest_port": 70000}, "dest_port 70000 is no port"),
        ({"dest_port": True}, "dest_port True is no port"),
        ({"protocol": "ipx"}, "protocol 'ipx' is not known"),
        ({"start_time": "noon"}, "start_time 'noon' is no time"),
        ({"end_time": None}, "the flow has no end_time"),
        ({"source_namespace": 3}, "source_namespace is no text"),
        ({"dest_name": None}, "the flow has no dest_name"),
    ],
)
def test_a_field_that_is_wrong_is_told_with_its_line(tmp_path: Path, more: dict[str, object], said: str) -> None:
    path = tmp_path / "flows.jsonl"
    path.write_text(record("a/x", "b/y") + record("a/x", "b/y", **more))
    with pytest.raises(InputError) as error:
        read_flows([str(path)])
    (problem,) = error.value.diagnostics
    assert (problem.code, problem.place.line, problem.summary) == ("RF7602", 2, said)


def test_the_published_sample() -> None:
    found, notes = read_flows([str(shared_folder() / "corpora/flow-logs/whisker-flows.jsonl")])
    assert notes == []
    assert [(flow.destination.name, flow.let_through, flow.denied) for flow in found.flows] == [
        ("coredns-559f6c778d-*", 1, 0),
        ("web-574ff6d9fd-*", 0, 1),
        ("ledger-api-5cd68f8d6c-*", 0, 1),
    ]
    assert (found.logs[0].begins, found.logs[0].ends) == ("2026-09-27T11:32:00Z", "2026-09-27T11:32:30Z")

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.intent import parse_port
from generator.intent.model import PortSpec
from generator.intent.ports import PROTOCOLS, missing_ports
from generator.intent.problems import ValueProblem
from generator.intent.schedule import parse_schedule

NUMBERS = st.integers(1, 65535)
NAMES = st.from_regex(r"[a-z]([a-z0-9]{0,10}[a-z0-9])?", fullmatch=True)


@st.composite
def port_specs(draw: st.DrawFn) -> PortSpec:
    protocol = draw(st.sampled_from(PROTOCOLS))
    if draw(st.booleans()):
        return PortSpec(protocol, 0, 0, draw(NAMES))
    first, last = sorted((draw(NUMBERS), draw(NUMBERS)))
    return PortSpec(protocol, first, last)


@given(port_specs())
def test_what_is_printed_is_read_again(port: PortSpec) -> None:
    assert parse_port(str(port)) == port


@pytest.mark.parametrize(
    ("text", "port"),
    [
        (8080, PortSpec("TCP", 8080, 8080)),
        ("8080", PortSpec("TCP", 8080, 8080)),
        ("53/UDP", PortSpec("UDP", 53, 53)),
        ("8000-8010/TCP", PortSpec("TCP", 8000, 8010)),
        ("8000-8010", PortSpec("TCP", 8000, 8010)),
        ("80-80/SCTP", PortSpec("SCTP", 80, 80)),
        ("metrics", PortSpec("TCP", 0, 0, "metrics")),
        ("metrics/UDP", PortSpec("UDP", 0, 0, "metrics")),
        ("8080-http", PortSpec("TCP", 0, 0, "8080-http")),
        (65535, PortSpec("TCP", 65535, 65535)),
    ],
)
def test_ports(text: object, port: PortSpec) -> None:
    assert parse_port(text) == port


@pytest.mark.parametrize(
    "text",
    [0, -1, 65536, "", "/TCP", "80/", "80/tcp", "a--b", "-a", "a-", "80 ", "80-", "-80", "1-2-3", "٨٠", "A", "x" * 16],
)
def test_no_ports(text: object) -> None:
    with pytest.raises(ValueProblem) as refused:
        parse_port(text)
    assert refused.value.hint


@given(st.lists(port_specs(), max_size=4), st.lists(port_specs(), max_size=4))
def test_what_is_missing_is_not_offered(wanted: list[PortSpec], offered: list[PortSpec]) -> None:
    missing = missing_ports(wanted, offered)
    for port in set(wanted):
        if port.name:
            covered = port in offered
        else:
            held = {
                number
                for item in offered
                if item.protocol == port.protocol and not item.name
                for number in (
                    max(item.first, port.first),
                    *range(max(item.first, port.first), min(item.last, port.last) + 1),
                )
                if item.first <= number <= item.last
            }
            covered = set(range(port.first, port.last + 1)) <= held
        assert (port in missing) is not covered


def test_ranges_that_touch_add_up() -> None:
    offered = [parse_port("80-82"), parse_port("83-90")]
    assert missing_ports([parse_port("81-85")], offered) == []
    assert missing_ports([parse_port("81-91")], offered) == [parse_port("81-91")]
    assert missing_ports([parse_port("81/UDP")], offered) == [parse_port("81/UDP")]


@pytest.mark.parametrize(
    "line",
    [
        "0 3 * * 0",
        "*/5 * * * *",
        "0,30 8-18/2 1,15 JAN-jun mon-FRI",
        "@daily",
        "@every 1h30m",
        "59 23 31 12 6",
        "? ? ? ? ?",
    ],
)
def test_schedules(line: str) -> None:
    assert parse_schedule(line) == line


@pytest.mark.parametrize(
    "line",
    [
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * 0 *",
        "* * * * 7",
        "*/0 * * * *",
        "5-1 * * * *",
        "a * * * *",
        "* * * mon *",
        "*-5 * * * *",
        "@reboot",
        "@every",
        "1, * * * *",
    ],
)
def test_no_schedules(line: str) -> None:
    with pytest.raises(ValueProblem) as refused:
        parse_schedule(line)
    assert refused.value.hint

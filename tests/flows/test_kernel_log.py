"""Lines of Log rules: addresses, ports, times in four forms, connections that both ends log, lines of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.flows.interfaces import interface_of
from generator.flows.model import AddressEnd, SeenPackets
from generator.flows.read import read_flows
from generator.foundation.errors import InputError
from tests.flows.samples import observe, packet
from tests.support.shared import shared_folder

ONE, OTHER = "cali0123456789a", "calibbbbbbbbbbb"
FIELDS = "LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=1"


def test_a_line_is_from_whom_to_whom_on_which_port(tmp_path: Path) -> None:
    found = observe(tmp_path, packet("10.1.1.10", "10.1.1.20", 5432, into=ONE, out="eth0"))
    (flow,) = found.flows
    assert (flow.source, flow.destination) == (AddressEnd("10.1.1.10", ONE), AddressEnd("10.1.1.20"))
    assert (flow.packets, flow.let_through) == (SeenPackets(6, 5432), 1)
    assert flow.last.text == "2026-11-20T08:00:00Z"


def test_what_both_ends_log_of_a_connection_is_one(tmp_path: Path) -> None:
    found = observe(
        tmp_path,
        packet("10.1.1.10", "10.1.1.20", into=ONE, out=OTHER),  # both on one node: two lines that are the same
        packet("10.1.1.10", "10.1.1.20", into=ONE, out=OTHER),
        packet("10.1.1.10", "10.1.1.20", into=ONE, spt=41001),  # the node of the one, then that of the other
        packet("10.1.1.10", "10.1.1.20", out=OTHER, spt=41001),
    )
    (flow,) = found.flows
    assert (flow.source, flow.destination) == (AddressEnd("10.1.1.10", ONE), AddressEnd("10.1.1.20", OTHER))
    assert flow.let_through == 2


def test_an_address_that_was_of_two_pods_is_two_ends(tmp_path: Path) -> None:
    lines = [
        packet("10.1.1.10", "10.1.1.20", into=name, spt=41000 + number) for number, name in enumerate((ONE, OTHER))
    ]
    assert [flow.source for flow in observe(tmp_path, *lines).flows] == [
        AddressEnd("10.1.1.10", ONE),
        AddressEnd("10.1.1.10", OTHER),
    ]


@pytest.mark.parametrize(
    ("protocol", "fields", "packets"),
    [
        ("UDP", "SPT=5353 DPT=53 LEN=76", SeenPackets(17, 53)),
        ("ICMP", "TYPE=8 CODE=0 ID=1 SEQ=1", SeenPackets(1, None, (8, 0))),
        ("ICMPv6", "TYPE=128 CODE=0 ID=1 SEQ=1", SeenPackets(58, None, (128, 0))),
        (
            "ICMP",
            "TYPE=3 CODE=1 [SRC=1.1.1.1 DST=2.2.2.2 LEN=60 PROTO=TCP SPT=1 DPT=2 ]",
            SeenPackets(1, None, (3, 1)),
        ),
        ("47", "", SeenPackets(47)),
        ("ESP", "SPI=0x1", SeenPackets(50)),
        ("TCP", "INCOMPLETE [8 bytes]", SeenPackets(6)),
    ],
)
def test_protocols(tmp_path: Path, protocol: str, fields: str, packets: SeenPackets) -> None:
    line = packet("10.1.1.10", "10.1.1.20", protocol=protocol, fields=f"{fields} ")
    assert observe(tmp_path, line).flows[0].packets == packets


def test_a_later_fragment_has_no_port(tmp_path: Path) -> None:
    line = packet("10.1.1.10", "10.1.1.20", protocol="UDP", fields="").replace(" DF ", " FRAG:64 ")
    assert observe(tmp_path, line).flows[0].packets == SeenPackets(17)


PACKET = f"SRC=10.1.1.1 DST=10.1.1.2 {FIELDS} PROTO=TCP SPT=1 DPT=2 \n"
REST = f"kernel: [307753.360525] calico-packet: IN={ONE} OUT=eth0 {PACKET}"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"2026-11-20T08:00:00.5+01:00 n {REST}", "2026-11-20T07:00:00Z"),
        (f"2026-11-20T08:00:00+0100 n {REST}", "2026-11-20T07:00:00Z"),
        (f"2026-11-20T08:00:00.500000 n {REST}", "2026-11-20T08:00:00.500000"),
        (f"Dec  4 01:30:07 n {REST}", "Dec  4 01:30:07"),
        (f"Sep 5 14:34:40 n {REST}", "Sep 5 14:34:40"),
        (REST.partition(" ")[2], "307753.360525 s after boot"),
        (f"[Fri Nov 20 08:00:00 2026] {REST.partition('] ')[2]}", "Fri Nov 20 08:00:00 2026"),
        (REST.partition("] ")[2], ""),
    ],
)
def test_times(tmp_path: Path, line: str, told: str) -> None:
    found = observe(tmp_path, line)
    assert (found.flows[0].last.text, found.logs[0].begins, found.logs[0].ends) == (told, told, told)


def test_last_is_the_latest_of_all_and_without_a_year_the_one_that_was_read_last(tmp_path: Path) -> None:
    lines = [packet("10.1.1.1", "10.1.1.2", at=f"2026-11-20T{hour}:00:00+00:00") for hour in ("09", "11", "08")]
    assert observe(tmp_path, *lines).flows[0].last.text == "2026-11-20T11:00:00Z"
    lines = [packet("10.1.1.1", "10.1.1.2", at=at) for at in ("Dec 31 23:59:59", "Jan  1 00:00:01")]
    assert observe(tmp_path, *lines).flows[0].last.text == "Jan  1 00:00:01"


@pytest.mark.parametrize(
    ("prefix", "written", "is_ours"),
    [
        ("calico-packet", "calico-packet: ", True),
        ("calico-packet", "other-rule: ", False),
        ("ringfence %t/%k", "ringfence ringfence/np: ", True),
        ("a-prefix-longer-than-what-iptables-takes", "a-prefix-longer-than-what-i: ", True),
        ("%t", "ringfence: ", True),
    ],
)
def test_lines_of_ours_begin_with_felix_prefix(tmp_path: Path, prefix: str, written: str, is_ours: bool) -> None:
    found = observe(tmp_path, packet("10.1.1.1", "10.1.1.2", prefix=written), prefix=prefix)
    assert (len(found.flows), found.logs[0].others) == ((1, 0) if is_ours else (0, 1))


def test_packets_of_other_rules_alone_are_told(tmp_path: Path) -> None:
    path = tmp_path / "kernel.log"
    path.write_text(packet("10.1.1.1", "10.1.1.2", prefix="[UFW BLOCK] "))
    _, notes = read_flows([str(path)])
    assert [(item.code, item.summary) for item in notes] == [
        ("RF7603", "none of 1 logged packets begins with 'calico-packet'")
    ]


def test_other_lines_of_the_kernel_are_counted(tmp_path: Path) -> None:
    found = observe(tmp_path, "Nov 20 08:00:00 n kernel: Linux version 6.12\n", packet("10.1.1.1", "10.1.1.2"))
    assert (found.logs[0].records, found.logs[0].others) == (1, 1)


def line_without(*keys: str) -> str:
    words = packet("10.1.1.10", "10.1.1.20", 8080).split(" ")
    return " ".join(word for word in words if word.partition("=")[0] not in keys)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (line_without("SRC"), "the line has no SRC=; it may be cut off"),
        (line_without("DST"), "the line has no DST=; it may be cut off"),
        (line_without("PROTO"), "the line has no PROTO=; it may be cut off"),
        (line_without("DPT"), "the line has no DPT=; it may be cut off"),
        (packet("192.XXX.XX.X", "10.1.1.2"), "SRC=192.XXX.XX.X is no address"),
        (packet("10.1.1.1", "10.1.1.2", 99999), "DPT=99999 is no number up to 65535"),
        (packet("10.1.1.1", "10.1.1.2", protocol="QUIC"), "PROTO=QUIC is not known"),
        (f"{packet('10.1.1.1', '10.1.1.2').partition(' OUT=')[0]}\n", "the line ends before its packet is told"),
        (packet("10.1.1.1", "10.1.1.2", 8080).partition("80 WINDOW")[0], "the file ends within this line"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_with_its_place(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "kernel.log"
    path.write_text(packet("10.1.1.1", "10.1.1.2") + line)
    with pytest.raises(InputError) as error:
        read_flows([str(path)])
    (problem,) = error.value.diagnostics
    assert (problem.code, problem.place.line, problem.summary) == ("RF7602", 2, said)


def test_the_name_of_a_pods_interface() -> None:
    # Calico's own conversion_test.go gives it for this pod, under another prefix.
    assert interface_of("namespace", "podname") == "cali82111e10a96"


def test_the_published_samples() -> None:
    folder = shared_folder() / "corpora/flow-logs"
    found, _ = read_flows([str(folder / "felix-iptables-log.txt")])
    assert [(flow.destination.address, flow.packets) for flow in found.flows] == [
        ("172.16.193.133", SeenPackets(17, 53)),
        ("69.147.80.15", SeenPackets(6, 80)),
        ("8.8.8.8", SeenPackets(1, None, (8, 0))),
    ]
    with pytest.raises(InputError) as error:
        read_flows([str(folder / "felix-iptables-log.more.txt")])
    assert [(item.place.line, item.summary) for item in error.value.diagnostics] == [
        (5, "SRC=192.XXX.XX.X is no address")
    ]

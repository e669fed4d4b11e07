"""Sets in words: examples to read, and no two sets with the same words."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.packets import (
    AddressSet,
    Intervals,
    PacketSet,
    TransportSet,
    describe_addresses,
    describe_packets,
    describe_transport,
)
from tests.faults.packets import FAULTS_OF_WORDS, Fault
from tests.packets.worlds import ADDRESSES, PACKETS, TRANSPORT, World

ONE, OF = Intervals.single, Intervals.of


def tcp(*ports: int) -> TransportSet:
    return TransportSet.of_ports(6, None, Intervals.of_numbers(ports))


def udp(*ports: int) -> TransportSet:
    return TransportSet.of_ports(17, None, Intervals.of_numbers(ports))


TRANSPORTS = [
    (TransportSet.all(), "everything"),
    (TransportSet.nothing(), "nothing"),
    (tcp(443, 80) | udp(53) | TransportSet.of_icmp(1, ONE(8)), "TCP 80, 443; UDP 53; ICMP type 8"),
    (tcp(80) | TransportSet.of_ports(6, None, OF((8000, 8010))), "TCP 80, 8000-8010"),
    (tcp(22).complement(), "all but TCP 22"),
    ((tcp(22) | udp(53)).complement(), "all but TCP 22; UDP 53"),
    (TransportSet.of_ports(6, ONE(53)), "TCP from port 53"),
    (TransportSet.of_ports(6, OF((53, 54)), ONE(80)), "TCP 80 from ports 53-54"),
    (tcp(80) | TransportSet.of_ports(6, ONE(53)), "TCP 80 from ports 0-52, 54-65535; TCP from port 53"),
    (TransportSet.of_ports(6) - tcp(22), "TCP all but 22"),
    (TransportSet.of_ports(6) - TransportSet.of_ports(6, ONE(53), ONE(80)), "TCP all but 80 from port 53"),
    (TransportSet.of_protocols([6, 17]).complement(), "all protocols but TCP, UDP"),
    (TransportSet.of_protocols([6, 47, 9, 10]).complement(), "all protocols but TCP, GRE, 9-10"),
    (TransportSet.of_protocols([6, 47, 9, 10]), "TCP; GRE; protocols 9-10"),
    (TransportSet.of_protocols([253]), "protocol 253"),
    (TransportSet.of_protocols([1, 58, 132, 136]), "SCTP; UDPLite; ICMP; ICMPv6"),
    (TransportSet.of_icmp(1, ONE(3), ONE(4)) | TransportSet.of_icmp(1, OF((8, 9))),
     "ICMP type 3 code 4; ICMP types 8-9"),
    (TransportSet.of_icmp(58, None, ONE(0)), "ICMPv6 code 0"),
]  # fmt: skip


@pytest.mark.parametrize(("packets", "text"), TRANSPORTS, ids=[text for _, text in TRANSPORTS])
def test_transport(packets: TransportSet, text: str) -> None:
    assert describe_transport(packets) == text


@pytest.mark.parametrize(
    ("cidrs", "text", "opposite"),
    [
        (["10.0.0.0/8"], "10.0.0.0/8", "any address but 10.0.0.0/8"),
        (["10.0.0.1", "192.0.2.0/30", "192.0.2.4"], "10.0.0.1, 192.0.2.0-192.0.2.4", None),
        (["10.0.0.0/8", "fd00::/8"], "10.0.0.0/8; fd00::/8", "any address but 10.0.0.0/8; fd00::/8"),
        (["0.0.0.0/0"], "any IPv4 address", "any IPv6 address"),
        (["0.0.0.0/0", "fd00::/8"], "any IPv4 address; fd00::/8", "any IPv6 address but fd00::/8"),
        (["0.0.0.0/0", "::/0"], "any address", "no address"),
    ],
)
def test_addresses(cidrs: list[str], text: str, opposite: str | None) -> None:
    made = AddressSet.of_cidrs(cidrs)
    assert describe_addresses(made) == text
    assert describe_addresses(made.complement()) == (opposite or f"any address but {text}")


def test_packets() -> None:
    ten, both, web = AddressSet.of_cidrs(["10.0.0.0/8"]), AddressSet.everything(), tcp(80)
    assert describe_packets(PacketSet.nothing()) == "nothing"
    assert describe_packets(PacketSet.everything()) == "everything"
    assert describe_packets(PacketSet.of(ten, both, web)) == "from 10.0.0.0/8 to any IPv4 address: TCP 80"
    assert describe_packets(PacketSet.of(both, both, web)) == "from any address to any address: TCP 80"
    assert describe_packets(PacketSet.of(both, ten, web) - PacketSet.of(ten, ten, TransportSet.all())).splitlines() == [
        "from any IPv4 address but 10.0.0.0/8 to 10.0.0.0/8: TCP 80"
    ]


# A few atoms of each class whose unions meet every form of words.
ATOMS: dict[str, list[Any]] = {
    "transport": [
        *(TransportSet.of_ports(6, source, target)
          for source in (ONE(53), ONE(53).complement(0, 65535)) for target in (ONE(80), OF((0, 79)), OF((81, 65535)))),
        TransportSet.of_icmp(1, ONE(8)), TransportSet.of_icmp(1, ONE(8).complement(0, 255)),
        TransportSet.of_protocols([47]), TransportSet.of_protocols([48]),
        TransportSet.of_protocols(Intervals.of_numbers([1, 6, 47, 48]).complement(0, 255)),
    ],
    "addresses": [
        AddressSet.of_intervals(family, numbers)
        for family, top in ((4, (1 << 32) - 1), (6, (1 << 128) - 1))
        for numbers in (ONE(0), OF((1, 255)), OF((256, 511)), OF((512, 1 << 20)), OF(((1 << 20) + 1, top)))
    ],
    "packets": [
        PacketSet.of(sources, targets, transport)
        for ten in [AddressSet.of_cidrs(["10.0.0.0/8"])]
        for other in [ten.complement()]
        for sources, targets in ((ten, other), (other, ten), (other, other))
        for transport in (tcp(80), tcp(80).complement())
        for sources, targets in ((sources, targets),)
    ] + [
        PacketSet.of(six, six, transport)
        for six in [AddressSet.everything(6)]
        for transport in (tcp(80), tcp(80).complement())
    ],
}  # fmt: skip
WORDS: dict[str, Callable[[Any], str]] = {
    "transport": describe_transport,
    "addresses": describe_addresses,
    "packets": describe_packets,
}


def check_all_words(name: str) -> None:
    atoms = ATOMS[name]
    texts: dict[str, Any] = {}
    sets = {reduce(operator.or_, chosen) for chosen in _subsets(atoms) if chosen}
    for made in sets:
        text = WORDS[name](made)
        assert texts.setdefault(text, made) == made
    assert len(texts) == len(sets)


def check_every_class() -> None:
    for name in WORDS:
        check_all_words(name)


def _subsets(atoms: list[Any]) -> list[list[Any]]:
    return [[atom for at, atom in enumerate(atoms) if mask >> at & 1] for mask in range(1 << len(atoms))]


@pytest.mark.parametrize("name", WORDS)
def test_no_two_sets_in_the_same_words(name: str) -> None:
    check_all_words(name)


@pytest.mark.parametrize("world", [TRANSPORT, ADDRESSES, PACKETS], ids=str)
@settings(max_examples=100)
@given(data=st.data())
def test_words_differ_where_sets_do(world: World, data: st.DataObject) -> None:
    left = data.draw(world.sets())
    right = left ^ world.make(data.draw(world.boxes()))
    describe = WORDS[world.name]
    assert left != right
    assert describe(left) != describe(right)


@pytest.mark.parametrize("fault", FAULTS_OF_WORDS)
def test_words_see_the_fault(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_every_class()

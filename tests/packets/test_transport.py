"""Transport sets: what constructors take, what witnesses look like."""

from __future__ import annotations

import pytest

from generator.packets import AddressSet, Intervals, Packet, PacketSet, TransportPacket, TransportSet, parse_address

ONE = Intervals.single


@pytest.mark.parametrize(
    ("packets", "witness"),
    [
        (TransportSet.all(), TransportPacket(6, 40000, 443)),
        (TransportSet.of_protocols([0, 1, 17, 47, 132]), TransportPacket(17, 40000, 443)),
        (TransportSet.of_protocols([1, 47, 132]), TransportPacket(132, 40000, 443)),
        (TransportSet.of_protocols([1, 47, 58, 136]), TransportPacket(1, icmp_type=8)),
        (TransportSet.of_protocols([47, 58, 136]), TransportPacket(58, icmp_type=128)),
        (TransportSet.of_protocols([47, 136]), TransportPacket(136, 40000, 443)),
        (TransportSet.of_protocols([47, 0]), TransportPacket(47)),
        (TransportSet.of_protocols([0]), TransportPacket(0)),
        (TransportSet.of_ports(6, None, Intervals.of((0, 442), (444, 65535))), TransportPacket(6, 40000, 80)),
        (TransportSet.of_ports(17, None, Intervals.of((50, 60))), TransportPacket(17, 40000, 53)),
        (TransportSet.of_ports(6, None, Intervals.of((5432, 5433))), TransportPacket(6, 40000, 5432)),
        (TransportSet.of_ports(6, None, Intervals.of((0, 9))), TransportPacket(6, 40000, 1)),
        (TransportSet.of_ports(6, ONE(53), ONE(0)), TransportPacket(6, 53, 0)),
        (TransportSet.of_ports(6, Intervals.of((50000, 50010))), TransportPacket(6, 50000, 443)),
        (
            TransportSet.of_ports(6, ONE(53), ONE(443)) | TransportSet.of_ports(6, Intervals.of((1024, 65535)), ONE(9)),
            TransportPacket(6, 40000, 9),
        ),
        (TransportSet.of_icmp(1, Intervals.of((3, 5)), ONE(4)), TransportPacket(1, icmp_type=3, icmp_code=4)),
        (TransportSet.of_icmp(58, None, ONE(1)), TransportPacket(58, icmp_type=128, icmp_code=1)),
    ],
)
def test_witness_is_ordinary(packets: TransportSet, witness: TransportPacket) -> None:
    assert packets.witness() == witness
    assert packets.contains(witness)


def test_no_witness() -> None:
    for ask in (TransportSet.nothing().witness, PacketSet.nothing().witness):
        with pytest.raises(ValueError, match="empty"):
            ask()


def test_every_packet_of_every_protocol() -> None:
    assert TransportSet.of_protocols(range(256)) is TransportSet.all()
    assert TransportSet.all().protocols() == Intervals.of((0, 255))
    assert TransportSet.of_ports(6) == TransportSet.of_protocols([6])
    assert TransportSet.of_icmp(58) == TransportSet.of_protocols(ONE(58))
    assert TransportSet.of_packet(TransportPacket(47)) == TransportSet.of_protocols([47])
    assert TransportSet.of_protocols([]) is TransportSet.nothing() is TransportSet.of_ports(6, Intervals.nothing())


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: TransportSet.of_protocols([256]),
        lambda: TransportSet.of_protocols([-1]),
        lambda: TransportSet.of_ports(1),
        lambda: TransportSet.of_ports(47),
        lambda: TransportSet.of_icmp(6),
        lambda: TransportSet.of_ports(6, ONE(65536)),
        lambda: TransportSet.of_ports(6, None, Intervals.of((1, 65536))),
        lambda: TransportSet.of_icmp(1, ONE(256)),
        lambda: TransportSet.of_icmp(1, ONE(3), ONE(256)),
        lambda: TransportPacket(256),
        lambda: TransportPacket(-1),
        lambda: TransportPacket(6, 65536),
        lambda: TransportPacket(6, 0, -1),
        lambda: TransportPacket(6, icmp_type=8),
        lambda: TransportPacket(1, destination_port=80),
        lambda: TransportPacket(1, icmp_code=256),
        lambda: TransportPacket(47, destination_port=80),
        lambda: TransportPacket(47, icmp_type=8),
    ],
)
def test_what_no_packet_has(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(ValueError, match=r"."):
        wrong()


def test_packets_keep_the_family() -> None:
    sources, destinations = AddressSet.of_cidrs(["10.0.0.0/8", "fd00::/8"]), AddressSet.of_cidrs(["10.1.0.0/16"])
    made = PacketSet.of(sources, destinations, TransportSet.of_ports(6, None, ONE(80)))
    (_, source), (_, destination) = parse_address("10.0.0.1"), parse_address("10.1.0.1")
    assert made.witness() == Packet(4, source, destination, TransportPacket(6, 40000, 80))
    assert [block.family for block in made.blocks()] == [4]
    assert not made.contains(Packet(6, source, destination, TransportPacket(6, 40000, 80)))
    assert made.transport(4, source, source) is TransportSet.nothing()
    assert made == PacketSet.of(
        AddressSet.of_cidrs(["10.0.0.0/8"]), destinations, made.transport(4, source, destination)
    )
    assert PacketSet.of_packet(made.witness()).issubset(made)


def test_blocks_make_up_the_set() -> None:
    ten, all_of, web = AddressSet.of_cidrs(["10.0.0.0/8"]), AddressSet.everything(), TransportSet.of_ports(6)
    made = PacketSet.of(ten, all_of, web) ^ PacketSet.of(all_of, ten, TransportSet.all())
    again, seen = PacketSet.nothing(), 0
    for block in made.blocks():
        part = PacketSet.of(block.sources, block.destinations, block.transport)
        assert part.isdisjoint(again)
        again, seen = again | part, seen + 1
    assert again is made
    assert seen == 3

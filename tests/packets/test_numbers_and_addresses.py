"""Ranges of numbers held against sets of numbers, CIDRs against the standard library's."""

from __future__ import annotations

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.packets import AddressSet, Intervals, format_address, parse_address

RANGES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)).map(lambda pair: (pair[0], sum(pair))), max_size=8)


def numbers_of(ranges: list[tuple[int, int]]) -> set[int]:
    return {number for low, high in ranges for number in range(low, high + 1)}


@given(RANGES, RANGES)
def test_ranges_are_sets_of_numbers(first: list[tuple[int, int]], second: list[tuple[int, int]]) -> None:
    a, b, left, right = Intervals.of(*first), Intervals.of(*second), numbers_of(first), numbers_of(second)
    for made, expected in ((a | b, left | right), (a & b, left & right), (a - b, left - right), (a ^ b, left ^ right)):
        assert numbers_of(list(made)) == expected
        assert made == Intervals.of_numbers(expected)
        assert made.count() == len(expected)
        assert {number for number in range(80) if number in made} == expected
        assert made.is_empty == (not expected)
    assert numbers_of(list(a.complement(5, 50).ranges)) == set(range(5, 51)) - left
    if left:
        assert a.lowest() == min(left)
        assert a.pick() == min(left - {0}, default=0)


@pytest.mark.parametrize("wrong", [(2, 1), (-1, 4), (-2, -1)])
def test_no_range(wrong: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no range"):
        Intervals.of((1, 3), wrong)


def test_nothing_has_no_number() -> None:
    for ask in (Intervals.nothing().lowest, Intervals.nothing().pick):
        with pytest.raises(ValueError, match="empty"):
            ask()


NETWORKS = st.one_of(
    # Few different bits, so that networks meet and touch.
    st.builds(lambda high, low, length: f"{ipaddress.IPv4Address(high << 28 | low)}/{length}",
              st.integers(0, 15), st.integers(0, 7), st.sampled_from([0, 1, 2, 3, 4, 5, 28, 29, 30, 31, 32])),
    st.builds(lambda high, low, length: f"{ipaddress.IPv6Address(high << 124 | low)}/{length}",
              st.integers(0, 15), st.integers(0, 7), st.sampled_from([0, 1, 2, 3, 4, 5, 125, 126, 127, 128])),
)  # fmt: skip


@given(st.lists(NETWORKS, max_size=8))
def test_cidrs_are_the_fewest(texts: list[str]) -> None:
    expected = []
    for version in (4, 6):
        networks = [ipaddress.ip_network(text, strict=False) for text in texts]
        own = [net for net in networks if net.version == version]
        expected += [str(net) for net in ipaddress.collapse_addresses(own)]
    made = AddressSet.of_cidrs(texts)
    assert list(made.cidrs()) == expected
    assert AddressSet.of_cidrs(reversed(made.cidrs())) == made
    assert AddressSet.of_cidrs(made.complement().cidrs()).complement() == made
    for family in (4, 6):
        if made.family(family):
            assert made.contains(made.pick(family), family)


NUMBERED = st.sampled_from([(4, 32), (6, 128)]).flatmap(
    lambda kind: st.tuples(st.just(kind[0]), st.integers(0, (1 << kind[1]) - 1))
)


@given(NUMBERED)
def test_addresses_read_back(address: tuple[int, int]) -> None:
    text = format_address(*address)
    assert parse_address(text) == address
    assert AddressSet.of_cidrs([text]) == AddressSet.of_address(*address)
    assert AddressSet.of_cidrs([text]).count() == 1


OCTETS = st.sampled_from(
    ["0", "1", "9", "10", "99", "100", "255", "256", "00", "01", "010", "", " 1", "+1", "\u0661", "a"]
)


@given(st.lists(OCTETS, min_size=3, max_size=5).map(".".join))
def test_the_quick_way_reads_what_the_library_reads(text: str) -> None:
    try:
        expected = int(ipaddress.IPv4Address(text))
    except ValueError:
        with pytest.raises(ValueError, match=re.escape(repr(text))):
            parse_address(text)
    else:
        assert parse_address(text) == (4, expected)


@pytest.mark.parametrize(
    ("texts", "cidrs"),
    [
        (["10.1.2.3"], ["10.1.2.3/32"]),
        (["10.1.2.3/8"], ["10.0.0.0/8"]),
        (["10.0.0.0/9", "10.128.0.0/9"], ["10.0.0.0/8"]),
        (["0.0.0.0/1", "128.0.0.0/1"], ["0.0.0.0/0"]),
        (["fd00::1", "fd00::"], ["fd00::/127"]),
        (["::/0", "10.0.0.1"], ["10.0.0.1/32", "::/0"]),
        (["::ffff:1.2.3.4"], ["::ffff:102:304/128"]),
        ([], []),
    ],
)
def test_cidrs(texts: list[str], cidrs: list[str]) -> None:
    assert list(AddressSet.of_cidrs(texts).cidrs()) == cidrs


def test_one_network_cut_in_two_needs_many() -> None:
    cut = AddressSet.of_cidrs(["10.0.0.0/29"]) - AddressSet.of_cidrs(["10.0.0.3"])
    assert cut.cidrs() == ("10.0.0.0/31", "10.0.0.2/32", "10.0.0.4/30")


WRONG = [
    "", "/", "10.0.0.0/", "/8", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0",
    "10.0.0.256", "010.0.0.1", "10.0.0.0/255.0.0.0", "fe80::1%eth0", "fe80::1%eth0/64", " 10.0.0.1", "10.0.0.1\n",
    "10.0.0.0/٨", "host", "1:2", "10.0.0.0/0000",
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_no_cidr(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        AddressSet.of_cidrs(["10.0.0.0/8", text])


def test_no_family() -> None:
    for ask in (AddressSet.everything, AddressSet.nothing().family, AddressSet.nothing().pick):
        with pytest.raises((ValueError, KeyError)):
            ask(5)
    with pytest.raises(ValueError, match="no address of IPv4"):
        AddressSet.of_address(4, 1 << 32)


@pytest.mark.parametrize(
    ("cidrs", "family", "picked"),
    [
        (["0.0.0.0/0"], 4, "203.0.113.1"),
        (["::/0"], 6, "2001:db8::1"),
        (["10.0.0.0/8"], 4, "10.0.0.1"),
        (["10.0.0.4/32"], 4, "10.0.0.4"),
        (["10.0.0.4/31"], 4, "10.0.0.4"),
        (["0.0.0.0/5"], 4, "1.0.0.1"),
        (["127.0.0.0/8", "192.0.2.0/24"], 4, "192.0.2.1"),
        (["127.0.0.0/8"], 4, "127.0.0.0"),
        (["::/0", "10.0.0.0/8"], 4, "10.0.0.1"),
        (["fd00::/8", "::1"], 6, "fd00::1"),
    ],
)
def test_pick_is_ordinary(cidrs: list[str], family: int, picked: str) -> None:
    assert format_address(family, AddressSet.of_cidrs(cidrs).pick(family)) == picked

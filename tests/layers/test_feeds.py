"""Threat feeds: read whole or refused, own ranges cut out exactly, shards that stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.intent.model import Network
from generator.layers import own_ranges
from generator.layers.feeds import MAX_SHARD, read_feed, shard_networks
from generator.layers.own_ranges import SPECIAL, cut_own_ranges
from tests.support.shared import shared_folder

# What each published list is: read (number of merged ranges is at least this), or refused.
PUBLISHED: dict[str, int | str] = {
    "abuse-ch/feodo_ipblocklist.2024-04-04.csv": "RF3201",
    "emerging-threats/emerging-Block-IPs.2022.txt": 1000,
    "firehol/dshield.netset": 10,
    "firehol/et_block.netset": 500,
    "firehol/et_compromised.ipset": 500,
    "firehol/et_dshield.netset": 10,
    "firehol/feodo.ipset": 500,
    "firehol/feodo_badips.ipset": "RF3202",  # the list was empty that day
    "firehol/firehol_level1.2021-06-28.netset": 1000,
    "firehol/spamhaus_drop.netset": 500,
    "firehol/sslbl.ipset": 50,
    "firehol/tor_exits.ipset": 500,
    "ipsum/ipsum.head400.txt": "RF3201",
    "ipsum/level5.txt": 500,
    "ipsum/level7.txt": 20,
    "spamhaus/asn_drop.2024.jsonl": "RF3201",
    "spamhaus/drop.2023-02-20.original-syntax.txt": 500,
    "spamhaus/drop.2024.txt": 500,
    "spamhaus/drop_ipv6.2024.txt": 10,
    "spamhaus/drop_v4.2025.jsonl": "RF3201",
    "spamhaus/edrop.2024.txt": 50,
    "tor/tor-exit-nodes.2024.lst": 500,
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_list_is_read_whole_or_refused(name: str) -> None:
    text = (shared_folder() / "corpora" / "feeds" / name).read_text("utf-8")
    networks, problems = read_feed(text, name)
    least = PUBLISHED[name]
    if isinstance(least, str):
        assert networks == ()
        assert [item.code for item in problems] == [least]
        assert problems[0].place.file == name
    else:
        assert problems == []
        assert len(networks) >= least


def test_every_published_list_is_in_the_table() -> None:
    folder = shared_folder() / "corpora" / "feeds"
    lists = {
        str(path.relative_to(folder))
        for path in folder.glob("*/*")
        if path.suffix != ".md" and path.parent.name != "cloud"
    }
    assert lists == set(PUBLISHED)


def test_firehol_over_a_cluster_in_ten_denies_no_address_of_it() -> None:
    text = (shared_folder() / "corpora/feeds/firehol/firehol_level1.2021-06-28.netset").read_text("utf-8")
    networks, _ = read_feed(text, "firehol")
    assert ip_network("10.0.0.0/8") in networks
    result, problems = cut_own_ranges(networks, [ip_network("10.0.0.0/8")], name="firehol")
    assert not any(net.version == 4 and net.overlaps(ip_network("10.0.0.0/8")) for net in result.kept)
    assert not any(
        net.overlaps(special) for net in result.kept for special, _ in SPECIAL if net.version == special.version
    )
    assert [item.code for item in problems] == ["RF3203"]
    assert len(result.kept) > 1000


def test_comments_blanks_ranges_and_host_bits() -> None:
    text = "\ufeff# head\n198.51.100.7 ; note\n\n203.0.113.9/24  \n192.0.2.1-192.0.2.2 # x\n2001:db8::1/32"
    networks, problems = read_feed(text, "f")
    assert problems == []
    assert [str(net) for net in networks] == [
        "192.0.2.1/32", "192.0.2.2/32", "198.51.100.7/32", "203.0.113.0/24", "2001:db8::/32",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [("", "RF3202", 0), ("# nothing\n", "RF3202", 0), ("192.0.2.1\n<html>\n", "RF3201", 2), ('{"a": 1}', "RF3201", 1)],
)
def test_what_is_no_feed_is_an_error_with_its_line(text: str, code: str, line: int) -> None:
    networks, problems = read_feed(text, "f")
    assert networks == ()
    assert [(item.code, item.place.line) for item in problems] == [(code, line)]


# A small world of 64 addresses outside every special range, so that a twin can count them one by one.
BASE = int(ip_network("198.18.0.0/26").network_address)
small = st.tuples(st.integers(0, 63), st.integers(26, 32)).map(lambda p: ip_network((BASE + p[0], p[1]), strict=False))


def addresses(networks: tuple[Network, ...] | list[Network]) -> set[int]:
    return {int(net.network_address) + step for net in networks for step in range(net.num_addresses)}


def check_cut_is_exact(networks: list[Network], own: list[Network]) -> None:
    result, problems = cut_own_ranges(networks, own, name="x")
    expected = addresses(networks) - addresses(own)
    if any(item.code == "RF3204" for item in problems):
        assert result.kept == ()
        return
    assert addresses(list(result.kept)) == expected


@given(st.lists(small, max_size=8), st.lists(small, max_size=5))
def test_what_is_left_is_the_feed_without_the_own_ranges(networks: list[Network], own: list[Network]) -> None:
    check_cut_is_exact(networks, own)


def test_a_feed_of_mostly_own_addresses_is_not_used() -> None:
    result, problems = cut_own_ranges([ip_network("198.51.100.0/24")], [ip_network("198.51.100.0/25"),
                                      ip_network("198.51.100.128/26")], name="x")  # fmt: skip
    assert result.kept == ()
    assert [item.code for item in problems] == ["RF3204"]


def test_both_families_are_cut() -> None:
    networks = [ip_network("fd00::/16"), ip_network("2001:db8::/32"), ip_network("10.1.0.0/16")]
    result, _ = cut_own_ranges(networks, [ip_network("2001:db8:1::/48")], name="x")
    assert all(net.version == 6 for net in result.kept)
    assert not any(net.overlaps(ip_network("2001:db8:1::/48")) for net in result.kept)


def test_one_more_range_changes_one_shard() -> None:
    networks = [ip_network((int(ip_network("1.0.0.0/8").network_address) + number * 7, 32)) for number in range(25_000)]
    before = shard_networks(networks)
    after = shard_networks([*networks, ip_network("9.9.9.9/32")])
    assert len(before) == len(after) == 4
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 1
    assert {net for shard in before for net in shard} == set(networks)
    assert all(0 < len(shard) <= MAX_SHARD for shard in before)


FAULTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "holes of one length only": lambda patch: patch.setattr(
        own_ranges._Holes, "touching", lambda self, net: [(net, "")] if net in self._by_net else []
    ),
    "a whole entry goes where a part would": lambda patch: patch.setattr(own_ranges, "_without", lambda net, holes: []),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[fault](monkeypatch)
    with pytest.raises(AssertionError):
        check_cut_is_exact(
            [ip_network("198.18.0.0/27"), ip_network("198.18.0.32/30"), ip_network("198.18.1.0/24")],
            [ip_network("198.18.0.0/29"), ip_network("198.18.0.33/32")],
        )

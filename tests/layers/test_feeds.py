"""Threat feeds: read whole or refused, shards that stay as they are."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.layers import feeds
from generator.layers.feeds import MAX_SHARD, read_feed, shard_networks
from tests.faults import feeds as faults
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


def test_comments_blanks_ranges_and_host_bits() -> None:
    text = "\ufeff# head\n198.51.100.7 ; note\n\n203.0.113.9/24  \n192.0.2.1-192.0.2.2 # x\n2001:db8::1/32"
    networks, problems = read_feed(text, "f")
    assert problems == []
    assert [str(net) for net in networks] == [
        "192.0.2.1/32", "192.0.2.2/32", "198.51.100.7/32", "203.0.113.0/24", "2001:db8::/32",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "RF3202", 0),
        ("# nothing\n", "RF3202", 0),
        ("192.0.2.1\n<html>\n", "RF3201", 2),
        ('{"a": 1}', "RF3201", 1),
        ("192.0.2.9-192.0.2.1\n", "RF3201", 1),
        ("192.0.2.9-2001:db8::1\n", "RF3201", 1),
        ("fe80::1%eth0\n", "RF3201", 1),
        ("192.0.2.1\n1,2\n", "RF3201", 2),
        ("192.0.2.1\n192.0.2.2\t3\n", "RF3201", 2),
        ("192.0.2.1\n0.0.0.0/0\n", "RF3206", 0),
        ("2000::/4\n3000::/4\n", "RF3206", 0),
        ("0.0.0.0/1\n128.0.0.0/1\n", "RF3206", 0),
        ("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n", "RF3206", 0),
    ],
)
def test_what_is_no_feed_is_an_error_with_its_line(text: str, code: str, line: int) -> None:
    networks, problems = read_feed(text, "f")
    assert networks == ()
    assert [(item.code, item.place.line) for item in problems] == [(code, line)]


def check_nothing_at_all_is_no_feed() -> None:
    for text in ("", "\n \n", "# a list\n; without an entry"):
        networks, problems = feeds.read_feed(text, "f")
        assert networks == ()
        assert [item.severity for item in problems] == ["error"]


def test_nothing_at_all_is_no_feed() -> None:
    check_nothing_at_all_is_no_feed()


def check_one_wrong_line_spoils_the_list() -> None:
    networks, problems = feeds.read_feed("192.0.2.1\n404 not found\n192.0.2.2\n", "f")
    assert networks == ()
    assert [item.place.line for item in problems] == [2]


def test_one_wrong_line_spoils_the_list() -> None:
    check_one_wrong_line_spoils_the_list()


def test_a_feed_read_in_part_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        faults.an_empty_feed_is_an_empty_set(patch)
        with pytest.raises(AssertionError):
            check_nothing_at_all_is_no_feed()
    with monkeypatch.context() as patch:
        faults.wrong_lines_are_passed_over(patch)
        with pytest.raises(AssertionError):
            check_one_wrong_line_spoils_the_list()


def test_shards_cut_by_position_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    faults.shards_by_position(monkeypatch)
    with pytest.raises(AssertionError):
        check_one_more_range_changes_one_shard()


def test_one_more_range_changes_one_shard() -> None:
    check_one_more_range_changes_one_shard()


def check_one_more_range_changes_one_shard() -> None:
    networks = [ip_network((int(ip_network("1.0.0.0/8").network_address) + number * 7, 32)) for number in range(25_000)]
    before = feeds.shard_networks(networks)
    after = feeds.shard_networks([*networks, ip_network("0.9.9.9/32")])
    assert len(before) == len(after) == 4
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 1
    assert {net for shard in before for net in shard} == set(networks)
    assert all(0 < len(shard) <= MAX_SHARD for shard in before)


def test_no_shard_is_over_twice_its_size() -> None:
    networks = [ip_network((int(ip_network("1.0.0.0/8").network_address) + number * 5, 32)) for number in range(64)]
    shards = shard_networks(networks, size=1)  # sixty-four at one each: some buckets get three and are dealt anew
    assert max(map(len, shards)) <= 2
    assert sorted(net for shard in shards for net in shard) == networks


@given(st.integers(1, 400), st.integers(5, 50), st.integers(0, 2**32 - 1))
def test_shards_hold_every_range_once_and_stay_as_they_are(total: int, size: int, more: int) -> None:
    networks = [ip_network((int(ip_network("1.0.0.0/8").network_address) + number * 5, 32)) for number in range(total)]
    shards = shard_networks(networks, size=size)
    assert sorted(net for shard in shards for net in shard) == networks
    assert all(0 < len(shard) <= 2 * size for shard in shards)
    assert shard_networks(networks[::-1], size=size) == shards
    added = shard_networks([*networks, ip_network((more, 32))], size=size)
    if len(added) == len(shards):
        assert sum(one != other for one, other in zip(shards, added, strict=True)) <= 1

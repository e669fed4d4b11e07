"""Threat feeds: read whole or refused, own ranges cut out exactly, shards that stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.foundation.errors import InputError
from generator.intent.model import Network
from generator.layers import inputs, own_ranges
from generator.layers.feeds import MAX_SHARD, read_feed, shard_networks
from generator.layers.own_ranges import SPECIAL, cut_own_ranges
from tests.layers.rendering import SHOP, manifests, render_text
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
    [
        ("", "RF3202", 0),
        ("# nothing\n", "RF3202", 0),
        ("192.0.2.1\n<html>\n", "RF3201", 2),
        ('{"a": 1}', "RF3201", 1),
        ("192.0.2.9-192.0.2.1\n", "RF3201", 1),
        ("192.0.2.9-2001:db8::1\n", "RF3201", 1),
        ("fe80::1%eth0\n", "RF3201", 1),
        ("192.0.2.1\n0.0.0.0/0\n", "RF3206", 0),
        ("0.0.0.0/1\n128.0.0.0/1\n", "RF3206", 0),
        ("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n", "RF3206", 0),
    ],
)
def test_what_is_no_feed_is_an_error_with_its_line(text: str, code: str, line: int) -> None:
    networks, problems = read_feed(text, "f")
    assert networks == ()
    assert [(item.code, item.place.line) for item in problems] == [(code, line)]


# Two small worlds of 64 addresses outside every special range, so that a twin can count them one by one.
FOUR = int(ip_network("198.51.100.0/26").network_address)
SIX = int(ip_network("2001:db8::/122").network_address)
places = st.integers(0, 63)
small = st.one_of(
    st.tuples(places, st.integers(26, 32)).map(lambda p: ip_network((FOUR + p[0], p[1]), strict=False)),
    st.tuples(places, st.integers(122, 128)).map(lambda p: ip_network((SIX + p[0], p[1]), strict=False)),
)


def addresses(networks: tuple[Network, ...] | list[Network]) -> set[int]:
    return {int(net.network_address) + step for net in networks for step in range(net.num_addresses)}


def check_cut_is_exact(networks: list[Network], own: list[Network]) -> None:
    result, problems = cut_own_ranges(networks, own, name="x")
    expected = addresses(networks) - addresses(own)
    if any(item.code in ("RF3204", "RF3205") for item in problems):
        assert result.kept == ()
        assert expected != addresses(networks) or not networks
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
            [ip_network("198.51.100.0/27"), ip_network("198.51.100.32/30"), ip_network("203.0.113.0/24")],
            [ip_network("198.51.100.0/29"), ip_network("198.51.100.33/32")],
        )


@pytest.mark.parametrize("special", [item for item, _ in SPECIAL], ids=str)
def test_every_special_range_is_cut_whole_and_in_part(special: Network) -> None:
    public = ip_network("203.0.113.0/24") if special.version == 4 else ip_network("2001:db8::/32")
    part = next(iter(special.subnets(prefixlen_diff=min(8, special.max_prefixlen - special.prefixlen))))
    for listed in (special, part):
        result, problems = cut_own_ranges([public, listed], [], name="x")
        assert result.kept == (public,)
        assert [item.code for item in problems] == ["RF3203"]


def test_a_feed_of_special_ranges_only_is_an_error_and_no_empty_set() -> None:
    result, problems = cut_own_ranges([ip_network("10.0.0.0/8"), ip_network("fc00::/7")], [], name="x")
    assert result.kept == ()
    assert [item.code for item in problems] == ["RF3205"]


# Each is an address that the cluster needs and that has no private range around it: the profile's or the intent's.
NEEDED = {
    "an external of the intent": ("generic", "198.51.100.0/24", ""),
    "the platform's resolver on AKS": ("aks", "168.63.129.16/32", ""),
    "load balancers of GKE": ("gke", "35.191.0.0/16", ""),
    "nodes that the intent states": ("generic", "192.0.2.0/28", "    cluster: {nodes: [192.0.2.0/28]}\n"),
    "the API server": ("eks", "192.0.2.9/32", "    cluster: {apiServer: [192.0.2.9]}\n"),
}


def check_no_needed_address_is_denied(what: str) -> None:
    platform, needed, more = NEEDED[what]
    text = SHOP + more + "    threatFeeds: {bad: {file: bad.netset}}\n"
    # Big enough beside the needed ones that the feed as a whole is believed.
    feed = f"{needed}\n192.0.2.1\n45.0.0.0/8\n"
    found = render_text(text, platform=platform, files={"bad.netset": feed})
    listed = [ip_network(net) for one in manifests(found, "sets") for net in one["spec"]["nets"]]
    assert ip_network("45.0.0.0/8") in listed
    assert not any(net.overlaps(ip_network(needed)) for net in listed if net.version == 4)
    assert "RF3203" in {item.code for item in found.notes}


@pytest.mark.parametrize("what", NEEDED)
def test_no_needed_address_is_denied(what: str) -> None:
    check_no_needed_address_is_denied(what)


def test_a_feed_without_that_protection_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "protected_networks", lambda intent, facts: facts.own_networks)
    for what in ("an external of the intent", "the platform's resolver on AKS", "load balancers of GKE"):
        with pytest.raises((AssertionError, InputError)):
            check_no_needed_address_is_denied(what)


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

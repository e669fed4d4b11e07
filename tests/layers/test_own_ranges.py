"""Own ranges: what is left of a feed is the feed without them, to the address."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.foundation.errors import InputError
from generator.intent.model import Network
from generator.layers import inputs, own_ranges
from generator.layers.feeds import collapse, read_feed
from generator.layers.own_ranges import SPECIAL, cut_own_ranges
from tests.faults import feeds as faults
from tests.layers.rendering import SHOP, manifests, render_text
from tests.support.shared import shared_folder


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


# Two small worlds of 64 addresses outside every special range, and the last 64 of IPv4's public ones beside multicast,
# so that a twin can count them one by one.
FOUR = int(ip_network("198.51.100.0/26").network_address)
EDGE = int(ip_network("223.255.255.224/27").network_address)
SIX = int(ip_network("2001:db8::/122").network_address)
places = st.integers(0, 63)
small = st.one_of(
    st.tuples(places, st.integers(26, 32)).map(lambda p: ip_network((FOUR + p[0], p[1]), strict=False)),
    st.tuples(places, st.integers(26, 32)).map(lambda p: ip_network((EDGE + p[0], p[1]), strict=False)),
    st.tuples(places, st.integers(122, 128)).map(lambda p: ip_network((SIX + p[0], p[1]), strict=False)),
)


def addresses(networks: Iterable[Network]) -> set[tuple[int, int]]:
    return {(net.version, int(net.network_address) + step) for net in networks for step in range(net.num_addresses)}


def public_addresses(networks: Iterable[Network]) -> set[tuple[int, int]]:
    return {(version, at) for version, at in addresses(networks) if version == 6 or at < EDGE + 32}


def check_cut_is_exact(networks: list[Network], own: list[Network]) -> None:
    """Compare with sets of single addresses: what is kept, what is reported, and whether the feed is used at all."""
    result, problems = cut_own_ranges(networks, own, name="x")
    public = public_addresses(networks)
    left = public - addresses(own)
    codes = {item.code for item in problems}
    share = [(sum(v == version for v, _ in left), sum(v == version for v, _ in public)) for version in (4, 6)]
    if not public:
        assert (codes, result.kept) == ({"RF3205"}, ())
    elif any(kept * 2 < listed for kept, listed in share):
        assert (codes, result.kept) == ({"RF3204"}, ())
    else:
        assert addresses(result.kept) == left
        assert result.kept == collapse(result.kept)
        lost = addresses(networks) - left
        assert codes == ({"RF3203"} if lost else set())
        assert lost <= addresses(net for net, _ in result.cut)
        assert all(addresses([net]) & lost for net, _ in result.cut)


@given(st.lists(small, max_size=8), st.lists(small, max_size=5))
def test_what_is_left_is_the_feed_without_the_own_ranges(networks: list[Network], own: list[Network]) -> None:
    check_cut_is_exact(networks, own)


EXAMPLES = (
    (["198.51.100.0/27", "198.51.100.32/30", "203.0.113.0/24"],
     ["198.51.100.0/30", "198.51.100.16/29", "198.51.100.33/32"]),
    (["2001:db8::/123", "2001:db8::20/126", "2001:db8::30/124"], ["2001:db8::/126", "2001:db8::10/126",
                                                                 "2001:db8::20/128"]),
)  # fmt: skip


def check_examples() -> None:
    for listed, own in EXAMPLES:
        check_cut_is_exact([ip_network(net) for net in listed], [ip_network(net) for net in own])


def test_the_examples_are_cut_exactly() -> None:
    check_examples()


@pytest.mark.parametrize("fault", faults.FAULTS_OF_CUTTING, ids=lambda fault: fault.__name__)
def test_a_cut_that_is_not_exact_is_found(fault: faults.Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_examples()


def check_each_family_is_judged_for_itself() -> None:
    _, problems = cut_own_ranges(
        [ip_network("198.51.100.0/24"), ip_network("2001:db8::/32")], [ip_network("198.51.100.0/24")], name="x"
    )
    assert [item.code for item in problems] == ["RF3204"]


def test_each_family_is_judged_for_itself() -> None:
    check_each_family_is_judged_for_itself()


def test_families_judged_together_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    faults.families_are_counted_together(monkeypatch)
    with pytest.raises(AssertionError):
        check_each_family_is_judged_for_itself()


def test_thousands_of_own_ranges_in_one_entry_are_cut_at_once() -> None:
    first = int(ip_network("60.0.0.0/8").network_address)
    own = [ip_network((first + number * 512, 24)) for number in range(5000)]
    result, _ = cut_own_ranges([ip_network("60.0.0.0/8")], own, name="x")
    assert sum(net.num_addresses for net in result.kept) == 2**24 - 5000 * 256
    assert result.cut == ((ip_network("60.0.0.0/8"), "the cluster's own"),)


# Ranges that the standard library takes for not global and a feed may hold all the same: those for documentation, and
# the IETF's protocol assignments, parts of which are on the internet (Teredo, ORCHIDv2, anycast).
MAY_STAY = [
    ip_network(net)
    for net in (
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001::/23", "2001:db8::/32", "3fff::/20",
        "2002::/16", "64:ff9b::/96", "100:0:0:1::/64",
    )
]  # fmt: skip


@given(st.one_of(st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address),
                 st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address)))  # fmt: skip
def test_what_is_not_global_is_special(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if not address.is_global and not any(address in net for net in MAY_STAY):
        assert any(address in net for net, _ in SPECIAL)


# Written by hand from the RFCs, not from the table of the code: the edges of what goes, and the neighbours that stay.
GOES = [
    "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1",
    "127.255.255.255", "169.254.0.0", "169.254.169.254", "169.254.255.255", "172.16.0.0", "172.31.255.255",
    "192.0.0.0", "192.0.0.255", "192.88.99.1", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255",
    "224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.255", "::", "::1", "::ffff:8.8.8.8", "64:ff9b:1::1",
    "100::1", "2001:2::1", "5f00::1", "fc00::", "fd00::1", "fdff:ffff::1", "fe80::1", "febf:ffff::1", "fec0::1",
    "feff:ffff::1", "ff00::", "ff02::1", "ffff:ffff::1",
]  # fmt: skip
STAYS = [
    "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
    "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.2.1",
    "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.100.1",
    "203.0.113.1", "223.255.255.255", "64:ff9b::1", "2000::", "2001:db8::1", "2001:4860:4860::8888", "2600::1",
    "2a00::1", "3fff::1", "fbff:ffff::1",
]  # fmt: skip


def check_special_addresses_go() -> None:
    for written in GOES:
        result, problems = cut_own_ranges([ip_network(written), ip_network("45.0.0.0/8")], [], name="x")
        assert (written, result.kept) == (written, (ip_network("45.0.0.0/8"),))
        assert [item.code for item in problems] == ["RF3203"]


def test_special_addresses_go() -> None:
    check_special_addresses_go()


def test_a_special_range_forgotten_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for forgotten in SPECIAL:
        with monkeypatch.context() as patch:
            patch.setattr(own_ranges, "SPECIAL", tuple(item for item in SPECIAL if item != forgotten))
            with pytest.raises(AssertionError):
                check_special_addresses_go()


@pytest.mark.parametrize("written", STAYS)
def test_the_neighbours_of_special_ranges_stay(written: str) -> None:
    result, problems = cut_own_ranges([ip_network(written)], [], name="x")
    assert (result.kept, problems) == ((ip_network(written),), [])


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


@pytest.mark.usefixtures("unproven")
def test_a_feed_without_that_protection_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "protected_networks", lambda intent, facts: facts.own_networks)
    for what in ("an external of the intent", "the platform's resolver on AKS", "load balancers of GKE"):
        with pytest.raises((AssertionError, InputError)):
            check_no_needed_address_is_denied(what)

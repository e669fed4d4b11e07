"""Planted faults of feeds, own ranges, lock files and published ranges (field-notes L5, L6, P41)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from generator.foundation.diagnostics import Diagnostic
from generator.intent.model import Network
from generator.layers import domains, feeds, own_ranges
from generator.layers.networks import network_key

Fault = Callable[[pytest.MonkeyPatch], None]
Read = tuple[tuple[Network, ...], list[Diagnostic]]


def a_domain_without_address_is_dropped(patch: pytest.MonkeyPatch) -> None:
    """Render an external from those of its domains that happen to have addresses."""
    real = domains.resolve_domains

    def broken(*arguments: Any, **named: Any) -> Read:
        networks, problems = real(*arguments, **named)
        return networks, [item for item in problems if item.code != "RF3211"]

    patch.setattr(domains, "resolve_domains", broken)


def unusable_addresses_count(patch: pytest.MonkeyPatch) -> None:
    """Take a blocking resolver's 0.0.0.0 for the address of the domain."""
    patch.setattr(domains, "_is_no_host", lambda network: False)


def an_empty_feed_is_an_empty_set(patch: pytest.MonkeyPatch) -> None:
    """Take a failed download for a list with nothing on it."""
    real = feeds.read_feed

    def broken(text: str, file: str) -> Read:
        networks, problems = real(text, file)
        return networks, [item for item in problems if item.code != "RF3202"]

    patch.setattr(feeds, "read_feed", broken)


def wrong_lines_are_passed_over(patch: pytest.MonkeyPatch) -> None:
    """Read what can be read of a list, as many readers do."""
    real = feeds._read_entry
    patch.setattr(feeds, "_read_entry", lambda entry, mask: real(entry, mask) or [])


def shards_by_position(patch: pytest.MonkeyPatch) -> None:
    """Cut the sorted list into pieces, so that one more entry moves all after it."""
    patch.setattr(
        feeds,
        "shard_networks",
        lambda networks, *, size=feeds.SHARD_SIZE: tuple(
            tuple(sorted(networks, key=network_key)[start : start + size]) for start in range(0, len(networks), size)
        ),
    )


def _only_family(version: int) -> Fault:
    def fault(patch: pytest.MonkeyPatch) -> None:
        real = own_ranges._Holes.touching
        patch.setattr(
            own_ranges._Holes, "touching", lambda self, net: real(self, net) if net.version == version else []
        )

    fault.__name__ = f"only_ipv{version}_is_cut"
    return fault


def whole_entries_go(patch: pytest.MonkeyPatch) -> None:
    """Leave out a whole entry where only a part of it is the cluster's own."""
    patch.setattr(own_ranges, "_without", lambda network, holes: [])


def only_the_first_hole_is_cut(patch: pytest.MonkeyPatch) -> None:
    """Overlook that an entry may hold several own ranges."""
    real = own_ranges._without
    patch.setattr(own_ranges, "_without", lambda network, holes: real(network, holes[:1]))


def only_larger_ranges_cut(patch: pytest.MonkeyPatch) -> None:
    """Cut entries that lie in an own range, and overlook those around one."""
    real = own_ranges._Holes.touching
    patch.setattr(
        own_ranges._Holes,
        "touching",
        lambda self, net: [
            hole for hole in real(self, net)
            if hole.first <= int(net.network_address) and hole.last >= int(net.broadcast_address)
        ],
    )  # fmt: skip


FAULTS_OF_CUTTING: tuple[Fault, ...] = (
    _only_family(4),
    _only_family(6),
    whole_entries_go,
    only_the_first_hole_is_cut,
    only_larger_ranges_cut,
)


def families_are_counted_together(patch: pytest.MonkeyPatch) -> None:
    """Judge how much of a feed goes by its addresses of both families: IPv6 always outweighs IPv4."""
    patch.setattr(own_ranges, "_size", lambda networks, version: sum(net.num_addresses for net in networks))

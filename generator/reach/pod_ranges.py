"""Where a pod's address may lie that the snapshot does not tell (calico.md 3.5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from generator.packets.addresses import FAMILIES, AddressSet

# Where nothing is known of the cluster: private and shared ranges, none of the special ones. Addresses of clouds'
# metadata services inside those ranges are nobody's pod (platform profiles name their sources).
POSSIBLE_POD_RANGES: Final = AddressSet.of_cidrs(
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"]
) - AddressSet.of_cidrs(["100.100.100.200", "fd00:ec2::/32", "fd20:ce::254"])


def possible_ranges(stated: AddressSet, seen: Iterable[tuple[int, int]]) -> AddressSet:
    """Return where unknown addresses may lie: family by family the ranges that are stated, else all possible ones.

    `stated` are Calico's IP pools and what an intent says of the cluster. What is `seen`, as (family, number), proves
    a statement incomplete where it lies outside; then it is not relied on. The pod ranges of Node objects are not
    among them, since Calico's own address management does not keep to them.
    """
    if stated.is_empty:
        return POSSIBLE_POD_RANGES
    outside = {family for family, number in seen if not stated.contains(number, family)}
    found = [
        (POSSIBLE_POD_RANGES if family in outside or stated.family(family).is_empty else stated).family(family)
        for family in FAMILIES
    ]
    return AddressSet.union(
        AddressSet.of_intervals(family, intervals) for family, intervals in zip(FAMILIES, found, strict=True)
    )

"""Address ranges that have a meaning of their own, and ranges as sets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from generator.intent.model import Network
from generator.packets.addresses import AddressSet

# RFC 3927 and RFC 4291: link-local, where clouds keep their metadata.
LINK_LOCAL: Final = AddressSet.of_cidrs(["169.254.0.0/16", "fe80::/10"])

# What `anywhere` leaves out beside the cluster's own: this host, private, shared, loopback, link-local, multicast and
# reserved ranges (RFC 1122, 1918, 6598, 3927, 5771, 1112; RFC 4291, 4193).
NOT_THE_INTERNET: Final = AddressSet.of_cidrs(
    [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.168.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::1", "fc00::/7", "fe80::/10", "ff00::/8",
    ]
)  # fmt: skip

# What no threat feed may hold (field-notes L5): everything that is not given out to somebody on the internet (RFC 6890
# and its updates 8215, 9602), documentation ranges apart, which nobody has.
NEVER_IN_A_FEED: Final = AddressSet.of_cidrs(
    [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
        "::/127", "::ffff:0:0/96", "64:ff9b:1::/48", "100::/64", "2001:2::/48", "5f00::/16", "fc00::/7", "fe80::/9",
        "ff00::/8",
    ]
)  # fmt: skip

# No machine but the own one answers there: a domain that resolves to such an address resolves to nothing.
NO_HOST: Final = AddressSet.of_cidrs(["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/127", "ff00::/8"])


def as_set(networks: Iterable[Network]) -> AddressSet:
    """Return the addresses of ranges."""
    return AddressSet.of_cidrs(str(network) for network in networks)

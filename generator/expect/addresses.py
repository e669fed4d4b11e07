"""What words of an expectation mean in addresses: the internet, externals, where pods may have theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from generator.intent.model import DomainStrategy, External, Intent, Network
from generator.packets.addresses import AddressSet
from generator.platforms.effective import EffectiveFacts

# What `anywhere` leaves out beside the cluster's own ranges: RFC 1122, 1918, 6598, 3927, 5771, 1112, 4291, 4193.
NOT_INTERNET: Final = AddressSet.of_cidrs(
    [
        "0.0.0.0/8", "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
        "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::1/128", "fe80::/10", "ff00::/8", "fc00::/7",
    ]
)  # fmt: skip
EVERYWHERE: Final = AddressSet.everything()


@dataclass(frozen=True, slots=True)
class Addresses:
    """`externals` are those of the intent by name, None where the addresses are not known, with the reason why not.

    `pods` is where a pod may have an address that the snapshot does not tell; None where nobody states it.
    """

    internet: AddressSet = EVERYWHERE - NOT_INTERNET
    externals: Mapping[str, AddressSet] = field(default_factory=dict)
    unresolved: Mapping[str, str] = field(default_factory=dict)
    pods: AddressSet | None = None


def find_addresses(
    intent: Intent,
    facts: EffectiveFacts,
    resolved: Mapping[str, tuple[Network, ...]],
    pod_ranges: Iterable[Network] = (),
) -> Addresses:
    """Return what the words of an intent mean; `resolved` are the addresses of domains, by external.

    `pod_ranges` are those in which all pods have their addresses; none means that nobody states them.
    """
    own = as_addresses([*facts.own_networks, *facts.metadata_addresses])
    internet = EVERYWHERE - NOT_INTERNET - own
    known: dict[str, AddressSet] = {}
    unresolved: dict[str, str] = {}
    for name, external in sorted(intent.externals.items()):
        reason = _unresolved(external, name in resolved)
        if reason:
            unresolved[name] = reason
        elif external.anywhere:
            known[name] = internet
        else:
            known[name] = as_addresses([*external.cidrs, *resolved.get(name, ())])
    pods = as_addresses(pod_ranges)
    return Addresses(internet, known, unresolved, pods or None)


def _unresolved(external: External, resolved: bool) -> str:
    if not external.domains:
        return ""
    match external.strategy:
        case DomainStrategy.PROXY:
            return f"its domains are reached through '{external.proxy}'; state the expectation of that"
        case DomainStrategy.ENTERPRISE:
            return "its domains become addresses only in the cluster"
        case _:
            return "" if resolved else "its domains have no known address; no service of the intent needs it"


def as_addresses(networks: Iterable[Network]) -> AddressSet:
    """Return the addresses of some ranges."""
    return AddressSet.of_cidrs(str(network) for network in networks)

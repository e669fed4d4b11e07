"""Who may stand behind a Service that a rule names, while a plan runs and no endpoint slices tell.

Manifests hold none, and those of the pods that a workload will have are not known either. One address outside stands
for whoever is behind such a Service, so that what a state opens or closes to it is seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from generator.packets.addresses import parse_address
from generator.reach.inventory import Address, Inventory
from generator.reach.model import PORT_PROTOCOLS, PolicyView, ServiceKey
from generator.reach.service_backends import ServiceBackends, services_named

# Ranges for tests of devices (RFC 2544, RFC 5180): nobody's addresses in a cluster.
_FIRST: Final = (parse_address("198.18.0.1"), parse_address("2001:2::1"))
_PORT: Final = 443


def suppose_backends(inventory: Inventory, views: Iterable[PolicyView], told: Iterable[ServiceKey]) -> Inventory:
    """Return the inventory with an address of each family behind each Service that rules name and slices do not tell.

    A Service without a namespace has nothing behind it (calico.md 4.6).
    """
    named = (key for key in services_named(views) if key.namespace)
    untold = sorted(set(named) - set(told), key=lambda key: (key.namespace, key.name))
    made = {key: _stand_in(number) for number, key in enumerate(untold)}
    return replace(inventory, services=inventory.services | made)


def _stand_in(number: int) -> ServiceBackends:
    addresses: list[Address] = [(family, first + number) for family, first in _FIRST]
    ports = ((*address, protocol, _PORT) for address in addresses for protocol in PORT_PROTOCOLS)
    return ServiceBackends(frozenset(addresses), frozenset(ports))

"""Which addresses fare alike under some policies, so that one of them is asked for all.

A rule sees of an address whether its selectors find it and its nets hold it. Where a rule names a port or a Service the
address itself counts, and is like no other. `tests/plan/test_oracle_twin.py` asks all of them one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from generator.calico.ports import NamedPort as PortName
from tests.obvious import Cluster
from tests.obvious_parts.policies import Direction, Policy, Side
from tests.obvious_parts.things import Address


@dataclass(slots=True)
class Likeness:
    """Tells what policies see of addresses; each policy is asked once about each address."""

    _known: dict[object, object] = field(default_factory=dict)

    def of(self, cluster: Cluster, policies: Iterable[Policy], direction: Direction, address: Address) -> object:
        """Return what the rules of policies see of an address on either side; equal values, equal fate."""
        return tuple(self._by_policy(cluster, policy, direction, address) for policy in policies)

    def _by_policy(self, cluster: Cluster, policy: Policy, direction: Direction, address: Address) -> object:
        asked = id(policy), direction, id(cluster.things), id(cluster.services), address
        if asked not in self._known:
            self._known[asked] = tuple(
                what_is_seen(cluster, side, address)
                for ready in policy.rules[direction]
                for side in (ready.source, ready.destination)
            )
        return self._known[asked]


def what_is_seen(cluster: Cluster, side: Side, address: Address) -> object:
    """Return all that one side of a rule can tell of an address."""
    if side.service is not None or any(isinstance(port, PortName) for port in (*side.ports, *side.not_ports)):
        return address, id(cluster.things), id(cluster.services)
    return (
        side.positive is not None and cluster.finds(side.positive, address),
        side.negative is not None and cluster.finds(side.negative, address),
        any(address in net for net in side.nets),
        any(address in net for net in side.not_nets),
    )

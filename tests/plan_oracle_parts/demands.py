"""What the laws of product.md 6 ask of each pair of ends, for the S0 and Sn of one plan.

What lives in S0 and in Sn is to live, what lives in neither is not to; and what lives in S0 is not to be cut at
the management plane (Calico, DNS, webhooks, the deliverer of the plan, hosts), nor where the API server calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.plan_oracle_parts.ends import End, Ends, Mask
from tests.plan_oracle_parts.scene import Scene
from tests.plan_oracle_parts.steps import Key
from tests.plan_oracle_parts.violation import Harm


@dataclass(frozen=True, slots=True)
class Demand:
    """What the laws ask of a pair of ends.

    `live`: which packets the source must let leave and the destination must let in, by the harm that is done where they
    do not. `shut`: which must not get through both.
    """

    live: Mapping[Harm, tuple[Mask, Mask]]
    shut: Mask


@dataclass(slots=True)
class Demands:
    """The laws as they are for the S0 and Sn of one plan, over all flows of one family."""

    scene: Scene
    ends: Ends
    _known: dict[tuple[str, str], Demand] = field(default_factory=dict)

    def of(self, source: End, destination: End) -> Demand:
        """Return what is asked of a pair.

        Of a flow between the management plane and another pod its own end is asked alone: whether the other pod may
        still have the flow is for the intent to say.
        """
        pair = source.text, destination.text
        if pair not in self._known:
            before, after = self._lives(source, destination, {}), self._lives(source, destination, self.ends.final)
            called = [port for name, port in self.scene.called if name == destination.pod and not source.pod]
            calls = sum(1 << place for place, sort in enumerate(self.ends.sorts) if sort.destination_port in called)
            management = (
                before & ~after if self._is_management(source) else before & ~after & calls,
                before & ~after if self._is_management(destination) else before & ~after & calls,
            )
            live = {Harm.CUT: (before & after, before & after), Harm.MANAGEMENT: management}
            self._known[pair] = Demand(live, self.ends.all_sorts & ~(before | after))
        return self._known[pair]

    def _lives(self, source: End, destination: End, changed: Mapping[Key, int]) -> Mask:
        out = self.ends.row(self.ends.mask(source, "egress", changed), destination)
        return out & self.ends.row(self.ends.mask(destination, "ingress", changed), source)

    def _is_management(self, end: End) -> bool:
        return bool(end.node) and (not end.pod or end.pod in self.scene.management)

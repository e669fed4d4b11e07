"""What the laws of product.md 6 ask of all flows, for the S0 and Sn of one plan.

What lives in S0 and in Sn is to live, what lives in neither is not to; and what lives in S0 is not to be cut at the
management plane (Calico, DNS, webhooks, the deliverer of the plan, hosts), nor where the API server calls.

Sets of flows are numbers with a bit for each source, destination and sort of packet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tests.plan_oracle_parts.ends import End, Ends, Mask
from tests.plan_oracle_parts.packets import Sort
from tests.plan_oracle_parts.scene import Scene, workload_of
from tests.plan_oracle_parts.states import State
from tests.plan_oracle_parts.violation import Harm

Flows = int


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked: which flows the sources must let leave and which the destinations must let in, by the harm that is
    done where one does not; and which must not get through both."""

    leave: Mapping[Harm, Flows]
    enter: Mapping[Harm, Flows]
    shut: Flows


@dataclass(slots=True)
class Layout:
    """Where the bit of a flow is."""

    ends: Ends
    _turned: dict[tuple[int, Mask], Flows] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Return how many sorts of packets there are."""
        return len(self.ends.sorts)

    @property
    def count(self) -> int:
        """Return how many ends there are."""
        return len(self.ends.ends)

    @property
    def block(self) -> Flows:
        """Return all flows of the first pair."""
        return (1 << self.width) - 1

    def leaving(self, place: int, mask: Mask) -> Flows:
        """Return the flows that a source lets leave, by its place and its mask."""
        return mask << (place * self.count * self.width)

    def entering(self, place: int, mask: Mask) -> Flows:
        """Return the flows that a destination lets in, by its place and its mask."""
        asked = place, mask
        if asked not in self._turned:
            found = 0
            for source in range(self.count):
                row = (mask >> (source * self.width)) & self.block
                found |= row << ((source * self.count + place) * self.width)
            self._turned[asked] = found
        return self._turned[asked]

    def pairs(self, wanted: Callable[[End, End], bool]) -> Flows:
        """Return all flows of some pairs."""
        found = "".join("1" if wanted(*pair) else "0" for pair in reversed(list(self._all_pairs())))
        return self._spread(int(f"0{found}", 2))

    def _spread(self, pairs: int) -> Flows:
        """Return all flows of pairs, of which each has a bit."""
        row = f"{pairs:0{self.count * self.count}b}"
        return int("".join(bit * self.width for bit in row), 2)

    def _all_pairs(self) -> Iterator[tuple[End, End]]:
        for source in self.ends.ends:
            for destination in self.ends.ends:
                yield source, destination

    def of_sorts(self, wanted: Callable[[End, End, Sort], bool]) -> Flows:
        """Return some flows, asked one by one."""
        found = 0
        for number, (source, destination) in enumerate(self._all_pairs()):
            for place, sort in enumerate(self.ends.sorts):
                if wanted(source, destination, sort):
                    found |= 1 << (number * self.width + place)
        return found

    def split(self, flows: Flows) -> Iterator[tuple[int, int, int]]:
        """Give of each pair that has any of these flows one of them: source, destination and sort by their places."""
        while flows:
            first = (flows & -flows).bit_length() - 1
            pair, sort = divmod(first, self.width)
            yield *divmod(pair, self.count), sort
            flows &= ~(self.block << (pair * self.width))


def demand_of(scene: Scene, layout: Layout) -> Demand:
    """Return what the laws ask for the S0 and Sn of a plan.

    Of a flow between the management plane and another pod its own end is asked alone: whether the other pod may still
    have the flow is for the intent to say.
    """
    before, after = lives(layout, layout.ends.before), lives(layout, layout.ends.after)
    called = set(scene.called)
    calls = (
        layout.of_sorts(lambda source, to, sort: not source.pod and (to.pod, sort.destination_port) in called)
        if called
        else 0
    )
    from_management = layout.pairs(lambda source, _: is_management(scene, source))
    to_management = layout.pairs(lambda _, destination: is_management(scene, destination))
    lost = before & ~after
    cut, managed, opened = (~_accepted(scene, layout, word) for word in ("cut", "management", "opened"))
    return Demand(
        {Harm.CUT: before & after & cut, Harm.MANAGEMENT: lost & (from_management | calls) & managed},
        {Harm.CUT: before & after & cut, Harm.MANAGEMENT: lost & (to_management | calls) & managed},
        layout.pairs(lambda source, destination: bool(source.node or destination.node)) & ~(before | after) & opened,
    )


def _accepted(scene: Scene, layout: Layout, harm: str) -> Flows:
    """Return the flows of all pairs of ends of which one harm is accepted by name."""
    if not any(name.startswith(f"{harm}:") for name in scene.accepted):
        return 0

    def named(end: End) -> str:
        return workload_of(scene, end.pod) if end.pod else end.text if end.node else "outside"

    return layout.pairs(lambda source, to: f"{harm}:{named(source)}:{named(to)}" in scene.accepted)


def lives(layout: Layout, state: State) -> Flows:
    """Return the flows that live where every node is in one state."""
    out = into = 0
    for place, end in enumerate(layout.ends.ends):
        out |= layout.leaving(place, layout.ends.mask(end, "egress", state))
        into |= layout.entering(place, layout.ends.mask(end, "ingress", state))
    return out & into


def is_management(scene: Scene, end: End) -> bool:
    """Tell whether an end is of the management plane: one of its pods, or a process of a node."""
    return bool(end.node) and (not end.pod or end.pod in scene.management)

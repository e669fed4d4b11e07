"""The laws of product.md 6, asked of every state of every stretch, and who breaks them.

Where the two ends of a flow are on two nodes each is in any state of its own: then the flow is sure to live if each end
lets it through in all of its states, and may live if each end does in some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_

from tests.plan_oracle_parts.demands import Demand, Flows, Layout, demand_of
from tests.plan_oracle_parts.ends import Direction, End, Mask, seen
from tests.plan_oracle_parts.questions import ask_about
from tests.plan_oracle_parts.scene import Scene, with_added_pods
from tests.plan_oracle_parts.states import (
    DoesNotFitError,
    State,
    Stretch,
    Versions,
    changes_of,
    way_forward,
    way_of_rollback,
)
from tests.plan_oracle_parts.steps import Step, Write, way_back
from tests.plan_oracle_parts.violation import Harm, Violation

MOST_VIOLATIONS = 20
FAMILIES = (4, 6)
WayBack = Callable[[Sequence[Step], int], Sequence[Step]]


def check_steps(
    scene: Scene, steps: Sequence[Step], *, back: WayBack | None = way_back, most: int = MOST_VIOLATIONS
) -> list[Violation]:
    """Return what is broken by steps or by their rollback from any of them, the first `most`; nothing: all holds.

    `back` says how a number of steps is taken back; None asks the way forward alone.
    """
    versions, scene = Versions(), with_added_pods(scene, steps)
    try:
        stretches, before, after = way_forward(versions, scene.objects, steps)
        found = list(_add_rollbacks(versions, scene, steps, back, stretches, before)) if back is not None else []
    except DoesNotFitError as error:
        return [Violation(Harm.DOES_NOT_FIT, "the way", detail=str(error))]
    judges = [Judge.of(scene, steps, versions, before, after, family) for family in FAMILIES]
    for stretch in stretches:
        for judge in judges:
            for violation in judge.violations(stretch):
                found.append(violation)
                if len(found) >= most:
                    return found
    return found


def _add_rollbacks(
    versions: Versions, scene: Scene, steps: Sequence[Step], back: WayBack, stretches: list[Stretch], before: State
) -> Iterator[Violation]:
    """Add the stretches of all rollbacks that bring new states; give those that do not restore what was there."""
    for done in range(1, len(steps) + 1):
        if not isinstance(steps[done - 1], Write) and done < len(steps):
            continue  # taken back as after the step before it, save that less is on its way
        more, end = way_of_rollback(versions, scene.objects, steps, done, back(steps, done))
        for stretch in more:
            if not any(one.holds(stretch) for one in stretches):
                stretches.append(stretch)
        start = changes_of(before)
        wrong = [key for key, number in changes_of(end).items() if number != start[key]]
        if wrong:
            name = f"rollback after {steps[done - 1].step}"
            yield Violation(Harm.NOT_RESTORED, name, detail=f"{'/'.join(wrong[0])} is not as it was")


@dataclass(slots=True)
class Judge:
    """Holds the stretches of one plan against the laws, over all flows of one family."""

    scene: Scene
    layout: Layout
    demand: Demand
    apart: Flows  # of pairs whose ends can be on two nodes
    versions: Versions
    _bounds: dict[object, tuple[Mask, Mask]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, scene: Scene, steps: Sequence[Step], versions: Versions, before: State, after: State, family: int
    ) -> Judge:
        """Make ready to judge the flows of a family."""
        layout = Layout(ask_about(scene, steps, versions, before, after, family))
        apart = layout.pairs(lambda source, destination: on_two_nodes(scene, source, destination))
        return cls(scene, layout, demand_of(scene, layout), apart, versions)

    def violations(self, stretch: Stretch) -> Iterator[Violation]:
        """Give what is broken in a stretch: of each pair of ends and each harm one flow."""
        least_out, most_out = self._all_bounds("egress", stretch)
        least_in, most_in = self._all_bounds("ingress", stretch)
        for harm, flows in self.demand.leave.items():
            for source, destination, sort in self.layout.split(flows & self.apart & ~least_out):
                at_source = self._state(source, "egress", destination, sort, stretch, False)
                yield self._violation(harm, stretch, source, destination, sort, at_source, {})
        for harm, flows in self.demand.enter.items():
            for source, destination, sort in self.layout.split(flows & self.apart & ~least_in & least_out):
                at_destination = self._state(destination, "ingress", source, sort, stretch, False)
                yield self._violation(harm, stretch, source, destination, sort, {}, at_destination)
        for source, destination, sort in self.layout.split(self.demand.shut & self.apart & most_out & most_in):
            at_source = self._state(source, "egress", destination, sort, stretch, True)
            at_destination = self._state(destination, "ingress", source, sort, stretch, True)
            yield self._violation(Harm.OPENED, stretch, source, destination, sort, at_source, at_destination)
        yield from self._on_one_node(stretch)

    def _all_bounds(self, direction: Direction, stretch: Stretch) -> tuple[Flows, Flows]:
        """Return the flows that the ends of one side let through in every state of a stretch, and in some state."""
        placed = self.layout.leaving if direction == "egress" else self.layout.entering
        least_of_all = most_of_all = 0
        for place, end in enumerate(self.layout.ends.ends):
            least, most = self._bounds_of(end, direction, stretch)
            least_of_all |= placed(place, least)
            most_of_all |= placed(place, most)
        return least_of_all, most_of_all

    def _bounds_of(self, end: End, direction: Direction, stretch: Stretch) -> tuple[Mask, Mask]:
        ends = self.layout.ends
        places = ends.places(end, direction)
        several = tuple(
            frozenset(seen(item, places[kind]) for item in found) for kind, found in stretch.standings.items()
        )
        asked = end.text, direction, several
        if asked not in self._bounds:
            masks = [ends.mask(end, direction, state) for state in ends.states([(end, direction)], stretch)]
            self._bounds[asked] = reduce(and_, masks), reduce(or_, masks)
        return self._bounds[asked]

    def _on_one_node(self, stretch: Stretch) -> Iterator[Violation]:
        """Hold pairs of pods against the laws that are on one node, and so in one state."""
        ends = self.layout.ends
        one_node = self.layout.pairs(lambda one, other: bool(one.pod and other.pod)) & ~self.apart
        for source, destination, _ in self.layout.split(one_node):
            pair: list[tuple[End, Direction]] = [(ends.ends[source], "egress"), (ends.ends[destination], "ingress")]
            for state in ends.states(pair, stretch):
                out = self.layout.leaving(source, ends.mask(ends.ends[source], "egress", state))
                into = self.layout.entering(destination, ends.mask(ends.ends[destination], "ingress", state))
                here = self.layout.leaving(source, self.layout.block << (destination * self.layout.width))
                wrong = {harm: flows & here & ~out for harm, flows in self.demand.leave.items()}
                for harm, flows in self.demand.enter.items():
                    wrong[harm] |= flows & here & ~into
                wrong[Harm.OPENED] = self.demand.shut & here & out & into
                for harm, flows in wrong.items():
                    for _, _, sort in self.layout.split(flows):
                        yield self._violation(harm, stretch, source, destination, sort, state, state)

    def _state(self, place: int, direction: Direction, peer: int, sort: int, stretch: Stretch, lives: bool) -> State:
        """Return a state in which an end lets a packet through, or does not."""
        ends = self.layout.ends
        end, bit = ends.ends[place], 1 << (peer * self.layout.width + sort)
        return next(
            state
            for state in ends.states([(end, direction)], stretch)
            if bool(ends.mask(end, direction, state) & bit) == lives
        )

    def _violation(
        self, harm: Harm, stretch: Stretch, place: int, peer: int, number: int, at_source: State, at_destination: State
    ) -> Violation:
        ends = self.layout.ends
        source, destination, sort = ends.ends[place], ends.ends[peer], ends.sorts[number]
        flow = {
            "src": source.text,
            "dst": destination.text,
            "source": str(source.address),
            "destination": str(destination.address),
            "family": source.address.version,
            "protocol": sort.protocol,
            "sport": sort.source_port,
            "dport": sort.destination_port,
            "icmpType": sort.icmp_type,
            "icmpCode": sort.icmp_code,
        }
        return Violation(harm, stretch.name, flow, at_source, at_destination, "", self.versions, self.scene.objects)


def on_two_nodes(scene: Scene, source: End, destination: End) -> bool:
    """Tell whether two ends can be on two nodes; a pod that is added may be on any of them."""
    if not source.node and not destination.node:
        return False
    if source.node != destination.node:
        return True
    if source.pod and not destination.pod and not scene.has_hosts:
        return True  # to its own node: the node has no say, so the pod is asked alone
    return scene.new_pods and bool(source.pod or destination.pod) and len(scene.nodes) != 1

"""The laws of product.md 6, asked of every state of every stretch, and who breaks them.

Where the two ends of a flow are on two nodes each is in any state of its own: then the flow is sure to live if each end
lets it through in all of its states, and may live if each end does in some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_

from tests.plan_oracle_parts.demands import Demands
from tests.plan_oracle_parts.ends import Direction, End, Mask
from tests.plan_oracle_parts.questions import ask_about
from tests.plan_oracle_parts.scene import Scene
from tests.plan_oracle_parts.states import (
    ABSENT,
    DoesNotFitError,
    State,
    Stretch,
    Versions,
    changes_of,
    way_forward,
    way_of_rollback,
)
from tests.plan_oracle_parts.steps import Key, Step, Write, way_back
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
    versions = Versions()
    try:
        stretches = way_forward(versions, scene.objects, steps)
        found = list(_add_rollbacks(versions, scene, steps, back, stretches)) if back is not None else []
    except DoesNotFitError as error:
        return [Violation(Harm.DOES_NOT_FIT, "the way", detail=str(error))]
    asked = [Demands(scene, ask_about(scene, steps, versions, family)) for family in FAMILIES]
    for stretch in stretches:
        for demands in asked:
            for violation in Laws(demands, stretch, versions).violations():
                found.append(violation)
                if len(found) >= most:
                    return found
    return found


def _add_rollbacks(
    versions: Versions, scene: Scene, steps: Sequence[Step], back: WayBack, stretches: list[Stretch]
) -> Iterator[Violation]:
    """Add the stretches of all rollbacks that are not there yet; give those that do not restore what was there."""
    known = {stretch.content for stretch in stretches}
    for done in range(1, len(steps) + 1):
        if not isinstance(steps[done - 1], Write) and done < len(steps):
            continue  # taken back as after the step before it, save that less is on its way
        more, end = way_of_rollback(versions, scene.objects, steps, done, back(steps, done))
        for stretch in more:
            if stretch.content not in known:
                known.add(stretch.content)
                stretches.append(Stretch(f"rollback after {done} steps, {stretch.name}", stretch.standings))
        wrong = [key for key, number in sorted(end.items()) if number != _at_start(versions, scene, key)]
        if wrong:
            yield Violation(Harm.NOT_RESTORED, f"rollback after {done} steps", detail=f"{wrong[0]} is not as it was")


def _at_start(versions: Versions, scene: Scene, key: Key) -> int:
    return versions.number(scene.objects[key]) if key in scene.objects else ABSENT


@dataclass(slots=True)
class Laws:
    """Holds one stretch against the laws, over all flows of one family."""

    demands: Demands
    stretch: Stretch
    versions: Versions
    _known: dict[tuple[str, Direction], list[tuple[State, Mask]]] = field(default_factory=dict)
    _bounds: dict[tuple[str, Direction], tuple[Mask, Mask]] = field(default_factory=dict)

    def violations(self) -> Iterator[Violation]:
        """Give what is broken: of each pair of ends and each harm one flow."""
        for source in self.demands.ends.ends:
            for destination in self.demands.ends.ends:
                if source.node or destination.node:
                    yield from self._of_pair(source, destination)

    def _of_pair(self, source: End, destination: End) -> Iterator[Violation]:
        if self._apart(source, destination):
            yield from self._on_two_nodes(source, destination)
        elif source.pod and destination.pod:
            yield from self._on_one_node(source, destination)
        # Between a pod and its own node host endpoints alone can matter; see `Scene`.

    def _apart(self, source: End, destination: End) -> bool:
        """Tell whether the two ends can be on two nodes; a pod that is added may be on any of them."""
        if source.node != destination.node:
            return True
        return (
            self.demands.scene.new_pods and bool(source.pod or destination.pod) and len(self.demands.scene.nodes) != 1
        )

    def _on_two_nodes(self, source: End, destination: End) -> Iterator[Violation]:
        demand = self.demands.of(source, destination)
        (least_out, most_out), (least_in, most_in) = (
            self._bounded(source, "egress", destination),
            self._bounded(destination, "ingress", source),
        )
        for harm, (at_source, at_destination) in demand.live.items():
            cut_out, cut_in = at_source & ~least_out, at_destination & ~least_in
            if cut_out:
                out = self._state(source, "egress", destination, cut_out, False)
                yield self._violation(harm, source, destination, cut_out, out, {})
            elif cut_in:
                into = self._state(destination, "ingress", source, cut_in, False)
                yield self._violation(harm, source, destination, cut_in, {}, into)
        opened = demand.shut & most_out & most_in
        if opened:
            one = opened & -opened
            out = self._state(source, "egress", destination, one, True)
            into = self._state(destination, "ingress", source, one, True)
            yield self._violation(Harm.OPENED, source, destination, one, out, into)

    def _on_one_node(self, source: End, destination: End) -> Iterator[Violation]:
        demand = self.demands.of(source, destination)
        for state in self.demands.ends.states([(source, "egress"), (destination, "ingress")], self.stretch):
            changed = changes_of(state)
            out = self.demands.ends.row(self.demands.ends.mask(source, "egress", changed), destination)
            into = self.demands.ends.row(self.demands.ends.mask(destination, "ingress", changed), source)
            wrong = {
                harm: at_source & ~out | at_destination & ~into
                for harm, (at_source, at_destination) in demand.live.items()
            }
            wrong[Harm.OPENED] = demand.shut & out & into
            for harm, flows in wrong.items():
                if flows:
                    yield self._violation(harm, source, destination, flows, state, state)
                    return

    def _bounded(self, end: End, direction: Direction, peer: End) -> tuple[Mask, Mask]:
        """Return what an end lets through to or from a peer in every state of the stretch, and in some state."""
        key = end.text, direction
        if key not in self._bounds:
            masks = [mask for _, mask in self._masks(end, direction)]
            self._bounds[key] = reduce(and_, masks), reduce(or_, masks)
        least, most = self._bounds[key]
        return self.demands.ends.row(least, peer), self.demands.ends.row(most, peer)

    def _masks(self, end: End, direction: Direction) -> list[tuple[State, Mask]]:
        key = end.text, direction
        if key not in self._known:
            states = self.demands.ends.states([(end, direction)], self.stretch)
            self._known[key] = [(state, self.demands.ends.mask(end, direction, changes_of(state))) for state in states]
        return self._known[key]

    def _state(self, end: End, direction: Direction, peer: End, flows: Mask, lives: bool) -> State:
        """Return a state in which the first of these packets is let through by the end, or is not."""
        one = flows & -flows
        return next(
            state
            for state, mask in self._masks(end, direction)
            if bool(self.demands.ends.row(mask, peer) & one) == lives
        )

    def _violation(
        self, harm: Harm, source: End, destination: End, flows: Mask, at_source: State, at_destination: State
    ) -> Violation:
        sort = self.demands.ends.sorts[(flows & -flows).bit_length() - 1]
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
        return Violation(harm, self.stretch.name, flow, at_source, at_destination, "", self.versions)

"""Policies that govern what the intent does not own: pods of other namespaces, and host endpoints.

The intent says nothing of those, so what such a policy denies is denied by nobody else; one flow of it shows that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from generator.equality.blame import Blame
from generator.equality.compare import Comparison
from generator.equality.model import Difference, Witness, Wrong
from generator.equality.proof_world import ProofWorld
from generator.equality.witness import decision_at, find_witness
from generator.meaning.model import Meaning, Way
from generator.packets.addresses import FAMILIES
from generator.packets.transport import TransportSet
from generator.reach.model import PolicyView

_MOST_TRIED: Final = 24  # differences of one pod and direction that are followed


@dataclass(slots=True)
class Beyond:
    """One policy, whom it governs without right, by name, the keys of those that are pods, and a flow it denies.

    The flow is none where the policy lets everything through, or governs host endpoints alone.
    """

    layer: str
    title: str
    policy: PolicyView
    names: list[str] = field(default_factory=list)
    pods: list[str] = field(default_factory=list)
    way: Way = Way.ARRIVING
    rule: int | None = None
    witness: Witness | None = None

    @property
    def difference(self) -> Difference:
        """Return what is said of it."""
        every = TransportSet.all()
        names = tuple(self.names)
        return Difference(
            Wrong.BEYOND, self.way, names, (), every, FAMILIES, self.layer, self.title, self.rule, (), self.witness
        )


def find_beyond(world: ProofWorld, meaning: Meaning, blame: Blame) -> list[Beyond]:
    """Return the policies that govern host endpoints, or pods of namespaces that the intent does not own."""
    engine = world.engine
    outside = {f"host endpoint {host.key}": "" for found in engine.inventory.hosts.values() for host in found}
    outside |= {pod.key: pod.key for pod in engine.inventory.pods.values() if not meaning.ownership.owns(pod.namespace)}
    found: dict[tuple[str, str], Beyond] = {}
    for name, key in outside.items():
        for _, policy in engine.selecting(engine.class_of(name)):
            layer, title = blame.of_policy(policy)
            item = found.setdefault((layer, title), Beyond(layer, title, policy))
            item.names.append(name)
            item.pods.extend([key] if key else [])
    return list(found.values())


def show_beyond(found: list[Beyond], comparison: Comparison) -> None:
    """Give each policy that has none a flow which it denies, of the family that is compared.

    One that a rule of it denies goes before one that nothing of the tier allows.
    """
    places = comparison.places.of_pod
    for item in found:
        if item.witness is not None:
            continue
        seen: Mapping[int, None] = dict.fromkeys(places[key] for key in item.pods if key in places)
        for number in seen:
            for way, witness in _denied(comparison, number):
                decision = decision_at(witness, way)
                assert decision is not None
                own = decision.decided_by is item.policy
                if own or (decision.decided_by is None and item.witness is None):
                    item.way, item.witness, item.rule = way, witness, decision.rule if own else None
                if own:
                    break
            if item.witness is not None:
                break


def _denied(comparison: Comparison, number: int) -> Iterator[tuple[Way, Witness]]:
    """Give flows of pods that are not owned which the set denies."""
    place = comparison.places.places[number]
    for way in Way:
        for gap in islice(comparison.gaps_at(place, way), _MOST_TRIED):
            if gap.wrong is Wrong.LESS:
                yield way, find_witness(comparison, gap, place.bit)[0]

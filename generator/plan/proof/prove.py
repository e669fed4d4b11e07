"""Proves the way forward and the way back of a plan, or says which flow is in the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from generator.calico.objects import ApiObject, Identity
from generator.foundation.diagnostics import Diagnostic
from generator.packets.addresses import FAMILIES
from generator.plan.model import Step
from generator.plan.proof.bounds import Argument, Ends, TooManyStates
from generator.plan.proof.breach_names import breach_names
from generator.plan.proof.cluster import PlannedCluster
from generator.plan.proof.history import History, read_history
from generator.plan.proof.inclusions import Breach, Inclusions
from generator.plan.proof.management import find_management
from generator.plan.proof.relevance import Relevance
from generator.plan.proof.stretches import Stretch, find_stretches
from generator.plan.proof.witness import BreachWitness, find_witness
from generator.reach.environment import Environment
from generator.reach.flow_changes import WitnessFailed
from generator.snapshot.model import Snapshot

_SHOWN = 3  # so many breaches of a plan are followed and shown


@dataclass(frozen=True, slots=True)
class StretchProof:
    """Why nothing comes to harm in a stretch: `ends` counts the ends by argument, over both families."""

    stretch: Stretch
    ends: Mapping[Argument, int]


@dataclass(frozen=True, slots=True)
class Proof:
    """All stretches hold, forward and back. `pairs` counts ordered pairs of places that were looked at."""

    stretches: tuple[StretchProof, ...]
    rollbacks: int  # from how many steps the way back was looked at
    pairs: int
    history: History
    accepted: frozenset[str]  # names of harm that was passed over


@dataclass(frozen=True, slots=True)
class Refuted:
    """In some state a flow comes to harm."""

    history: History
    witnesses: tuple[BreachWitness, ...]


@dataclass(frozen=True, slots=True)
class Undecided:
    """Nothing can be said: an object that nobody can decode, more states than can be judged, or a fault of ours."""

    problems: tuple[Diagnostic, ...] = ()
    crowded: tuple[str, ...] = ()  # ids of the steps between which a wait is missing
    contradiction: str = ""  # what was found in sets and is not so when one flow is followed


def prove(
    steps: Sequence[Step],
    start: Mapping[Identity, ApiObject],
    snapshot: Snapshot,
    environment: Environment,
    owned: Collection[str] = (),
    accepted: Collection[str] = (),
    *,
    system: Collection[str] = (),
    any_order: bool = False,
) -> Proof | Refuted | Undecided:
    """Decide whether the steps are safe in every state that can occur, forward and back from each of them.

    `start` holds the live policy objects by identity; the snapshot gives everything else. `owned` are the namespaces
    that the intent governs, `system` the platform's; harm that is `accepted` by name (`proof.breach_names`) is passed
    over. With `any_order` objects may be written in any order between two waits, save tiers among themselves.
    """
    history = read_history(start, steps, any_order=any_order)
    cluster = PlannedCluster(snapshot, history, environment)
    if cluster.undecodable:
        return Undecided(problems=tuple(cluster.undecodable))
    stretches = find_stretches(history, steps)
    relevance = Relevance(cluster)
    counts: list[Counter[Argument]] = [Counter() for _ in stretches]
    pairs = 0
    passed: set[str] = set()
    for family in FAMILIES:
        places = cluster.places(family)
        if not places.pods:
            continue
        ends = Ends(cluster, relevance, places)
        inclusions = Inclusions(
            ends,
            find_management(snapshot, places, owned, [group.nets for group in cluster.union.inventory.groups], system),
        )
        pairs += len(places.places) ** 2
        for count, stretch in zip(counts, stretches, strict=True):
            try:
                breaches = _not_accepted(inclusions.check(stretch), accepted, passed)
                found = (find_witness(breach, ends) for breach in breaches)
                witnesses = tuple(islice((item for item in found if item is not None), _SHOWN))
            except TooManyStates as fault:
                return Undecided(crowded=tuple(event.step for event in fault.events))
            except WitnessFailed as fault:
                return Undecided(contradiction=str(fault))
            if witnesses:
                return Refuted(history, witnesses)
            count.update(inclusions.arguments(stretch))
    proofs = (StretchProof(stretch, dict(count)) for stretch, count in zip(stretches, counts, strict=True))
    return Proof(tuple(proofs), len(steps), pairs, history, frozenset(passed))


def _not_accepted(breaches: Iterable[Breach], accepted: Collection[str], passed: set[str]) -> Iterator[Breach]:
    for breach in breaches:
        names = breach_names(breach)
        if names <= set(accepted):
            passed |= names
        else:
            yield breach

"""Is a namespace open to pods for which nobody wrote a policy: one that comes there, one of a namespace that comes?

A statement says what no policy set that owns the namespace should let through; the engine judges it like any other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from generator.expect.addresses import Addresses
from generator.expect.judge import judge_expectations
from generator.expect.model import Judged, Outcome
from generator.expect.new_pods import NewPod, with_new_pods
from generator.foundation.diagnostics import NOWHERE
from generator.intent.expectation import End, Expectation, PodsEnd, Word, WordEnd
from generator.intent.model import Origin, PodSelection
from generator.reach.engine import Engine
from generator.snapshot.model import Snapshot

_NEW: str = "new-namespace"


@dataclass(frozen=True, slots=True)
class Openness:
    """What is open at one namespace: the statements about it that do not hold, or of which that is not known."""

    namespace: str
    found: tuple[Judged, ...]

    @property
    def certain(self) -> bool:
        """Tell whether something is surely open."""
        return any(item.outcome is Outcome.VIOLATED for item in self.found)


def find_open_namespaces(
    engine: Engine, snapshot: Snapshot, namespaces: Sequence[str], addresses: Addresses | None = None
) -> list[Openness]:
    """Return the namespaces that are open, in their order.

    Three questions for each: may somebody nobody knows (a pod of a namespace that does not exist yet, the internet)
    reach a new pod without labels there, may that pod reach them, and may such a stranger reach the pods that are
    there. Where an object stops Felix from reading all of its kind nothing is known, and nothing is returned.
    """
    if engine.undecodable or not namespaces:
        return []
    stranger = NewPod(new_namespace(snapshot.namespaces))
    coming = {name: NewPod(name) for name in namespaces}
    extended = with_new_pods(engine, snapshot, [stranger, *coming.values()])
    outside = PodsEnd("a pod of a new namespace", stranger.selection)
    internet = WordEnd("internet", Word.INTERNET)
    statements: list[Expectation] = []
    for name, pod in coming.items():
        new = PodsEnd(f"a new pod in '{name}'", pod.selection)
        there = PodsEnd(f"the pods of '{name}'", PodSelection(name))
        statements += [_never(outside, new), _never(internet, new), _never(new, outside), _never(new, internet)]
        statements.append(_never(outside, there, new))
    judged = judge_expectations(extended, snapshot, statements, addresses)
    each = len(statements) // len(coming)
    found = []
    for position, name in enumerate(coming):
        of_it = judged[position * each : (position + 1) * each]
        broken = tuple(item for item in of_it if item.outcome in (Outcome.VIOLATED, Outcome.UNKNOWN))
        if broken:
            found.append(Openness(name, broken))
    return found


def new_namespace(taken: Collection[str]) -> str:
    """Return a name that no namespace has."""
    name, number = _NEW, 1
    while name in taken:
        number += 1
        name = f"{_NEW}-{number}"
    return name


def _never(source: End, to: End, *except_to: End) -> Expectation:
    return Expectation(False, source, to, (), Origin("", NOWHERE), not_to=except_to)

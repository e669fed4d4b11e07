"""Which states a node can be in while a plan runs (product.md 6, dataplane.md 8).

Felix follows each kind by a watch of its own. Of each kind a node has at least what a wait has confirmed, at most what
was written, and in between any number of the writes, in their order; each kind on its own. What waits to be taken in
waits once for each object: a later write of it takes the place of the first one, before what was written in between
(Calico's `libcalico-go/lib/backend/syncersv1/dedupebuffer`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product

from tests.plan_oracle_parts.steps import Key, Manifest, Step, Wait, Write

ABSENT = 0


@dataclass(slots=True)
class Versions:
    """Every content that an object ever has, as a number; equal contents have one number, and 0 is not there."""

    manifests: list[Manifest | None] = field(default_factory=lambda: [None])
    _numbers: dict[str, int] = field(default_factory=dict)
    _seen: dict[int, tuple[Manifest, int]] = field(default_factory=dict)  # by identity, which is kept alive here

    def number(self, manifest: Manifest | None) -> int:
        """Return the number of a content."""
        if manifest is None:
            return ABSENT
        if id(manifest) not in self._seen:
            text = json.dumps(manifest, sort_keys=True, default=str)
            if text not in self._numbers:
                self._numbers[text] = len(self.manifests)
                self.manifests.append(manifest)
            self._seen[id(manifest)] = manifest, self._numbers[text]
        return self._seen[id(manifest)][1]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a node has of one kind once so many writes have come: of each object that the plan writes its content."""

    writes: int
    last: str  # the step of the last write that came
    keys: tuple[Key, ...]
    numbers: tuple[int, ...]


State = Mapping[str, Standing]  # by kind


def changes_of(state: State) -> dict[Key, int]:
    """Return the objects of a state that a plan writes, with their contents."""
    return {key: number for found in state.values() for key, number in zip(found.keys, found.numbers, strict=True)}


@dataclass(frozen=True, slots=True)
class Stretch:
    """The states from one confirmed wait to the next: of each kind one of these standings, each kind on its own."""

    name: str
    standings: Mapping[str, tuple[Standing, ...]]

    def holds(self, other: Stretch) -> bool:
        """Tell whether each state of another stretch of the same plan is one of this, however it came about."""
        return all(self.contents(kind) >= other.contents(kind) for kind in self.standings)

    def contents(self, kind: str) -> set[tuple[int, ...]]:
        """Return what a node may have of a kind."""
        return {item.numbers for item in self.standings[kind]}


class DoesNotFitError(ValueError):
    """A write expects an object otherwise than it is, so the API server refuses it or something is lost."""


@dataclass(slots=True)
class Course:
    """Writes and waits followed step by step, with what nodes surely have of each kind and what they may have."""

    versions: Versions
    objects: dict[Key, int]
    written: dict[str, list[Standing]] = field(default_factory=dict)
    confirmed: dict[str, int] = field(default_factory=dict)
    under_way: list[str] = field(default_factory=list)

    @classmethod
    def start(cls, versions: Versions, objects: Mapping[Key, Manifest], steps: Iterable[Step]) -> Course:
        """Begin where every node has every object; `steps` tell which objects will ever be written."""
        course = cls(versions, {key: versions.number(manifest) for key, manifest in objects.items()})
        touched = sorted({key for step in steps if isinstance(step, Write) for key in step.changes})
        for kind in sorted({key[0] for key in touched}):
            keys = tuple(key for key in touched if key[0] == kind)
            course.written[kind] = [Standing(0, "", keys, tuple(course.objects.get(key, ABSENT) for key in keys))]
            course.confirmed[kind] = 0
        return course

    def write(self, step: Write) -> None:
        """Carry out one write; DoesNotFitError where what is there is not what it expects."""
        first = next(iter(step.changes))
        if step.changes.keys() - {key for found in self.written.values() for key in found[0].keys}:
            raise DoesNotFitError(f"{step.step}: {'/'.join(first)} is none of the plan's")
        if self.objects.get(first, ABSENT) != self.versions.number(step.before):
            raise DoesNotFitError(f"{step.step}: {'/'.join(first)} is not as the step expects it")
        for key, manifest in step.changes.items():
            self.objects[key] = self.versions.number(manifest)
        standings = self.written[step.kind]
        keys = standings[0].keys
        numbers = tuple(self.objects.get(key, ABSENT) for key in keys)
        standings.append(Standing(len(standings), step.step, keys, numbers))
        self.under_way.append(step.step)

    def wait(self, step: Wait) -> None:
        """Confirm: every node has what was written of these kinds."""
        for kind, standings in self.written.items():
            if step.kinds is None or kind in step.kinds:
                self.confirmed[kind] = len(standings) - 1

    def stretch(self, name: str) -> Stretch:
        """Return the states that a node can be in now."""
        under_way = {kind: found[self.confirmed[kind] :] for kind, found in self.written.items()}
        return Stretch(name, {kind: (*found, *_overtaken(found)) for kind, found in under_way.items()})


def _overtaken(found: Sequence[Standing]) -> Iterator[Standing]:
    """Give what a node may have besides so many writes: of an object that was written already what it gets later.

    What comes and goes again meanwhile was seen to keep its place (dataplane.md 7: everything of one kind).
    """
    several = [place for place in range(len(found[0].keys)) if _changes(found, place) > 1]
    if not several:
        return
    known = {item.numbers for item in found}
    for count in range(1, len(found)):
        now = found[count]
        choices = [
            {now.numbers[place]} | _later(found, count, place) if place in several else {now.numbers[place]}
            for place in range(len(now.keys))
        ]
        for numbers in product(*map(sorted, choices)):
            if numbers not in known:
                known.add(numbers)
                yield Standing(now.writes, f"{now.last} with later ones", now.keys, numbers)


def _later(found: Sequence[Standing], count: int, place: int) -> set[int]:
    """Return the later contents of an object that is among the first writes."""
    if not _changes(found[: count + 1], place):
        return set()
    gone = {ABSENT} if found[0].numbers[place] == ABSENT else set()
    return {item.numbers[place] for item in found[count:]} - gone


def _changes(found: Sequence[Standing], place: int) -> int:
    """Return how often one object is written among these."""
    return sum(one.numbers[place] != other.numbers[place] for one, other in pairwise(found))


def follow(course: Course, steps: Sequence[Step], prefix: str = "") -> list[Stretch]:
    """Go on through these steps; return a stretch for each run of writes up to the next confirmed wait or the end."""
    found: list[Stretch] = []
    course.under_way.clear()
    for step in steps:
        match step:
            case Write():
                course.write(step)
            case Wait():
                if course.under_way:
                    found.append(course.stretch(_name(prefix, course.under_way)))
                course.wait(step)
                course.under_way.clear()
            case _:
                pass
    if course.under_way:
        found.append(course.stretch(_name(prefix, course.under_way)))
    return found


def _name(prefix: str, steps: Sequence[str]) -> str:
    return prefix + (steps[0] if len(steps) == 1 else f"{steps[0]} to {steps[-1]}")


def way_forward(
    versions: Versions, objects: Mapping[Key, Manifest], steps: Sequence[Step]
) -> tuple[list[Stretch], State, State]:
    """Return the stretches of the way forward, what there is before it, and what there is after it."""
    course = Course.start(versions, objects, steps)
    stretches = follow(course, steps)
    before = {kind: found[0] for kind, found in course.written.items()}
    return stretches, before, {kind: found[-1] for kind, found in course.written.items()}


def way_of_rollback(
    versions: Versions, objects: Mapping[Key, Manifest], steps: Sequence[Step], done: int, back: Sequence[Step]
) -> tuple[list[Stretch], State]:
    """Return the stretches of a rollback that begins after `done` steps, and what is there at its end.

    The rollback begins wherever nodes are then: what no wait has confirmed may still be on its way, and goes on being
    so until the rollback itself waits.
    """
    course = Course.start(versions, objects, steps)
    follow(course, steps[:done])
    after = next((step.step for step in reversed(steps[:done])), "nothing")
    stretches = follow(course, back, f"rollback after {after}, ")
    return stretches, {kind: found[-1] for kind, found in course.written.items()}

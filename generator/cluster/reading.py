"""All kinds as they were at one moment: read, and read again until none has changed since its list.

Each list is of one moment, but every kind of another one. So after the first lists the versions of all objects are
asked for once more: what has not changed between its list and that second look was so at the moment in between, which
is the same for all kinds. A kind that has changed is listed anew and the look starts over. Only changes of what is kept
of an object count (`kept.py`): heartbeats do not. Replicas that come and go count at first; where nothing else changes
for as long as is tried they are taken as they are, and that is said.

A kind that may not be listed as a whole is listed in single namespaces, where that is allowed; it stays refused, for
nobody knows what the others hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from generator.cluster.access import Connection
from generator.cluster.backoff import Backoff, Patience, Unreachable
from generator.cluster.clock import Clock
from generator.cluster.codes import KEPT_CHANGING, NO_CLUSTER, REPLICAS_CHANGED
from generator.cluster.faults import Fault, FaultKind
from generator.cluster.kept import content, essence, keep
from generator.cluster.lists import Listing, Manifest, list_all, list_versions
from generator.cluster.served import Resource
from generator.cluster.wanted import Wanted
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.errors import EnvironmentFailure

LOOKS: Final = 6
PATIENCE: Final = Patience(0.25, 4.0, 30.0)  # for each request
_PAUSE: Final = 0.2  # seconds before the second look, doubled each time
_SINGLE: Final = 50  # namespaces: of more than these nobody asks for each by itself


@dataclass(slots=True)
class ReadKinds:
    """What was read of each kind, which kinds the server refuses to show, and what a reader should know of it.

    `parts` names, of a refused kind, the namespaces in which it could be read all the same; `hidden` names, of one
    whose list looks whole, the tiers that are not in it, which makes it a refused kind too.
    """

    listings: dict[Wanted, Listing] = field(default_factory=dict)
    refused: dict[Wanted, Fault] = field(default_factory=dict)
    parts: dict[Wanted, tuple[str, ...]] = field(default_factory=dict)
    hidden: dict[Wanted, tuple[str, ...]] = field(default_factory=dict)
    notes: list[Diagnostic] = field(default_factory=list)

    def objects(self) -> Iterable[Manifest]:
        """Go through all objects, kind by kind."""
        for wanted in sorted(self.listings):
            yield from self.listings[wanted].items.values()

    def namespaces(self) -> list[str]:
        """Return the names of the namespaces, as far as they may be seen."""
        spaces = next((listing for wanted, listing in self.listings.items() if str(wanted) == "namespaces"), Listing())
        return sorted(str(item["metadata"].get("name")) for item in spaces.items.values())


class Reader:
    """Reads kinds over a connection; what waits does so on the clock.

    `namespaces` are those that are looked into one by one where a kind may not be listed as a whole; all that may be
    seen are added, if they are few.
    """

    def __init__(
        self, connection: Connection, clock: Clock, patience: Patience = PATIENCE, namespaces: Sequence[str] = ()
    ) -> None:
        self.connection = connection
        self.clock = clock
        self._patience = patience
        self._namespaces = tuple(namespaces)

    def backoff(self) -> Backoff:
        """Return the patience for one request."""
        return Backoff(self.clock, self._patience)

    def read(self, kinds: dict[Wanted, Resource], looks: int = LOOKS) -> ReadKinds:
        """Read kinds until they stand still; EnvironmentFailure where they do not, or where no answer comes."""
        found = ReadKinds()
        try:
            for wanted, resource in kinds.items():
                self._list(wanted, resource, found)
            self._settle(kinds, found, looks)
        except Unreachable as error:
            hint = "look whether the API server is well, then try again"
            raise EnvironmentFailure([problem(NO_CLUSTER, error.fault.words, hint=hint)]) from None
        return found

    def _settle(self, kinds: dict[Wanted, Resource], found: ReadKinds, looks: int) -> None:
        changed: list[Wanted] = []
        moved: list[Wanted] = []
        for number in range(looks):
            if number:
                self.clock.sleep(_PAUSE * 2 ** (number - 1))
            changed, moved = [], []
            for wanted in list(found.listings):
                match self._look(wanted, kinds[wanted], found):
                    case "changed":
                        changed.append(wanted)
                    case "replicas":
                        moved.append(wanted)
            if not changed and not moved:
                return
        if changed:
            names = ", ".join(map(str, sorted(changed)))
            summary = f"the cluster changed in each of {looks} looks, the last time {names}"
            raise EnvironmentFailure([problem(KEPT_CHANGING, summary, hint="wait until who writes there is done")])
        names = ", ".join(map(str, sorted(moved)))
        found.notes.append(problem(REPLICAS_CHANGED, f"replicas came and went in each of {looks} looks: {names}"))

    def _list(self, wanted: Wanted, resource: Resource, found: ReadKinds) -> Listing | None:
        answer: Listing | Fault | None = found.refused.get(wanted)
        if answer is None:
            answer = list_all(self.connection, resource, self.backoff, keep)
        if isinstance(answer, Fault):
            if answer.kind is not FaultKind.FORBIDDEN:
                raise _unreadable(wanted, answer)
            found.refused[wanted] = answer
            answer = self._list_parts(wanted, resource, found)
        found.listings.pop(wanted, None)
        if answer is not None:
            found.listings[wanted] = answer
        return answer

    def _list_parts(self, wanted: Wanted, resource: Resource, found: ReadKinds) -> Listing | None:
        """List a kind where that is allowed, and note where; None where it is nowhere."""
        whole, where = Listing(), list[str]()
        if resource.namespaced:
            for name in found.parts.get(wanted) or self._candidates(found):
                part = list_all(self.connection, resource.within(name), self.backoff, keep)
                if isinstance(part, Listing):
                    where.append(name)
                    whole.items.update(part.items)
                elif part.kind is not FaultKind.FORBIDDEN:
                    raise _unreadable(wanted, part)
        found.parts[wanted] = tuple(where)
        return whole if where else None

    def _candidates(self, found: ReadKinds) -> Iterator[str]:
        seen = found.namespaces()
        yield from dict.fromkeys([*self._namespaces, *(seen if len(seen) <= _SINGLE else ())])

    def _look(self, wanted: Wanted, resource: Resource, found: ReadKinds) -> str:
        """Say how a kind differs from its list, which is replaced where it does."""
        held = found.listings[wanted]
        where = found.parts.get(wanted, ("",))
        parts = [list_versions(self.connection, resource.within(name), self.backoff) for name in where]
        now = [part for part in parts if not isinstance(part, Fault)]  # a refusal is heard when it is listed anew
        if len(now) == len(parts) and {uid: at for part in now for uid, at in part.items()} == held.versions():
            return "same"
        fresh = self._list(wanted, resource, found)
        if fresh is None:
            return "changed"
        return _difference(held, fresh)


def _unreadable(wanted: Wanted, fault: Fault) -> EnvironmentFailure:
    if fault.kind is FaultKind.NO_KIND:  # a definition that comes or goes meanwhile is no empty kind
        summary = f"{wanted} was served a moment ago and is not any more"
        return EnvironmentFailure([problem(KEPT_CHANGING, summary, hint="wait until who writes there is done")])
    hint = "look whether the API server is well, then try again"
    return EnvironmentFailure([problem(NO_CLUSTER, f"{wanted}: {fault.words}", hint=hint)])


def _difference(held: Listing, fresh: Listing) -> str:
    """Compare two lists of a kind, object by object, of which most are the same."""
    old, new = held.versions(), fresh.versions()
    touched = [uid for uid in {*old, *new} if old.get(uid) != new.get(uid)]
    gone = [held.items[uid] for uid in touched if uid in held.items]
    come = [fresh.items[uid] for uid in touched if uid in fresh.items]
    same = {uid for uid in touched if uid in held.items and uid in fresh.items}
    if len(same) == len(touched) and all(content(held.items[uid]) == content(fresh.items[uid]) for uid in same):
        return "same"
    unmoved = [item for uid, item in fresh.items.items() if old.get(uid) == new[uid]]
    left = _essences(gone) - _essences(unmoved)
    arrived = _essences(come) - _essences(unmoved)
    return "replicas" if left == arrived else "changed"


def _essences(items: Iterable[Manifest]) -> set[str]:
    kept: Iterable[Any] = map(essence, items)
    return {json.dumps(item, sort_keys=True) for item in kept if item is not None}

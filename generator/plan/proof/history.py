"""All writes of a plan, kind by kind, and the objects that a node has once it took in some of them.

Felix follows each kind by a watch of its own, so what a node has is a number of writes of each kind (dataplane.md 8).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from generator.calico.kinds import Kind
from generator.calico.objects import ApiObject, Identity, as_api_object
from generator.foundation.source import SourceMap
from generator.plan.model import Manifest, Step, WriteStep
from generator.snapshot.model import Snapshot

State = tuple[int, ...]  # for each column of the history how many of its writes have come

_NO_SOURCE = SourceMap("plan", "")


@dataclass(frozen=True, slots=True)
class Event:
    """One write: `place` is how many writes of its column come before it."""

    number: int
    step: str
    identity: Identity
    column: int  # where a state counts it
    place: int
    before: ApiObject | None
    after: ApiObject | None


@dataclass(frozen=True, slots=True)
class History:
    """What was there at the start, and all that is written, in the order of the API.

    The writes of a column come in their order, those of two columns in any. A column is a kind, or a single object
    where nothing is known of the order in which objects are written; `kinds` is the kind of each.
    """

    kinds: tuple[Kind, ...]
    columns: Mapping[Identity, int]  # of each object that is written
    start: Mapping[Identity, ApiObject]
    events: tuple[Event, ...]

    @property
    def nothing_yet(self) -> State:
        """Return the state before the first write."""
        return (0,) * len(self.kinds)

    @property
    def everything(self) -> State:
        """Return the state after the last write."""
        counts = [0] * len(self.kinds)
        for event in self.events:
            counts[event.column] += 1
        return tuple(counts)

    def objects_at(self, state: State) -> dict[Identity, ApiObject]:
        """Return the objects that a node has in a state."""
        found = dict(self.start)
        for event in self.events:
            if event.place < state[event.column]:
                if event.after is None:
                    found.pop(event.identity, None)
                else:
                    found[event.identity] = event.after
        return found

    def snapshot_at(self, snapshot: Snapshot, state: State) -> Snapshot:
        """Return a snapshot as a node in a state sees it."""
        objects = self.objects_at(state)
        return replace(snapshot, policies=tuple(objects[identity] for identity in sorted(objects)))


def read_history(start: Mapping[Identity, ApiObject], steps: Iterable[Step], *, any_order: bool = False) -> History:
    """Return the history of a plan's steps; `start` holds the live policy objects, ours and others'.

    With `any_order` only the writes of one object, and those of tiers, come in the order of the steps.
    """
    writes = [step for step in steps if isinstance(step, WriteStep)]
    written = sorted({step.write.identity for step in writes})
    lanes = {identity: _lane(identity, any_order=any_order) for identity in written}
    numbers = {lane: column for column, lane in enumerate(dict.fromkeys(sorted(lanes.values(), key=str)))}
    columns = {identity: numbers[lanes[identity]] for identity in written}
    kinds = [Kind.TIER] * len(numbers)
    for identity, column in columns.items():
        kinds[column] = identity.kind
    places = [0] * len(numbers)
    current = dict(start)
    events = []
    for number, step in enumerate(writes):
        identity = step.write.identity
        after = _object(step.write.after, current.get(identity))
        column = columns[identity]
        events.append(Event(number, step.id, identity, column, places[column], current.get(identity), after))
        places[column] += 1
        if after is None:
            current.pop(identity, None)
        else:
            current[identity] = after
    return History(tuple(kinds), columns, dict(start), tuple(events))


def _lane(identity: Identity, *, any_order: bool) -> Kind | Identity:
    return identity if any_order and identity.kind is not Kind.TIER else identity.kind


def _object(manifest: Manifest | None, live: ApiObject | None) -> ApiObject | None:
    if manifest is None:
        return None
    return as_api_object(manifest, live.source if live is not None else _NO_SOURCE)

"""All writes of a plan, kind by kind, and the objects that a node has once it took in some of them.

Felix follows each kind by a watch of its own, so what a node has is a number of writes of each kind (dataplane.md 8).
What waits to be taken in by Felix waits once for each object: a second write of it takes the place of the first, before
what was written in between (`libcalico-go/lib/backend/syncersv1/dedupebuffer`; seen at 3.31.0). So an object that is
written again before a wait is counted by itself. So are sets, and policies whose rules are changed in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from generator.calico.kinds import Kind
from generator.calico.objects import ApiObject, Identity, as_api_object
from generator.foundation.source import SourceMap
from generator.plan.model import Manifest, Step, WaitStep, Write, WriteStep
from generator.snapshot.model import Snapshot

State = tuple[int, ...]  # for each column of the history how many of its writes have come

_NO_SOURCE = SourceMap("plan", "")
_SETS: Final = frozenset([Kind.NETWORK_SET, Kind.GLOBAL_NETWORK_SET])
# What Felix sends with the endpoints: which policies select them, and in which order.
_SELECTION: Final = frozenset(
    ["selector", "podSelector", "namespaceSelector", "serviceAccountSelector", "subject", "order", "tier"]
)


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
    where nothing is known of its order among others; `kinds` is the kind of each.
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
    steps = tuple(steps)
    writes = [step for step in steps if isinstance(step, WriteStep)]
    written = sorted({step.write.identity for step in writes})
    alone = _written_again(steps)
    alone.update(step.write.identity for step in writes if _is_taken_in_alone(step.write))
    if any_order:
        alone.update(identity for identity in written if identity.kind is not Kind.TIER)
    lanes = {identity: identity if identity in alone else identity.kind for identity in written}
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


def _written_again(steps: Iterable[Step]) -> set[Identity]:
    """Return the objects that are written a second time before a wait has confirmed the first.

    What comes and goes again between two waits is not among them: it was seen to keep its place (dataplane.md 7).
    """
    under_way: dict[Identity, bool] = {}  # with whether it was there before
    found: set[Identity] = set()
    for step in steps:
        match step:
            case WriteStep():
                identity, write = step.write.identity, step.write
                if identity in under_way and (under_way[identity] or write.after is not None):
                    found.add(identity)
                under_way.setdefault(identity, write.before is not None)
            case WaitStep():
                under_way = {item: there for item, there in under_way.items() if item.kind not in step.kinds}
            case _:
                pass
    return found


def _is_taken_in_alone(write: Write) -> bool:
    """Tell whether Felix may program a write before or after others of its kind that came at the same time.

    What policies say and what is in sets goes to the dataplane in any order, ahead of the endpoints, which say in one
    piece what selects them (`felix/calc/event_sequencer.go`, Flush); a batch may end anywhere in between
    (`felix/dataplane/linux/int_dataplane.go`, msgPeekLimit).
    """
    if write.identity.kind in _SETS:
        return True
    if write.before is None or write.after is None or write.identity.kind is Kind.TIER:
        return False
    before, after = (manifest.get("spec") or {} for manifest in (write.before, write.after))
    return any(before.get(key) != after.get(key) for key in {*before, *after} - _SELECTION)


def _object(manifest: Manifest | None, live: ApiObject | None) -> ApiObject | None:
    if manifest is None:
        return None
    return as_api_object(manifest, live.source if live is not None else _NO_SOURCE)

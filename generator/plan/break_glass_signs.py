"""How the break-glass script tells how far a run came: what to look at, the latest write first.

A write has happened where its object is as it left it and was never so before; that the same is seen of an earlier
write keeps what somebody else has changed from being taken for it. An object that is again as it once was (a bridge is
gone at the end as at the start) says something only once others have shown that the run is past what was in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from generator.calico.normalize import normalize_object
from generator.calico.objects import Identity, as_api_object
from generator.foundation.source import SourceMap
from generator.plan.model import Manifest, Plan, Write, WriteStep

_NO_SOURCE = SourceMap("plan", "")


class Shown(StrEnum):
    """What is to be seen of an object."""

    ABSENT = "absent"
    THERE = "there"
    CONTENT = "content"  # there, and as the write left it


@dataclass(frozen=True, slots=True)
class Sign:
    """How one sees that a write has happened; `number` is the plan's write, from 1.

    `like` is any content of the object, and where `shown` is CONTENT that which the write left. `beside` is an
    earlier write whose sign must be seen too, 0 where there is none. `past`: it says something only where the sign of
    that write is seen; 0 where it does so by itself.
    """

    number: int
    identity: Identity
    shown: Shown
    like: Manifest
    beside: int = 0
    past: int = 0


def find_signs(plan: Plan) -> tuple[Sign, ...]:
    """Return a sign for each write, in the plan's order; some writes leave none."""
    found: list[Sign] = []
    for number in range(1, len(plan.writes) + 1):
        sign = _sign(plan.writes, number, found)
        if sign is not None:
            found.append(sign)
    return tuple(found)


def _sign(writes: Sequence[WriteStep], number: int, earlier: Sequence[Sign]) -> Sign | None:
    write = writes[number - 1].write
    left = _meaning(write.after)
    mine = list(_contents(writes[: number - 1], write))
    again = [end for _, end, content in mine if content == left]
    like = write.after if write.after is not None else write.before
    assert like is not None
    lasting = [sign for sign in earlier if not sign.past and _lasts(writes, sign, number)]
    if not again:
        shown = _shown(left, [content for _, _, content in mine])
        return Sign(number, write.identity, shown, like, beside=lasting[-1].number if lasting else 0)
    since = max(again) + 1
    between = [content for start, _, content in mine if start >= since]
    known = [sign.number for sign in lasting if sign.number >= since]
    if not known:
        return None  # whether it happened makes no difference: everything is as it was before it began
    return Sign(number, write.identity, _shown(left, between), like, past=max(known))


def _lasts(writes: Sequence[WriteStep], sign: Sign, number: int) -> bool:
    """Tell whether a sign is still to be seen once another write has happened."""
    return all(step.write.identity != sign.identity for step in writes[sign.number : number])


def _contents(writes: Sequence[WriteStep], write: Write) -> Iterator[tuple[int, int, object]]:
    """Yield what an object was before its next write: from which write on, up to which, and its meaning."""
    since = 0
    current: object = None
    first = True
    for number, step in enumerate(writes, start=1):
        if step.write.identity != write.identity:
            continue
        yield since, number - 1, _meaning(step.write.before) if first else current
        since, current, first = number, _meaning(step.write.after), False
    yield since, len(writes), _meaning(write.before)


def _shown(left: object, others: Sequence[object]) -> Shown:
    if left is None:
        return Shown.ABSENT
    return Shown.THERE if all(content is None for content in others) else Shown.CONTENT


def _meaning(manifest: Manifest | None) -> object:
    if manifest is None:
        return None
    obj = as_api_object(manifest, _NO_SOURCE)
    return None if obj is None else normalize_object(obj)


def find_position(signs: Sequence[Sign], seen: Mapping[int, bool]) -> int:
    """Return how many writes have happened, from what is seen of each sign by its number; the script does the same."""
    at = 0
    for sign in reversed([sign for sign in signs if not sign.past]):
        if seen[sign.number] and (not sign.beside or seen[sign.beside]):
            at = sign.number
            break
    for sign in signs:
        if sign.past and at < sign.number and seen[sign.past] and seen[sign.number]:
            at = sign.number
    return at

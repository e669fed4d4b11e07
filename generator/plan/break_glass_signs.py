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
from generator.plan.model import Manifest, Plan, WriteStep

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
    own: dict[Identity, list[int]] = {}  # by object the numbers of its writes so far
    for number, step in enumerate(plan.writes, start=1):
        earlier = tuple(own.setdefault(step.write.identity, []))
        own[step.write.identity].append(number)
        # A sign is still to be seen as long as no later write is of its object.
        lasting = (sign for sign in reversed(found) if not sign.past and own[sign.identity][-1] == sign.number)
        sign = _sign(plan.writes, number, earlier, next(lasting, None))
        if sign is not None:
            found.append(sign)
    return tuple(found)


def _sign(writes: Sequence[WriteStep], number: int, own: Sequence[int], lasting: Sign | None) -> Sign | None:
    """Return the sign of a write; `own` are earlier ones of its object, `lasting` is the latest sign that is left."""
    write = writes[number - 1].write
    left = _meaning(write.after)
    mine = list(_contents(writes, number, own))
    again = [end for _, end, content in mine if content == left]
    like = write.after if write.after is not None else write.before
    assert like is not None
    if not again:
        shown = _shown(left, [content for _, _, content in mine])
        return Sign(number, write.identity, shown, like, beside=lasting.number if lasting is not None else 0)
    since = max(again) + 1
    between = [content for start, _, content in mine if start >= since]
    if lasting is None or lasting.number < since:
        return None  # whether it happened makes no difference: everything is as it was before it began
    return Sign(number, write.identity, _shown(left, between), like, past=lasting.number)


def _contents(writes: Sequence[WriteStep], number: int, own: Sequence[int]) -> Iterator[tuple[int, int, object]]:
    """Yield what an object was before a write of it: from which write on, up to which, and its meaning."""
    since = 0
    current = _meaning(writes[own[0] - 1].write.before) if own else None
    for earlier in own:
        yield since, earlier - 1, current
        since, current = earlier, _meaning(writes[earlier - 1].write.after)
    yield since, number - 1, _meaning(writes[number - 1].write.before)


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

"""What a plan that only observes has logged, for people: where, for how long, how it is read, and how to go on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from textwrap import wrap
from typing import Final

from generator.plan.model import Plan
from generator.plan.observed import Form, Observing

HEADLINE: Final = (
    "Proven: while observing, and on the way there and back, every flow fares as it does now, in every state that a "
    "node can be in."
)
_SHOWN: Final = 20
_WIDTH: Final = 80
_PREVIEW: Final = (
    "in Calico's flow logs (Whisker, or Goldmane's Flows.List) such a flow has a pending policy whose action is Deny; "
    "only flows that occur are shown, and of one that is denied at its source nothing of its destination"
)
_GO_ON: Final = (
    "to go on: make the plan without --observe, it starts from here; to stop: make it with --to none, or take this one "
    "back"
)


def observing_lines(plan: Plan) -> Iterator[str]:
    """Yield the lines of the section; none for a plan that does not observe."""
    if not plan.observing.ways:
        return
    yield ""
    yield f"observed: nothing is enforced, and what the set would drop is {verb(plan.observing)}"
    yield from _way_lines(plan.observing)
    for text in reading(plan.observing):
        yield from wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False)


def verb(observing: Observing) -> str:
    """Return what becomes of what the set would drop."""
    return "previewed" if observing.form is Form.STAGED else "logged"


def reading(observing: Observing) -> tuple[str, ...]:
    """Return how it is read, how long it lasts, and how to go on, one sentence each."""
    if observing.form is Form.STAGED:
        return (_PREVIEW, _GO_ON)
    begins = observing.prefix.partition("%")[0].strip()
    grep = f" -g '{begins}'" if begins else ""
    where = f"each line is in the kernel log of the pod's node and begins with '{observing.prefix}'"
    limit = "nothing limits the lines"
    if observing.limit:
        limit = f"a node keeps at most {observing.limit} lines for each rule, so the log is incomplete"
    lasts = f"meant to last until {observing.until}" if observing.until else "no end is set (--observe-until)"
    return (f"{where}: journalctl -k{grep}, or dmesg", f"{limit}; {lasts}, and nothing ends by itself", _GO_ON)


def _way_lines(observing: Observing) -> Iterator[str]:
    spaces: defaultdict[str, list[str]] = defaultdict(list)
    for way in observing.ways:
        spaces[way.namespace].append(way.direction.lower())
    groups: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, directions in spaces.items():
        groups[tuple(directions)].append(name)
    for ways, names in groups.items():
        shown = ", ".join(names[:_SHOWN])
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        text = f"{' and '.join(ways)} of {shown}{more}"
        yield from wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False)

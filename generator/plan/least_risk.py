"""In which order namespaces go over: those first where the least is at stake, so that what is wrong shows there.

Last go those whose pods the API server calls (webhooks, aggregated APIs), then those whose pods call it; among equal
ones those with fewer workloads go first. This is by rule: it hangs on what the snapshot shows, and not on how far an
earlier run has come, so that a plan which goes on keeps the order of the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from generator.snapshot.model import Snapshot

_CALLED: Final = 2
_CALLING: Final = 1


def rank_namespaces(snapshot: Snapshot, names: Iterable[str]) -> Mapping[str, int]:
    """Return the place of each namespace in the order, counted from 0."""
    at_stake = {item.namespace: _CALLING for item in snapshot.grants}
    at_stake |= {item.namespace: _CALLED for item in snapshot.callbacks}
    workloads: dict[str, int] = {}
    for item in snapshot.workloads:
        if not item.owner:
            workloads[item.namespace] = workloads.get(item.namespace, 0) + 1
    order = sorted(set(names), key=lambda name: (at_stake.get(name, 0), workloads.get(name, 0), name))
    return {name: number for number, name in enumerate(order)}

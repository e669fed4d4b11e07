"""Names by which people accept that flows come to harm: `opened:shop/web:shop/cart`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from generator.plan.proof.inclusions import Breach, Harm
from generator.reach.flow import End
from generator.reach.place_names import workload_name
from generator.reach.places import Place

OUTSIDE: Final = "outside"


def is_breach_name(text: str) -> bool:
    """Tell whether a text has the form of such a name: a harm and two ends, each a workload, `host:NODE` or outside."""
    harm, colon, ends = text.partition(":")
    return bool(colon and ends) and harm in {item.value for item in Harm}


def breach_names(breach: Breach) -> frozenset[str]:
    """Return the names of all pairs of workloads, nodes and outside that a breach is about."""
    return frozenset(
        breach_name(breach.harm, source, destination)
        for source in _names(breach.source)
        for destination in _names(breach.destination)
    )


def breach_name(harm: Harm, source: str, destination: str) -> str:
    """Return the name of one pair."""
    return f"{harm}:{source}:{destination}"


def name_of_end(end: End) -> str:
    """Return how an end is called in such a name."""
    if end.pod is not None:
        return _plain(workload_name(end.pod))
    return f"host:{end.node}" if end.node else OUTSIDE


def _names(place: Place) -> Iterable[str]:
    if place.pods:
        return {_plain(workload_name(pod)) for pod in place.pods}
    return {f"host:{place.node}" if place.node else OUTSIDE}


def _plain(name: str) -> str:
    return name.partition(" #")[0]

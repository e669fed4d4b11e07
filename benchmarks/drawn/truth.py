"""What differs between the two states, known from how they were drawn; and an answer, brought to the same form.

A difference is (kind, source, destination, packets): kind `allowed` or `denied`, ends are numbers of services,
`outside`, `nodes` or `own node`, packets are `all` or `TCP PORT,PORT`. All replicas of a service fare alike, or the
answer is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.drawn.cluster import Cluster

End = int | str
Difference = tuple[str, End, End, str]

_EVERY_POD = "every pod"
_ELSEWHERE = {"every node": "nodes", "everything outside": "outside", "its own node": "own node"}


def true_differences(cluster: Cluster) -> set[Difference]:
    """Return the differences between pods, and between pods and what is outside or a node."""
    found: set[Difference] = set()
    services = cluster.services
    for kind, edges in (("allowed", cluster.after - cluster.before), ("denied", cluster.before - cluster.after)):
        for caller, called in edges:
            if services[caller].covered and services[called].covered:
                found.add((kind, caller, called, packets_to(services[called].ports)))
    # Who has no policy is open until the default deny comes; at its other end a policy may allow one port only.
    open_ones = [service.number for service in services if not service.covered]
    for caller, called in cluster.before:
        if services[caller].covered != services[called].covered:
            found.add(("denied", caller, called, packets_to(services[called].ports)))
    for number in open_ones:
        found.update(("denied", number, other, "all") for other in (*open_ones, "outside", "nodes", "own node"))
        found.update(("denied", other, number, "all") for other in ("outside", "nodes"))
    return found


def packets_to(ports: Iterable[int]) -> str:
    """Return the packets to some ports, as one word."""
    return f"TCP {','.join(map(str, sorted(ports)))}"


def read_answer(cluster: Cluster, groups: Iterable[Mapping[str, Any]]) -> set[Difference]:
    """Return the differences of groups as our process prints them; SystemExit where replicas do not fare alike."""
    names = _Names(cluster)
    return {
        (group["kind"], source, destination, group["packets"])
        for group in groups
        for source in names.ends(tuple(group["sources"]))
        for destination in names.ends(tuple(group["destinations"]))
    }


class _Names:
    """From the names in a report back to services."""

    def __init__(self, cluster: Cluster) -> None:
        self._replicas = cluster.replicas
        self._service_of = {pod: service.number for service in cluster.services for pod in cluster.pods(service)}
        self._known: dict[tuple[str, ...], list[End]] = {}

    def ends(self, names: Sequence[str]) -> list[End]:
        key = tuple(names)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = list(self._ends(key))
        return found

    def _ends(self, names: Sequence[str]) -> Iterable[End]:
        count: dict[int, int] = {}
        for name in names:
            if name in _ELSEWHERE:
                yield _ELSEWHERE[name]
                continue
            for pod in self._pods(name):
                number = self._service_of[pod]
                count[number] = count.get(number, 0) + 1
        for number, pods in count.items():
            if pods != self._replicas:
                raise SystemExit(f"wrong answer: {pods} of {self._replicas} pods of s{number} in one group")
            yield number

    def _pods(self, name: str) -> list[str]:
        if name.startswith(_EVERY_POD):
            without = re.fullmatch(r"every pod \(not (.*)\)", name)
            left_out = {pod for part in (without[1].split(", ") if without else []) for pod in self._pods(part)}
            return [pod for pod in self._service_of if pod not in left_out]
        if name.endswith("/*"):
            return [pod for pod in self._service_of if pod.startswith(name[:-1])]
        return [name]


def check(answer: set[Difference], truth: set[Difference], who: str) -> None:
    """Hold an answer against the truth; SystemExit with the first differences where they are not one."""
    more, fewer = answer - truth, truth - answer
    if more or fewer:
        shown = "; ".join(str(item) for item in [*sorted(more, key=str)[:3], *sorted(fewer, key=str)[:3]])
        raise SystemExit(f"{who}: wrong answer, {len(more)} too many, {len(fewer)} missing: {shown}")

"""Every value that a service's containers see, one by one, with where it stands and how sure its use is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from generator.discover.proposal import Evidence
from generator.discover.services import Group, Groups, workload_id
from generator.discover.values import split_lines
from generator.foundation.diagnostics import Place
from generator.snapshot.model import Container, EnvValue, Snapshot, Workload

# A line of a file has its neighbours this many lines up and down (host and port stand together).
_NEAR: Final = 4
_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Sighting:
    """A value that a container of a service sees.

    `positional` is an argument without a flag, `in_file` a line of a mounted file. `guess` is set where the value came
    with a whole ConfigMap that others get too: who uses it is not known. `beside` are the values around it by name.
    """

    name: str
    text: str
    evidence: Evidence
    beside: Mapping[str, str]
    guess: str = ""
    in_file: bool = False
    positional: bool = False


class Consumers:
    """Which services see which ConfigMap."""

    def __init__(self, snapshot: Snapshot, groups: Groups) -> None:
        self._by_map: dict[tuple[str, str], set[str]] = {}
        self._by_text: dict[str, set[str]] = {}
        for group in groups.all:
            for workload in group.workloads:
                if groups.by_workload[workload_id(workload)] is group:
                    for name in _maps(workload):
                        self._by_map.setdefault((workload.namespace, name), set()).add(group.name)
                    for container in workload.containers:
                        for _, file in mounted_files(snapshot, workload, container):
                            self._by_text.setdefault(file.value, set()).add(group.name)

    def guess(self, namespace: str, name: str) -> str:
        """Return why a value of the map is a guess; empty where one service alone gets the map."""
        known = self._by_map.get((namespace, name), set())
        if len(known) < 2:
            return ""
        return f"ConfigMap {name} is given whole to {len(known)} services; which of them uses this value is a guess"

    def guess_file(self, namespace: str, name: str, text: str) -> str:
        """Return the same for a mounted file, of which several maps may have copies."""
        copies = len(self._by_text.get(text, ()))
        same = f"{copies} services are given a file with this very text; which of them uses this value is a guess"
        return self.guess(namespace, name) or (same if copies > 1 else "")


def mounted_files(snapshot: Snapshot, workload: Workload, container: Container) -> Iterator[tuple[str, EnvValue]]:
    """Go through the files that a container is given from ConfigMaps, each with the name of its map."""
    for name, key in container.mounted_keys:
        files = snapshot.config_maps.get((workload.namespace, name), {})
        for file in [key] if key else sorted(files):
            if file in files:
                yield name, files[file]


def _maps(workload: Workload) -> Iterator[str]:
    for container in workload.containers:
        yield from container.mounts
        yield from (value.origin for value in container.values if value.kind in ("configmap", "configmap-key"))


def sightings(snapshot: Snapshot, groups: Groups) -> Iterator[tuple[Group, Sighting]]:
    """Go through all values of all services, by service."""
    consumers = Consumers(snapshot, groups)
    for group in groups.all:
        for workload in group.workloads:
            if groups.by_workload[workload_id(workload)] is not group:
                continue
            for container in workload.containers:
                for found in _of_container(snapshot, consumers, workload, container):
                    yield group, found


def _of_container(
    snapshot: Snapshot, consumers: Consumers, workload: Workload, container: Container
) -> Iterator[Sighting]:
    beside = {value.name: value.value for value in container.values if value.value}
    for flag, text in list(beside.items()):
        if flag.startswith("-") and text.startswith(f"{flag}="):
            beside[flag] = text.removeprefix(f"{flag}=")
    for value in container.values:
        if value.value:
            yield _of_value(consumers, workload, value, beside)
    for name, file in mounted_files(snapshot, workload, container):
        yield from _of_file(file, name, consumers.guess_file(workload.namespace, name, file.value))


def _of_value(consumers: Consumers, workload: Workload, value: EnvValue, beside: Mapping[str, str]) -> Sighting:
    place = value.source.place(value.path)
    text, name, positional = value.value, value.name, False
    guess = ""
    match value.kind:
        case "arg":
            if text.startswith("-") and text.startswith(f"{name}="):
                text = text.removeprefix(f"{name}=")
            positional = not name.startswith("-")
            shown = f"argument {_short(value.value)}"
        case "configmap":
            guess = consumers.guess(workload.namespace, value.origin)
            shown = f"{name}={_short(text)} of ConfigMap {value.origin}"
        case "configmap-key":
            shown = f"env {name}={_short(text)} from ConfigMap {value.origin}"
        case _:
            shown = f"env {name}={_short(text)}"
    return Sighting(name, text, Evidence(place, shown), beside, guess, positional=positional)


def _of_file(value: EnvValue, map_name: str, guess: str) -> Iterator[Sighting]:
    start = value.source.place(value.path)
    lines = list(split_lines(value.value))
    block = "\n" in value.value  # a block scalar begins on the line after its mark
    for number, key, text in lines:
        line = start.line + number + (1 if block else 0)
        place = Place(start.file, line, 0) if start.line else start
        beside = {other: found for at, other, found in _near(lines, number) if other}
        shown = f"{value.name} of ConfigMap {map_name}: {_short(f'{key}: {text}' if key else text.strip())}"
        yield Sighting(key, text, Evidence(place, shown), beside, guess, in_file=True)


def _near(lines: Iterable[tuple[int, str, str]], number: int) -> Iterable[tuple[int, str, str]]:
    """Return the lines around one, the nearest last (of two equally near the later), so that it wins its name."""
    near = [line for line in lines if abs(line[0] - number) <= _NEAR]
    return sorted(near, key=lambda line: (-abs(line[0] - number), line[0]))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"

"""A change of an intent while it is put together: what people read and what `-f` takes grow side by side."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from generator.intent.model import PortSpec, Service
from generator.intent.names import RESERVED_NAMES
from generator.suggest.asked import Asked, write_port
from generator.suggest.model import Candidate, Edit, Need

_LONGEST_NAME: Final = 50


@dataclass(slots=True)
class Draft:
    """Edits of one intent; a list of an overlay replaces the list below it, so it always holds the old entries too."""

    asked: Asked
    edits: list[Edit] = field(default_factory=list)
    overlay: dict[str, Any] = field(default_factory=dict)
    _new: list[tuple[str, ...]] = field(default_factory=list)  # items that the change itself adds

    def finish(self, need: Need, fill_in: str = "") -> Candidate:
        """Return the change with what it is meant to open."""
        return Candidate(tuple(self.edits), self.overlay, need, fill_in)

    def add(self, way: tuple[str, ...], entry: Any) -> None:
        """Add an entry to a list of the intent."""
        self._store(way, [*self._entries(way), entry])
        if not any(way[: len(item)] == item for item in self._new):  # it is shown with the new item
            self.edits.append(Edit(".".join(way), "add", entry))

    def put(self, way: tuple[str, ...], value: Any) -> None:
        """Add an item under its name, which may still grow, or set a value."""
        self._store(way, value)
        if isinstance(value, dict):
            self._new.append(way)
            self.edits.append(Edit(".".join(way[:-1]), "add", {way[-1]: value}))
        else:
            self.edits.append(Edit(".".join(way), "set", value))

    def _replace(self, way: tuple[str, ...], position: int, entry: Any) -> None:
        entries = self._entries(way)
        entries[position] = entry
        self._store(way, entries)
        self.edits.append(Edit(".".join(way), "keep", entry))

    def _entries(self, way: tuple[str, ...]) -> list[Any]:
        """Return a list as it stands so far; one entry that needs no list is one."""
        found: Any = self.overlay
        for step in way:
            found = found.get(step) if isinstance(found, dict) else None
        if found is None:
            found = deepcopy(self.asked.body(*way))
        if found is None:
            return []
        return list(found) if isinstance(found, list) else [found]

    def _store(self, way: tuple[str, ...], value: Any) -> None:
        here = self.overlay
        for step in way[:-1]:
            here = here.setdefault(step, {})
        here[way[-1]] = value

    def offer(self, callee: Service, port: PortSpec) -> None:
        """Let a service listen on one more port, and keep all that mean "its ports" to those that it has."""
        self.add(("services", callee.name, "ports"), write_port(port))
        if callee.ports:
            old = [write_port(item) for item in callee.ports]
            self._keep_callers(callee, old)
            self._keep_exposures(callee, old)

    def _keep_callers(self, callee: Service, old: list[Any]) -> None:
        for name, caller in sorted(self.asked.intent.services.items()):
            way = ("services", name, "needs")
            for position, entry in enumerate(self._entries(way)):
                body = {"service": entry} if isinstance(entry, str) else dict(entry)
                target = caller.name if body.get("service") == "self" else body.get("service")
                elsewhere = body.get("namespace") not in (None, callee.pods.namespace)
                if target == callee.name and not elsewhere and body.get("ports") is None:
                    self._replace(way, position, {**body, "ports": old})

    def _keep_exposures(self, callee: Service, old: list[Any]) -> None:
        way = ("services", callee.name, "exposed")
        for position, entry in enumerate(self._entries(way)):
            body = {"by": entry} if isinstance(entry, str) else dict(entry)
            if body.get("ports") is None:
                self._replace(way, position, {**body, "ports": old})

    def free_name(self, wish: str) -> str:
        """Return a name that no service, external or shared service has."""
        taken = {*self.asked.intent.services, *self.asked.intent.externals, *self.asked.intent.shared}
        taken |= {*self.asked.capabilities, *RESERVED_NAMES}
        for section in ("services", "externals", "shared"):
            taken.update(self.overlay.get(section, {}))
        name = re.sub(r"[^a-z0-9]+", "-", wish.lower())[:_LONGEST_NAME].strip("-") or "service"
        number, found = 1, name
        while found in taken:
            number += 1
            found = f"{name}-{number}"
        return found

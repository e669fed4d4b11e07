"""Who has paused what, until when: a ConfigMap beside the run's state, so that everybody sees it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

from generator.apply.run_codes import STATE_DAMAGED
from generator.apply.state_copy import LABEL_STATE
from generator.apply.state_objects import Shelf, StateObjects, Stored, resource_version
from generator.cluster.access import Connection
from generator.cluster.clock import Clock
from generator.foundation.diagnostics import problem
from generator.foundation.digest import canonical_json
from generator.foundation.errors import EnvironmentFailure, RefusedError
from generator.layers.model import LABEL_INTENT

_FORMAT: Final = 1


@dataclass(frozen=True, slots=True, order=True)
class PauseRecord:
    """A pause that somebody asked for; `since` in UTC, `until` a day or "", which nobody enforces but people."""

    namespace: str
    direction: str
    who: str
    since: str
    until: str = ""
    reason: str = ""

    @property
    def words(self) -> str:
        """Return who paused, since when, until when and why."""
        if not self.who:
            return "paused; by whom is not recorded here"
        until = f", until {self.until}" if self.until else ", until somebody resumes"
        reason = f": {self.reason}" if self.reason else ""
        return f"paused by {self.who} since {self.since}{until}{reason}"

    @property
    def summary(self) -> str:
        """Return what is paused, and the words on it."""
        return f"{self.direction.lower()} of '{self.namespace}' is {self.words}"

    def how_to_resume(self, intent: str) -> str:
        """Return the command that ends this pause and no other."""
        return f"ringfence resume {self.namespace} --direction {self.direction.lower()} --intent {intent}"


class Pauses(Protocol):
    """Wherever it is recorded who has paused what of an intent."""

    def read(self) -> tuple[PauseRecord, ...]:
        """Return what is recorded."""
        ...

    def remove(self, ways: Sequence[tuple[str, str]]) -> None:
        """Forget pauses, by namespace and direction."""
        ...


class NoPauses:
    """Where nobody pauses."""

    def read(self) -> tuple[PauseRecord, ...]:
        """Return nothing."""
        return ()

    def remove(self, ways: Sequence[tuple[str, str]]) -> None:
        """Do nothing."""


NO_PAUSES: Final = NoPauses()


class PauseBook:
    """The pauses of one intent."""

    def __init__(self, connection: Connection, clock: Clock, namespace: str, intent: str) -> None:
        self._objects = StateObjects(connection, clock, Shelf("/api/v1", "configmaps", namespace))
        self._namespace = namespace
        self._intent = intent
        self._name = f"ringfence-{intent}-pauses"

    def read(self) -> tuple[PauseRecord, ...]:
        """Return what is recorded, sorted; RefusedError where it cannot be read."""
        return self._records(self._objects.read(self._name))

    def add(self, records: Sequence[PauseRecord]) -> None:
        """Record pauses, in the place of earlier ones of the same ways."""
        self._change({(item.namespace, item.direction): item for item in records})

    def remove(self, ways: Sequence[tuple[str, str]]) -> None:
        """Forget pauses."""
        self._change(dict.fromkeys(ways))

    def _change(self, changes: Mapping[tuple[str, str], PauseRecord | None]) -> None:
        for _ in range(3):
            found = self._objects.read(self._name)
            known = {(item.namespace, item.direction): item for item in self._records(found)}
            merged = {**known, **changes}
            body = self._body([item for item in merged.values() if item is not None])
            if found is None:
                written = self._objects.create(body)
            else:
                body["metadata"] |= {
                    "resourceVersion": resource_version(found),
                    "uid": found["metadata"]["uid"],
                }
                written = self._objects.replace(body)
            if written is not None:
                return
        raise EnvironmentFailure([problem(STATE_DAMAGED, f"ConfigMap {self._where} is written again and again")])

    @property
    def _where(self) -> str:
        return f"{self._namespace}/{self._name}"

    def _body(self, records: list[PauseRecord]) -> dict[str, Any]:
        labels = {LABEL_INTENT: self._intent, LABEL_STATE: "pauses"}
        metadata: dict[str, Any] = {"name": self._name, "namespace": self._namespace, "labels": labels}
        text = canonical_json({"format": _FORMAT, "pauses": [asdict(item) for item in sorted(records)]})
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"pauses": text}}

    def _records(self, found: Stored | None) -> tuple[PauseRecord, ...]:
        if found is None:
            return ()
        try:
            value = json.loads(found["data"]["pauses"])
            if value["format"] != _FORMAT:
                raise ValueError
            return tuple(sorted(PauseRecord(**item) for item in value["pauses"]))
        except (KeyError, TypeError, ValueError):
            summary = f"ConfigMap {self._where} cannot be read"
            raise RefusedError([problem(STATE_DAMAGED, summary, hint="put it right or remove it")]) from None

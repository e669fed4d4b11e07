"""The copy of a run's state in the cluster, so that another machine can go on: plan and progress in ConfigMaps.

The plan lies compressed in chunks that never change; their names hold the plan's digest. One further ConfigMap, the
head, has the progress and the list of chunks with their digests. Chunks are written first and the head is replaced in
one write, so that whoever reads finds the state before or the state after, wherever the writer was killed. Chunks that
the head does not name are waste of earlier runs and are removed after it was written.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from generator.apply.ports import Direction, LeaseLost, Progress, RunStatus, SavedRun
from generator.apply.run_codes import STATE_DAMAGED
from generator.apply.state_objects import Shelf, StateObjects, Stored, resource_version
from generator.cluster.access import Connection
from generator.cluster.clock import Clock
from generator.foundation.diagnostics import problem
from generator.foundation.digest import canonical_json
from generator.foundation.errors import RefusedError, RingfenceError
from generator.layers.model import LABEL_INTENT

LABEL_STATE: Final = "ringfence/state"
CHUNK: Final = 380 * 1024  # bytes; base64 makes 507 KiB of them
LARGEST: Final = 512 * 1024 * 1024  # bytes of a plan that are unpacked at most
_FORMAT: Final = 1
_HINT: Final = "go on from the journal beside the plan file, or put things right by hand and remove this ConfigMap"


@dataclass(frozen=True, slots=True)
class PlanIndex:
    """What the head says of a plan's text: digest and size of the whole, digest of each packed chunk."""

    sha256: str
    size: int
    chunks: tuple[str, ...]

    def chunk_name(self, intent: str, number: int) -> str:
        """Return the name of a chunk's ConfigMap."""
        return f"ringfence-{intent}-plan-{self.sha256[:16]}-{number}"


def pack(text: str) -> tuple[PlanIndex, tuple[bytes, ...]]:
    """Compress a text and cut it into chunks; equal texts give equal chunks."""
    data = text.encode("utf-8", "surrogatepass")
    packed = zlib.compress(data, 9)
    parts = tuple(packed[start : start + CHUNK] for start in range(0, len(packed), CHUNK))
    return PlanIndex(_sha(data), len(data), tuple(map(_sha, parts))), parts


def unpack(index: PlanIndex, parts: tuple[bytes, ...]) -> str:
    """Put a text together again; ValueError with what is wrong where it is not the one that was packed."""
    for number, (part, digest) in enumerate(zip(parts, index.chunks, strict=True)):
        if _sha(part) != digest:
            raise ValueError(f"part {number + 1} of {len(parts)} of the plan is damaged")
    if not 0 <= index.size <= LARGEST:
        raise ValueError("the plan says that it is larger than any plan")
    machine = zlib.decompressobj()
    try:
        data = machine.decompress(b"".join(parts), index.size + 1)
    except zlib.error:
        raise ValueError("the plan cannot be unpacked") from None
    if len(data) != index.size or not machine.eof or _sha(data) != index.sha256:
        raise ValueError("the plan is not the one that was saved")
    return data.decode("utf-8", "surrogatepass")


class ClusterStateCopy:
    """The state of one intent's run (`apply.ports.StateCopy`)."""

    def __init__(self, connection: Connection, clock: Clock, namespace: str, intent: str) -> None:
        self._objects = StateObjects(connection, clock, Shelf("/api/v1", "configmaps", namespace))
        self._namespace = namespace
        self._intent = intent
        self._name = f"ringfence-{intent}-state"
        self._writer = secrets.token_hex(8)  # tells our own write, whose answer was lost, from that of another run
        self._head: Stored | None = None
        self._index: PlanIndex | None = None
        self._has_waste = False

    def load(self) -> SavedRun | None:
        """Return the saved run, every digest checked; None where there is none."""
        head = self._objects.read(self._name)
        self._head = head
        if head is None:
            return None
        try:
            index, progress = _read_head(head)
            text = unpack(index, tuple(self._chunk(index, number) for number in range(len(index.chunks))))
        except ValueError as error:
            raise RefusedError(
                [problem(STATE_DAMAGED, f"ConfigMap {self._namespace}/{self._name}: {error}", hint=_HINT)]
            ) from None
        self._index = index
        return SavedRun(text, progress)

    def save_plan(self, text: str) -> None:
        """Write the plan's chunks; nothing names them before the next progress is saved."""
        index, parts = pack(text)
        for number, part in enumerate(parts):
            name = index.chunk_name(self._intent, number)
            body = self._config_map(name, "plan", {"binaryData": {"part": base64.b64encode(part).decode()}})
            self._put_chunk({**body, "immutable": True}, part)
        self._has_waste = True
        self._index = index

    def save_progress(self, progress: Progress) -> None:
        """Replace the head; LeaseLost where it is not as this run left it."""
        if self._index is None:
            raise ValueError("a progress is saved before its plan")
        body = self._config_map(self._name, "head", {"data": self._data(self._index, progress)})
        if self._head is None:
            written = self._objects.create(body)
        else:
            body["metadata"]["resourceVersion"] = resource_version(self._head)
            body["metadata"]["uid"] = self._head["metadata"]["uid"]
            written = self._objects.replace(body)
        if written is None:
            # The first try may have come through with its answer lost; then what is there is what was sent.
            found = self._objects.read(self._name)
            if found is None or found.get("data") != body["data"]:
                raise LeaseLost("", "the run's state in the cluster was written by somebody else")
            written = found
        self._head = written
        if self._has_waste:
            self._has_waste = False
            with suppress(RingfenceError):  # waste harms nobody; the next run removes it
                self._remove_waste(self._index)

    def _data(self, index: PlanIndex, progress: Progress) -> dict[str, str]:
        return {**_write_head(index, progress), "writer": self._writer}

    def _chunk(self, index: PlanIndex, number: int) -> bytes:
        name = index.chunk_name(self._intent, number)
        found = self._objects.read(name)
        if found is None:
            raise ValueError(f"part {number + 1} of {len(index.chunks)} of the plan is missing (ConfigMap {name})")
        return _part(found)

    def _put_chunk(self, body: dict[str, Any], part: bytes) -> None:
        if self._objects.create(body) is not None:
            return
        found = self._objects.read(body["metadata"]["name"])
        if found is not None and _part_or_none(found) == part:
            return
        if found is not None:  # damaged or somebody else's: an immutable map can only be removed and made anew
            self._objects.delete(found)
        if self._objects.create(body) is None:
            name = body["metadata"]["name"]
            raise RefusedError([problem(STATE_DAMAGED, f"ConfigMap {self._namespace}/{name} cannot be made anew")])

    def _remove_waste(self, index: PlanIndex) -> None:
        named = {index.chunk_name(self._intent, number) for number in range(len(index.chunks))}
        for found in self._objects.list(f"{LABEL_INTENT}={self._intent},{LABEL_STATE}=plan"):
            if found["metadata"]["name"] not in named:
                self._objects.delete(found)

    def _config_map(self, name: str, state: str, content: dict[str, Any]) -> dict[str, Any]:
        labels = {LABEL_INTENT: self._intent, LABEL_STATE: state}
        metadata = {"name": name, "namespace": self._namespace, "labels": labels}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, **content}


def _write_head(index: PlanIndex, progress: Progress) -> dict[str, str]:
    state = canonical_json(
        {
            "format": _FORMAT,
            "plan": {"sha256": index.sha256, "size": index.size, "chunks": list(index.chunks)},
            "progress": {
                "run": progress.run,
                "plan": progress.plan,
                "direction": progress.direction.value,
                "reached": progress.reached,
                "next": progress.next,
                "status": progress.status.value,
                "journal": progress.journal,
                "reason": progress.reason,
                "until": progress.until,
                "namespaces": list(progress.namespaces),
            },
        }
    )
    return {"state": state, "sha256": _sha(state.encode())}


def _read_head(head: Stored) -> tuple[PlanIndex, Progress]:
    data = head.get("data")
    state = data.get("state") if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(state, str) or _sha(state.encode()) != data.get("sha256"):
        raise ValueError("its digest is another one")
    value = json.loads(state)
    if value.get("format") != _FORMAT:
        raise ValueError("it was written by another version of ringfence")
    plan, progress = value["plan"], value["progress"]
    index = PlanIndex(plan["sha256"], plan["size"], tuple(plan["chunks"]))
    found = Progress(
        run=progress["run"],
        plan=progress["plan"],
        direction=Direction(progress["direction"]),
        reached=progress["reached"],
        next=progress["next"],
        status=RunStatus(progress["status"]),
        journal=progress["journal"],
        reason=progress["reason"],
        until=progress["until"],
        namespaces=tuple(progress["namespaces"]),
    )
    return index, found


def _part(stored: Stored) -> bytes:
    found = _part_or_none(stored)
    if found is None:
        raise ValueError("a part of the plan is damaged")
    return found


def _part_or_none(stored: Stored) -> bytes | None:
    data = stored.get("binaryData")
    text = data.get("part") if isinstance(data, Mapping) else None
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except binascii.Error:
        return None


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def saved_intents(connection: Connection, clock: Clock, namespace: str) -> tuple[str, ...]:
    """Return the intents of which a run's state is kept in a namespace."""
    objects = StateObjects(connection, clock, Shelf("/api/v1", "configmaps", namespace))
    found = objects.list(f"{LABEL_STATE}=head")
    return tuple(sorted({str(item["metadata"]["labels"].get(LABEL_INTENT, "")) for item in found} - {""}))

"""What a plan does, as far as nodes see it: writes of single objects, and waits that are confirmed or are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.calico.kinds import find_kind

Manifest = Mapping[str, Any]
Key = tuple[str, str, str]  # the kind as Felix watches it, namespace, name


@dataclass(frozen=True, slots=True)
class Write:
    """One write of one object; `before` and `after` are None where it is not there."""

    step: str
    before: Manifest | None
    after: Manifest | None

    @property
    def changes(self) -> dict[Key, Manifest | None]:
        """Return what the write leaves: nothing under the old name, if it has a new one."""
        found: dict[Key, Manifest | None] = {}
        if self.before is not None:
            found[key_of(self.before)] = None
        if self.after is not None:
            found[key_of(self.after)] = self.after
        return found

    @property
    def kind(self) -> str:
        """Return the kind, whose watch alone tells nodes of this write."""
        return next(iter(self.changes))[0]

    def inverse(self) -> Write:
        """Return the write that puts back what was there."""
        return Write(f"back-{self.step}", self.after, self.before)


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait that ends when every node has every write so far of these kinds; None means of all kinds."""

    step: str
    kinds: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """A fixed time: a guess, which confirms nothing (dataplane.md 8)."""

    step: str


Step = Write | Wait | Pause


def key_of(manifest: Manifest) -> Key:
    """Return what an object is known by: Kubernetes' NetworkPolicy is not Calico's, and has a watch of its own."""
    written = str(manifest["kind"])
    kind = find_kind(str(manifest.get("apiVersion", "")), written)
    metadata = manifest["metadata"]
    return (kind.value if kind is not None else written), str(metadata.get("namespace") or ""), str(metadata["name"])


def way_back(steps: Sequence[Step], done: int) -> list[Step]:
    """Return how the first `done` steps are taken back: all inverse writes in reverse, with the same waits between.

    First every node must have what was written, for the last writes may be on their way; and a wait on the way back is
    for every kind, for it keeps what comes after it from what came before it on the way forward.
    """
    back: list[Step] = [Wait("back-start")]
    for step in reversed(steps[:done]):
        match step:
            case Write():
                back.append(step.inverse())
            case Wait():
                back.append(Wait(f"back-{step.step}"))
            case Pause():
                back.append(Pause(f"back-{step.step}"))
    return back

"""What a run tells while it goes on; progress on a terminal and the stream of `--format json` read the same values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Begun:
    """A run begins, or goes on: `done` of `steps` are done already. `direction` is forward or back."""

    intent: str
    direction: str
    done: int
    steps: int
    going_on: bool


@dataclass(frozen=True, slots=True)
class StepBegun:
    """A step begins; `number` counts from 1, `kind` is write, wait or check."""

    step: str
    number: int
    steps: int
    kind: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Written:
    """An object is as the step wants it, read back. `found` says that it was so already, from before a stop."""

    step: str
    verb: str
    object: str
    uid: str
    resource_version: str
    found: bool


@dataclass(frozen=True, slots=True)
class Retried:
    """A request is sent again after a while, for a reason that passes. `step` is "" outside of steps."""

    step: str
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """A wait goes on: what for, how many of the nodes have it so far (-1 of -1 where none can be asked)."""

    step: str
    detail: str
    nodes: int = -1
    of: int = -1


@dataclass(frozen=True, slots=True)
class NotConfirmed:
    """Waits will be pauses by time, all of them or for some nodes: why, and the command lines that change that."""

    reason: str
    remedies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NodeState:
    """One node in a wait: confirmed, guessed or missing."""

    node: str
    certainty: str
    detail: str


@dataclass(frozen=True, slots=True)
class Waited:
    """A wait is over; `certainty` is the weakest of its nodes."""

    step: str
    certainty: str
    nodes: tuple[NodeState, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """A check held."""

    step: str
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Versions:
    """Two versions of an object that should have been one; None where it is not there."""

    object: str
    expected: Mapping[str, Any] | None
    found: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class RefusedField:
    """What the server has against a field: its path, and its words."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The run stopped before the step `next` ("" at the end); what is live is a state that the plan proved.

    `versions` are of objects that somebody else has changed, `fields` are those of `written` that the server refused.
    """

    code: str
    reason: str
    next: str
    done: int
    steps: int
    hint: str
    versions: tuple[Versions, ...] = ()
    fields: tuple[RefusedField, ...] = ()
    written: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """What was asked for is done: `done` of the direction's `steps`."""

    direction: str
    done: int
    steps: int
    guessed: int  # waits that were no more than a pause by time


Event = Begun | StepBegun | Written | Retried | Waiting | NotConfirmed | Waited | Checked | Stopped | Finished

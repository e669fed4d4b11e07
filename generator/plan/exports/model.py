"""What an export is made of: the tool it is for, and the commits that the plan is cut into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

from generator import __version__
from generator.calico.objects import Identity
from generator.foundation.digest import digest_value
from generator.plan.model import Manifest, Plan, Verb, WriteStep
from generator.plan.stages import STAGES

DEFAULT_IMAGE: Final = f"ringfence:{__version__}"
Objects = Mapping[Identity, Manifest]


class Tool(StrEnum):
    """Who carries the plan out."""

    ARGO = "argo"
    FLUX = "flux"
    KUBECTL = "kubectl"
    KUSTOMIZE = "kustomize"


@dataclass(frozen=True, slots=True)
class Commit:
    """What goes out at once; each object is written once, and every node must have all of it before the next one.

    `any_order`: proven for every order of its objects. Else it holds at most one object of a kind, and kinds are in any
    order by the plan's own proof. `reason` says why nodes must have it before the next commit.
    """

    writes: tuple[WriteStep, ...]
    any_order: bool
    reason: str

    @property
    def title(self) -> str:
        """Return what it is for, in the words of its stages."""
        stages = dict.fromkeys(step.stage for step in self.writes)
        return "; ".join(info.title for info in STAGES if info.stage in stages)

    @property
    def slug(self) -> str:
        """Return a short name for a folder: the stage, and the namespace where it is about one."""
        spaces = {step.namespace for step in self.writes}
        stage = self.writes[0].stage.value
        return f"{stage}-{spaces.pop()}" if len(spaces) == 1 and "" not in spaces else stage

    @property
    def removed(self) -> tuple[WriteStep, ...]:
        """Return the writes that remove an object."""
        return tuple(step for step in self.writes if step.write.verb is Verb.DELETE)


@dataclass(frozen=True, slots=True)
class Span:
    """One content of an object, from one state of the course to before another; `until` is None where it stays."""

    identity: Identity
    content: Manifest
    since: int
    until: int | None

    def stands_in(self, number: int) -> bool:
        """Tell whether it is there in a state."""
        return self.since <= number and (self.until is None or number < self.until)


@dataclass(frozen=True)
class Course:
    """A plan as commits. `kept` are the objects of the intent that no step writes; a tool that prunes must see them."""

    plan: Plan
    commits: tuple[Commit, ...]
    kept: Objects
    single: bool = False

    @cached_property
    def states(self) -> tuple[Objects, ...]:
        """Return the objects that the export is about, before the first commit and after each."""
        current = dict(self.kept)
        for step in reversed(self.plan.writes):
            if step.write.before is None:
                current.pop(step.write.identity, None)
            else:
                current[step.write.identity] = step.write.before
        found = [dict(current)]
        for commit in self.commits:
            for step in commit.writes:
                if step.write.after is None:
                    current.pop(step.write.identity, None)
                else:
                    current[step.write.identity] = step.write.after
            found.append(dict(current))
        return tuple(found)

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """Return the contents of all objects, in the order of objects and states."""
        states = self.states
        found: list[Span] = []
        for identity in sorted({identity for state in states for identity in state}):
            since = 0
            for number in range(1, len(states) + 1):
                before = states[since].get(identity)
                if number < len(states) and states[number].get(identity) == before:
                    continue
                if before is not None:
                    found.append(Span(identity, before, since, number if number < len(states) else None))
                since = number
        return tuple(found)

    @property
    def digest(self) -> str:
        """Return a short digest of the contents of all states: equal for exports between which nothing differs."""
        states = [[[str(identity), state[identity]] for identity in sorted(state)] for state in self.states]
        return digest_value(states).removeprefix("sha256:")[:8]

    @property
    def names(self) -> tuple[str, ...]:
        """Return a name for each state, which sorts in their order."""
        width = max(2, len(str(len(self.commits))))
        slugs = ("before", *(commit.slug for commit in self.commits))
        return tuple(f"{number:0{width}d}-{slug}" for number, slug in enumerate(slugs))

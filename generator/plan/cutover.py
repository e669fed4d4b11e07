"""The moves of policies whose reach is a set of namespaces: first wider, namespace by namespace, then narrower.

Widening belongs to the cut-over, narrowing to the release; each namespace and direction is one write, so that each can
be taken back by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from generator.calico.objects import Identity
from generator.plan.model import Manifest, Move
from generator.plan.scoped import Reach, ScopedPolicy
from generator.plan.stages import Stage

# Egress goes first: a caller that is cut off is seen at once, in its own namespace.
DIRECTION_ORDER = {"Egress": 0, "": 1, "Ingress": 2}
DIRECTION_WORDS = {"Egress": "egress", "Ingress": "ingress", "": "both directions"}


@dataclass(slots=True)
class Course:
    """Follows one policy from reach to reach and keeps the moves, each with the key by which all are put in order."""

    policy: ScopedPolicy
    reach: Reach
    objects: dict[Identity, Manifest] = field(default_factory=dict)
    moves: list[tuple[tuple[bool, str, int], Move]] = field(default_factory=list)

    @classmethod
    def of(cls, policy: ScopedPolicy) -> Course:
        """Start from what is live."""
        there = {policy.identity: policy.live} if policy.live is not None else {}
        return cls(policy, policy.live_reach if policy.live is not None else Reach(), there)

    def go(
        self,
        stage: Stage,
        reach: Reach,
        purpose: str,
        namespace: str = "",
        *,
        drop: bool = True,
        after_all: bool = False,
    ) -> None:
        """Move to another reach; a further policy that holds nobody any more goes with it unless `drop` is false."""
        wanted = self.policy.objects_at(reach)
        key = (after_all, namespace, DIRECTION_ORDER[self.policy.direction])
        changed: dict[Identity, Manifest | None] = {
            identity: manifest for identity, manifest in wanted.items() if self.objects.get(identity) != manifest
        }
        if drop:
            changed |= {identity: None for identity in self.objects if identity not in wanted}
        for identity, manifest in changed.items():
            move = Move(stage, identity, manifest, purpose, namespace, self.policy.direction if namespace else "")
            self.moves.append((key, move))
            if manifest is None:
                del self.objects[identity]
            else:
                self.objects[identity] = manifest
        self.reach = reach

    def end(self, stage: Stage, purpose: str) -> None:
        """Remove what is left of it besides its target."""
        kept = {self.policy.identity} if self.policy.target is not None else set()
        for identity in sorted(self.objects.keys() - kept):
            self.moves.append(((True, "", 0), Move(stage, identity, None, purpose)))
            del self.objects[identity]


def in_order(courses: Iterable[Course], ranks: Mapping[str, int]) -> list[Move]:
    """Put the moves of all policies in order: by namespace, egress before ingress; what names no namespace as it came.

    The order within one policy stays, because its namespaces were gone through by rank.
    """
    moves = [item for course in courses for item in course.moves]

    def place(item: tuple[tuple[bool, str, int], Move]) -> tuple[bool, int, int]:
        after_all, namespace, direction = item[0]
        return after_all, ranks[namespace] if namespace else -1, direction

    return [move for _, move in sorted(moves, key=place)]


def widen_then_narrow(policies: Sequence[ScopedPolicy], word: str, ranks: Mapping[str, int]) -> list[Course]:
    """Lead the default denies of one direction from the namespaces that they reach today to those of the set.

    A namespace that only changes its home among them stays covered all the time: the new home takes it first.
    `word` names the direction for people; `ranks` says which namespace goes first.
    """
    courses = [Course.of(policy) for policy in policies]
    covered = frozenset[str]().union(*(policy.live_reach.spaces for policy in policies))
    wanted = frozenset[str]().union(*(policy.target_reach.spaces for policy in policies))
    for course in courses:
        _rehome(course, covered)
    for name in sorted(wanted - covered, key=ranks.__getitem__):
        for course in courses:
            if name in course.policy.target_reach.spaces:
                reach = Reach(course.reach.spaces | {name}, course.reach.rest)
                course.go(Stage.CUTOVER, reach, f"Cut over {word} of namespace '{name}'.", name, drop=False)
    for course in courses:
        _finish(course, wanted, word, ranks)
    return courses


def _rehome(course: Course, covered: frozenset[str]) -> None:
    policy = course.policy
    if policy.target is None:
        return
    if policy.live_reach.rest and policy.target_reach.rest:
        purpose = "Change the default deny of the cluster's namespaces in one write."
        course.go(Stage.CUTOVER, policy.target_reach, purpose, drop=False)
        return
    reach = Reach(policy.live_reach.spaces | (policy.target_reach.spaces & covered), policy.live_reach.rest)
    if policy.live is not None or reach.spaces:
        purpose = "Let the default deny hold the namespaces that are cut over already."
        if policy.live is not None and policy.live_reach == policy.target_reach:
            purpose = "Change the default deny in one write; it reaches the same namespaces as before."
        course.go(Stage.CUTOVER, reach, purpose, drop=False)


def _finish(course: Course, wanted: frozenset[str], word: str, ranks: Mapping[str, int]) -> None:
    policy, end = course.policy, course.policy.target_reach
    leaving = course.reach.spaces - end.spaces
    if not leaving and end.rest and not course.reach.rest:
        course.go(Stage.CUTOVER, end, f"Cut over {word} of every other namespace.", drop=False, after_all=True)
    for name in sorted(leaving - wanted, key=ranks.__getitem__):
        reach = Reach(course.reach.spaces - {name})
        course.go(Stage.RELEASE, reach, f"Let {word} of namespace '{name}' go.", name)
    if course.objects and (policy.target is not None or course.reach.rest):
        purpose = "Let the default deny reach exactly the namespaces of the set."
        course.go(Stage.RELEASE, end, purpose, after_all=True)
    course.end(Stage.STALE_ALLOWS, "Remove a part of the default deny that reaches nobody any more.")

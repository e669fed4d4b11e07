"""The rights that a plan needs, asked for all at once before the first write."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from generator.apply.codes import RIGHT_MISSING
from generator.cluster.access import Connection, Request
from generator.cluster.backoff import Backoff, ask
from generator.cluster.clock import Clock
from generator.cluster.faults import Fault
from generator.cluster.places import place_of
from generator.cluster.reviews import review_request, says_yes
from generator.foundation.diagnostics import Diagnostic, problem
from generator.plan.model import Verb, WriteStep

# A step can be taken back too, so whoever may do it must also be able to undo it.
VERBS: Final = {
    Verb.CREATE: ("get", "create", "delete"),
    Verb.REPLACE: ("get", "patch", "update"),
    Verb.DELETE: ("get", "delete", "create"),
}


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """A verb on a resource; `namespace` "" means cluster-wide, `group` "" the core group, `name` "" all objects."""

    group: str
    resource: str
    namespace: str
    verb: str
    name: str = ""

    def __str__(self) -> str:
        kind = f"{self.resource}.{self.group}" if self.group else self.resource
        name = f" '{self.name}'" if self.name else ""
        return f"{self.verb} {kind}{name}" + (f" in namespace '{self.namespace}'" if self.namespace else "")


def rights_of(steps: Iterable[WriteStep]) -> list[Right]:
    """Return what the writes need, and what taking them back needs."""
    found: set[Right] = set()
    for step in steps:
        write = step.write
        like = write.after if write.after is not None else write.before
        assert like is not None
        place = place_of(write.identity.kind, like)
        found |= {Right(place.group, place.plural, place.namespace, verb) for verb in VERBS[write.verb]}
    return sorted(found)


def missing_rights(connection: Connection, clock: Clock, rights: Iterable[Right]) -> list[Diagnostic]:
    """Ask the API server for each right, and return a problem for each that is missing; raises Unreachable.

    Of a right that is there in some namespaces only it is said in which.
    """
    allowed: dict[Right, bool] = {}
    for right in rights:
        answer = ask(connection, _review(right), Backoff(clock))
        if isinstance(answer, Fault):
            return [problem(RIGHT_MISSING, f"nobody can tell which rights there are: {answer.words}")]
        allowed[right] = says_yes(answer.body)
    found: list[Diagnostic] = []
    for right in (right for right, has in allowed.items() if not has):
        others = (other for other, has in allowed.items() if has and _is_elsewhere(other, right))
        elsewhere = [other.namespace for other in others]
        where = f"it is there in {', '.join(elsewhere)} only; " if elsewhere else ""
        hint = f"{where}the role in deploy/rbac has all that is needed"
        found.append(problem(RIGHT_MISSING, f"there is no right to {right}", hint=hint))
    return found


def is_allowed(connection: Connection, clock: Clock, right: Right) -> bool:
    """Ask the API server for one right; where it does not answer the question there is none. Raises Unreachable."""
    answer = ask(connection, _review(right), Backoff(clock))
    return not isinstance(answer, Fault) and says_yes(answer.body)


def _is_elsewhere(one: Right, other: Right) -> bool:
    both = bool(one.namespace and other.namespace)
    return both and (one.group, one.resource, one.verb) == (other.group, other.resource, other.verb)


def _review(right: Right) -> Request:
    return review_request(right.group, right.resource, right.verb, right.namespace, right.name)

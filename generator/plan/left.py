"""Objects of the set that a plan leaves as they are: they are not written, and the plan counts on them all the same."""

from __future__ import annotations

from collections.abc import Sequence

from generator.calico.normalize import normalize_object
from generator.calico.objects import ApiObject
from generator.compare.model import Status
from generator.foundation.digest import digest_value
from generator.plan.model import Left, Step, WriteStep
from generator.plan.subject import Subject


def find_left(subject: Subject, steps: Sequence[Step]) -> tuple[Left, ...]:
    """Return what of the set is live already and not written by any step, by identity."""
    written = {step.write.identity for step in steps if isinstance(step, WriteStep)}
    same = {item.identity: item.live for item in subject.ours(Status.SAME) if item.live is not None}
    return tuple(Left(identity, digest_of(same[identity])) for identity in sorted(same.keys() - written))


def digest_of(obj: ApiObject) -> str:
    """Return the digest of what an object means, however it is written down."""
    return digest_value(normalize_object(obj))

"""Which parts of a spec the checks of its meaning must leave out, because their values are of a wrong type."""

from __future__ import annotations

from typing import NamedTuple

from generator.calico.kinds import Kind
from generator.calico.validator.findings import Findings
from generator.calico.validator.schema import POLICY_KINDS
from generator.calico.validator.shape import Problems
from generator.foundation.source import Path

_WITH_RULES = POLICY_KINDS | {Kind.PROFILE}


class Unread(NamedTuple):
    """Ways to rules, or () for the whole spec: `entirely` what nobody reads, `by_go` what only the CRD can.

    Of the latter Calico's decoder refuses a port or protocol which the schema takes, and CEL goes on.
    """

    entirely: frozenset[Path] = frozenset()
    by_go: frozenset[Path] = frozenset()


def find_unread(kind: Kind, problems: Problems) -> Unread:
    """Sort the problems of a spec's shape by what they hide."""
    entirely: set[Path] = set()
    by_go: set[Path] = set()
    for problem in problems:
        if problem.go:
            path = ("spec", *problem.path)
            in_rule = len(path) > 3 and path[1] in ("ingress", "egress") and kind in _WITH_RULES
            (entirely if problem.crd else by_go).add(path[:3] if in_rule else ())
    return Unread(frozenset(entirely), frozenset(by_go))


def only_crd(found: Findings) -> Findings:
    """Keep what the CRD refuses; Calico has not come that far."""
    return [item._replace(go=None) for item in found if item.crd is not None]

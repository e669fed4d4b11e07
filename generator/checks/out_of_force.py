"""Policies that are there and decide nothing: of a kind that nobody knows, of somebody else, refused by Felix.

Whoever reads them takes what they close for closed. No verdict counts them, so they are told beside every verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Final

from generator.calico.kinds import CALICO_GROUPS, KINDS, POLICY_NETWORKING
from generator.calico.objects import ApiObject
from generator.calico.versions import Version
from generator.checks.codes import NO_SUCH_KIND, NOT_CALICOS, REFUSED_BY_FELIX
from generator.foundation.diagnostics import Diagnostic, problem
from generator.reach.lower import Refused, lower_policies
from generator.snapshot.model import Snapshot

_WRITTEN: Final = re.compile(r"(?P<kind>.+) \((?P<version>.+)\)")
_POLICY: Final = re.compile(r"Network(Policy|Policies|Set)$")
_OURS: Final = (*CALICO_GROUPS, "networking.k8s.io", POLICY_NETWORKING)
_ALIKE: Final = 0.8  # a slip of a letter or two, and no other kind of Calico's


def check_kinds_of_policies(snapshot: Snapshot) -> list[Diagnostic]:
    """Report what was passed over although its kind reads like that of a policy, once for each kind."""
    return list(_passed_over(snapshot))


def _passed_over(snapshot: Snapshot) -> Iterator[Diagnostic]:
    known = sorted({info.manifest_kind for info in KINDS.values()})
    for text, number in snapshot.others.items():
        found = _WRITTEN.fullmatch(text)
        if found is None:
            continue
        kind, version = found["kind"], found["version"]
        objects = "1 object" if number == 1 else f"{number} objects"
        near = get_close_matches(kind, known, n=1, cutoff=_ALIKE)
        if version.partition("/")[0] in _OURS:
            if near:
                summary = f"{version} has no kind '{kind}': what is written in {objects} decides nothing"
                yield problem(NO_SUCH_KIND, summary, hint=f"did you mean '{near[0]}'?")
        elif _POLICY.search(kind):
            summary = f"{objects} of kind {kind} ({version}): Calico does not read it, and no verdict counts it"
            hint = "if something beside Calico enforces it, a flow needs both; if nothing does, it closes nothing"
            yield problem(NOT_CALICOS, summary, hint=hint)


def find_refused(objects: Iterable[ApiObject], version: Version) -> list[Diagnostic]:
    """Report the policies that Felix refuses as a whole; whoever has lowered them already asks `refused_policies`."""
    return refused_policies(lower_policies(objects, version).refused)


def refused_policies(refused: Iterable[Refused]) -> list[Diagnostic]:
    """Report policies that Felix refuses as a whole, with the reason (calico.md 7.3)."""
    return [_refused(item.obj, item.reason) for item in refused]


def _refused(obj: ApiObject, reason: str) -> Diagnostic:
    name = f"{obj.namespace}/{obj.name}".lstrip("/")
    return problem(
        REFUSED_BY_FELIX,
        f"{KINDS[obj.kind].manifest_kind} {name} decides nothing, because Felix refuses it as a whole: {reason}",
        place=obj.source.place(),
        hint="what it was to close is as open as without it; mend it or remove it",
    )

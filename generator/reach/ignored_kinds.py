"""Policies that are there without effect, because the version of Calico does not read their kind (calico.md 5.2)."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from generator.calico.kinds import KINDS, Kind
from generator.calico.names import STAGED_KINDS
from generator.calico.versions import knows_kind
from generator.foundation.diagnostics import Diagnostic, problem
from generator.reach.assumed import find_assumed_labels
from generator.reach.codes import KIND_NOT_READ
from generator.reach.engine import Engine
from generator.reach.environment import Staged
from generator.reach.guessed_types import find_guessed_types
from generator.reach.lower import POLICY_KINDS
from generator.snapshot.model import Snapshot

_MOST_NAMES: Final = 6


def find_taken_for_granted(engine: Engine, snapshot: Snapshot) -> list[Diagnostic]:
    """Return warnings about all that verdicts take for granted: labels that nobody gave, the version, types."""
    found = [*find_assumed_labels(engine, snapshot), *find_ignored_kinds(engine, snapshot)]
    return [*found, *find_guessed_types(engine, snapshot)]


def find_ignored_kinds(engine: Engine, snapshot: Snapshot) -> list[Diagnostic]:
    """Return a warning for each kind of policy that is there and that the version does not read.

    Staged ones count only where verdicts are as if they were promoted.
    """
    version, staged = engine.environment.version, engine.environment.staged is Staged.ENFORCED
    asked = {Kind.TIER, *POLICY_KINDS} - (set() if staged else STAGED_KINDS)
    unread = {kind for kind in asked if not knows_kind(version, kind)}
    found: dict[Kind, list[str]] = defaultdict(list)
    for obj in snapshot.policies:
        if obj.kind in unread:
            found[obj.kind].append(obj.name)
    return [_told(kind, sorted(names), version.minor_text) for kind, names in sorted(found.items())]


def _told(kind: Kind, names: list[str], version: str) -> Diagnostic:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    shown = ", ".join(names[:_MOST_NAMES])
    return problem(
        KIND_NOT_READ,
        f"Calico {version} does not read {KINDS[kind].manifest_kind}: verdicts are as if {shown}{more} were not there",
        hint="name the version that the cluster runs with --calico",
    )

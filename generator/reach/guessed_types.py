"""Policies without `types` that govern other directions where CRDs serve the API themselves (calico.md 1.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from generator.calico.defaults import WritePath, default_types
from generator.calico.kinds import Kind
from generator.calico.metadata import is_stored_form
from generator.calico.versions import Version
from generator.foundation.diagnostics import Diagnostic, problem
from generator.reach.codes import TYPES_GUESSED
from generator.reach.engine import Engine
from generator.snapshot.model import Snapshot

_KINDS: Final = frozenset({Kind.NETWORK_POLICY, Kind.GLOBAL_NETWORK_POLICY})
_NATIVE_SINCE: Final = Version(3, 32)  # calico.md 7.1


def find_guessed_types(engine: Engine, snapshot: Snapshot) -> Iterator[Diagnostic]:
    """Go through warnings, one for each policy in force whose directions the two ways of writing it tell apart."""
    if engine.environment.version < _NATIVE_SINCE or engine.environment.loaded_as_stored:
        return
    for obj in snapshot.policies:
        if obj.kind not in _KINDS:
            continue
        spec = obj.manifest.get("spec")
        if not isinstance(spec, Mapping) or spec.get("types") or is_stored_form(obj):
            continue
        counted, present = default_types(spec), default_types(spec, WritePath.NATIVE)
        if counted != present:
            name = f"{obj.namespace}/{obj.name}" if obj.namespace else obj.name
            summary = f"{obj.kind} {name} writes no types: taken to govern {' and '.join(counted)}"
            hint = f"a cluster that serves Calico's API by CRDs takes {' and '.join(present)}: write types"
            yield problem(TYPES_GUESSED, summary, place=obj.source.place(("spec",)), hint=hint)

"""The way home from a state that nobody knows: writes that are safe wherever the plan has stopped.

Taking every step back in turn (`rollback`) needs to know the last step that was done. Done blindly it would go through
states that the plan had not reached yet: it would put a default deny in place in order to narrow it. So here each
object goes straight to what it was at the start, with two exceptions that do no harm in any state. A bridge is put up
at its widest, for over that it only passes what one of the two ends passes; a network set keeps the entries of both
ends until no policy of the new state needs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from generator.calico.kinds import Kind
from generator.calico.metadata import effective_labels
from generator.calico.objects import ApiObject, Identity
from generator.foundation.source import SourceMap
from generator.layers.model import LABEL_LAYER
from generator.plan.layer_moves import SETS
from generator.plan.model import Manifest, Step, WaitStep, WriteStep
from generator.plan.rollback import rollback_steps
from generator.plan.scoped import named_spaces
from generator.plan.stages import BRIDGE_LAYER


def steps_home(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps that lead from any state of the plan to the one before it.

    Their writes say what is to be there and nothing about what is there now: an object is put in place whether it
    exists or not, and deleted where it exists. Carried out a second time they change nothing.
    """
    widest = _widest_bridges(steps)
    last: dict[Identity, int] = {}
    back = rollback_steps(steps, len(steps))
    for number, step in enumerate(back):
        if isinstance(step, WriteStep):
            last[step.write.identity] = number
    kept: list[Step] = []
    up: set[Identity] = set()
    for number, step in enumerate(back):
        match step:
            case WriteStep(write=write):
                identity = write.identity
                is_widest = identity not in up and identity in widest and write.after == widest[identity]
                if last[identity] != number and identity.kind not in SETS and not is_widest:
                    continue
                if is_widest:
                    up.add(identity)
                kept.append(replace(step, purpose=_purpose(write.identity, write.after, last[identity] == number)))
            case WaitStep() if kept and isinstance(kept[-1], WaitStep):
                pass
            case _:
                kept.append(step)
    return tuple(kept)


def _purpose(identity: Identity, after: Manifest | None, is_last: bool) -> str:
    if after is None:
        return f"Delete {identity}, which was not there."
    if is_last:
        return f"Put {identity} as it was."
    if identity.kind in SETS:
        return f"Give {identity} the entries of both ends."
    return f"Put up {identity}, which passes what it bridges."


def _widest_bridges(steps: Iterable[Step]) -> Mapping[Identity, Manifest]:
    """Return each bridge with the most namespaces that it ever holds."""
    found: dict[Identity, Manifest] = {}
    for step in steps:
        if not isinstance(step, WriteStep):
            continue
        for manifest in (step.write.before, step.write.after):
            if manifest is None or not _is_bridge(step.write.identity, manifest):
                continue
            known = found.get(step.write.identity)
            if known is None or len(named_spaces(manifest)) > len(named_spaces(known)):
                found[step.write.identity] = manifest
    return found


def _is_bridge(identity: Identity, manifest: Manifest) -> bool:
    if identity.kind is not Kind.GLOBAL_NETWORK_POLICY:
        return False
    return effective_labels(ApiObject(identity.kind, manifest, SourceMap("", ""))).get(LABEL_LAYER) == BRIDGE_LAYER

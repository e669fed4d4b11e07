"""Carry a plan out on a set of objects in memory, as strictly as an API server that checks preconditions would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from generator.calico.objects import Identity
from generator.plan.model import Manifest, Step, Verb, Write, WriteStep

Objects = Mapping[Identity, Manifest]


class SimulationError(ValueError):
    """A write does not fit the objects that are there."""


def apply_write(objects: Objects, write: Write) -> dict[Identity, Manifest]:
    """Return the objects after one write; SimulationError where what is there is not what the write expects."""
    there = objects.get(write.identity)
    if write.verb is Verb.CREATE:
        if there is not None:
            raise SimulationError(f"{write.identity} is there already")
    elif there is None:
        raise SimulationError(f"{write.identity} is not there")
    elif there != write.before:
        raise SimulationError(f"{write.identity} is not as the step expects it")
    after = {identity: manifest for identity, manifest in objects.items() if identity != write.identity}
    if write.after is not None:
        after[write.identity] = write.after
    return after


def states(objects: Objects, steps: Iterable[Step]) -> Iterator[tuple[Step, Objects]]:
    """Yield each step with the objects after it, in the order of the API's writes."""
    current: Objects = dict(objects)
    for step in steps:
        if isinstance(step, WriteStep):
            current = apply_write(current, step.write)
        yield step, current


def carry_out(objects: Objects, steps: Iterable[Step]) -> Objects:
    """Return the objects after all steps."""
    current: Objects = dict(objects)
    for step in steps:
        if isinstance(step, WriteStep):
            current = apply_write(current, step.write)
    return current

"""An export as Kustomize overlays, one for each state, for whoever applies them by hand or by a pipeline of their own.

kustomize builds objects and removes none: what goes with a commit is in `remove.sh` beside its overlay, and what the
commit has created in `take-back.sh`. Neither keeps an order, so a commit here is proven for any. `kubectl apply` takes
a field away only if an earlier apply has set it (Kubernetes, "Declarative Management of Kubernetes Objects Using
Configuration Files"), so the state before the first commit has an overlay too, which is applied first.
"""

from __future__ import annotations

from collections.abc import Iterable
from shlex import quote
from typing import Final

from generator.calico.kinds import KINDS
from generator.plan.exports.model import Course
from generator.plan.exports.overlays import bases_of, overlay, write_versions
from generator.plan.model import Verb, Write

REMOVE: Final = "remove.sh"
TAKE_BACK: Final = "take-back.sh"


def write_kustomize(course: Course) -> dict[str, str]:
    """Return the overlays and scripts, by name; a state without objects has no overlay."""
    files = write_versions(course, lambda span, manifest: manifest)
    for number, name in enumerate(course.names):
        bases = bases_of(number, course)
        if bases:
            files |= overlay(f"stages/{name}", bases, {})
    for name, commit in zip(course.names[1:], course.commits, strict=True):
        if commit.removed:
            gone = [step.write for step in commit.removed]
            files[f"stages/{name}/{REMOVE}"] = _deletions("Removes what goes with this commit.", gone)
        new = [step.write for step in commit.writes if step.write.verb is Verb.CREATE]
        if new:
            files[f"stages/{name}/{TAKE_BACK}"] = _deletions("Removes what this commit has created.", new)
    return files


def _deletions(title: str, writes: Iterable[Write]) -> str:
    lines = ["#!/bin/sh", f"# {title} It can be run again.", "set -eu"]
    return "\n".join([*lines, *(deletion(write) for write in writes)]) + "\n"


def deletion(write: Write, kubectl: str = "kubectl") -> str:
    """Return the command that deletes an object, which is no error where it is not there."""
    manifest = write.before if write.before is not None else write.after
    assert manifest is not None
    group = str(manifest["apiVersion"]).partition("/")[0]
    where = f" --namespace {quote(write.identity.namespace)}" if write.identity.namespace else ""
    plural = quote(f"{KINDS[write.identity.kind].plural}.{group}")
    return f"{kubectl} delete {plural} {quote(str(manifest['metadata']['name']))}{where} --ignore-not-found --wait=true"

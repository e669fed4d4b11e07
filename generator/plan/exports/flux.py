"""An export for Flux: five Kustomizations in a row, whose folders name one state after the other.

What it leans on (Flux, docs "Kustomization" and "Running pre and post-deployment jobs"; kustomize-controller,
internal/controller/kustomization_controller.go; fluxcd/pkg, ssa):

* `dependsOn`: a Kustomization is applied when the other is ready, and where both have one source only when the other
  is ready at this very revision. So guard, mark, policies, wait and mark follow each other anew in each commit.
* A Kustomization applies all its objects (definitions and namespaces first, the rest by kind, namespace and name), then
  prunes what is gone, then looks at health. That order is none that a plan chose: a commit here is proven for any.
* A Job cannot be changed, so each state has Jobs of its own name, and one that differs all the same is made anew
  (`force`); with `wait: true` a Kustomization is ready when its Job is complete. A custom resource without a status
  counts as healthy at once.
* Who is deleted takes along what it has applied, all at once, unless its `deletionPolicy` is `Orphan`. A mark goes from
  one Kustomization to the other and is pruned by neither (`prune: disabled`).
* Server-side apply leaves what other field managers own. Flux takes over what kubectl and `before-first-apply` own; of
  any other manager a field or an entry that goes would stay. `adopt.sh` takes the managers' records away once, from
  the objects that are there already; it changes nothing else of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote
from typing import Any, Final

from generator.calico.kinds import KINDS
from generator.foundation.yaml_writer import write_documents
from generator.plan.exports.contents import annotated
from generator.plan.exports.hooks import Hooks
from generator.plan.exports.model import Course
from generator.plan.exports.overlays import KUSTOMIZATION, bases_of, kustomization, overlay, write_versions

PARTS: Final = ("guard", "begin", "policies", "wait", "marker")
ADOPT: Final = "adopt.sh"
_NAMESPACE: Final = "flux-system"
_MADE_ANEW: Final = {"kustomize.toolkit.fluxcd.io/force": "enabled"}
_STAYS: Final = {"kustomize.toolkit.fluxcd.io/prune": "disabled"}


def write_flux(course: Course, hooks: Hooks, path: str) -> dict[str, str]:
    """Return the files of an export for Flux, by name; `path` is where it lies in the repository."""
    files = write_versions(course, lambda span, manifest: manifest)
    for number, name in enumerate(course.names):
        folder = f"stages/{name}"
        files |= overlay(f"{folder}/guard", (), {"guard.yaml": annotated(hooks.guard(number), _MADE_ANEW)})
        files |= overlay(f"{folder}/begin", (), {"begun.yaml": annotated(hooks.begun(number), _STAYS)})
        files |= overlay(f"{folder}/policies", bases_of(number, course), {"stage.yaml": hooks.stage(name)})
        files |= overlay(f"{folder}/wait", (), {"wait.yaml": annotated(hooks.wait(number), _MADE_ANEW)})
        reached = {
            f"reached-{mark}.yaml": annotated(one, _STAYS) for mark, one in enumerate(hooks.reached(number), start=1)
        }
        files |= overlay(f"{folder}/marker", (), reached)
    for part in PARTS:
        files[f"current/{part}/{KUSTOMIZATION}"] = kustomization([f"../../stages/{course.names[0]}/{part}"])
    files["flux.yaml"] = write_documents(_kustomizations(course, path))
    if course.states[0]:
        files[ADOPT] = _adopt(course)
    return files


def _kustomizations(course: Course, path: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for number, part in enumerate(PARTS):
        spec: dict[str, Any] = {
            "deletionPolicy": "Orphan",
            "interval": "10m",
            "path": f"./{path}/current/{part}",
            "prune": True,
            "sourceRef": {"kind": "GitRepository", "name": _NAMESPACE},
            "timeout": "35m",
            "wait": True,
        }
        if number:
            spec = {"dependsOn": [{"name": _name(course, PARTS[number - 1])}], **spec}
        metadata = {"name": _name(course, part), "namespace": _NAMESPACE}
        found.append(
            {
                "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
                "kind": "Kustomization",
                "metadata": metadata,
                "spec": spec,
            }
        )
    return found


def _name(course: Course, part: str) -> str:
    return f"ringfence-{course.plan.intent}-{part}"


def _adopt(course: Course) -> str:
    """Write the commands that take the records of field managers away (Kubernetes, "Server-Side Apply")."""
    lines = [
        "#!/bin/sh",
        "# Run this once before the first commit. It takes away the record of which tool has set which field, so that",
        "# Flux becomes the one that sets them. Nothing else of an object changes.",
        "set -eu",
        """none='[{"op":"replace","path":"/metadata/managedFields","value":[{}]}]'""",
    ]
    for identity, manifest in sorted(course.states[0].items()):
        group = str(manifest["apiVersion"]).partition("/")[0]
        where = f" --namespace {quote(identity.namespace)}" if identity.namespace else ""
        name = quote(str(manifest["metadata"]["name"]))
        lines.append(f'kubectl patch {KINDS[identity.kind].plural}.{group} {name}{where} --type=json --patch="$none"')
    return "\n".join(lines) + "\n"

"""An export for Argo CD: one Application, whose folder names one state after the other.

What it leans on (Argo CD, user guide "Sync Phases and Waves", "Resource Hooks", "Sync Options", operator manual
"Resource Health"; gitops-engine, pkg/sync/sync_context.go):

* PreSync hooks end before anything is written, and a failed one ends the sync. PostSync hooks begin when all objects
  are synced and healthy. A custom resource without a health check counts as healthy at once, so that waves say
  nothing of nodes; the wait is a PostSync hook.
* Objects of one phase, wave and kind are written side by side. So a commit here is proven for any order, and the waves
  only give a sensible one: tiers, sets, denies, allows, the default deny.
* Removals go through the waves in reverse; those of a wave come before its other writes. `PruneLast` puts them into a
  wave of their own behind all others. It is set on what is removed in a commit that writes something too.
* `Replace=true` sends the whole object (kubectl replace). An apply would leave fields in place that other tools have
  set, and entries of network sets.
* A hook is deleted before it is created again, at its own wave (`BeforeHookCreation`), so a mark stands until then.
  With `HookFailed` all that a sync has for hooks would go when it fails, marks among them.
* Whether to sync is asked of objects that are no hooks, so a ConfigMap with the name of the state is one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.calico.kinds import Kind
from generator.calico.metadata import effective_labels
from generator.calico.objects import ApiObject, Identity
from generator.foundation.source import SourceMap
from generator.layers.model import LABEL_LAYER
from generator.plan.exports.contents import annotated
from generator.plan.exports.hooks import Hooks
from generator.plan.exports.model import Commit, Course, Span
from generator.plan.exports.overlays import KUSTOMIZATION, bases_of, kustomization, overlay, write_versions
from generator.plan.model import Manifest
from generator.plan.stages import BRIDGE_LAYER, DEFAULT_DENY_LAYER, DENY_LAYERS, SETS_LAYER, TIER_LAYER

WAVE: Final = "argocd.argoproj.io/sync-wave"
OPTIONS: Final = "argocd.argoproj.io/sync-options"
HOOK: Final = "argocd.argoproj.io/hook"
DELETE_POLICY: Final = "argocd.argoproj.io/hook-delete-policy"
_JOB_GOES: Final = "BeforeHookCreation,HookSucceeded"
_MARK_STAYS: Final = "BeforeHookCreation"


def write_argo(course: Course, hooks: Hooks) -> dict[str, str]:
    """Return the files of an export for Argo CD, by name."""
    last = {step.write.identity for commit in course.commits for step in _removed_beside_writes(commit)}

    def dress(span: Span, manifest: dict[str, Any]) -> dict[str, Any]:
        options = "PruneLast=true,Replace=true" if span.identity in last else "Replace=true"
        return annotated(manifest, {WAVE: str(wave_of(span.identity, span.content)), OPTIONS: options})

    files = write_versions(course, dress)
    for number, name in enumerate(course.names):
        own = {
            "guard.yaml": _hook(hooks.guard(number), "PreSync", 0, _JOB_GOES),
            "begun.yaml": _hook(hooks.begun(number), "PreSync", 1, _MARK_STAYS),
            "stage.yaml": hooks.stage(name),
            "wait.yaml": _hook(hooks.wait(number), "PostSync", 1, _JOB_GOES),
        }
        for mark, reached in enumerate(hooks.reached(number), start=1):
            own[f"reached-{mark}.yaml"] = _hook(reached, "PostSync", 2, _MARK_STAYS)
        files |= overlay(f"stages/{name}", bases_of(number, course), own)
    return files | {f"current/{KUSTOMIZATION}": kustomization([f"../stages/{course.names[0]}"])}


def wave_of(identity: Identity, manifest: Manifest) -> int:
    """Return the wave of an object: by its layer, and by its kind where no layer wrote it."""
    layer = effective_labels(ApiObject(identity.kind, manifest, SourceMap("", ""))).get(LABEL_LAYER, "")
    if layer == TIER_LAYER or identity.kind is Kind.TIER:
        return 0
    if layer == SETS_LAYER:
        return 2
    if layer in DENY_LAYERS:
        return 3
    return {BRIDGE_LAYER: 1, DEFAULT_DENY_LAYER: 5}.get(layer, 4)


def _removed_beside_writes(commit: Commit) -> tuple[Any, ...]:
    return commit.removed if len(commit.removed) < len(commit.writes) else ()


def _hook(manifest: Mapping[str, Any], phase: str, wave: int, policy: str) -> dict[str, Any]:
    return annotated(manifest, {HOOK: phase, WAVE: str(wave), DELETE_POLICY: policy})

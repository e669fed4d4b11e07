"""A plan as files for those who carry it out: Argo CD, Flux, kubectl or kustomize (product.md 6).

An export is one commit for each stretch between two waits, and a wait for all nodes behind each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from generator.foundation.diagnostics import problem
from generator.foundation.errors import RefusedError
from generator.plan.break_glass import write_break_glass
from generator.plan.codes import NOT_FOR_EXPORT
from generator.plan.exports.argo import write_argo
from generator.plan.exports.commits import cut_commits
from generator.plan.exports.contents import kept_objects
from generator.plan.exports.flux import write_flux
from generator.plan.exports.hooks import Hooks
from generator.plan.exports.kubectl import write_kubectl
from generator.plan.exports.kustomize import write_kustomize
from generator.plan.exports.model import DEFAULT_IMAGE, Course, Tool
from generator.plan.exports.readme import write_readme
from generator.plan.exports.single import single_commit
from generator.plan.model import Plan
from generator.plan.plan_file import write_plan
from generator.snapshot.model import Snapshot

PLAN_FILE: Final = "plan.json"
BREAK_GLASS: Final = "break-glass"


@dataclass(frozen=True, slots=True)
class Exported:
    """The files of an export, name to text, and the course that they take."""

    course: Course
    files: dict[str, str]


def export_plan(
    plan: Plan, tool: Tool, snapshot: Snapshot | None, *, single: bool = False, image: str = DEFAULT_IMAGE
) -> Exported:
    """Return a plan as files for a tool; equal input gives equal files.

    `snapshot` is what is live, as the plan saw it; without one nothing is proven anew, so that there are more commits,
    and a plan that leaves objects of its intent as they are cannot be exported for a tool that prunes. RefusedError for
    a plan that may not be carried out, and for a `single` sync that is not safe.
    """
    _check(plan, tool, snapshot, single=single)
    if single:
        assert snapshot is not None
        commits = single_commit(plan, snapshot)
    else:
        commits = cut_commits(plan, snapshot if tool is not Tool.KUBECTL else None)
    course = Course(plan, commits, kept_objects(plan, snapshot) if snapshot is not None else {}, single)
    hooks = Hooks(plan.intent, image, len(course.states), course.digest)
    path = f"ringfence/{plan.intent}"
    files = _write(course, tool, hooks, path)
    files |= {f"{BREAK_GLASS}/{name}": text for name, text in write_break_glass(plan).items()}
    files |= {"README.md": write_readme(course, tool, hooks, path), PLAN_FILE: write_plan(plan)}
    return Exported(course, {name: files[name] for name in sorted(files)})


def _write(course: Course, tool: Tool, hooks: Hooks, path: str) -> dict[str, str]:
    match tool:
        case Tool.ARGO:
            return write_argo(course, hooks)
        case Tool.FLUX:
            return write_flux(course, hooks, path)
        case Tool.KUSTOMIZE:
            return write_kustomize(course)
        case Tool.KUBECTL:
            return write_kubectl(course)


def _check(plan: Plan, tool: Tool, snapshot: Snapshot | None, *, single: bool) -> None:
    if plan.errored:
        raise RefusedError([problem(NOT_FOR_EXPORT, "the plan has something unresolved, so nothing is exported")])
    if not plan.applyable:
        hint = "give what is live in whole, with --complete or as a snapshot of the cluster"
        raise RefusedError([problem(NOT_FOR_EXPORT, "the plan was made from a part of the cluster", hint=hint)])
    if snapshot is None and (single or (plan.summary.same and tool is not Tool.KUBECTL)):
        what = (
            "a single sync has to be proven" if single else "objects that the plan leaves as they are belong to it too"
        )
        raise RefusedError([problem(NOT_FOR_EXPORT, f"{what}; that takes what is live", hint="give --live")])


__all__ = ["DEFAULT_IMAGE", "Exported", "Tool", "export_plan"]

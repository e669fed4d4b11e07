"""What stands in the README of an export: what it is, what to do first, and what to merge when."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Final

from generator.calico.metadata import effective_labels
from generator.calico.objects import ApiObject
from generator.foundation.source import SourceMap
from generator.layers.model import LABEL_INTENT
from generator.plan.exports.hooks import ACCOUNT, MARKS, STATE_NAMESPACE, Hooks
from generator.plan.exports.model import Course, Tool
from generator.plan.model import Verb, WriteStep

WIDTH: Final = 100

_JOBS: Final = """
The Jobs run image `{image}` in namespace `{namespace}` as service account `{account}`. `kubectl apply -k deploy/rbac`
makes namespace and account; `kubectl apply -k deploy/rbac/felix-metrics` lets it ask each node, which a wait needs. The
API server, and what the image comes from, must stay reachable for them in every state. Where nodes show nothing
(Felix's metrics are off) a wait fails; add `--pause=SECONDS` to its arguments, and it is a guess.
"""

_FIRST: Final = {
    Tool.ARGO: (
        """
        Commit this folder as it is, and make an Application whose source path is its folder `current`, with automated
        sync and pruning, and without `ApplyOutOfSyncOnly`. It puts state {first} in place, which is what is there now.
        A selective sync runs no hooks; never use it here.
        """,
        _JOBS,
    ),
    Tool.FLUX: (
        """
        Commit this folder as `{path}` of the repository (else change `path` in `flux.yaml`; a source that is not the
        GitRepository `flux-system` is named there too). Run `adopt.sh` once, if there is one. Then apply `flux.yaml`.
        It puts state {first} in place, which is what is there now.
        """,
        _JOBS,
    ),
    Tool.KUSTOMIZE: (
        """
        First run `kubectl apply -k stages/{first}`, if that folder has an overlay: it changes nothing, and tells
        kubectl which fields it may take away later.
        """,
        "kustomize removes nothing. What goes with a commit is removed by its `remove.sh`.",
    ),
}

_THEN: Final = {
    Tool.ARGO: """
        In `current/kustomization.yaml` name the next state, merge, and wait until the sync has succeeded. Its last
        hooks are the wait for all nodes and the marks that let the next one come. The guard stops a sync that leaves a
        state out, forward or back; it fails after two minutes, and nothing was written. A sync whose wait has failed is
        synced again.
        """,
    Tool.FLUX: """
        In the five files below `current` name the next state, merge them in one commit, and wait until
        `ringfence-{intent}-marker` is ready at that revision. The guard stops a commit that leaves a state out, forward
        or back; nothing is written then. A wait that has failed is begun again once its Job is deleted.
        """,
    Tool.KUSTOMIZE: """
        For each state run `kubectl apply -k stages/STATE`, then `sh stages/STATE/remove.sh` where there is one, then
        `ringfence status --wait`; where nodes show nothing wait by time, which is a guess.
        """,
}

_STEP_BY_STEP: Final = (
    "Name the state before, merge, wait; one state after the other, also after a sync that failed half-way."
)
_BACK: Final = {
    Tool.ARGO: _STEP_BY_STEP,
    Tool.FLUX: _STEP_BY_STEP,
    Tool.KUSTOMIZE: """
        For each state, the last first: `sh stages/STATE/take-back.sh` where there is one, `kubectl apply -k` of the
        state before, then wait. A state without an overlay needs no apply.
        """,
}

_MEANWHILE: Final = {
    Tool.ARGO: (
        """
        Before `ringfence pause` or anybody's hand turn the automated sync off, and on again after `ringfence resume`:
        the next commit, and self-healing at once, would put the objects back as they stand here.
        """,
        """
        An Application with a finalizer takes everything along when it is deleted, all at once; make it without one.
        """,
        """
        Let Argo CD track by annotations, as it does since 3.0. Where it tracks by labels it puts one on network sets
        that selectors ask for, and `ringfence diff` tells it as a change.
        """,
    ),
    Tool.FLUX: (
        """
        Before `ringfence pause` or anybody's hand run `flux suspend kustomization ringfence-{intent}-policies`, and
        `flux resume` after `ringfence resume`: within ten minutes Flux would put the objects back as they stand here.
        """,
        """
        The Kustomizations leave everything where it is when they are deleted (`deletionPolicy: Orphan`, Flux 2.5 and
        newer); without that all of it would go at once.
        """,
    ),
}
_MARKS: Final = """
Which state may be next is written down in ConfigMaps of namespace `{namespace}`: {marks}. After `break-glass` the tool
has to be off, and they have to be deleted before the first state is named again.
"""

_PROVEN: Final = """
A write that the API server has accepted is not one that the nodes have. Each commit is proven for every state that
nodes can be in while they take it in, forward and back, if every node has the commit before it.
"""
_PROVEN_AT_ONCE: Final = """
It is proven to be safe at once, without any wait: for every state that nodes can be in while they take it in, forward
and back.
"""
_PROVEN_IN_ORDER: Final = """
A write that the API server has accepted is not one that the nodes have. The scripts write what the plan writes, in its
order, and wait for all nodes where it waits: so every state on the way, and on the way back, is one that it proved.
"""
_MADE_FOR: Final = """
It is made for the objects as they were when the plan was made, which is `plan.json`. Before the first write run
`ringfence plan check plan.json --live ...`; if something has changed, make the export anew. `break-glass` takes it back
from wherever it is, without ringfence and without this order.
"""
_TAKEN_OVER: Final = """
These objects of others are taken over and removed on the way; take them out of wherever they are kept before the first
commit, without removing them from the cluster:
"""
_SCRIPTS: Final = (
    "* `sh apply.sh` carries the plan out. Stopped, it goes on where it was when it is run again.",
    "* `sh rollback.sh` takes back what has been done, from wherever it is.",
    "* Both keep in the file `progress` how far they are; keep it, and run them in one place only.",
    "* `CONTEXT` names the context of the kubeconfig, `PROGRESS` another file, `PAUSE` the seconds of a wait by time,",
    "  which is a guess. Where `ringfence` is at hand they wait with `ringfence status --wait`, which asks the nodes.",
)


def write_readme(course: Course, tool: Tool, hooks: Hooks, path: str) -> str:
    """Return the README of an export as Markdown."""
    words = {
        "first": course.names[0],
        "namespace": STATE_NAMESPACE,
        "account": ACCOUNT,
        "image": hooks.image,
        "path": path,
        "intent": course.plan.intent,
        "marks": ", ".join(f"`{hooks.mark_name(mark)}`" for mark in range(MARKS)),
    }
    in_order = _PROVEN_IN_ORDER if tool is Tool.KUBECTL else _PROVEN
    proven = _PROVEN_AT_ONCE if course.single else in_order
    lines = [f"# {_title(course, tool)}", "", *_paragraphs((proven, _MADE_FOR), words)]
    if tool is Tool.KUBECTL:
        lines += _SCRIPTS
    else:
        verb = "apply" if tool is Tool.KUSTOMIZE else "merge"
        lines += ["## First", "", *_paragraphs(_FIRST[tool], words), *_taken_over(course)]
        lines += [f"## What to {verb} when", "", *_paragraphs((_THEN[tool],), words), *_table(course)]
        lines += ["", "## Back", "", *_paragraphs((_BACK[tool],), words)]
        if tool in _MEANWHILE:
            lines += ["## Meanwhile", "", *_paragraphs((*_MEANWHILE[tool], _MARKS), words)]
    return "\n".join(lines).rstrip() + "\n"


def _title(course: Course, tool: Tool) -> str:
    what = "off" if course.plan.to_none else "in place"
    number, one = (len(course.commits), "commit")
    if tool is Tool.KUBECTL:
        number, one = (len(course.commits[0].writes) if course.single else len(course.plan.writes), "write")
    return f"Policy set of intent '{course.plan.intent}' {what}, in {number} {one}{'' if number == 1 else 's'}"


def _paragraphs(texts: tuple[str, ...], words: dict[str, str]) -> Iterator[str]:
    for text in texts:
        whole = " ".join(text.format(**words).split())
        yield from wrap(whole, WIDTH, break_on_hyphens=False, break_long_words=False)
        yield ""


def _taken_over(course: Course) -> Iterator[str]:
    """Say which objects of others go, and that whoever holds their files must let them go too."""
    theirs = [str(step.write.identity) for step in course.plan.writes if _is_theirs(step, course)]
    if theirs:
        yield from _paragraphs((_TAKEN_OVER,), {})
        yield from (f"* {name}" for name in theirs)
        yield ""


def _is_theirs(step: WriteStep, course: Course) -> bool:
    before = step.write.before
    if course.plan.to_none or step.write.after is not None or before is None:
        return False
    labels = effective_labels(ApiObject(step.write.identity.kind, before, SourceMap("", "")))
    return labels.get(LABEL_INTENT, "") != course.plan.intent


def _table(course: Course) -> Iterator[str]:
    yield "| state | writes | what for | before the next one |"
    yield "|---|---|---|---|"
    yield f"| {course.names[0]} | | what is there now | |"
    for name, commit in zip(course.names[1:], course.commits, strict=True):
        yield f"| {name} | {_counts(commit.writes)} | {commit.title} | {commit.reason} |"


def _counts(writes: tuple[WriteStep, ...]) -> str:
    words = ((Verb.CREATE, "created"), (Verb.REPLACE, "changed"), (Verb.DELETE, "removed"))
    found = ((sum(step.write.verb is verb for step in writes), word) for verb, word in words)
    return ", ".join(f"{number} {word}" for number, word in found if number)

"""An export as two shell scripts of plain kubectl commands, forward and back, with the objects beside them.

They keep the plan's own order, write by write, and wait where the plan waits: with `ringfence status --wait` where
that is at hand, else by a pause that is a guess. A failed write stops them. Where they are is kept in a file, so that
they go on from there and the way back begins there; a write that may or may not have been made is made again, which is
why each can be (create, and replace only what is the intent's own; replace; delete what is there).

Names come from a cluster or from files, so every one is quoted.
"""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote
from typing import Final

from generator.calico.metadata import METADATA_ANNOTATION
from generator.calico.objects import Identity
from generator.foundation.yaml_writer import write_document
from generator.layers.model import LABEL_INTENT
from generator.plan.exports.contents import file_names, sent
from generator.plan.exports.kustomize import deletion
from generator.plan.exports.model import Course
from generator.plan.model import Step, Verb, WaitStep, Write, WriteStep
from generator.plan.rollback import way_back

APPLY: Final = "apply.sh"
ROLLBACK: Final = "rollback.sh"
_PAUSE: Final = 30  # seconds

_HEAD: Final = """set -u
cd "$(dirname "$0")" || exit 1
# PROGRESS: where it is written down how far this went. CONTEXT: the kubeconfig context. PAUSE: seconds for a guess.
PROGRESS=${PROGRESS:-progress}
PAUSE=${PAUSE:-%(pause)d}
k() { kubectl ${CONTEXT:+--context="$CONTEXT"} --request-timeout=30s "$@"; }
stop() {
  echo "stopped at $1: nothing after it was done; mend what it says, then run this again" >&2
  exit 1
}
# Two numbers: the writes that are done, and the last one that was begun.
if [ -e "$PROGRESS" ]; then read -r done begun < "$PROGRESS" || exit 1; else done=0 begun=0; fi
case "$done$begun" in *[!0-9]*|'') echo "$PROGRESS does not hold two numbers" >&2; exit 1;; esac
note() { echo "$1 $2" > "$PROGRESS.new" && mv "$PROGRESS.new" "$PROGRESS" || stop "$PROGRESS"; }
wait_for_nodes() {
  if command -v ringfence >/dev/null 2>&1; then
    # Where nodes show nothing it pauses too, and says so.
    ringfence status --wait --pause="$PAUSE" ${CONTEXT:+--context="$CONTEXT"} || stop "the wait $1"
  else
    echo "waiting $PAUSE s for the nodes: a guess; if a node lags, wait longer (PAUSE=SECONDS)"
    sleep "$PAUSE" || stop "the wait $1"
  fi
}
"""

_CREATE: Final = r"""# Creates an object; one that is there is replaced only if it is this intent's own.
create() {
  k create -f "$1" && return
  owner=$(k get -f "$1" -o 'jsonpath={.metadata.labels.%(label)s} {.metadata.annotations.%(stored)s}') || return
  # A stored object of Calico has its labels in an annotation.
  case "$owner" in %(intent)s\ *|*'"%(label)s":"'%(intent)s'"'*) k replace -f "$1";; *) return 1;; esac
}
"""

_PUT: Final = """put() { k replace -f "$1" || k create -f "$1"; }
"""


def write_kubectl(course: Course) -> dict[str, str]:
    """Return both scripts and the objects that they write, by name."""
    steps = _at_once(course) if course.single else course.plan.steps
    writes = [step for step in steps if isinstance(step, WriteStep)]
    numbers = {step.id: number for number, step in enumerate(writes, start=1)}
    names = file_names({step.write.identity for step in writes})
    files: dict[str, str] = {}
    forward = "\n".join(_forward(course, steps, numbers, names, files))
    back = "\n".join(_back(course, steps, numbers, names, files))
    return {APPLY: forward + "\n", ROLLBACK: back + "\n", **files}


def _at_once(course: Course) -> tuple[Step, ...]:
    """Return the writes of the one commit, with the waits that stand before and behind all writes of the plan."""
    numbers = [number for number, step in enumerate(course.plan.steps) if isinstance(step, WriteStep)]
    if not numbers:
        return ()
    around = (*course.plan.steps[: numbers[0]], *course.commits[0].writes, *course.plan.steps[numbers[-1] :])
    writes = {step.id for step in course.commits[0].writes}
    return tuple(step for step in around if isinstance(step, WaitStep) or step.id in writes)


def _forward(
    course: Course, steps: tuple[Step, ...], numbers: dict[str, int], names: dict[Identity, str], files: dict[str, str]
) -> Iterator[str]:
    yield "#!/bin/sh"
    yield f"# Carries the plan of intent {quote(course.plan.intent)} out with plain kubectl; run again, it goes on."
    yield _HEAD % {"pause": _PAUSE} + _CREATE % {
        "label": LABEL_INTENT,
        "stored": METADATA_ANNOTATION.replace(".", "\\."),
        "intent": quote(course.plan.intent),
    }
    # Where the plan begins with a wait, it waits for what somebody else has written.
    yield "moved=yes"
    yield '[ "$begun" = 0 ] || { wait_for_nodes "at the start"; moved=; }'
    last = 0
    for step in steps:
        match step:
            case WriteStep(id=name):
                last = numbers[name]
                yield ""
                yield f"# {name}: {_one_line(step.purpose)}"
                command = _command(step.write, f"{last:03d}", names, files, create="create")
                yield f'if [ "$done" -lt {last} ]; then'
                yield f"  note {last - 1} {last}"
                yield f"  {command} || stop {quote(name)}"
                yield f"  note {last} {last}; done={last}"
                yield "  moved=yes"
                yield "fi"
            case WaitStep(id=name):
                yield ""
                yield f"# {name}: {_one_line(step.purpose)}"
                yield f'[ -z "$moved" ] || {{ wait_for_nodes {quote(name)}; moved=; }}'
            case _:
                pass
    yield ""
    yield "echo 'done'"


def _back(
    course: Course, steps: tuple[Step, ...], numbers: dict[str, int], names: dict[Identity, str], files: dict[str, str]
) -> Iterator[str]:
    yield "#!/bin/sh"
    yield f"# Takes back what apply.sh has done of the plan of intent {quote(course.plan.intent)}, from wherever it is."
    yield _HEAD % {"pause": _PAUSE} + _PUT
    yield "moved="
    yield '[ "$begun" = 0 ] || wait_for_nodes "at the start"'
    for number in way_back(steps, len(steps)):
        match steps[number]:
            case WriteStep() as step:
                place = numbers[step.id]
                command = _command(step.rollback, f"{place:03d}-back", names, files, create="put")
                yield ""
                yield f"# Take back {step.id}: {_one_line(step.purpose)}"
                yield f'if [ "$begun" -ge {place} ]; then'
                yield f"  note {place - 1} {place}"
                yield f"  {command} || stop {quote(step.id)}"
                yield f"  note {place - 1} {place - 1}; begun={place - 1}"
                yield "  moved=yes"
                yield "fi"
            case WaitStep() as step:
                yield ""
                yield f'[ -z "$moved" ] || {{ wait_for_nodes {quote(step.id)}; moved=; }}'
            case _:
                pass
    yield ""
    yield "echo 'taken back'"


def _command(write: Write, number: str, names: dict[Identity, str], files: dict[str, str], *, create: str) -> str:
    if write.after is None:
        return deletion(write, "k")
    path = f"objects/{number}-{names[write.identity]}"
    files[path] = write_document(sent(write.after))
    if write.verb is Verb.CREATE:
        return f"{create} {path}"
    return f"k replace -f {path}"


def _one_line(text: str) -> str:
    return " ".join(text.split())

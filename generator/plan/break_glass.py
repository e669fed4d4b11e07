"""The way out without ringfence: plain kubectl commands in order, with the files beside them (product.md 6).

They take the whole plan back from wherever it stopped, need no DNS, no registry and no calico-apiserver, and can be
run again. Where Calico keeps its objects in `crd.projectcalico.org` the commands use that stored form, which
kube-apiserver serves by itself; which of the two a cluster has is asked when they run (dataplane.md 2).

The order is that of the rollback, so the plan's proof is a proof of it. An object that the plan writes once is brought
to what it was whatever it is now. One that it writes several times takes only the steps back that the run had come to
(`break_glass_signs.py`): what it was in between may do harm where the rest of the plan is not there.

What stands in the script is read from a cluster or from files, so every name is quoted for the shell. A write that
fails stops the script: with a layer still there, the next part would remove the bridge over it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from shlex import quote
from typing import Any, Final

from generator.calico.kinds import CALICO_CRD, KINDS
from generator.calico.manifest import read_manifest, write_manifest
from generator.calico.objects import ApiObject, Identity
from generator.foundation.source import SourceMap
from generator.foundation.yaml_writer import write_document
from generator.plan.break_glass_canaries import write_sweep
from generator.plan.break_glass_signs import Shown, Sign, find_signs
from generator.plan.model import Manifest, Plan, Write, WriteStep
from generator.plan.rollback import way_back
from generator.plan.scoped import SERVER_FIELDS
from generator.plan.stages import STAGES, Stage

SCRIPT: Final = "break-glass.sh"
_FORMS: Final = {"stored": CALICO_CRD, "v3": "projectcalico.org/v3"}
_PAUSE: Final = 30  # seconds; a guess, and called one
_TITLES: Final[Mapping[Stage, str]] = {info.stage: info.title for info in STAGES}


@dataclass(frozen=True, slots=True)
class Restoration:
    """A write of the plan taken back: the object brought to a content, whatever it is now; None: it has to go.

    `number` is the plan's write, from 1. `always`: also where the run has not come so far, for then it is so already;
    else it would be a change. `like` is any content that the object ever had.
    """

    number: int
    identity: Identity
    content: Manifest | None
    like: Manifest
    always: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Restorations that the nodes must have before the next part, in their order."""

    titles: tuple[str, ...]
    restorations: tuple[Restoration, ...]

    @property
    def number(self) -> int:
        """Return the first of the plan's writes that are taken back."""
        return min(item.number for item in self.restorations)


def break_glass_parts(plan: Plan) -> tuple[Part, ...]:
    """Return what takes the plan back, in the order of the rollback from its end; nodes must have each part."""
    parts: list[tuple[list[str], list[Restoration]]] = []
    numbers = _write_numbers(plan)
    writes = plan.writes
    first = {writes[number - 1].write.identity: number for number in range(len(writes), 0, -1)}
    new = True
    for place in way_back(plan.steps, len(plan.steps)):
        step = plan.steps[place]
        if not isinstance(step, WriteStep):
            new = True
            continue
        if new:
            parts.append(([], []))
            new = False
        titles, found = parts[-1]
        if _TITLES[step.stage] not in titles:
            titles.append(_TITLES[step.stage])
        found.append(_restoration(step.write, numbers[step.id], first[step.write.identity]))
    return tuple(Part(tuple(titles), tuple(found)) for titles, found in parts)


def _write_numbers(plan: Plan) -> dict[str, int]:
    return {step.id: number for number, step in enumerate(plan.writes, start=1)}


def _restoration(write: Write, number: int, first: int) -> Restoration:
    """Return what takes a write back; `first` is the number of the first write of its object."""
    like = write.before if write.before is not None else write.after
    assert like is not None
    return Restoration(number, write.identity, write.before, like, always=number == first)


def write_break_glass(plan: Plan) -> dict[str, str]:
    """Return the bundle as file name to text: the script, and the objects that it restores in both stored forms."""
    files: dict[str, str] = {}
    parts = break_glass_parts(plan)
    lines = list(_head(plan))
    guarded = any(not item.always for part in parts for item in part.restorations)
    lines += _position(plan, files) if guarded else [f"AT={len(plan.writes)}"]
    for position, part in enumerate(parts, start=1):
        if position > 1:
            lines += ["", f"rest {parts[position - 2].number}"]
        lines += ["", f"# {_back_over(position, part)}"]
        for item in part.restorations:
            command = f"{_command(item, plan.target.version, files)} || stop {item.number}"
            lines.append(command if item.always else f'[ "$AT" -lt {item.number} ] || {command}')
    lines += ["", *write_sweep(plan.intent), "", "echo 'taken back'"]
    return {SCRIPT: "\n".join(lines) + "\n", **{name: files[name] for name in sorted(files)}}


def _back_over(position: int, part: Part) -> str:
    return f"{position}. Back over: {'; '.join(part.titles)}."


def _head(plan: Plan) -> Iterator[str]:
    yield "#!/bin/sh"
    yield f"# Takes the plan of intent '{plan.intent}' back with plain kubectl, from wherever it stopped."
    yield "# It can be run again. It needs an administrator's kubeconfig and the API server's address; it needs no DNS,"
    yield "# no registry, no ringfence and no calico-apiserver. Between the parts it sleeps for a time that is a guess:"
    yield "# if a node lags, wait longer."
    yield "set -u"
    yield 'cd "$(dirname "$0")" || exit 1'
    servers = [server for server in plan.api_servers if _is_address(server)]
    if servers:
        yield f': "${{SERVER:=https://{servers[0]}}}"'
        for other in servers[1:]:
            yield f"# or: SERVER=https://{other}"
    else:
        yield ': "${SERVER:?set it to the API server, as in https://192.0.2.10:6443}"'
    yield 'k() { kubectl --server="$SERVER" --request-timeout=30s "$@"; }'
    yield "rest() {"
    yield '  [ "$AT" -ge "$1" ] || return 0'
    yield f"  echo 'waiting {_PAUSE} s for the nodes: a guess'"
    yield f"  sleep {_PAUSE}"
    yield "}"
    yield "stop() {"
    yield '  echo "write $1 failed, and nothing after it was done: mend what it says, then run this again" >&2'
    yield "  exit 1"
    yield "}"
    yield "# Where both groups exist Felix reads the stored one, so it goes first."
    yield "if k get --raw /apis/crd.projectcalico.org/v1 >/dev/null 2>&1; then FORM=stored; else FORM=v3; fi"
    yield 'group() { if [ "$FORM" = stored ]; then echo crd.projectcalico.org; else echo projectcalico.org; fi; }'


def _position(plan: Plan, files: dict[str, str]) -> Iterator[str]:
    """Yield what sets AT to how many of the plan's writes have happened."""
    signs = find_signs(plan)
    looks = {sign.number: _look(sign, plan.target.version, files) for sign in signs}
    yield ""
    yield "# How many of the plan's writes have happened? To go on without looking set AT to a number, 0 or more."
    yield "blind() {"
    yield "  echo 'nobody can tell how far the run has come, and nothing was done: mend what it says, or set AT' >&2"
    yield "  exit 1"
    yield "}"
    yield "there() {"
    yield '  FOUND="$(k get "$@" --ignore-not-found -o name)" || blind'
    yield '  [ -n "$FOUND" ]'
    yield "}"
    yield 'absent() { ! there "$@"; }'
    yield "is() {"
    yield '  FOUND="$(k get -f "$1" --ignore-not-found -o jsonpath="$2")" || blind'
    yield '  [ -n "$FOUND" ] && [ "$FOUND" = "$(k replace --dry-run=server -f "$1" -o jsonpath="$2")" ]'
    yield "}"
    yield 'if [ -n "${AT:-}" ]; then :'
    for sign in reversed([sign for sign in signs if not sign.past]):
        beside = f" && {looks[sign.beside]}" if sign.beside else ""
        yield f"elif {looks[sign.number]}{beside}; then AT={sign.number}"
    yield "else AT=0"
    yield "fi"
    for sign in signs:
        if sign.past:
            both = f"{looks[sign.past]} && {looks[sign.number]}"
            yield f'if [ "$AT" -lt {sign.number} ] && {both}; then AT={sign.number}; fi'
    yield 'echo "$AT of the plan\'s writes have happened"'


def _look(sign: Sign, version: str, files: dict[str, str]) -> str:
    match sign.shown:
        case Shown.CONTENT:
            path = _put(sign.identity, sign.like, f"look-{sign.number:03d}", version, files)
            parts = "{.metadata.labels}{.spec}" if KINDS[sign.identity.kind].calico else "{.spec}"
            return f"is {path} '{parts}'"
        case shown:
            return f"{shown.value} {_reference(sign.identity, sign.like, version)}"


def _is_address(server: str) -> bool:
    """Tell whether a text is an address and a port and nothing else."""
    host, _, port = server.rpartition(":")
    try:
        ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return port.isascii() and port.isdigit()


def _command(item: Restoration, version: str, files: dict[str, str]) -> str:
    if item.content is None:
        return f"k delete {_reference(item.identity, item.like, version)} --ignore-not-found --wait=false"
    path = _put(item.identity, item.content, f"{item.number:03d}", version, files)
    return f"{{ k replace -f {path} || k create -f {path}; }}"


def _put(identity: Identity, content: Manifest, number: str, version: str, files: dict[str, str]) -> str:
    """Add an object's file, in each form, and return its path for the shell."""
    calico = KINDS[identity.kind].calico
    name = f"{number}-{_file_name(identity)}.yaml"
    for form in _FORMS if calico else ("kubernetes",):
        files[f"{form}/{name}"] = write_document(_in_form(identity, content, form, version))
    return f'"$FORM/{name}"' if calico else f"kubernetes/{name}"


def _reference(identity: Identity, like: Manifest, version: str) -> str:
    """Return resource, name and namespace for the shell."""
    info = KINDS[identity.kind]
    where = f" --namespace {quote(identity.namespace)}" if identity.namespace else ""
    if not info.calico:
        group = str(like.get("apiVersion", "")).partition("/")[0]
        return f"{quote(f'{info.plural}.{group}')} {quote(str(like['metadata']['name']))}{where}"
    head = {**like, "spec": {key: like["spec"][key] for key in ("tier",) if key in (like.get("spec") or {})}}
    names = {form: quote(str(_in_form(identity, head, form, version)["metadata"]["name"])) for form in _FORMS}
    if names["stored"] == names["v3"]:
        name = names["v3"]
    else:
        name = f'"$([ "$FORM" = stored ] && echo {names["stored"]} || echo {names["v3"]})"'
    return f'"{info.plural}.$(group)" {name}{where}'


def _in_form(identity: Identity, manifest: Manifest, form: str, version: str) -> dict[str, Any]:
    """Return what is sent: the object in that form, without what only a server sets."""
    obj = ApiObject(identity.kind, manifest, SourceMap("", ""))
    group = _FORMS.get(form, "")
    sent = write_manifest(read_manifest(obj), group, version) if group else dict(manifest)
    sent.pop("status", None)
    sent["metadata"] = {key: value for key, value in _metadata(sent).items() if key not in SERVER_FIELDS}
    return sent


def _metadata(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    found = manifest.get("metadata")
    return found if isinstance(found, Mapping) else {}


def _file_name(identity: Identity) -> str:
    """Return a name for people; the number before it tells files apart, so that nothing is lost with odd letters."""
    name = "-".join(part for part in (identity.kind.lower(), identity.namespace, identity.name) if part)
    return re.sub(r"[^A-Za-z0-9.-]", "_", name)[:200]

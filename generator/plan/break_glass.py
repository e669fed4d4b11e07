"""The way out without ringfence: plain kubectl commands in order, with the files beside them (product.md 6).

They take the whole plan back from wherever it stopped, need no DNS, no registry and no calico-apiserver, and can be
run again. Where Calico keeps its objects in `crd.projectcalico.org` the commands use that stored form, which
kube-apiserver serves by itself; which of the two a cluster has is asked when they run (dataplane.md 2).

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

from generator.calico.kinds import CALICO_CRD, KINDS, Kind
from generator.calico.manifest import read_manifest, write_manifest
from generator.calico.metadata import effective_labels
from generator.calico.names import DEFAULT_TIER, tier_of
from generator.calico.objects import ApiObject, Identity
from generator.foundation.source import SourceMap
from generator.foundation.yaml_writer import write_document
from generator.layers.model import LABEL_LAYER
from generator.plan.model import Manifest, Plan, WriteStep
from generator.plan.scoped import SERVER_FIELDS, named_spaces
from generator.plan.stages import BRIDGE_LAYER, DEFAULT_DENY_LAYER, STAGES, Stage

SCRIPT: Final = "break-glass.sh"
_FORMS: Final = {"stored": CALICO_CRD, "v3": "projectcalico.org/v3"}
_PAUSE: Final = 30  # seconds; a guess, and called one


@dataclass(frozen=True, slots=True)
class Restoration:
    """One object brought to a content, whatever it is now; None: it has to go. `like` is any content it ever had."""

    identity: Identity
    content: Manifest | None
    like: Manifest


@dataclass(frozen=True, slots=True)
class Phase:
    """Restorations of one stage; the nodes must have all of them before the next phase."""

    title: str
    restorations: tuple[Restoration, ...]


def break_glass_phases(plan: Plan) -> tuple[Phase, ...]:
    """Return what takes the plan back from wherever it stopped, without knowing where that was.

    The stages are taken back in reverse, each object once for each stage. Two kinds of objects would do harm if they
    went through their states of a stage that the run may not have reached: a bridge first stands at its widest and goes
    at the end; a default deny of a tier of ours goes straight to what it was.
    """
    histories = _histories(plan)
    bridges = {key: writes for key, writes in histories.items() if _layer(writes) == BRIDGE_LAYER}
    denies = {key: writes for key, writes in histories.items() if _is_own_tier_deny(writes)}
    phases: list[Phase] = []
    for info in reversed(STAGES):
        match info.stage:
            case Stage.BRIDGE_REMOVAL:
                found = [_restoration(key, _widest(writes), writes) for key, writes in bridges.items()]
            case Stage.BRIDGE:
                found = [_restoration(key, writes[0].write.before, writes) for key, writes in bridges.items()]
            case Stage.CUTOVER:
                found = [_restoration(key, writes[0].write.before, writes) for key, writes in denies.items()]
                found.sort(key=lambda item: item.content is None)  # a namespace stays covered while parts change
            case stage:
                found = [
                    _restoration(key, mine[0].write.before, writes)
                    for key, writes in reversed(histories.items())
                    if key not in bridges
                    and key not in denies
                    and (mine := [step for step in writes if step.stage is stage])
                ]
        if found:
            phases.append(Phase(info.title, tuple(found)))
    return tuple(phases)


def _histories(plan: Plan) -> dict[Identity, list[WriteStep]]:
    found: dict[Identity, list[WriteStep]] = {}
    for step in plan.writes:
        found.setdefault(step.write.identity, []).append(step)
    return found


def _restoration(identity: Identity, content: Manifest | None, writes: list[WriteStep]) -> Restoration:
    return Restoration(identity, content, _any_content(writes))


def _contents(writes: list[WriteStep]) -> list[Manifest]:
    both = (part for step in writes for part in (step.write.before, step.write.after))
    return [part for part in both if part is not None]


def _any_content(writes: list[WriteStep]) -> Manifest:
    return _contents(writes)[0]


def _widest(writes: list[WriteStep]) -> Manifest:
    return max(_contents(writes), key=lambda manifest: len(named_spaces(manifest)))


def _layer(writes: list[WriteStep]) -> str:
    obj = ApiObject(writes[0].write.identity.kind, _any_content(writes), SourceMap("", ""))
    return effective_labels(obj).get(LABEL_LAYER, "")


def _is_own_tier_deny(writes: list[WriteStep]) -> bool:
    identity = writes[0].write.identity
    obj = ApiObject(identity.kind, _any_content(writes), SourceMap("", ""))
    return (
        identity.kind is Kind.GLOBAL_NETWORK_POLICY
        and _layer(writes) == DEFAULT_DENY_LAYER
        and tier_of(obj) != DEFAULT_TIER
    )


def write_break_glass(plan: Plan) -> dict[str, str]:
    """Return the bundle as file name to text: the script, and the objects that it restores in both stored forms."""
    files: dict[str, str] = {}
    lines = list(_head(plan))
    number = 0
    for position, phase in enumerate(break_glass_phases(plan), start=1):
        if position > 1:
            lines += ["", f"echo 'waiting {_PAUSE} s for the nodes: a guess'", f"sleep {_PAUSE}"]
        lines += ["", f"# {position}. Back over: {phase.title}."]
        for item in phase.restorations:
            number += 1
            lines.append(f"{_command(item, number, plan.target.version, files)} || stop {number}")
    lines += ["", "echo 'taken back'"]
    return {SCRIPT: "\n".join(lines) + "\n", **{name: files[name] for name in sorted(files)}}


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
    yield "stop() {"
    yield '  echo "write $1 failed, and nothing after it was done: mend what it says, then run this again" >&2'
    yield "  exit 1"
    yield "}"
    yield "# Where both groups exist Felix reads the stored one, so it goes first."
    yield "if k get --raw /apis/crd.projectcalico.org/v1 >/dev/null 2>&1; then FORM=stored; else FORM=v3; fi"
    yield 'group() { if [ "$FORM" = stored ]; then echo crd.projectcalico.org; else echo projectcalico.org; fi; }'


def _is_address(server: str) -> bool:
    """Tell whether a text is an address and a port and nothing else."""
    host, _, port = server.rpartition(":")
    try:
        ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return port.isascii() and port.isdigit()


def _command(item: Restoration, number: int, version: str, files: dict[str, str]) -> str:
    if item.content is None:
        return _deletion(item.identity, item.like, version)
    calico = KINDS[item.identity.kind].calico
    name = f"{number:03d}-{_file_name(item.identity)}.yaml"
    for form in _FORMS if calico else ("kubernetes",):
        files[f"{form}/{name}"] = write_document(_in_form(item.identity, item.content, form, version))
    path = f'"$FORM/{name}"' if calico else f"kubernetes/{name}"
    return f"{{ k replace -f {path} || k create -f {path}; }}"


def _deletion(identity: Identity, before: Manifest, version: str) -> str:
    info = KINDS[identity.kind]
    where = f" --namespace {quote(identity.namespace)}" if identity.namespace else ""
    if not info.calico:
        group = str(before.get("apiVersion", "")).partition("/")[0]
        name = quote(str(before["metadata"]["name"]))
        return f"k delete {quote(f'{info.plural}.{group}')} {name}{where} --ignore-not-found --wait=false"
    head = {**before, "spec": {key: before["spec"][key] for key in ("tier",) if key in (before.get("spec") or {})}}
    names = {form: quote(str(_in_form(identity, head, form, version)["metadata"]["name"])) for form in _FORMS}
    if names["stored"] == names["v3"]:
        name = names["v3"]
    else:
        name = f'"$([ "$FORM" = stored ] && echo {names["stored"]} || echo {names["v3"]})"'
    return f'k delete "{info.plural}.$(group)" {name}{where} --ignore-not-found --wait=false'


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

"""The way out without ringfence: plain kubectl commands in order, with the files beside them (product.md 6).

They take the whole plan back from wherever it stopped, need no DNS, no registry and no calico-apiserver, and can be
run again. Where Calico keeps its objects in `crd.projectcalico.org` the commands use that stored form, which
kube-apiserver serves by itself; which of the two a cluster has is asked when they run (dataplane.md 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from generator.calico.kinds import CALICO_CRD, KINDS
from generator.calico.manifest import read_manifest, write_manifest
from generator.calico.objects import ApiObject, Identity
from generator.foundation.source import SourceMap
from generator.foundation.yaml_writer import write_document
from generator.plan.model import Manifest, Plan, WaitStep, Write, WriteStep
from generator.plan.rollback import rollback_steps
from generator.plan.scoped import SERVER_FIELDS

SCRIPT: Final = "break-glass.sh"
_FORMS: Final = {"stored": CALICO_CRD, "v3": "projectcalico.org/v3"}
_PAUSE: Final = 30  # seconds; a guess, and called one


def write_break_glass(plan: Plan) -> dict[str, str]:
    """Return the bundle as file name to text: the script, and the objects that it restores in both stored forms."""
    files: dict[str, str] = {}
    lines = list(_head(plan))
    number = 0
    for step in rollback_steps(plan.steps, len(plan.steps)):
        match step:
            case WriteStep():
                number += 1
                lines += ["", f"# {number}. {step.purpose}"]
                lines += _commands(step.write, number, plan.target.version, files)
            case WaitStep():
                lines += [
                    "",
                    f"# {step.purpose}",
                    f"echo 'waiting {_PAUSE} s for the nodes: a guess'",
                    f"sleep {_PAUSE}",
                ]
            case _:
                pass
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
    if plan.api_servers:
        yield f': "${{SERVER:=https://{plan.api_servers[0]}}}"'
        for other in plan.api_servers[1:]:
            yield f"# or: SERVER=https://{other}"
    else:
        yield ': "${SERVER:?set it to the API server, as in https://192.0.2.10:6443}"'
    yield 'k() { kubectl --server="$SERVER" --request-timeout=30s "$@"; }'
    yield "# Where both groups exist Felix reads the stored one, so it goes first."
    yield "if k get --raw /apis/crd.projectcalico.org/v1 >/dev/null 2>&1; then FORM=stored; else FORM=v3; fi"
    yield 'group() { if [ "$FORM" = stored ]; then echo crd.projectcalico.org; else echo projectcalico.org; fi; }'


def _commands(write: Write, number: int, version: str, files: dict[str, str]) -> list[str]:
    calico = KINDS[write.identity.kind].calico
    if write.after is None:
        assert write.before is not None
        return _deletion(write.identity, write.before, version)
    name = f"{number:03d}-{_file_name(write.identity)}.yaml"
    for form in _FORMS if calico else ("kubernetes",):
        files[f"{form}/{name}"] = write_document(_in_form(write.identity, write.after, form, version))
    path = f'"$FORM/{name}"' if calico else f"kubernetes/{name}"
    return [f"k replace -f {path} || k create -f {path}"]


def _deletion(identity: Identity, before: Manifest, version: str) -> list[str]:
    info = KINDS[identity.kind]
    where = f" --namespace {identity.namespace}" if identity.namespace else ""
    if not info.calico:
        group = str(before.get("apiVersion", "")).partition("/")[0]
        name = before["metadata"]["name"]
        return [f"k delete {info.plural}.{group} {name}{where} --ignore-not-found --wait=false"]
    names = {form: _in_form(identity, before, form, version)["metadata"]["name"] for form in _FORMS}
    if names["stored"] == names["v3"]:
        name = names["v3"]
    else:
        name = f'"$([ "$FORM" = stored ] && echo {names["stored"]} || echo {names["v3"]})"'
    return [f'k delete "{info.plural}.$(group)" {name}{where} --ignore-not-found --wait=false']


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
    return "-".join(part for part in (identity.kind.lower(), identity.namespace, identity.name) if part)

"""Which of Calico's two API groups is in use (calico.md 7.1, dataplane.md 2).

`crd.projectcalico.org/v1` is where Calico stores its objects; `projectcalico.org/v3` is either a view of these that an
aggregated API server gives, or, in the native mode of 3.32, where they are stored. Felix takes the native mode when
CALICO_API_GROUP says so, or when the older group does not exist; where both exist as definitions the older one counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from generator.cluster.access import Connection, Request, Response
from generator.cluster.backoff import ask
from generator.cluster.codes import GROUP_DOWN, TWO_GROUPS
from generator.cluster.served import BackoffMaker, Served
from generator.cluster.wanted import CALICO_API, CALICO_STORED
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.errors import EnvironmentFailure

_NODE_PLACES: Final = ("calico-system", "kube-system")
_SWITCH: Final = "CALICO_API_GROUP"


class ApiMode(StrEnum):
    """Where Calico's objects come from."""

    AGGREGATED = "aggregated"  # projectcalico.org/v3, a view
    NATIVE = "native"  # projectcalico.org/v3, stored
    STORED = "stored"  # crd.projectcalico.org/v1
    NONE = "none"  # no kind of Calico's is served


@dataclass(frozen=True, slots=True)
class CalicoApi:
    """The group to read, how it comes about, and what a reader should know of it."""

    group: str
    mode: ApiMode
    notes: tuple[Diagnostic, ...] = ()


def choose_calico_api(connection: Connection, served: Served, backoff: BackoffMaker) -> CalicoApi:
    """Return the group in use; EnvironmentFailure where its server is down and nothing else tells what it holds."""
    stored = served.find(CALICO_STORED, "globalnetworkpolicies") is not None
    shown = served.find(CALICO_API, "globalnetworkpolicies") is not None
    if CALICO_API in served.down:
        if stored:
            summary = "projectcalico.org/v3 does not answer; the stored objects are read instead"
            hint = "look after calico-apiserver: kubectl get apiservice v3.projectcalico.org"
            return CalicoApi(CALICO_STORED, ApiMode.STORED, (_warning(summary, hint),))
        hint = "kubectl get apiservice v3.projectcalico.org says why"
        raise EnvironmentFailure([problem(GROUP_DOWN, "projectcalico.org/v3 does not answer", hint=hint)])
    if not shown:
        return CalicoApi(CALICO_STORED, ApiMode.STORED) if stored else CalicoApi("", ApiMode.NONE)
    if not stored:
        return CalicoApi(CALICO_API, ApiMode.NATIVE)
    aggregated = is_aggregated(connection, backoff)
    if aggregated is None:
        summary = "who serves projectcalico.org/v3 may not be asked; it is taken for a view of the stored objects"
        hint = "ask for the right to get apiservices v3.projectcalico.org; if it is none, the stored objects may count"
        return CalicoApi(CALICO_API, ApiMode.AGGREGATED, (_warning(summary, hint),))
    if aggregated:
        return CalicoApi(CALICO_API, ApiMode.AGGREGATED)
    native = _is_switched(connection, backoff)
    used, idle = (CALICO_API, CALICO_STORED) if native else (CALICO_STORED, CALICO_API)
    summary = f"both groups of Calico are defined; Felix reads {used}, and what is in {idle} has no effect"
    hint = "remove the definitions of the group that is not in use"
    return CalicoApi(used, ApiMode.NATIVE if native else ApiMode.STORED, (_warning(summary, hint),))


def _warning(summary: str, hint: str) -> Diagnostic:
    return problem(TWO_GROUPS, summary, hint=hint)


def _get(connection: Connection, path: str, backoff: BackoffMaker) -> Mapping[str, Any] | None:
    answer = ask(connection, Request("GET", path), backoff())
    return answer.body if isinstance(answer, Response) and isinstance(answer.body, Mapping) else None


def is_aggregated(connection: Connection, backoff: BackoffMaker) -> bool | None:
    """Tell whether a server of its own gives v3; None where that may not be asked."""
    found = _get(connection, f"/apis/apiregistration.k8s.io/v1/apiservices/v3.{CALICO_API}", backoff)
    return None if found is None else bool((found.get("spec") or {}).get("service"))


def _is_switched(connection: Connection, backoff: BackoffMaker) -> bool:
    for namespace in _NODE_PLACES:
        found = _get(connection, f"/apis/apps/v1/namespaces/{namespace}/daemonsets/calico-node", backoff)
        template = ((found or {}).get("spec") or {}).get("template") or {}
        for container in (template.get("spec") or {}).get("containers") or ():
            for item in container.get("env") or ():
                if item.get("name") == _SWITCH:
                    return str(item.get("value", "")).startswith(f"{CALICO_API}/")
    return False

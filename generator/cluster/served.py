"""Which kinds an API server serves, in which versions: the discovery API, in its short form where there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import quote

from generator.cluster.access import Connection, Request, Response
from generator.cluster.backoff import Backoff, Unreachable, ask
from generator.cluster.codes import NO_CLUSTER, NOT_LOGGED_IN
from generator.cluster.faults import Fault, FaultKind
from generator.foundation.diagnostics import problem
from generator.foundation.errors import EnvironmentFailure

_SHORT: Final = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList" for version in ("v2", "v2beta1")
)
BackoffMaker = Callable[[], Backoff]


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind that can be listed; `namespace` is "" for all of its objects."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    namespace: str = ""

    @property
    def api_version(self) -> str:
        """Return the apiVersion of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def path(self) -> str:
        """Return the path of the list of its objects."""
        where = f"namespaces/{quote(self.namespace, safe='')}/" if self.namespace else ""
        return f"/{'apis' if self.group else 'api'}/{self.api_version}/{where}{self.plural}"

    def within(self, namespace: str) -> Resource:
        """Return the same kind in one namespace."""
        return replace(self, namespace=namespace)


@dataclass(slots=True)
class Served:
    """What is served, each kind in the version that its group prefers among those that have it.

    `down` are groups that are registered but whose server does not answer, so that what they hold cannot be told.
    """

    resources: dict[tuple[str, str], Resource] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)

    def find(self, group: str, plural: str) -> Resource | None:
        """Return a kind; None where it is not served."""
        return self.resources.get((group, plural))

    def has_group(self, group: str) -> bool:
        """Tell whether any kind of the group is served."""
        return any(found == group for found, _ in self.resources)


def discover(connection: Connection, groups: Iterable[str], backoff: BackoffMaker) -> Served:
    """Ask what is served of some groups; EnvironmentFailure where the server does not know who asks."""
    served, wanted = Served(), set(groups)
    for root, own in (("/api", True), ("/apis", False)):
        body = _get(connection, root, backoff)
        if str(body.get("kind")) == "APIGroupDiscoveryList":
            _take_short(body, wanted, served)
        elif own:
            _take_group(connection, "", [str(version) for version in body.get("versions") or ()], served, backoff)
        else:
            for group in _mappings(body.get("groups")):
                if group.get("name") in wanted:
                    versions = [str(item.get("version")) for item in _mappings(group.get("versions"))]
                    first = str((group.get("preferredVersion") or {}).get("version") or "")
                    ordered = dict.fromkeys([*([first] if first else []), *versions])
                    _take_group(connection, str(group["name"]), ordered, served, backoff)
    return served


def _get(connection: Connection, path: str, backoff: BackoffMaker) -> Mapping[str, Any]:
    answer = ask(connection, Request("GET", path, accept=f"{_SHORT},application/json"), backoff())
    if isinstance(answer, Fault):
        unknown = answer.kind in (FaultKind.UNKNOWN_USER, FaultKind.FORBIDDEN)
        hint = "log in again" if unknown else "is this the address of a Kubernetes API server?"
        raise EnvironmentFailure([problem(NOT_LOGGED_IN if unknown else NO_CLUSTER, answer.words, hint=hint)])
    if not isinstance(answer.body, Mapping):
        hint = "is this the address of a Kubernetes API server?"
        raise EnvironmentFailure([problem(NO_CLUSTER, f"{path} answers with no JSON", hint=hint)])
    return answer.body


def _take_short(body: Mapping[str, Any], wanted: set[str], served: Served) -> None:
    for item in _mappings(body.get("items")):
        group = str((item.get("metadata") or {}).get("name") or "")
        if group and group not in wanted:
            continue
        for version in _mappings(item.get("versions")):
            if version.get("freshness") == "Stale":
                served.down.add(group)
            for row in _mappings(version.get("resources")):
                kind = str((row.get("responseKind") or {}).get("kind") or "")
                _keep(served, group, str(version.get("version")), row, str(row.get("resource")), kind)


def _take_group(
    connection: Connection, group: str, versions: Iterable[str], served: Served, backoff: BackoffMaker
) -> None:
    for version in versions:
        path = f"/apis/{group}/{version}" if group else f"/api/{version}"
        try:
            answer: Response | Fault | None = ask(connection, Request("GET", path), backoff())
        except Unreachable:
            answer = None  # others have answered: it is this group's own server
        if not isinstance(answer, Response) or not isinstance(answer.body, Mapping):
            served.down.add(group)
            continue
        for row in _mappings(answer.body.get("resources")):
            _keep(served, group, version, row, str(row.get("name")), str(row.get("kind")))


def _keep(served: Served, group: str, version: str, row: Mapping[str, Any], plural: str, kind: str) -> None:
    if "/" in plural or "list" not in (row.get("verbs") or ()):
        return
    namespaced = row.get("namespaced") is True or row.get("scope") == "Namespaced"
    served.resources.setdefault((group, plural), Resource(group, version, plural, kind, namespaced))


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    yield from (item for item in (value if isinstance(value, list) else ()) if isinstance(item, Mapping))

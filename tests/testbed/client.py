"""A plain HTTP client for what tests set up and look at; it shares no code with what it helps to test."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from tests.testbed.access import ADMIN, Endpoint

Manifest = dict[str, Any]

SSA: Final = "application/apply-patch+yaml"
MERGE: Final = "application/merge-patch+json"
MANAGER: Final = "testbed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: parsed JSON, or text where it is none."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(AssertionError):
    """The server did not do what the test asked for."""


class Client:
    """Asks one API server as one user; `ask` returns any answer, everything else raises Refused unless it is 2xx.

    One connection is kept open; use one client in one thread (`as_user` makes another).
    """

    def __init__(self, endpoint: Endpoint, user: str = ADMIN) -> None:
        self.endpoint = endpoint
        self.user = user
        self._kept: http.client.HTTPConnection | None = None
        self._kinds: dict[str, dict[str, tuple[str, bool]]] = {}  # apiVersion -> kind -> (plural, namespaced)

    def as_user(self, user: str) -> Client:
        """Return a client of another user of the same server."""
        return Client(self.endpoint, user)

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Close the kept connection; the next request opens one again."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    # One request

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Answer:
        """Send one request; it is sent again only where a kept connection had been closed meanwhile."""
        target = f"{path}?{urlencode(query)}" if query else path
        data = None if body is None else json.dumps(body).encode()
        token = self.endpoint.tokens[self.user]
        head = {"Authorization": f"Bearer {token}", "Content-Type": content_type, "Accept": accept}
        fresh = self._kept is None
        connection = self._connection()
        try:
            connection.request(method, target, data, head)
            answer = connection.getresponse()
            text = answer.read()
        except (http.client.HTTPException, OSError):
            self.close()
            if fresh:
                raise
            return self.ask(method, path, body, query, content_type, accept)
        return Answer(answer.status, _parsed(text), dict(answer.getheaders()))

    def _connection(self) -> http.client.HTTPConnection:
        if self._kept is None:
            url = urlsplit(self.endpoint.url)
            assert url.hostname is not None
            if url.scheme == "https":
                context = ssl.create_default_context(cafile=str(self.endpoint.ca_file))
                self._kept = http.client.HTTPSConnection(url.hostname, url.port, timeout=60, context=context)
            else:
                self._kept = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
        return self._kept

    def _must(self, method: str, path: str, *more: Any) -> Any:
        answer = self.ask(method, path, *more)
        if not 200 <= answer.status < 300:
            raise Refused(f"{method} {path}: {answer.status} {answer.body}")
        return answer.body

    # Paths

    def path(self, api_version: str, kind: str, namespace: str | None = None, name: str | None = None) -> str:
        """Return the path of an object, or of the list of its kind; the namespace is left out of cluster-wide kinds."""
        plural, namespaced = self._kind(api_version, kind)
        parts = [_group(api_version)]
        if namespaced and namespace:
            parts.append(f"namespaces/{namespace}")
        parts.append(plural)
        if name:
            parts.append(quote(name, safe=""))
        return "/".join(parts)

    def path_of(self, obj: Mapping[str, Any], *, collection: bool = False) -> str:
        """Return the path of an object, or of the list that it is in."""
        meta = obj["metadata"]
        namespace = meta.get("namespace", "default")
        return self.path(obj["apiVersion"], obj["kind"], namespace, None if collection else meta["name"])

    def is_namespaced(self, api_version: str, kind: str) -> bool:
        """Tell whether objects of a kind lie in namespaces."""
        return self._kind(api_version, kind)[1]

    def _kind(self, api_version: str, kind: str) -> tuple[str, bool]:
        if kind not in self._kinds.get(api_version, {}):
            found = self._must("GET", _group(api_version))
            self._kinds[api_version] = {
                row["kind"]: (row["name"], row["namespaced"]) for row in found["resources"] if "/" not in row["name"]
            }
        return self._kinds[api_version][kind]

    # Objects

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Manifest | None:
        """Return an object; None where there is none."""
        path = self.path(api_version, kind, namespace or "default", name)
        answer = self.ask("GET", path)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise Refused(f"GET {path}: {answer.status} {answer.body}")
        found: Manifest = answer.body
        return found

    def objects(self, api_version: str, kind: str, namespace: str | None = None) -> list[Manifest]:
        """Return all objects of a kind, each with its apiVersion and kind."""
        found = self._must("GET", self.path(api_version, kind, namespace))
        return [{"apiVersion": api_version, "kind": kind, **item} for item in found["items"] or ()]

    def create(self, obj: Mapping[str, Any]) -> Manifest:
        """POST an object, strictly."""
        query = {"fieldManager": MANAGER, "fieldValidation": "Strict"}
        created: Manifest = self._must("POST", self.path_of(obj, collection=True), obj, query)
        return created

    def apply(self, obj: Mapping[str, Any], manager: str = MANAGER) -> Manifest:
        """Write an object by server-side apply, taking over what others own."""
        query = {"fieldManager": manager, "force": "true"}
        written: Manifest = self._must("PATCH", self.path_of(obj), obj, query, SSA)
        return written

    def replace(self, obj: Mapping[str, Any], subresource: str = "") -> Manifest:
        """PUT an object, or one of its subresources."""
        written: Manifest = self._must("PUT", self.path_of(obj) + subresource, obj, {"fieldManager": MANAGER})
        return written

    def merge(self, obj: Mapping[str, Any], patch: Mapping[str, Any], subresource: str = "") -> Manifest:
        """Lay a merge patch over an object, or over its subresource as in `/status`."""
        query = {"fieldManager": MANAGER}
        written: Manifest = self._must("PATCH", self.path_of(obj) + subresource, patch, query, MERGE)
        return written

    def delete(self, obj: Mapping[str, Any]) -> None:
        """Delete an object at once, also one that waits for its finalizers; fine where it is gone already."""
        path = self.path_of(obj)
        answer = self.ask("DELETE", path, {"propagationPolicy": "Background", "gracePeriodSeconds": 0})
        if answer.status == 200 and isinstance(answer.body, dict) and answer.body.get("kind") == obj["kind"]:
            if answer.body["metadata"].get("finalizers"):
                self.merge(obj, {"metadata": {"finalizers": None}})
        elif answer.status not in (200, 202, 404):
            raise Refused(f"DELETE {path}: {answer.status} {answer.body}")

    def delete_namespace(self, name: str) -> None:
        """Remove a namespace and all that is in it: no controller is there to do either."""
        self.ask("DELETE", f"/api/v1/namespaces/{name}")  # from here on nothing new can be made in it
        for api_version, kind, namespaced in self.kinds():
            if namespaced:
                for obj in self.objects(api_version, kind, name):
                    self.delete(obj)
        self.finalize_namespace(name)

    def finalize_namespace(self, name: str) -> None:
        """Delete an empty namespace and take its finalizer off, which the namespace controller does elsewhere."""
        path = f"/api/v1/namespaces/{name}"
        self.ask("DELETE", path)
        left = self.ask("GET", path)
        if left.status == 200:
            left.body["spec"]["finalizers"] = []
            self._must("PUT", f"{path}/finalize", left.body)

    def grant(
        self, user: str, rules: Sequence[Mapping[str, Sequence[str]]], name: str | None = None, namespace: str = ""
    ) -> None:
        """Give a user rights (RBAC rules), in one namespace or everywhere; call it as the administrator."""
        kind = "Role" if namespace else "ClusterRole"
        meta: Manifest = {"name": name or f"testbed-{user}"} | ({"namespace": namespace} if namespace else {})
        group = "rbac.authorization.k8s.io"
        self.apply({"apiVersion": f"{group}/v1", "kind": kind, "metadata": meta, "rules": list(rules)})
        self.apply(
            {
                "apiVersion": f"{group}/v1",
                "kind": f"{kind}Binding",
                "metadata": meta,
                "roleRef": {"apiGroup": group, "kind": kind, "name": meta["name"]},
                "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
            }
        )

    def as_account(self, namespace: str, name: str) -> Client:
        """Return a client of a ServiceAccount, with a token that the server has issued for it."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        issued = self._must(
            "POST", path, {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        )
        tokens = {name: issued["status"]["token"]}
        return Client(Endpoint(self.endpoint.url, self.endpoint.ca_file, tokens), name)

    def kinds(self, verbs: Iterable[str] = ("list", "delete")) -> list[tuple[str, str, bool]]:
        """Return (apiVersion, kind, namespaced) of all that is served with these verbs, in each preferred version."""
        groups = self._must("GET", "/apis")["groups"]
        found = []
        for version in ["v1", *(group["preferredVersion"]["groupVersion"] for group in groups)]:
            for row in self._must("GET", _group(version))["resources"]:
                if "/" not in row["name"] and set(verbs) <= set(row["verbs"]):
                    found.append((version, row["kind"], row["namespaced"]))
        return found


def _group(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text.decode(errors="replace")

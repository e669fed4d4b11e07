"""Calico's own API server, as far as a client can tell: projectcalico.org/v3 as a view of the stored objects.

with CalicoApiServer(server) as view: ...   # a server with CRDs of crd.projectcalico.org/v1 now serves v3 too

It is a server of its own behind an APIService, asked through the aggregation of kube-apiserver. It shows each stored
object under its v3 name, with the labels and annotations of the stored annotation and another uid; it fills in tier and
types before it stores; it shows the profiles that Calico derives from namespaces; its lists come whole, whatever the
limit (calico.md 1.4, 1.5, 7.1). Left out: Go validation, rights by tier, watches, and patches.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.testbed.client import Client, Manifest
from tests.testbed.server import ApiServer

GROUP: Final = "projectcalico.org"
_V3: Final = f"/apis/{GROUP}/v3"
_STORED: Final = "crd.projectcalico.org/v1"
_NOTE: Final = "projectcalico.org/metadata"
_TIERED: Final = ("NetworkPolicy", "GlobalNetworkPolicy", "StagedNetworkPolicy", "StagedGlobalNetworkPolicy")
_PATIENCE: Final = 60.0
_PARTIAL: Final = "PartialObjectMetadataList"


class CalicoApiServer:
    """Serves the view while the block lasts; `asked` are methods and paths as they came.

    `hidden` is a tier that nobody may see: its policies are in no list, as for somebody without the right.
    """

    def __init__(self, server: ApiServer, hidden: str = "") -> None:
        self._server = server
        self.hidden = hidden
        self._admin = server.client()
        self._lock = threading.Lock()
        self.asked: list[tuple[str, str]] = []
        listed = self._admin.ask("GET", f"/apis/{_STORED}").body["resources"]
        self._kinds = {row["name"]: row for row in listed if "/" not in row["name"]}

    def __enter__(self) -> Self:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate = self._server.endpoint.ca_file
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self._register(self._http.server_address[1])
        return self

    def __exit__(self, *error: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _register(self, port: int) -> None:
        namespace = "calico-apiserver"
        self._admin.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        # The way to loopback: kube-apiserver asks the name of such a Service, and nobody has to translate an address.
        service = {"type": "ExternalName", "externalName": "localhost"}
        place = {"name": "calico-api", "namespace": namespace}
        self._admin.apply({"apiVersion": "v1", "kind": "Service", "metadata": place, "spec": service})
        spec = {
            "group": GROUP,
            "version": "v3",
            "groupPriorityMinimum": 1500,
            "versionPriority": 200,
            "insecureSkipTLSVerify": True,
            "service": {**place, "port": port},
        }
        metadata = {"name": f"v3.{GROUP}"}
        self._admin.apply(
            {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": metadata, "spec": spec}
        )
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + _PATIENCE
        accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
        while True:
            body = self._admin.ask("GET", "/apis", accept=accept).body
            found = [item for item in body["items"] if item["metadata"]["name"] == GROUP]
            if found and all(row.get("freshness") == "Current" for row in found[0]["versions"]):
                return
            assert time.monotonic() < until, "the aggregated API is not served"
            time.sleep(0.1)

    # Answers

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, body = owner._answer(
                    self.command, self.path, json.loads(text or b"null"), self.headers["Accept"]
                )
                data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/plain" if isinstance(body, str) else "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

    def _answer(self, method: str, target: str, body: Any, accept: str | None) -> tuple[int, Any]:
        url = urlsplit(target)
        parts = [unquote(part) for part in url.path.split("/") if part][3:]
        if not url.path.startswith(_V3):
            return 404, "404 page not found\n"
        if not parts:
            return 200, self._resources()
        self.asked.append((method, url.path))
        namespace = parts[1] if parts[0] == "namespaces" and len(parts) > 2 else ""
        plural, *name = parts[2:] if namespace else parts
        if plural == "profiles":
            return 200, self._listed("Profile", self._profiles(), "1", accept)
        if plural not in self._kinds:
            return 404, "404 page not found\n"
        path = f"/apis/{_STORED}/" + (f"namespaces/{namespace}/" if namespace else "") + "/".join([plural, *name])
        query = {key: value for key, value in parse_qsl(url.query) if key not in ("limit", "continue")}
        kind = self._kinds[plural]["kind"]
        with self._lock:
            answer = self._admin.ask(method, path, _stored(method, kind, body), query)
        if answer.status >= 300 or answer.body.get("kind") == "Status":
            return answer.status, answer.body
        if method == "GET" and not name:
            items = [shown(kind, item) for item in answer.body["items"]]
            items = [item for item in items if kind not in _TIERED or item["spec"]["tier"] != self.hidden]
            return 200, self._listed(kind, items, answer.body["metadata"]["resourceVersion"], accept)
        return answer.status, shown(kind, answer.body)

    def _resources(self) -> Manifest:
        verbs = ["create", "delete", "get", "list", "patch", "update", "watch"]
        kinds = [(row["name"], row["kind"], row["namespaced"]) for row in self._kinds.values()]
        rows = [
            {"name": name, "singularName": kind.lower(), "kind": kind, "namespaced": namespaced, "verbs": verbs}
            for name, kind, namespaced in [*kinds, ("profiles", "Profile", False)]
        ]
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": f"{GROUP}/v3", "resources": rows}

    def _listed(self, kind: str, items: list[Manifest], version: str, accept: str | None) -> Manifest:
        whole = {"metadata": {"resourceVersion": version}}
        if _PARTIAL in (accept or ""):
            rows = [{"metadata": item["metadata"]} for item in items]
            return {"kind": _PARTIAL, "apiVersion": "meta.k8s.io/v1", **whole, "items": rows}
        return {"kind": f"{kind}List", "apiVersion": f"{GROUP}/v3", **whole, "items": items}

    def _profiles(self) -> list[Manifest]:
        with self._lock:
            spaces = self._admin.objects("v1", "Namespace")
            accounts = [item["metadata"] for item in self._admin.objects("v1", "ServiceAccount")]
        allow = {"ingress": [{"action": "Allow"}], "egress": [{"action": "Allow"}]}
        rows: list[tuple[str, dict[str, str]]] = [("projectcalico-default-allow", {})]
        for space in spaces:
            own = {"name": space["metadata"]["name"], **(space["metadata"].get("labels") or {})}
            labels = {f"pcns.{key if key != 'name' else 'projectcalico.org/name'}": value for key, value in own.items()}
            rows.append((f"kns.{space['metadata']['name']}", labels))
        rows += [
            (f"ksa.{item['namespace']}.{item['name']}", {"pcsa.projectcalico.org/name": item["name"]})
            for item in accounts
        ]
        return [
            {
                "kind": "Profile",
                "apiVersion": f"{GROUP}/v3",
                "metadata": {"name": name, "uid": str(uuid.uuid5(uuid.NAMESPACE_URL, name)), "resourceVersion": "1"},
                "spec": {**allow, "labelsToApply": labels},
            }
            for name, labels in rows
        ]


def turned(uid: str) -> str:
    """Return the uid of the view of an object, and of the object from that of its view."""
    return str(uuid.UUID(bytes=bytes(int(f"{byte:08b}"[::-1], 2) for byte in uuid.UUID(uid).bytes)))


def shown(kind: str, stored: Manifest) -> Manifest:
    """Return the view of a stored object."""
    metadata = stored["metadata"]
    note = json.loads((metadata.get("annotations") or {}).get(_NOTE, "{}"))
    kept = {key: metadata[key] for key in ("namespace", "resourceVersion", "creationTimestamp") if key in metadata}
    own = {key: value for key, value in (metadata.get("labels") or {}).items() if not note or GROUP in key}
    labels = {**own, **(note.get("labels") or {})}
    view = {"name": note.get("name") or metadata["name"], "uid": turned(metadata["uid"]), **kept}
    view |= {"labels": labels} if labels else {}
    view |= {"annotations": note["annotations"]} if note.get("annotations") else {}
    spec = _filled(kind, stored.get("spec") or {})
    return {"kind": kind, "apiVersion": f"{GROUP}/v3", "metadata": view, "spec": spec}


def _stored(method: str, kind: str, body: Any) -> Any:
    """Return what is sent on: an object in its stored form, or the conditions of a removal."""
    if method == "DELETE":
        conditions = (body or {}).get("preconditions") or {}
        if "uid" in conditions:
            conditions["uid"] = turned(conditions["uid"])
        return body
    if method not in ("POST", "PUT"):
        return None
    metadata = body["metadata"]
    spec = _filled(kind, body.get("spec") or {})
    labels = dict(metadata.get("labels") or {})
    if kind in _TIERED:
        labels["projectcalico.org/tier"] = spec["tier"]
    note = {"name": metadata["name"], "labels": labels, "annotations": metadata.get("annotations") or {}}
    kept = {key: metadata[key] for key in ("name", "namespace", "resourceVersion") if key in metadata}
    kept |= {"uid": turned(metadata["uid"])} if "uid" in metadata else {}
    kept["annotations"] = {_NOTE: json.dumps(note, separators=(",", ":"))}
    kept["labels"] = {key: value for key, value in labels.items() if GROUP in key}
    return {"apiVersion": _STORED, "kind": kind, "metadata": kept, "spec": spec}


def _filled(kind: str, spec: Manifest) -> Manifest:
    if kind not in _TIERED:
        return spec
    egress, ingress = bool(spec.get("egress")), bool(spec.get("ingress"))
    types = [*(["Ingress"] if ingress or not egress else []), *(["Egress"] if egress else [])]
    return {**spec, "tier": spec.get("tier") or "default", "types": spec.get("types") or types}


def shows(client: Client) -> bool:
    """Tell whether a server's v3 is the view: it is served by somebody else."""
    found = client.ask("GET", f"/apis/apiregistration.k8s.io/v1/apiservices/v3.{GROUP}")
    return found.status == 200 and bool(found.body["spec"].get("service"))

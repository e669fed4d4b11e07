"""What leads from outside to Services: Ingress, Gateway API, Istio's VirtualService, OpenShift's Route, Traefik's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from generator.foundation.source import Path
from generator.snapshot.containers import read_port
from generator.snapshot.fields import Fields
from generator.snapshot.model import ExternalHost, Route

Backend = tuple[tuple[str, str, str], Path]  # (namespace, service, port), way


def read_route(fields: Fields, kind: str, namespace: str, name: str) -> Route:
    """Read one route object; `kind` is one of ROUTE_KINDS."""
    spec = fields.mapping("spec")
    found = dict.fromkeys(_READERS[kind](spec, namespace))
    once: dict[tuple[str, str, str], Path] = {}
    for backend, path in found:
        once.setdefault(backend, path)
    hosts, parents = _surroundings(fields, spec, kind, namespace)
    return Route(kind, namespace, name, tuple(once), fields.source, tuple(once.values()), hosts, parents)


def _surroundings(fields: Fields, spec: Fields, kind: str, namespace: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the hosts that a route answers for and what it hangs on."""
    match kind:
        case "Ingress":
            annotations = dict(fields.mapping("metadata").labels("annotations"))
            parent = spec.text("ingressClassName") or annotations.get("kubernetes.io/ingress.class", "")
            hosts = [rule.text("host") for rule in spec.items("rules")]
            return _known(hosts), _known([parent])
        case "VirtualService":
            gateways = [text for _, text in spec.texts("gateways")] or ["mesh"]
            parents = [text if text == "mesh" else _gateway(text, namespace) for text in gateways]
            return _known([text for _, text in spec.texts("hosts")]), _known(parents)
        case "Route":
            return _known([spec.text("host")]), ()
        case "IngressRoute":
            return (), ()
        case _:
            parents = [
                f"{item.text('kind', 'Gateway')}/{item.text('namespace') or namespace}/{item.text('name')}"
                for item in spec.items("parentRefs")
            ]
            return _known([text for _, text in spec.texts("hostnames")]), _known(parents)


def _known(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def _gateway(text: str, namespace: str) -> str:
    above, slash, name = text.rpartition("/")
    return f"Gateway/{above if slash else namespace}/{name}"


def _ingress(spec: Fields, namespace: str) -> Iterator[Backend]:
    for key in ("defaultBackend", "backend"):
        yield from _ingress_backend(spec.mapping(key), namespace)
    for rule in spec.items("rules"):
        for item in rule.mapping("http").items("paths"):
            yield from _ingress_backend(item.mapping("backend"), namespace)


def _ingress_backend(backend: Fields, namespace: str) -> Iterator[Backend]:
    """Read a backend of networking.k8s.io/v1, or of the older forms with serviceName and servicePort."""
    if isinstance(backend.value.get("service"), dict):
        service = backend.mapping("service")
        port = service.mapping("port")
        if service.text("name"):
            written = port.word("number") or port.text("name")
            yield (namespace, service.text("name"), written), service.at("name")
    elif backend.value.get("serviceName"):
        yield (namespace, backend.text("serviceName"), backend.word("servicePort")), backend.at("serviceName")


def _gateway_api(spec: Fields, namespace: str) -> Iterator[Backend]:
    for rule in spec.items("rules"):
        yield from _references(rule, namespace)
        for chosen in rule.items("filters"):
            mirror = chosen.mapping("requestMirror")
            yield from _reference(mirror.mapping("backendRef"), namespace)


def _references(rule: Fields, namespace: str) -> Iterator[Backend]:
    for item in rule.items("backendRefs"):
        yield from _reference(item, namespace)


def _reference(item: Fields, namespace: str) -> Iterator[Backend]:
    name = item.text("name")
    if name and item.text("kind", "Service") == "Service" and not item.text("group"):
        yield (item.text("namespace") or namespace, name, item.word("port")), item.at("name")


def _virtual_service(spec: Fields, namespace: str) -> Iterator[Backend]:
    for protocol in ("http", "tcp", "tls"):
        for rule in spec.items(protocol):
            targets = [*rule.items("route")]
            for target in targets:
                yield from _destination(target.mapping("destination"), namespace)
            yield from _destination(rule.mapping("mirror"), namespace)


def _destination(target: Fields, namespace: str) -> Iterator[Backend]:
    host = target.text("host")
    if not host:
        return
    labels = host.removesuffix(".").split(".")
    port = target.mapping("port").word("number")
    if len(labels) == 1:
        yield (namespace, host, port), target.at("host")
    elif len(labels) >= 3 and labels[2] == "svc":
        yield (labels[1], labels[0], port), target.at("host")


def _openshift(spec: Fields, namespace: str) -> Iterator[Backend]:
    port = spec.mapping("port").word("targetPort")
    for target in (spec.mapping("to"), *spec.items("alternateBackends")):
        if target.text("name") and target.text("kind", "Service") == "Service":
            yield (namespace, target.text("name"), port), target.at("name")


def _traefik(spec: Fields, namespace: str) -> Iterator[Backend]:
    for rule in spec.items("routes"):
        for item in rule.items("services"):
            if item.text("name") and item.text("kind", "Service") == "Service":
                yield (item.text("namespace") or namespace, item.text("name"), item.word("port")), item.at("name")


_READERS: Final[dict[str, Callable[[Fields, str], Iterator[Backend]]]] = {
    "Ingress": _ingress,
    "HTTPRoute": _gateway_api,
    "GRPCRoute": _gateway_api,
    "TLSRoute": _gateway_api,
    "TCPRoute": _gateway_api,
    "UDPRoute": _gateway_api,
    "VirtualService": _virtual_service,
    "Route": _openshift,
    "IngressRoute": _traefik,
    "IngressRouteTCP": _traefik,
}
ROUTE_KINDS: Final = frozenset(_READERS)


def read_external_host(fields: Fields, namespace: str, name: str) -> ExternalHost:
    """Read an Istio ServiceEntry: hosts outside the mesh, with their ports."""
    spec = fields.mapping("spec")
    ports: list[tuple[str, int]] = []
    for item in spec.items("ports"):
        number = read_port(item, "number")
        if number:
            ports.append(("UDP" if item.text("protocol").upper() == "UDP" else "TCP", number))
    return ExternalHost(
        namespace,
        name,
        tuple(text for _, text in spec.texts("hosts")),
        tuple(text for _, text in spec.texts("addresses")),
        tuple(ports),
        fields.source,
    )

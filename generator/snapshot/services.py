"""Services and what stands behind them: EndpointSlices, and the older Endpoints where no slice is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from generator.snapshot.containers import read_port, read_protocol
from generator.snapshot.fields import Fields
from generator.snapshot.model import EndpointSlice, KubeService, ServicePort
from generator.snapshot.workloads import read_annotations

SERVICE_OF_SLICE: Final = "kubernetes.io/service-name"


def read_service(fields: Fields, namespace: str, name: str) -> KubeService:
    """Read a Service; a targetPort that is absent is the port itself."""
    spec = fields.mapping("spec")
    selector = spec.labels("selector")
    ips = [text for _, text in spec.texts("clusterIPs")]
    first = spec.text("clusterIP")
    if first and first not in ips:
        ips.insert(0, first)
    addresses = [text for _, text in spec.texts("externalIPs")]
    addresses.append(spec.text("loadBalancerIP"))
    for item in fields.way("status", "loadBalancer").items("ingress"):
        addresses.append(item.text("ip"))
    return KubeService(
        namespace=namespace,
        name=name,
        type=spec.text("type") or "ClusterIP",
        # An empty selector makes no endpoints, just as an absent one.
        selector=selector or None,
        ports=tuple(_ports(spec)),
        cluster_ips=tuple(ip for ip in ips if ip),
        external_name=spec.text("externalName"),
        external_traffic_policy=spec.text("externalTrafficPolicy"),
        source=fields.source,
        addresses=tuple(dict.fromkeys(address for address in addresses if address)),
        annotations=read_annotations(fields.mapping("metadata")),
    )


def _ports(spec: Fields) -> Iterator[ServicePort]:
    for item in spec.items("ports"):
        protocol = read_protocol(item)
        port = read_port(item, "port")
        if protocol is None or not port:
            continue
        target = item.word("targetPort")
        # The API server replaces a targetPort of 0 by the port, as it does an absent one.
        target = str(port) if target in ("", "0") else target
        yield ServicePort(item.text("name"), protocol, port, target, read_port(item, "nodePort"))


def read_slice(fields: Fields, namespace: str, name: str) -> EndpointSlice | None:
    """Read an EndpointSlice; one of host names has no address and is left out (calico.md 4.6)."""
    if fields.text("addressType", "IPv4") == "FQDN":
        return None
    labels = dict(fields.mapping("metadata").labels("labels"))
    addresses: list[str] = []
    for item in fields.items("endpoints"):
        addresses.extend(text for _, text in item.texts("addresses"))
    return EndpointSlice(
        namespace=namespace,
        name=name,
        service=labels.get(SERVICE_OF_SLICE, ""),
        addresses=tuple(dict.fromkeys(addresses)),
        ports=tuple(_slice_ports(fields, "port")),
    )


def read_endpoints(fields: Fields, namespace: str, name: str) -> list[EndpointSlice]:
    """Read an Endpoints object as the slices that Kubernetes mirrors it to, one for each subset."""
    found: list[EndpointSlice] = []
    for position, subset in enumerate(fields.items("subsets")):
        addresses = [item.text("ip") for key in ("addresses", "notReadyAddresses") for item in subset.items(key)]
        ports = tuple(_slice_ports(subset, "port"))
        known = tuple(address for address in addresses if address)
        found.append(EndpointSlice(namespace, f"{name}-{position}", name, known, ports))
    return found


def _slice_ports(fields: Fields, key: str) -> Iterator[tuple[str, str, int]]:
    for item in fields.items("ports"):
        protocol = read_protocol(item)
        number = read_port(item, key)
        if protocol is not None and number:
            yield item.text("name"), protocol, number


@dataclass(frozen=True, slots=True)
class SliceSources:
    """Slices as given, and those made of Endpoints objects."""

    given: tuple[EndpointSlice, ...]
    mirrored: tuple[EndpointSlice, ...]


def merge_slices(sources: SliceSources) -> Iterable[EndpointSlice]:
    """Return the slices, and of the mirrored ones those whose Service has no slice."""
    covered = {(item.namespace, item.service) for item in sources.given}
    yield from sources.given
    yield from (item for item in sources.mirrored if (item.namespace, item.service) not in covered)

"""From documents to a Snapshot: every object goes to the file of its family, then the parts are put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from generator.calico.kinds import KINDS, find_kind
from generator.foundation.diagnostics import Diagnostic
from generator.foundation.yaml_reader import Document
from generator.snapshot import access, cluster, facts, host_ports, resolvers, routes, services, workloads
from generator.snapshot.containers import ConfigMaps
from generator.snapshot.documents import Named, OnceOnly, name_items, split_items
from generator.snapshot.model import FELIX, IP_POOLS, EndpointSlice, EnvValue, RoleGrant, Snapshot, Workload
from generator.snapshot.policies import PolicyShelf
from generator.snapshot.secrets import cut_secrets

_CORE: Final = (
    *("Namespace", "Node", "Pod", "Service", "Endpoints", "ConfigMap", "ServiceAccount", "ReplicationController"),
)
_GROUPS: Final[dict[str, frozenset[str]]] = {
    "": frozenset(_CORE),
    "projectcalico.org": frozenset(["IPPool", "FelixConfiguration"]),
    "crd.projectcalico.org": frozenset(["IPPool", "FelixConfiguration"]),
    "apps": frozenset(["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"]),
    "extensions": frozenset(["Deployment", "DaemonSet", "ReplicaSet", "Ingress"]),
    "batch": frozenset(["Job", "CronJob"]),
    "argoproj.io": frozenset(["Rollout"]),
    "apps.openshift.io": frozenset(["DeploymentConfig"]),
    "discovery.k8s.io": frozenset(["EndpointSlice"]),
    "networking.k8s.io": frozenset(["Ingress"]),
    "gateway.networking.k8s.io": frozenset(["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"]),
    "networking.istio.io": frozenset(["VirtualService", "ServiceEntry"]),
    "route.openshift.io": frozenset(["Route"]),
    "traefik.io": frozenset(["IngressRoute", "IngressRouteTCP"]),
    "traefik.containo.us": frozenset(["IngressRoute", "IngressRouteTCP"]),
    "admissionregistration.k8s.io": frozenset(["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"]),
    "apiregistration.k8s.io": frozenset(["APIService"]),
    "apiextensions.k8s.io": frozenset(["CustomResourceDefinition"]),
    "rbac.authorization.k8s.io": access.BINDING_KINDS | access.ROLE_KINDS,
}
_CLUSTER_WIDE: Final = frozenset(
    ["Namespace", "Node", "IPPool", "FelixConfiguration", "ClusterRole", "ClusterRoleBinding", *access.CALLBACK_KINDS],
)
# Known, and never kept: not even the names of the keys (product.md; issue: secrets are never stored).
_NEVER_KEPT: Final = ("", "Secret")


def build_snapshot(
    documents: Iterable[Document], *, namespace: str, complete: bool, origin: str
) -> tuple[Snapshot, list[Diagnostic]]:
    """Build the snapshot of all documents, in the order given; what cannot be read is a diagnostic with its place."""
    problems: list[Diagnostic] = []
    shelf = PolicyShelf(namespace)
    once = OnceOnly()
    others: Counter[str] = Counter()
    for item in split_items(documents, problems):
        policy = find_kind(item.api_version, item.kind)
        if policy is not None:
            found = name_items(item, KINDS[policy].namespaced, namespace)
            if found is not None:
                shelf.add(policy, found)
        elif item.kind in _GROUPS.get(item.group, ()):
            found = name_items(item, item.kind not in _CLUSTER_WIDE, namespace)
            if found is not None:
                once.add(item.kind, found)
        elif (item.group, item.kind) != _NEVER_KEPT:
            others[f"{item.kind} ({item.api_version})"] += 1
    parts = _Parts(once.by_key())
    snapshot = parts.assemble(shelf, complete, origin, namespace, dict(sorted(others.items())))
    return snapshot, problems


class _InNamespace(Protocol):
    @property
    def namespace(self) -> str: ...


class _Parts:
    """The objects by kind, and how each family is read."""

    def __init__(self, found: dict[str, list[Named]]) -> None:
        self._found = found

    def _all(self, kinds: Iterable[str]) -> Iterator[tuple[str, Named]]:
        for kind in kinds:
            for named in self._found.get(kind, ()):
                yield kind, named

    def assemble(
        self, shelf: PolicyShelf, complete: bool, origin: str, namespace: str, others: dict[str, int]
    ) -> Snapshot:
        """Read the families and put the snapshot together, everything sorted."""
        maps = self._config_maps()
        snapshot = Snapshot(
            complete=complete,
            origin=origin,
            namespaces={},
            workloads=tuple(sorted(self._workloads(maps), key=lambda found: (found.namespace, found.kind, found.name))),
            services=tuple(
                services.read_service(named.item.fields, named.namespace, named.name)
                for _, named in self._all(["Service"])
            ),
            endpoint_slices=self._slices(),
            routes=tuple(
                routes.read_route(named.item.fields, kind, named.namespace, named.name)
                for kind, named in self._all(sorted(routes.ROUTE_KINDS))
            ),
            callbacks=tuple(
                callback
                for kind, named in self._all(sorted(access.CALLBACK_KINDS))
                for callback in access.read_callbacks(named.item.fields, kind, named.name)
            ),
            nodes=tuple(cluster.read_node(named.item.fields, named.name) for _, named in self._all(["Node"])),
            service_accounts=tuple(
                access.read_service_account(named.item.fields, named.namespace, named.name)
                for _, named in self._all(["ServiceAccount"])
            ),
            grants=tuple(self._grants()),
            config_maps=maps,
            policies=shelf.objects(),
            others=others,
            extra=self._extra(),
            external_hosts=tuple(
                routes.read_external_host(named.item.fields, named.namespace, named.name)
                for _, named in self._all(["ServiceEntry"])
            ),
            default_namespace=namespace,
        )
        return self._with_namespaces(snapshot)

    def _extra(self) -> dict[str, Any]:
        pools = sorted({cluster.read_ip_pool(named.item.fields) for _, named in self._all(["IPPool"])} - {""})
        found: dict[str, Any] = {IP_POOLS: pools} if pools else {}
        nodes: dict[str, dict[str, Any]] = {}
        settled: set[str] = set()  # by the environment, which goes before both
        for _, named in self._all(["FelixConfiguration"]):
            if named.name == "default":
                found[FELIX] = cluster.read_felix(named.item.fields)
            elif named.name.startswith(facts.NODE_SETTINGS):
                nodes[named.name.removeprefix(facts.NODE_SETTINGS)] = cluster.read_felix(named.item.fields)
        for _, named in self._all(["DaemonSet"]):
            template = named.item.fields.way(*workloads.TEMPLATES["DaemonSet"])
            unsaid, said = cluster.read_felix_defaults(template), cluster.read_felix_environment(template)
            if unsaid or said:
                found[FELIX] = {**unsaid, **found.get(FELIX, {}), **said}
            settled |= said.keys()
        found |= _felix_nodes(nodes, settled) | host_ports.write_host_ports(self._host_ports())
        return {**found, **resolvers.write_resolvers(self._resolvers())}

    def _host_ports(self) -> Iterator[host_ports.HostPort]:
        for kind, named in self._all(workloads.TEMPLATES):
            way = (*workloads.TEMPLATES[kind], "spec")
            yield from host_ports.read_host_ports(named.item.fields.value, way, kind, named.namespace, named.name)

    def _resolvers(self) -> Iterator[resolvers.Resolver]:
        for kind, named in self._all(workloads.TEMPLATES):
            pod = named.item.fields.way(*workloads.TEMPLATES[kind], "spec")
            item = resolvers.read_resolver(pod, kind, named.namespace, named.name)
            if item is not None:
                yield item

    def _config_maps(self) -> ConfigMaps:
        maps: dict[tuple[str, str], dict[str, EnvValue]] = {}
        for _, named in self._all(["ConfigMap"]):
            data = named.item.fields.mapping("data")
            values: dict[str, EnvValue] = {}
            for key in sorted(map(str, data.value)):
                value, cut = cut_secrets(key, data.text(key))
                values[key] = EnvValue(key, value, "configmap", named.name, data.at(key), data.source, redacted=cut)
            maps[named.namespace, named.name] = values
        return maps

    def _workloads(self, maps: ConfigMaps) -> Iterator[Workload]:
        yield from workloads.settle_owners(
            workloads.read_workload(named.item.fields, kind, named.namespace, named.name, maps)
            for kind, named in self._all(workloads.TEMPLATES)
        )

    def _slices(self) -> tuple[EndpointSlice, ...]:
        given = [
            services.read_slice(named.item.fields, named.namespace, named.name)
            for _, named in self._all(["EndpointSlice"])
        ]
        mirrored = [
            item
            for _, named in self._all(["Endpoints"])
            for item in services.read_endpoints(named.item.fields, named.namespace, named.name)
        ]
        sources = services.SliceSources(tuple(item for item in given if item is not None), tuple(mirrored))
        merged = services.merge_slices(sources)
        return tuple(sorted(merged, key=lambda item: (item.namespace, item.name)))

    def _grants(self) -> Iterator[RoleGrant]:
        resources = {
            (kind, named.namespace, named.name): access.read_role(named.item.fields)
            for kind, named in self._all(sorted(access.ROLE_KINDS))
        }
        bindings = [
            access.Binding(named.item.fields, named.namespace, named.name)
            for _, named in self._all(sorted(access.BINDING_KINDS))
        ]
        found = access.read_grants(bindings, resources)
        yield from sorted(found, key=lambda grant: (grant.namespace, grant.service_account, grant.role))

    def _with_namespaces(self, snapshot: Snapshot) -> Snapshot:
        known = {
            named.name: cluster.read_namespace(named.item.fields, named.name) for _, named in self._all(["Namespace"])
        }
        spaces = cluster.assume_namespaces(known, () if snapshot.complete else _referenced(snapshot))
        return replace(snapshot, namespaces=spaces)


def _felix_nodes(settings: Mapping[str, dict[str, Any]], settled: Collection[str]) -> dict[str, Any]:
    """Return what `extra` keeps of settings that one node alone has, as a read of a cluster keeps them."""
    wanted = [key for key in cluster.FELIX_SETTINGS if key not in settled]
    own = {node: {key: said[key] for key in wanted if key in said} for node, said in sorted(settings.items())}
    found = {node: said for node, said in own.items() if said}
    return facts.write_seen(facts.Seen(felix_nodes=found)) if found else {}


def _referenced(snapshot: Snapshot) -> Iterator[str]:
    """Go through the namespaces that something stands in or leads to."""
    for group in (
        snapshot.workloads,
        snapshot.services,
        snapshot.endpoint_slices,
        snapshot.routes,
        snapshot.service_accounts,
        snapshot.policies,
        snapshot.grants,
        snapshot.callbacks,
        snapshot.external_hosts,
    ):
        items: Sequence[_InNamespace] = group
        yield from (item.namespace for item in items)
    for namespace, _ in snapshot.config_maps:
        yield namespace
    for route in snapshot.routes:
        yield from (backend[0] for backend in route.backends)

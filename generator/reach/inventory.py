"""Everything with labels or addresses: pods, host endpoints, network sets, nodes, services (calico.md 1.5, 3.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from generator.calico.codec import decode_object
from generator.calico.endpoint import HostEndpoint
from generator.calico.kinds import Kind
from generator.calico.nets import canonical_address, canonical_net
from generator.calico.networkset import GlobalNetworkSet, NetworkSet
from generator.calico.objects import ApiObject
from generator.calico.ports import Protocol, ProtocolNumber
from generator.calico.rewrite import (
    ACCOUNT_LABEL,
    ACCOUNT_PREFIX,
    NAME_LABEL,
    NAMESPACE_LABEL,
    NAMESPACE_PREFIX,
    ORCHESTRATOR_LABEL,
)
from generator.foundation.diagnostics import Diagnostic, problem
from generator.packets.addresses import AddressSet, parse_cidr
from generator.reach.codes import FELIX_STANDS_STILL
from generator.reach.felix_settings import find_unreadable
from generator.reach.model import ServiceKey
from generator.reach.pod_ranges import POSSIBLE_POD_RANGES, possible_ranges
from generator.reach.service_backends import ServiceBackends, expect_backends, read_backends
from generator.reach.service_fronts import Fronts, read_fronts, readable_addresses
from generator.snapshot.facts import own_settings
from generator.snapshot.host_ports import host_ports_of
from generator.snapshot.model import FELIX, IP_POOLS, Snapshot, Workload
from generator.snapshot.unread import unread_problems

Address = tuple[int, int]  # family, and the address as a number; see UNKNOWN_ADDRESS
NamedPortEntry = tuple[str, int, int]  # name, protocol, number

# An address that the snapshot does not tell is a number beyond every real one, a different one for each pod.
UNKNOWN_ADDRESS: Final = 1 << 130
NO_RANGES: Final = AddressSet.nothing()
DEFAULT_ALLOW: Final = "projectcalico-default-allow"
_PREFIXES: Final = (NAMESPACE_PREFIX, ACCOUNT_PREFIX)
_FIXED: Final = frozenset({NAMESPACE_LABEL, ORCHESTRATOR_LABEL, ACCOUNT_LABEL})  # no label of a pod's own changes these
_FINISHED: Final = frozenset({"Succeeded", "Failed", "Completed"})
_JOB_NAMES: Final = ("job-name", "batch.kubernetes.io/job-name")
_PROTOCOL_NUMBERS: Final = {"TCP": 6, "UDP": 17, "SCTP": 132}


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod under policy, or all the pods that a workload would make (`live` False)."""

    key: str  # namespace/name
    namespace: str
    labels: Mapping[str, str]
    addresses: tuple[Address, ...]
    ports: tuple[NamedPortEntry, ...]
    profiles: tuple[str, ...]
    node: str
    workload: Workload
    live: bool = True

    def address(self, family: int) -> Address | None:
        """Return the pod's address of a family, if it has one."""
        for address in self.addresses:
            if address[0] == family:
                return address
        return None


@dataclass(frozen=True, slots=True)
class HostInterface:
    """A host endpoint: the interface `name` of a node (`*` all of them, "" the one with an expected address)."""

    key: str  # the object's name
    node: str
    interface: str
    labels: Mapping[str, str]
    addresses: tuple[Address, ...]
    ports: tuple[NamedPortEntry, ...]
    profiles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddressGroup:
    """A NetworkSet or GlobalNetworkSet: its addresses, and the labels by which rules find it."""

    key: str
    labels: Mapping[str, str]
    nets: AddressSet
    domains: bool = False  # it names domains too, whose addresses nobody knows


@dataclass(slots=True)
class Inventory:
    """What a snapshot holds, in the form in which the engine asks for it."""

    pods: dict[str, Pod] = field(default_factory=dict)
    host_pods: dict[str, str] = field(default_factory=dict)  # namespace/name of a pod on the host's network → its node
    gone: dict[str, tuple[Address, ...]] = field(default_factory=dict)  # finished pods: their addresses are outside
    nodes: dict[str, tuple[Address, ...]] = field(default_factory=dict)  # of each family the first is its own
    windows: frozenset[str] = frozenset()  # nodes that run Windows
    settings: Mapping[str, frozenset[str]] = field(default_factory=dict)  # by node: those in which it differs
    hosts: dict[str, tuple[HostInterface, ...]] = field(default_factory=dict)  # by node, by name
    groups: tuple[AddressGroup, ...] = ()
    with_domains: tuple[AddressGroup, ...] = ()  # those of the groups that name domains
    host_ports: tuple[tuple[str, int, int, int], ...] = ()  # pod, protocol, port of its node, port of its own
    services: dict[ServiceKey, ServiceBackends] = field(default_factory=dict)
    profiles: frozenset[str] = frozenset()  # those that exist
    fronts: Fronts = field(default_factory=Fronts)
    pod_ranges: AddressSet = POSSIBLE_POD_RANGES  # where addresses that are not known may lie
    complete: bool = True
    undecodable: list[Diagnostic] = field(default_factory=list)
    unread: tuple[Diagnostic, ...] = ()  # kinds that the cluster refused to show and on which verdicts hang


def take_inventory(snapshot: Snapshot, stated_ranges: AddressSet = NO_RANGES) -> Inventory:
    """Return what a snapshot holds.

    Of a complete snapshot live pods count, of a partial one also what makes pods; there absent service accounts are
    assumed, as absent namespaces are by the snapshot itself (product.md 1).
    """
    profiles = _profiles(snapshot)
    inventory = Inventory(profiles=frozenset(profiles), complete=snapshot.complete)
    inventory.nodes = {node.name: tuple(readable_addresses(node.addresses)) for node in snapshot.nodes}
    inventory.windows = frozenset(
        node.name for node in snapshot.nodes if ("kubernetes.io/os", "windows") in node.labels
    )
    inventory.settings = {node: frozenset(other) for node, other in own_settings(snapshot).items()}
    inventory.unread = tuple(unread_problems(snapshot))
    inventory.undecodable += find_unreadable(snapshot.extra.get(FELIX, {}))
    _take_pods(snapshot, profiles, inventory)
    _take_objects(snapshot.policies, profiles, inventory)
    if not snapshot.complete:
        _add_nodes_of_hosts(inventory)
    inventory.services = read_backends(snapshot)
    inventory.pod_ranges = _pod_ranges(snapshot, stated_ranges, inventory)
    inventory.fronts = read_fronts(snapshot, inventory.pods.values(), inventory.nodes)
    if not snapshot.complete:
        inventory.services |= expect_backends(snapshot, inventory.fronts, inventory.services)
    return inventory


def _pod_ranges(snapshot: Snapshot, stated: AddressSet, inventory: Inventory) -> AddressSet:
    pools = AddressSet.of_cidrs(_readable(str(net) for net in snapshot.extra.get(IP_POOLS, ())))
    known = (address for pod in inventory.pods.values() for address in pod.addresses if address[1] < UNKNOWN_ADDRESS)
    return possible_ranges(pools | stated, known)


def is_same_cluster(before: Inventory, after: Inventory) -> bool:
    """Tell whether two states differ in policies alone: what a rule can ask of an address has one answer in both."""
    return (
        before.complete == after.complete  # else a Service without endpoint slices has nothing behind it in one alone
        and before.nodes == after.nodes
        and before.windows == after.windows
        and before.settings == after.settings
        and before.profiles == after.profiles
        and list(before.hosts.items()) == list(after.hosts.items())
        and before.groups == after.groups
        and before.services == after.services
        and before.host_ports == after.host_ports
        and before.host_pods == after.host_pods
        and before.gone == after.gone
        # In one order too, because label classes are numbered in it.
        and list(before.pods.items()) == list(after.pods.items())
    )


Profiles = dict[str, dict[str, str]]  # by name: the labels that it gives
_Account = tuple[tuple[str, ...], dict[str, str]]  # the profiles of its pods, and the labels they all have


def _profiles(snapshot: Snapshot) -> Profiles:
    found: Profiles = {DEFAULT_ALLOW: {}}
    for namespace in snapshot.namespaces.values():
        labels = {f"{NAMESPACE_PREFIX}{key}": value for key, value in namespace.labels}
        found[f"kns.{namespace.name}"] = labels | {f"{NAMESPACE_PREFIX}{NAME_LABEL}": namespace.name}
    for account in snapshot.service_accounts:
        found[f"ksa.{account.namespace}.{account.name}"] = _account_labels(account.name, dict(account.labels))
    if not snapshot.complete:
        for workload in snapshot.workloads:
            name = workload.service_account
            found.setdefault(f"ksa.{workload.namespace}.{name}", _account_labels(name, {}))
    return found


def _account_labels(name: str, labels: Mapping[str, str]) -> dict[str, str]:
    return {f"{ACCOUNT_PREFIX}{key}": value for key, value in labels.items()} | {f"{ACCOUNT_PREFIX}{NAME_LABEL}": name}


def _inherited(profiles: Profiles, names: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        for key, value in profiles.get(name, {}).items():
            found.setdefault(key, value)
    return found


def _take_pods(snapshot: Snapshot, profiles: Profiles, inventory: Inventory) -> None:
    accounts: dict[tuple[str, str], _Account] = {}
    host_ports = host_ports_of(snapshot)
    for number, workload in enumerate(snapshot.workloads):
        key = f"{workload.namespace}/{workload.name}"
        if workload.kind == "Pod":
            addresses = tuple(readable_addresses(workload.addresses))
            if workload.host_network:
                inventory.host_pods[key] = workload.node
                continue
            if workload.phase in _FINISHED:
                inventory.gone[key] = addresses
                continue
            live = bool(addresses and workload.node)
            if not live and snapshot.complete:
                continue
        elif snapshot.complete or workload.host_network:
            continue
        else:
            addresses, live = (), False
        if not addresses:
            addresses = ((4, UNKNOWN_ADDRESS + number), (6, UNKNOWN_ADDRESS + number))
        if key in inventory.pods:
            key = f"{workload.namespace}/{workload.kind.lower()}/{workload.name}"
        account = (workload.namespace, workload.service_account)
        if account not in accounts:
            accounts[account] = _read_account(profiles, *account)
        inventory.pods[key] = _pod(key, workload, addresses, accounts[account], live)
        inventory.host_ports += tuple(
            (key, _PROTOCOL_NUMBERS[item.protocol], item.port, item.target)
            for item in host_ports.get((workload.kind, workload.namespace, workload.name), ())
            if item.protocol in _PROTOCOL_NUMBERS
        )


def _read_account(profiles: Profiles, namespace: str, account: str) -> _Account:
    names = (f"kns.{namespace}", f"ksa.{namespace}.{account}")
    labels = _inherited(profiles, names) | {NAMESPACE_LABEL: namespace, ORCHESTRATOR_LABEL: "k8s"}
    if account:
        labels[ACCOUNT_LABEL] = account
    return names, labels


def _labels_of_job(workload: Workload) -> tuple[tuple[str, str], ...]:
    """Return what the controller of jobs gives their pods beside the labels of the template."""
    return tuple((name, workload.name) for name in _JOB_NAMES) if workload.kind == "Job" else ()


def _pod(key: str, workload: Workload, addresses: tuple[Address, ...], account: _Account, live: bool) -> Pod:
    profiles, given = account
    labels = given.copy()
    for name, value in (*_labels_of_job(workload), *workload.labels):
        if not name.startswith(_PREFIXES) and (name not in _FIXED or name not in given):
            labels[name] = value
    ports = tuple(
        (port.name, _PROTOCOL_NUMBERS[port.port.protocol], port.port.first)
        for container in workload.containers
        for port in container.ports
        if port.name and port.port.protocol in _PROTOCOL_NUMBERS
    )
    return Pod(key, workload.namespace, labels, addresses, ports, profiles, workload.node, workload, live)


def _take_objects(objects: Iterable[ApiObject], profiles: Profiles, inventory: Inventory) -> None:
    groups: list[AddressGroup] = []
    hosts: dict[str, list[HostInterface]] = {}
    for obj in objects:
        if obj.kind not in (Kind.NETWORK_SET, Kind.GLOBAL_NETWORK_SET, Kind.HOST_ENDPOINT):
            continue
        resource, problems = decode_object(obj)
        match resource:
            case NetworkSet() | GlobalNetworkSet():
                groups.append(_group(resource, profiles))
                inventory.undecodable += _fatal_nets(obj, resource)
            case HostEndpoint():
                hosts.setdefault(resource.spec.node, []).append(_host_interface(resource, profiles))
            case _:
                inventory.undecodable += problems
    inventory.groups = tuple(groups)
    inventory.with_domains = tuple(group for group in groups if group.domains)
    inventory.hosts = {node: tuple(sorted(found, key=lambda item: item.key)) for node, found in sorted(hosts.items())}


def _add_nodes_of_hosts(inventory: Inventory) -> None:
    """Take a host endpoint's node that has no object for one with the addresses that its host endpoints expect."""
    for node, hosts in inventory.hosts.items():
        if node not in inventory.nodes:
            expected = (address for host in hosts for address in host.addresses)
            inventory.nodes[node] = tuple(dict.fromkeys(expected))


def _group(resource: NetworkSet | GlobalNetworkSet, profiles: Profiles) -> AddressGroup:
    labels = dict(resource.metadata.labels)
    key = resource.metadata.name
    if isinstance(resource, NetworkSet):
        namespace = resource.metadata.namespace
        labels = _inherited(profiles, [f"kns.{namespace}"]) | labels | {NAMESPACE_LABEL: namespace}
        key = f"{namespace}/{key}"
    domains = any(field.path == "spec.allowedEgressDomains" and field.value for field in resource.unknown)
    return AddressGroup(key, labels, AddressSet.of_cidrs(_readable(resource.spec.nets)), domains)


def _fatal_nets(obj: ApiObject, resource: NetworkSet | GlobalNetworkSet) -> Iterator[Diagnostic]:
    """Go through the nets over which Calico ends: those of a NetworkSet that are none (UP/networksetprocessor.go)."""
    for number, net in enumerate(resource.spec.nets) if isinstance(resource, NetworkSet) else ():
        if next(_readable([net]), None) is None:
            place = obj.source.place(("spec", "nets", number))
            name = f"{resource.metadata.namespace}/{resource.metadata.name}"
            summary = f"'{net}' is no net: over it in the NetworkSet {name} Felix, or its Typha, ends again and again"
            hint = "write a range such as 10.0.0.0/8, or an address"
            yield problem(FELIX_STANDS_STILL, summary, place=place, path=f"spec.nets[{number}]", hint=hint)


def _readable(nets: Iterable[str]) -> Iterator[str]:
    for text in nets:
        # An IPv4 range may be written in IPv6 form; all others are read at once.
        net = canonical_net(text) or "" if ":ffff:" in text.lower() else text
        try:
            parse_cidr(net)
        except ValueError:
            continue
        yield net


def _host_interface(resource: HostEndpoint, profiles: Profiles) -> HostInterface:
    spec = resource.spec
    ports = tuple((port.name, _number(port.protocol), port.port) for port in spec.ports)
    return HostInterface(
        key=resource.metadata.name,
        node=spec.node,
        interface=spec.interface_name,
        labels=_inherited(profiles, spec.profiles) | dict(resource.metadata.labels),
        addresses=tuple(readable_addresses(canonical_address(one) or one for one in spec.expected_ips)),
        ports=ports,
        profiles=spec.profiles,
    )


def _number(protocol: Protocol | None) -> int:
    if isinstance(protocol, ProtocolNumber):
        return protocol.number
    return _PROTOCOL_NUMBERS.get(protocol.name.upper(), 0) if protocol is not None else 0

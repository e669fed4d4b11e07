"""The world in which a rendered set is held against its intent: what is live, and stand-ins for all that is named.

Policies of others are out of it; their network sets and host endpoints are not, for labels reach those too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from generator.calico.codec import decode_object
from generator.calico.kinds import Kind
from generator.calico.metadata import effective_labels
from generator.calico.names import identity_of
from generator.calico.objects import ApiObject
from generator.calico.versions import parse_version
from generator.equality.asked import asked_for, looked_at
from generator.equality.domains import DomainAddresses, with_addresses
from generator.equality.free_addresses import FreeAddresses
from generator.equality.model import CannotCompare, RenderedSet
from generator.equality.named import Named, what_is_named
from generator.equality.stand_in_pods import make_pods
from generator.equality.stand_in_sets import HOST, HOST_ADDRESSES, make_groups, make_hosts
from generator.foundation.source import SourceMap
from generator.intent.model import Intent, Labels, Layout, PodSelection
from generator.meaning.model import Meaning
from generator.packets.addresses import AddressSet
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.inventory import AddressGroup, take_inventory
from generator.reach.lower import Lowered, lower_policies
from generator.reach.members import Directory
from generator.reach.service_backends import NO_BACKENDS, services_named
from generator.snapshot.model import EndpointSlice, Namespace, Node, Snapshot, Workload

_SETS: Final = frozenset({Kind.NETWORK_SET, Kind.GLOBAL_NETWORK_SET, Kind.HOST_ENDPOINT})
_MARK: Final = "ringfence/proof"  # a label that tells pods apart which only ports and Services tell apart
_NODE: Final = Node("a node", (), ("192.0.2.201", "2001:db8:ffff::201"))
_HOST: Final = Node(HOST, (), HOST_ADDRESSES)
_BACKENDS: Final = (("192.0.2.221", "2001:db8:ffff::221"), ("192.0.2.222", "2001:db8:ffff::222"))
_OTHER_BACKENDS: Final = ("192.0.2.223", "2001:db8:ffff::223")
_BACKEND_PORTS: Final = (("first", "TCP", 6443), ("second", "UDP", 5353))
Ends = Mapping[tuple[str, str], Mapping[str, tuple[tuple[str, int], ...]]]  # by Service and address, its ports


@dataclass(frozen=True, slots=True)
class ProofWorld:
    """The engine over the world, and what in it stands for what the meaning only names.

    `origins` leads from an object that the engine read to the item of the set.
    """

    engine: Engine
    backends: Ends
    domains: Mapping[str, AddressSet]
    feeds: Mapping[tuple[str, str], AddressSet]
    origins: Mapping[int, int]
    stand_ins: tuple[str, ...]


def build_world(meaning: Meaning, intent: Intent, rendered: RenderedSet, snapshot: Snapshot | None) -> ProofWorld:
    """Build the world; CannotCompare where a rule cannot be read there."""
    named = what_is_named(meaning)
    notes: list[str] = []
    addresses = FreeAddresses(_addresses_in(snapshot), named.granted)
    workloads = _with_addresses(snapshot, addresses)
    namespaces = snapshot.namespaces if snapshot is not None else {}
    sets = _labels_of_sets(named, rendered)
    domains = DomainAddresses()
    for domain in named.domains:
        domains.of(domain)
        notes.append(f"an address for domain '{domain}'")
    ours = [item.object for item in rendered.objects]
    read = list(with_addresses(ours, domains))
    lowered = _lower(read, rendered, intent)
    stand_ins, more = make_pods(
        named, meaning.ownership, namespaces, sets, asked_for(lowered), looked_at(lowered, named.pods), addresses
    )
    workloads += stand_ins
    slices = [*(snapshot.endpoint_slices if snapshot is not None else ()), *_slices(named, snapshot, notes)]
    ends = _ends(named, slices)
    spaces = {name: Namespace(name, ()) for name in sorted({item.namespace for item in workloads})} | dict(namespaces)
    others = list(_others(snapshot, intent, ours))
    world = _snapshot(snapshot, spaces, _marked(workloads, named, ends), slices, [*others, *read])
    feeds, feed_groups = _feeds(named, others, notes)
    inventory = take_inventory(world)
    nets = [*named.nets, *domains.sets().values(), *feeds.values(), *_nets_of(ends)]
    inventory.groups = (
        *inventory.groups,
        *feed_groups,
        *make_groups([*named.pods, *_of_others(more, intent)], spaces, dict.fromkeys(nets), sets),
    )
    inventory.hosts = {**inventory.hosts, HOST: make_hosts(named)}
    # Behind a Service that only a rule names is nobody: `blind_spots` tells of it.
    ours_asked = services_named(policy for tier in lowered.tiers for policy in tier.policies)
    inventory.services = {**dict.fromkeys(ours_asked, NO_BACKENDS), **inventory.services}
    inventory.windows = (
        frozenset()
    )  # the proof is of the set as it is written; who reads it otherwise is said elsewhere
    environment = Environment(version=parse_version(rendered.target.version))
    engine = Engine.of_parts(environment, inventory, Directory(inventory), lowered)
    origins = {id(obj): number for number, obj in enumerate(read)}
    return ProofWorld(engine, ends, domains.sets(), feeds, origins, tuple(notes))


def _lower(read: Sequence[ApiObject], rendered: RenderedSet, intent: Intent) -> Lowered:
    version = parse_version(rendered.target.version)
    lowered = lower_policies([*read, *_tier_of_another(rendered, intent)], version)
    if lowered.undecodable:
        raise CannotCompare(f"Calico cannot decode an object of it: {lowered.undecodable[0].summary}")
    return lowered


def _labels_of_sets(named: Named, rendered: RenderedSet) -> list[Labels]:
    """Return the labels by which rules mean network sets: those of the set itself, and of feeds of other intents."""
    kinds = (Kind.NETWORK_SET, Kind.GLOBAL_NETWORK_SET)
    found = [effective_labels(item.object) for item in rendered.objects if item.object.kind in kinds]
    found += [_feed_labels(owner, name) for owner, name in named.feeds]
    asked = ("ringfence/intent", "ringfence/set")
    return sorted({tuple((key, labels[key]) for key in asked if key in labels) for labels in found})


def _feed_labels(owner: str, name: str) -> dict[str, str]:
    """Return the labels of the sets of a feed, as every intent writes them; a value is cut to 63 characters."""
    text = f"feed-{name}"
    if len(text) > 63:
        text = f"{text[:54].rstrip('-')}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    return {"ringfence/intent": owner, "ringfence/set": text}


def _of_others(asked: Iterable[PodSelection], intent: Intent) -> Iterator[PodSelection]:
    """Give what can be asked of sets of others; a set with this intent's own label is rendered here, or is nowhere."""
    return (selection for selection in asked if ("ringfence/intent", intent.name) not in selection.labels)


def _tier_of_another(rendered: RenderedSet, intent: Intent) -> Iterator[ApiObject]:
    """Give the Tier that another intent renders for this one too, as that one writes it."""
    if intent.tier.owned_by and rendered.target.tier == intent.tier.name and intent.layout is not Layout.SINGLE_TIER:
        manifest = {
            "apiVersion": "projectcalico.org/v3",
            "kind": "Tier",
            "metadata": {"name": intent.tier.name},
            "spec": {"order": intent.tier.order, "defaultAction": "Pass"},
        }
        yield ApiObject(Kind.TIER, manifest, SourceMap("", ""))


def _addresses_in(snapshot: Snapshot | None) -> Iterator[str]:
    if snapshot is not None:
        for workload in snapshot.workloads:
            yield from workload.addresses
        for node in snapshot.nodes:
            yield from node.addresses


def _with_addresses(snapshot: Snapshot | None, addresses: FreeAddresses) -> list[Workload]:
    """Return the pods that are live; of a partial snapshot also one for each workload, with an address of its own."""
    found: list[Workload] = []
    names: set[tuple[str, str]] = set()
    for workload in snapshot.workloads if snapshot is not None else ():
        live = workload.kind == "Pod" and (bool(workload.addresses and workload.node) or workload.host_network)
        if live or workload.phase in ("Succeeded", "Failed"):
            found.append(workload)
        elif not (snapshot is not None and snapshot.complete) and not workload.host_network:
            taken = (workload.namespace, workload.name) in names
            name = f"{workload.name} ({workload.kind})" if taken else workload.name
            known = workload.addresses or addresses.take()
            found.append(replace(workload, kind="Pod", name=name, addresses=known))
        else:
            continue
        names.add((workload.namespace, found[-1].name))
    return found


def _slices(named: Named, snapshot: Snapshot | None, notes: list[str]) -> Iterator[EndpointSlice]:
    """Give endpoints of Services that are named and of which none are known, and of others that are called alike."""
    known = {(piece.namespace, piece.service) for piece in snapshot.endpoint_slices} if snapshot is not None else set()
    for namespace, name in named.services:
        if (namespace, name) not in known:
            notes.append(f"endpoints for Service {namespace}/{name}")
            for number, texts in enumerate(_BACKENDS):
                yield EndpointSlice(namespace, f"{name}-{number}", name, texts, _BACKEND_PORTS[: number + 1])
        for space, other in ((namespace, f"{name}-too"), (f"{namespace}-too", name)):
            if (space, other) not in known and (space, other) not in named.services:
                yield EndpointSlice(space, other, other, _OTHER_BACKENDS, _BACKEND_PORTS)


def _ends(named: Named, slices: Iterable[EndpointSlice]) -> Ends:
    found: dict[tuple[str, str], dict[str, tuple[tuple[str, int], ...]]] = {}
    for piece in slices:
        key = (piece.namespace, piece.service)
        if key in named.services:
            ports = tuple((protocol, port) for _, protocol, port in piece.ports)
            for address in piece.addresses:
                before = found.setdefault(key, {}).get(address, ())
                found[key][address] = tuple(sorted({*before, *ports}))
    return found


def _nets_of(ends: Ends) -> Iterator[AddressSet]:
    for by_address in ends.values():
        for ports in sorted(set(by_address.values())):
            yield AddressSet.of_cidrs(address for address, own in by_address.items() if own == ports)


def _marked(workloads: Iterable[Workload], named: Named, ends: Ends) -> Iterator[Workload]:
    """Give the workloads; those that differ in named ports or Services alone get labels that tell them apart."""
    names = {name for name, _ in named.port_names}
    marks: dict[object, str] = {}
    for workload in workloads:
        ports = tuple(
            (port.name, port.port.protocol, port.port.first)
            for container in workload.containers
            for port in container.ports
            if port.name in names
        )
        behind = tuple(
            (service, by_address[address])
            for service, by_address in ends.items()
            for address in workload.addresses
            if address in by_address
        )
        if ports or behind:
            mark = marks.setdefault((ports, behind), f"mark-{len(marks)}")
            yield replace(workload, labels=(*workload.labels, (_MARK, mark)))
        else:
            yield workload


def _others(snapshot: Snapshot | None, intent: Intent, ours: Sequence[ApiObject]) -> Iterator[ApiObject]:
    """Give network sets and host endpoints of others; what nobody can decode is known to nobody, so it is left out."""
    mine = {identity_of(obj) for obj in ours}
    for obj in snapshot.policies if snapshot is not None else ():
        if obj.kind in _SETS and identity_of(obj) not in mine:
            labels = effective_labels(obj)
            if labels.get("ringfence/intent") != intent.name and decode_object(obj)[0] is not None:
                yield obj


def _feeds(
    named: Named, others: Iterable[ApiObject], notes: list[str]
) -> tuple[dict[tuple[str, str], AddressSet], list[AddressGroup]]:
    """Return the addresses of feeds whose sets another intent renders, and sets for those that are not there."""
    found: dict[tuple[str, str], AddressSet] = {}
    made: list[AddressGroup] = []
    known = list(others)
    for owner, name in named.feeds:
        label = _feed_labels(owner, name)
        nets = [
            str(net)
            for obj in known
            if obj.kind is Kind.GLOBAL_NETWORK_SET and label.items() <= effective_labels(obj).items()
            for net in (obj.manifest.get("spec") or {}).get("nets") or ()
        ]
        found[owner, name] = AddressSet.of_cidrs(nets)
        if not nets:
            number = len(made)
            found[owner, name] = AddressSet.of_cidrs([f"198.51.100.{number % 250}", f"2001:db8:fe::{number:x}"])
            made.append(AddressGroup(f"feed {name} of {owner}", label, found[owner, name]))
            notes.append(f"addresses for the feed '{name}' of intent '{owner}'")
    return found, made


def _one_address_each(nodes: Iterable[Node]) -> Iterator[Node]:
    """Give the nodes with one address of each family; further addresses, such as a tunnel's, are nodes of their own."""
    for node in nodes:
        by_family = {":" in text: text for text in reversed(node.addresses)}
        own = [text for text in node.addresses if text in by_family.values()]
        yield replace(node, addresses=tuple(own))
        for text in node.addresses:
            if text not in own:
                yield replace(node, name=f"{node.name} at {text}", addresses=(text,))


def _snapshot(
    live: Snapshot | None,
    namespaces: Mapping[str, Namespace],
    workloads: Iterable[Workload],
    slices: Sequence[EndpointSlice],
    objects: Sequence[ApiObject],
) -> Snapshot:
    return Snapshot(
        complete=False,
        origin="the world of the proof",
        namespaces=dict(namespaces),
        workloads=tuple(workloads),
        services=(),
        endpoint_slices=tuple(slices),
        routes=(),
        callbacks=(),
        nodes=(*_one_address_each(live.nodes if live is not None else ()), _NODE, _HOST),
        service_accounts=live.service_accounts if live is not None else (),
        grants=(),
        config_maps={},
        policies=tuple(objects),
        others={},
    )

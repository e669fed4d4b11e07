"""Holds two sets against each other exactly, in a world with every combination of what their selectors look at.

The flows of `sweep` are drawn at random and may miss a difference; this finds each that pods with any of the labels,
accounts and namespaces can show, for every packet, with the rows of the engine. It takes seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, product
from typing import Any

from generator.calico.objects import ApiObject
from generator.calico.versions import parse_version
from generator.equality.free_addresses import FreeAddresses
from generator.foundation.source import SourceMap
from generator.intent.model import PortSpec
from generator.layers.model import ManifestSet
from generator.packets.addresses import FAMILIES, AddressSet
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.find_places import find_places
from generator.reach.inventory import take_inventory
from generator.reach.lower import lower_policies
from generator.reach.members import Directory
from generator.reach.pairs import Pairs
from generator.reach.places import Place
from generator.snapshot.model import Container, ContainerPort, EndpointSlice, Namespace, Snapshot, Workload
from tests.meaning.mutants import sweep

NODE = "elsewhere"


def find_difference(right: ManifestSet, wrong: ManifestSet) -> Mapping[str, Any] | None:
    """Return an end of a flow at which the sets decide differently, or None."""
    sets = [[item.object for item in rendered.objects] for rendered in (right, wrong)]
    manifests = [obj.manifest for objects in sets for obj in objects]
    pods = list(_pods(manifests))
    engines = [_engine(pods, list(_slices(manifests)), objects, right.target.version) for objects in sets]
    for family in FAMILIES:
        places = find_places(engines, family)[0]
        before, after = (Pairs(engine, places) for engine in engines)
        seen: set[tuple[object, ...]] = set()
        for place in places.places:
            key = tuple(tuple(_selecting(engine, place)) for engine in engines) if place.pods else ()
            if not place.pods or key in seen:
                continue
            seen.add(key)
            sends = before.leaving(place, NODE, "away").may != after.leaving(place, NODE, "away").may
            if sends or before.arriving(place, NODE, "away").may != after.arriving(place, NODE, "away").may:
                pod = place.pods[0].workload
                account = pod.service_account
                return {"family": family, "pod": pod.namespace, "labels": dict(pod.labels), "account": account}
    return None


def _selecting(engine: Engine, place: Place) -> Iterator[int]:
    return (id(policy) for _, policy in engine.selecting(engine.class_of(place.pods[0].key)))


def _engine(
    pods: Sequence[Workload], slices: Sequence[EndpointSlice], objects: Sequence[ApiObject], version: str
) -> Engine:
    known = parse_version(version)
    snapshot = Snapshot(
        complete=False, origin="every combination", workloads=tuple(pods), services=(), endpoint_slices=tuple(slices),
        namespaces={name: Namespace(name, ()) for name in sorted({pod.namespace for pod in pods})},
        routes=(), callbacks=(), nodes=(), service_accounts=(), grants=(), config_maps={}, policies=tuple(objects),
        others={},
    )  # fmt: skip
    inventory = take_inventory(snapshot)
    lowered = lower_policies(objects, known)
    return Engine.of_parts(Environment(version=known), inventory, Directory(inventory), lowered)


def _pods(manifests: Sequence[sweep.Manifest]) -> Iterator[Workload]:
    """Give a pod for each choice of a namespace, an account, and for each label a value, another one, or none."""
    terms = set(chain.from_iterable(map(sweep.terms_of, sweep.selectors_of(manifests))))
    spaces = {value for key, value in terms if key in sweep.SPACES} | {"nobody-s", "kube-system"}
    spaces |= {item["metadata"]["namespace"] for item in manifests if "namespace" in item["metadata"]}
    accounts = sorted({value for key, value in terms if key == sweep.ACCOUNT} | {"default"})
    apart = (*sweep.SPACES, sweep.ACCOUNT, "projectcalico.org/orchestrator")
    values: dict[str, set[str]] = {}
    for key, value in terms:
        if key not in apart and not key.startswith("ringfence/"):
            values.setdefault(key, {"something-else"}).add(value)
    keys = sorted(values)
    names = sorted({port for port in sweep.ports_of(manifests) if isinstance(port, str) and ":" not in port})
    numbered = [(name, protocol) for name in names for protocol in ("TCP", "UDP")]
    ports = tuple(
        ContainerPort(PortSpec(protocol, number, number), name)
        for number, (name, protocol) in enumerate(numbered, start=30000)
    )
    addresses = FreeAddresses((), AddressSet.of_cidrs([]))
    choices = product(sorted(spaces), accounts, *(["", *sorted(values[key])] for key in keys))
    for number, (space, account, *chosen) in enumerate(choices):
        yield Workload(
            kind="Pod", namespace=space, name=f"p{number}", service_account=account, host_network=False, replicas=1,
            labels=tuple((key, value) for key, value in zip(keys, chosen, strict=True) if value), schedule="",
            containers=(Container("", "", False, ports, (), ()),), annotations=(), source=SourceMap("", ""),
            addresses=addresses.take(), node=NODE,
        )  # fmt: skip


def _slices(manifests: Sequence[sweep.Manifest]) -> Iterator[EndpointSlice]:
    for number, (space, name) in enumerate(sorted(set(sweep.services_of(manifests)))):
        ports = (("first", "TCP", 6443), ("second", "UDP", 53))
        yield EndpointSlice(space, f"s{number}", name, (f"198.51.100.{240 + number}",), ports)

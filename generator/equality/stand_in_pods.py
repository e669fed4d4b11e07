"""Pods for the world of the proof: those that a meaning names, and those that are almost the same.

A rule that is too wide by a label, a namespace or a service account admits, or governs, one of the latter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from generator.calico.rewrite import ACCOUNT_LABEL
from generator.equality.free_addresses import FreeAddresses
from generator.equality.named import Named
from generator.foundation.source import SourceMap
from generator.intent.model import Labels, PodSelection, PortSpec
from generator.meaning.model import Ownership
from generator.snapshot.model import Container, ContainerPort, Workload

_NOWHERE: Final = SourceMap("", "")
_ELSEWHERE: Final = "a-namespace-elsewhere"
_OTHER: Final = "something-else"
_FIRST_PORT: Final = 20_001  # numbers of ports that have names; a second and a third set of them lie above
_PROTOCOLS: Final = ("TCP", "UDP", "SCTP")
_MOST_WITH_MORE: Final = 4096
_PUBLIC: Final = ("203.0.113.253", "2001:db8:253::1")
Ports = tuple[PortSpec, ...]


@dataclass(slots=True)
class _Making:
    named: Named
    addresses: FreeAddresses
    seen: set[tuple[str, Labels, str, Ports]] = field(default_factory=set)
    made: list[Workload] = field(default_factory=list)

    def add(self, namespace: str, labels: Labels = (), account: str = "", ports: Ports = ()) -> bool:
        """Add a pod and tell so; nothing if there is one like it."""
        key = (namespace, labels, account, ports)
        if key in self.seen:
            return False
        self.seen.add(key)
        name = f"{_words(labels, account)}{f' (ports {len(self.made)})' if ports else ''}"
        self.made.append(_pod(namespace, name, labels, account, ports, self.addresses.take()))
        return True


def make_pods(
    named: Named,
    ownership: Ownership,
    namespaces: Iterable[str],
    sets: Iterable[Labels],
    asked: Iterable[PodSelection],
    looked_at: Sequence[tuple[str, str]],
    addresses: FreeAddresses,
) -> tuple[list[Workload], list[PodSelection]]:
    """Return the pods, each in words, and those of `asked` that nothing else stands for.

    `namespaces` are those that are known from elsewhere, `sets` the labels of network sets that rules mean, `asked`
    what rules ask for; with an empty namespace any. `looked_at` are the labels, with values, that selectors look at.
    """
    making = _Making(named, addresses)
    known = {*namespaces, *ownership.namespaces, *(pods.namespace for pods in named.pods)}
    new = _ELSEWHERE
    while new in known:
        new += "-too"
    system = [f"{name[:-1]}of-the-platform" if name.endswith("*") else name for name in ownership.system]
    foreign = next((name for name in (new, *system) if not ownership.owns(name)), "")
    owned = sorted(name for name in {*known, new} if ownership.owns(name))
    for selection in named.pods:
        _those_named(making, selection)
        _almost(making, selection, foreign, owned)
    first, other, third = (_ports(named, variant) for variant in range(3))
    for namespace in sorted({*known, new, *system}):
        making.add(namespace)
        for ports in (first, other, third) if named.port_names and ownership.owns(namespace) else ():
            making.add(namespace, ports=ports)
    for selection, labels, account in _with_more(named, looked_at):
        making.add(selection.namespace, labels, account, first)
    for namespace in sorted({pods.namespace for pods in named.pods}):
        making.add(namespace, _all_in_one(pods.labels for pods in named.pods if pods.namespace == namespace))
    for labels in sets:
        for namespace in filter(None, (foreign, *owned[:1])):
            making.add(namespace, labels)
    if foreign:
        making.made.append(_pod(foreign, "a pod with a public address", (), "", (), _PUBLIC))
    return making.made, [selection for selection in asked if _asked_for(making, selection, foreign, owned)]


def _asked_for(making: _Making, selection: PodSelection, foreign: str, owned: Sequence[str]) -> bool:
    """Add what a rule asks for and tell whether it is new."""
    labels, account = selection.labels, selection.service_account
    spaces = [selection.namespace] if selection.namespace else [*filter(None, [foreign]), *owned[:1]]
    return any([making.add(namespace, labels, account) for namespace in spaces])


def _those_named(making: _Making, selection: PodSelection) -> None:
    """Add the very pods of a selection; where ports are asked by name, some that have each under other numbers."""
    space, labels, account = selection.namespace, selection.labels, selection.service_account
    making.add(space, labels, account)
    if making.named.port_names:
        variants = range(3) if selection in making.named.with_names else range(1)
        for variant in variants:
            making.add(space, labels, account, _ports(making.named, variant))


def _almost(making: _Making, selection: PodSelection, foreign: str, owned: Sequence[str]) -> None:
    """Add pods that only a rule which asks too little would take for those of a selection."""
    space, labels, account = selection.namespace, selection.labels, selection.service_account
    ports = _ports(making.named, 0) if selection in making.named.with_names else ()
    if foreign:
        making.add(foreign, labels, account, ports)
    if owned:
        next_one = next((name for name in owned if name > space), owned[0])
        if next_one != space:
            making.add(next_one, labels, account, ports)
    for key, _ in labels:
        rest = tuple(item for item in labels if item[0] != key)
        making.add(space, rest, account, ports)
        making.add(space, tuple(sorted((*rest, (key, _OTHER)))), account, ports)
    if account:
        making.add(space, labels, "", ports)
        making.add(space, labels, _OTHER, ports)


def _with_more(named: Named, looked_at: Sequence[tuple[str, str]]) -> Iterator[tuple[PodSelection, Labels, str]]:
    """Give labels and account of pods that are named and have something more at which a selector looks.

    What a selector is wrong about may show only in pods of which the intent says something else.
    """
    for pods in named.pods:
        for key, value in looked_at[: max(1, _MOST_WITH_MORE // len(named.pods))]:
            if key == ACCOUNT_LABEL and not pods.service_account:
                yield pods, pods.labels, value
            elif key != ACCOUNT_LABEL and key not in dict(pods.labels):
                yield pods, tuple(sorted((*pods.labels, (key, value)))), pods.service_account


def _all_in_one(selections: Iterable[Labels]) -> Labels:
    """Return the labels of as many selections as one pod can have: where two want a key, the first has it."""
    found: dict[str, str] = {}
    for labels in selections:
        if not any(found.get(key, value) != value for key, value in labels):
            found.update(labels)
    return tuple(sorted(found.items()))


def _ports(named: Named, variant: int) -> Ports:
    """Return ports with all names: with one set of numbers, with another, and with another protocol each."""
    found: dict[str, PortSpec] = {}
    for number, (name, protocol) in enumerate(named.port_names, start=_FIRST_PORT + 1000 * variant):
        if variant == 2:
            protocol = _PROTOCOLS[(_PROTOCOLS.index(protocol) + 1) % 3]
        found.setdefault(name, PortSpec(protocol, number, number, name))
    return tuple(found.values())


def _words(labels: Labels, account: str) -> str:
    what = ", ".join(f"{key}={value}" for key, value in labels)
    whose = f" of account {account}" if account else ""
    return f"a pod with {what}{whose}" if what else f"a pod without labels{whose}"


def _pod(namespace: str, name: str, labels: Labels, account: str, ports: Ports, addresses: tuple[str, str]) -> Workload:
    return Workload(
        kind="Pod",
        namespace=namespace,
        name=name,
        labels=labels,
        service_account=account or "default",
        host_network=False,
        replicas=1,
        schedule="",
        containers=tuple(_containers(ports)),
        annotations=(),
        source=_NOWHERE,
        addresses=addresses,
    )


def _containers(ports: Ports) -> Iterator[Container]:
    if ports:
        listed = tuple(ContainerPort(PortSpec(port.protocol, port.first, port.last), port.name) for port in ports)
        yield Container("", "", False, listed, (), ())

"""The meaning of an intent as a list of statements about pods: what they may send or get, and what they never may."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from generator.intent.model import PodSelection, PortSpec
from generator.intent.namespaces import is_listed
from generator.packets.addresses import AddressSet


class Way(StrEnum):
    """Which end of a flow a statement is about: what leaves a pod, or what arrives at it."""

    LEAVING = "egress"
    ARRIVING = "ingress"


@dataclass(frozen=True, slots=True)
class SelectedPods:
    """Pods of one namespace by labels and service account."""

    selection: PodSelection


@dataclass(frozen=True, slots=True)
class OwnedPods:
    """Every pod of the namespaces that the intent owns."""


@dataclass(frozen=True, slots=True)
class AskingPods:
    """Owned pods that may ask for names: all that no service with `dns: false` selects."""


@dataclass(frozen=True, slots=True)
class PodsOfNamespace:
    """Every pod of one namespace."""

    namespace: str


@dataclass(frozen=True, slots=True)
class Addresses:
    """Whoever has one of these addresses, pods and nodes too."""

    nets: AddressSet


@dataclass(frozen=True, slots=True)
class NoPods:
    """Whoever is no pod: nodes and everything outside."""


@dataclass(frozen=True, slots=True)
class Backends:
    """The endpoints of a Service, each with its own ports."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Domains:
    """Whoever these domains stand for, as the edition of Calico finds out by itself."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FeedOf:
    """The addresses of a threat feed whose sets another intent renders."""

    owner: str
    name: str


Pods = SelectedPods | OwnedPods | AskingPods | PodsOfNamespace
Peer = Pods | Addresses | NoPods | Backends | Domains | FeedOf
Ports = tuple[PortSpec, ...] | None  # None is every packet; an empty tuple is none at all


@dataclass(frozen=True, slots=True)
class Grant:
    """What some pods may send to a peer, or get from it. `why` is the item of the intent, by path."""

    layer: str
    why: str
    way: Way
    pods: Pods
    peer: Peer
    ports: Ports


@dataclass(frozen=True, slots=True)
class Denial:
    """What no owned pod may do, whatever a grant says, save for addresses and ports in `exempt`."""

    layer: str
    why: str
    way: Way
    peer: Addresses | FeedOf
    exempt: tuple[tuple[AddressSet, tuple[PortSpec, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Ownership:
    """Which namespaces the intent owns: those named and, with `cluster`, all but the system ones."""

    namespaces: frozenset[str]
    cluster: bool
    system: tuple[str, ...]

    def owns(self, namespace: str) -> bool:
        """Tell whether pods of a namespace are governed by the intent."""
        return namespace in self.namespaces or (self.cluster and not is_listed(namespace, self.system))


@dataclass(frozen=True, slots=True)
class Meaning:
    """Owned pods may do what a grant says and no denial forbids, and nothing else; of all others nothing is said.

    `silent` are the pods of services with `dns: false`.
    """

    ownership: Ownership
    grants: tuple[Grant, ...]
    denials: tuple[Denial, ...]
    silent: tuple[PodSelection, ...]

"""Expectations after loading: whom each end means, still independent of any cluster (product.md 5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from generator.intent.model import External, Network, Origin, PodSelection, PortSpec
from generator.intent.ports import print_ports


class Word(StrEnum):
    """Ends that need no declaration.

    `outside` is every address that no pod and no node has, private ones too; `internet` is the part of it that
    `anywhere: true` means (product.md 2), and `anywhere` is the same word.
    """

    ALL = "all"
    PODS = "pods"
    NODES = "nodes"
    OUTSIDE = "outside"
    INTERNET = "internet"


@dataclass(frozen=True, slots=True)
class PodsEnd:
    """Pods of one namespace by labels: a service of the intent, or pods that the expectation names itself."""

    text: str  # for people, and the same for the same end
    pods: PodSelection


@dataclass(frozen=True, slots=True)
class SelectorEnd:
    """Pods that a selector of Calico's language matches; in every namespace where none is named."""

    text: str
    selector: str
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class NetworksEnd:
    """Whoever has an address in these ranges."""

    text: str
    networks: tuple[Network, ...]


@dataclass(frozen=True, slots=True)
class ExternalEnd:
    """An external of the intent."""

    text: str
    external: External


@dataclass(frozen=True, slots=True)
class WordEnd:
    """What one of the words means."""

    text: str
    word: Word


End = PodsEnd | SelectorEnd | NetworksEnd | ExternalEnd | WordEnd


@dataclass(frozen=True, slots=True)
class Expectation:
    """A statement that must hold of every flow from `source` to `to` without those that are excepted.

    `must`: each of them is allowed, on each of the ports, which are never empty. Else each of them is denied, and no
    ports mean every packet of every protocol. A named port is asked of the pods that have it.
    """

    must: bool
    source: End
    to: End
    ports: tuple[PortSpec, ...]
    origin: Origin
    not_source: tuple[End, ...] = ()
    not_to: tuple[End, ...] = ()

    def __str__(self) -> str:
        verb = "must reach" if self.must else "must not reach"
        on = f" on {print_ports(self.ports)}" if self.ports else ""
        return f"{_with_exceptions(self.source, self.not_source)} {verb} {_with_exceptions(self.to, self.not_to)}{on}"


def _with_exceptions(end: End, exceptions: tuple[End, ...]) -> str:
    return f"{end.text} (except {', '.join(item.text for item in exceptions)})" if exceptions else end.text

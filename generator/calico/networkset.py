"""Sets of addresses that selectors find by label (calico.md 1.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from generator.calico.kinds import Kind
from generator.calico.metadata import Metadata
from generator.calico.resource import UnknownField


@dataclass(frozen=True, slots=True)
class NetworkSetSpec:
    """CIDRs or bare addresses; host bits are masked."""

    nets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NetworkSet:
    """A set of addresses in a namespace; it also wears the namespace's labels."""

    kind: ClassVar[Kind] = Kind.NETWORK_SET
    metadata: Metadata
    spec: NetworkSetSpec = NetworkSetSpec()
    unknown: tuple[UnknownField, ...] = ()


@dataclass(frozen=True, slots=True)
class GlobalNetworkSet:
    """A set of addresses of the whole cluster."""

    kind: ClassVar[Kind] = Kind.GLOBAL_NETWORK_SET
    metadata: Metadata
    spec: NetworkSetSpec = NetworkSetSpec()
    unknown: tuple[UnknownField, ...] = ()

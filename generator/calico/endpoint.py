"""Host endpoints (calico.md 1.5, 2.6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from generator.calico.kinds import Kind
from generator.calico.metadata import Metadata
from generator.calico.ports import Protocol
from generator.calico.resource import UnknownField


@dataclass(frozen=True, slots=True)
class EndpointPort:
    """A port of the host under a name that rules can use."""

    name: str = ""
    protocol: Protocol | None = None
    port: int = 0


@dataclass(frozen=True, slots=True)
class HostEndpointSpec:
    """An interface of a node (`*`: all of them), found by name or by its addresses."""

    node: str = ""
    interface_name: str = ""
    expected_ips: tuple[str, ...] = field(default=(), metadata={"json": "expectedIPs"})
    profiles: tuple[str, ...] = ()
    ports: tuple[EndpointPort, ...] = ()


@dataclass(frozen=True, slots=True)
class HostEndpoint:
    """A node's interface under policy."""

    kind: ClassVar[Kind] = Kind.HOST_ENDPOINT
    metadata: Metadata
    spec: HostEndpointSpec = HostEndpointSpec()
    unknown: tuple[UnknownField, ...] = ()

"""What verdicts hang on besides objects: dataplane, Felix settings, the nodes' outer interface (calico.md 2.5, 2.6)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from generator.calico.versions import NEWEST, Version
from generator.packets.addresses import AddressSet


class Dataplane(StrEnum):
    """The dataplanes whose verdicts differ in places (calico.md 2.8)."""

    IPTABLES = "iptables"
    NFTABLES = "nftables"
    EBPF = "eBPF"


class Staged(StrEnum):
    """How staged policies count: not at all, as they are, or as if they were promoted (calico.md 6.2)."""

    IGNORED = "ignored"
    ENFORCED = "enforced"


class EndpointToHost(StrEnum):
    """What becomes of a pod's packet to its own node, after the pod's egress policy (calico.md 2.5)."""

    ACCEPT = "Accept"  # what the manifests and the operator set
    DROP = "Drop"  # Felix's own default
    RETURN = "Return"


@dataclass(frozen=True, slots=True)
class Failsafe:
    """A port that host endpoints never close (calico.md 2.6).

    `nets` are the addresses of the other end for which it counts, None for all; of those in `perhaps` it is not known.
    """

    protocol: int
    port: int
    nets: AddressSet | None = None
    perhaps: AddressSet = AddressSet.nothing()  # noqa: RUF009 - immutable


_BOTH_WAYS: Final = frozenset(Failsafe(6, port) for port in (179, 2379, 2380, 5473, 6443, 6666, 6667))
FAILSAFE_INBOUND: Final = _BOTH_WAYS | {Failsafe(6, 22), Failsafe(17, 68)}
FAILSAFE_OUTBOUND: Final = _BOTH_WAYS | {Failsafe(17, 53), Failsafe(17, 67)}


@dataclass(frozen=True, slots=True)
class Environment:
    """The settings of the cluster; the defaults are those of an installed Calico, as the vectors assume them.

    `interface` carries all traffic between nodes and to the outside; None where it is not known. `loaded_as_stored`
    means that nobody filled in what the objects leave out (calico.md 1.4).
    """

    version: Version = NEWEST
    dataplane: Dataplane | None = None  # None: what the snapshot says, else iptables
    staged: Staged = Staged.IGNORED
    endpoint_to_host: EndpointToHost = EndpointToHost.ACCEPT
    vxlan_port: int = 4789
    allow_vxlan: bool = False  # pods may send encapsulated packets
    allow_ipip: bool = False
    failsafe_inbound: frozenset[Failsafe] = FAILSAFE_INBOUND
    failsafe_outbound: frozenset[Failsafe] = FAILSAFE_OUTBOUND
    interface: str | None = None
    loaded_as_stored: bool = False
    pod_ranges: AddressSet = AddressSet.nothing()  # noqa: RUF009 - immutable; where pods have their addresses, if stated

    @property
    def to_own_host(self) -> bool | None:
        """Tell whether a node takes what its own pods send it; None where its INPUT rules decide (calico.md 2.5).

        eBPF only tells Drop from the others.
        """
        match self.endpoint_to_host:
            case EndpointToHost.ACCEPT:
                return True
            case EndpointToHost.DROP:
                return False
            case EndpointToHost.RETURN:
                return True if self.dataplane is Dataplane.EBPF else None

"""What `init` proposes: services, needs and all else, each with its evidence and whether it is certain."""

from __future__ import annotations

from dataclasses import dataclass

from generator.foundation.diagnostics import Place
from generator.intent.model import Labels, PortSpec


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """What a proposed line rests on: where it stands, and the value there in a few words."""

    place: Place
    text: str

    def __str__(self) -> str:
        if not self.place.file:
            return self.text
        at = f"{self.place.file}:{self.place.line}" if self.place.line else self.place.file
        return f"{self.text} ({at})"


@dataclass(frozen=True, slots=True)
class ProposedPort:
    """A port of the pods; `why` is set where it is not certain."""

    port: PortSpec
    evidence: Evidence
    why: str = ""


@dataclass(frozen=True, slots=True)
class ProposedExposure:
    """Somebody outside the services' peers reaches a service; `why` is set where it is not certain."""

    by: str  # as in the intent: ingress, gateway, loadbalancer, nodeport, apiserver
    ports: tuple[PortSpec, ...]
    evidence: tuple[Evidence, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class ProposedNeed:
    """A service needs `target`; `kind` says whether that is a service, self, an external or a capability.

    `ports` narrow those of the target; empty: all of them. `why` says why it is not certain; certain needs have none.
    `allowed` is the evidence that live policies allow it today.
    """

    kind: str
    target: str
    ports: tuple[PortSpec, ...]
    evidence: tuple[Evidence, ...]
    why: str = ""
    allowed: tuple[Evidence, ...] = ()

    @property
    def certain(self) -> bool:
        """Tell whether the line is written as it is, not as a comment."""
        return not self.why


@dataclass(frozen=True, slots=True)
class ProposedService:
    """A group of pods; `why` is set where it cannot be written as a service and stands as a comment only."""

    name: str
    namespace: str
    labels: Labels
    workloads: tuple[str, ...]  # Deployment/web
    kube_services: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    ports: tuple[ProposedPort, ...]
    exposed: tuple[ProposedExposure, ...]
    needs: tuple[ProposedNeed, ...]
    schedule: str = ""
    why: str = ""
    selected: Evidence | None = None  # where the labels are from
    scheduled: Evidence | None = None


@dataclass(frozen=True, slots=True)
class ProposedExternal:
    """A host or ranges outside the cluster; domains need addresses before they can be rendered, so `why` is set."""

    name: str
    domains: tuple[str, ...]
    cidrs: tuple[str, ...]
    ports: tuple[PortSpec, ...]
    evidence: tuple[Evidence, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class ProposedFact:
    """Addresses of the cluster that the snapshot shows, under the key that they have in `cluster:`."""

    key: str
    addresses: tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class ProposedTarget:
    """What the set has to be made for, where the cluster shows another than the profile says: `calico`, `apiGroup`."""

    key: str
    value: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Dangling:
    """An address that names no Service of the input."""

    service: str
    address: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed intent. `notes` are for the closing list: what is not certain and what manifests cannot show."""

    name: str
    platform: str
    namespace: str
    origin: str
    services: tuple[ProposedService, ...]
    externals: tuple[ProposedExternal, ...]
    cluster: tuple[ProposedFact, ...]
    dangling: tuple[Dangling, ...]
    shared: tuple[Evidence, ...]
    unseen: tuple[str, ...]
    notes: tuple[str, ...]
    target: tuple[ProposedTarget, ...] = ()

    @property
    def uncertain(self) -> int:
        """Count what is written as a comment only, because it is not certain."""
        services = sum(bool(service.why) for service in self.services)
        exposed = sum(bool(item.why) for service in self.services for item in service.exposed)
        return services + exposed + sum(not need.certain for service in self.services for need in service.needs)

    def edges(self, *, certain: bool) -> frozenset[tuple[str, str]]:
        """Return the needs between services, certain ones or the others, as (caller, callee)."""
        return frozenset(
            (service.name, service.name if need.kind == "self" else need.target)
            for service in self.services
            for need in service.needs
            if need.kind in ("service", "self") and need.certain is certain
        )

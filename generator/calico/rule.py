"""One rule of a Calico policy or profile (calico.md 1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from generator.calico.ports import Port, Protocol


class RuleAction(StrEnum):
    """What a rule does with a packet; a rule stored without any acts as Allow (calico.md 7.3)."""

    ALLOW = "Allow"
    DENY = "Deny"
    LOG = "Log"
    PASS = "Pass"  # noqa: S105 - an action, no password


@dataclass(frozen=True, slots=True)
class ICMPMatch:
    """ICMP type 0 to 254 and code; an empty one is there all the same and asks for a protocol."""

    type: int | None = None
    code: int | None = None


@dataclass(frozen=True, slots=True)
class HTTPPath:
    """A path of a request: exactly one of the two is set."""

    exact: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class HTTPMatch:
    """What Envoy is asked; kernel dataplanes ignore it."""

    methods: tuple[str, ...] = ()
    paths: tuple[HTTPPath, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceAccountMatch:
    """Service accounts by name or label; an empty one does not constrain."""

    names: tuple[str, ...] = ()
    selector: str = ""


@dataclass(frozen=True, slots=True)
class ServiceMatch:
    """A Service whose endpoints are meant; without a namespace it never matches (calico.md 4.6)."""

    name: str = ""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class RuleMetadata:
    """Notes on a rule, without effect on packets."""

    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EntityRule:
    """One side of a rule; all fields that are set must match, within a list one of them."""

    nets: tuple[str, ...] = ()
    selector: str = ""
    namespace_selector: str = ""
    services: ServiceMatch | None = None
    ports: tuple[Port, ...] = ()
    not_nets: tuple[str, ...] = ()
    not_selector: str = ""
    not_ports: tuple[Port, ...] = ()
    service_accounts: ServiceAccountMatch | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `action` is a RuleAction, or the text as written where it is none of them."""

    action: str = ""
    ip_version: int | None = None
    protocol: Protocol | None = None
    icmp: ICMPMatch | None = None
    not_protocol: Protocol | None = None
    not_icmp: ICMPMatch | None = field(default=None, metadata={"json": "notICMP"})
    source: EntityRule = EntityRule()
    destination: EntityRule = EntityRule()
    http: HTTPMatch | None = None
    metadata: RuleMetadata | None = None

    @property
    def known_action(self) -> RuleAction | None:
        """Return the action where it is one of Calico's, in its exact case."""
        return RuleAction(self.action) if self.action in set(RuleAction) else None

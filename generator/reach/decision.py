"""What was decided at one place, and by what; for the whole path, all places on the way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from generator.reach.matching import Field, Unsure
from generator.reach.model import PolicyId, PolicyView, RuleView
from generator.reach.unknown import UnknownReason


class Verdict(StrEnum):
    """The fate of a packet; `unknown` is never counted as one of the others."""

    ALLOW = "allow"
    DENY = "deny"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """What decided, in the words of the vectors."""

    RULE = "rule"
    END_OF_TIER = "end-of-tier"
    PROFILE = "profile"
    NO_PROFILE = "no-profile"
    ENCAPSULATION = "encap"
    FAILSAFE = "failsafe"
    FORWARD_DEFAULT = "forward-default"
    TO_OWN_HOST = "endpoint-to-host"
    NOT_READ = "not-read"  # nobody knows what is enforced there


class Stage(StrEnum):
    """Where on a host endpoint something was decided (calico.md 2.6)."""

    NORMAL = "normal"
    FORWARD_INGRESS = "forward-ingress"
    FORWARD_EGRESS = "forward-egress"
    PRE_DNAT = "preDNAT"
    UNTRACKED_INGRESS = "untracked-ingress"
    UNTRACKED_EGRESS = "untracked-egress"


@dataclass(frozen=True, slots=True)
class Tried:
    """A rule that was looked at: it matched (`mismatch` None) or the field on which it failed."""

    tier: str
    policy: PolicyView
    rule: RuleView
    mismatch: Field | Unsure | None


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision at one endpoint, or at one stage of a host endpoint (`endpoint`, `stage` and `node` set)."""

    verdict: Verdict
    reason: Reason
    tier: str = ""
    policy: PolicyId | None = None
    rule: int | None = None
    profile: str = ""
    endpoint: str = ""
    stage: Stage | None = None
    node: str = ""
    why: UnknownReason | None = None  # of an unknown verdict
    decided_by: PolicyView | None = None
    view: RuleView | None = None

    @property
    def allows(self) -> bool:
        """Tell whether the packet goes on."""
        return self.verdict is Verdict.ALLOW

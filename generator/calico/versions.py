"""Versions of Calico and what each of them knows (calico.md 1.3, 1.6, 1.7, 5.2, 6.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from generator.calico.codes import VERSION_UNREADABLE, VERSION_UNSUPPORTED
from generator.calico.kinds import Kind
from generator.foundation.diagnostics import problem
from generator.foundation.errors import InputError


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A release of Calico; a text without a patch number means the first release of that minor."""

    major: int
    minor: int
    patch: int = 0

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def minor_text(self) -> str:
        """Return `3.32`, which is how tables name a version."""
        return f"{self.major}.{self.minor}"


OLDEST: Final = Version(3, 26)
NEWEST: Final = Version(3, 32, 1)
TIERS_SINCE: Final = Version(3, 29)
STAGED_SINCE: Final = Version(3, 30)
ADMIN_POLICY_SINCE: Final = Version(3, 29)
BASELINE_POLICY_SINCE: Final = Version(3, 30)
CLUSTER_POLICY_SINCE: Final = Version(3, 32)
NAMES_AS_WRITTEN_SINCE: Final = Version(3, 32)
NATIVE_CRDS_SINCE: Final = Version(3, 32)
# Before, Felix takes a policy for absent that names ports where no protocol is said (validator/v1, seen at 3.31.0).
NAMED_PORTS_ALONE_SINCE: Final = Version(3, 32)

_TEXT: Final = re.compile(r"v?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?(?:[-+][0-9A-Za-z.+-]*)?")


def parse_version(text: str) -> Version:
    """Read `3.32`, `v3.32.1` or `3.32.1-2-gabc`; InputError for anything else and for what is older than 3.26 or newer.

    A patch release newer than any known is fine: patches add no fields.
    """
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        hint = "write a version such as 3.32 or v3.32.1"
        raise InputError([problem(VERSION_UNREADABLE, f"'{text}' is no version of Calico", hint=hint)])
    version = Version(int(found[1]), int(found[2]), int(found[3] or 0))
    if not (OLDEST.major, OLDEST.minor) <= (version.major, version.minor) <= (NEWEST.major, NEWEST.minor):
        hint = f"supported are {OLDEST.minor_text} to {NEWEST.minor_text}"
        raise InputError([problem(VERSION_UNSUPPORTED, f"Calico {version.minor_text} is not supported", hint=hint)])
    return version


_KIND_SPAN: Final[dict[Kind, tuple[Version, Version | None]]] = {
    Kind.TIER: (TIERS_SINCE, None),
    Kind.STAGED_NETWORK_POLICY: (STAGED_SINCE, None),
    Kind.STAGED_GLOBAL_NETWORK_POLICY: (STAGED_SINCE, None),
    Kind.STAGED_KUBERNETES_NETWORK_POLICY: (STAGED_SINCE, None),
    Kind.CLUSTER_NETWORK_POLICY: (CLUSTER_POLICY_SINCE, None),
    Kind.ADMIN_NETWORK_POLICY: (ADMIN_POLICY_SINCE, CLUSTER_POLICY_SINCE),
    Kind.BASELINE_ADMIN_NETWORK_POLICY: (BASELINE_POLICY_SINCE, CLUSTER_POLICY_SINCE),
}


def knows_kind(version: Version, kind: Kind) -> bool:
    """Tell whether objects of this kind have an effect under this version of open-source Calico."""
    since, until = _KIND_SPAN.get(kind, (OLDEST, None))
    return since <= version and (until is None or version < until)


def has_tiers(version: Version) -> bool:
    """Tell whether `spec.tier` exists (3.29 and later)."""
    return version >= TIERS_SINCE


def keeps_names(version: Version) -> bool:
    """Tell whether policies are stored under the name as written, so that `foo` and `default.foo` differ (3.32)."""
    return version >= NAMES_AS_WRITTEN_SINCE


class Judge(StrEnum):
    """Who makes a check on a write: the Go validator, the CRD schema, CEL inside the CRD."""

    GO = "Go"
    CRD = "CRD"
    CEL = "CEL"


@dataclass(frozen=True, slots=True)
class Enforcement:
    """One row of calico.md 1.7: who makes a check up to 3.31, in 3.32, and from 3.33 on."""

    check: str
    until_3_31: frozenset[Judge]
    at_3_32: frozenset[Judge]
    since_3_33: frozenset[Judge]


def _row(check: str, old: str, now: str, later: str) -> Enforcement:
    def judges(text: str) -> frozenset[Judge]:
        return frozenset(Judge(word) for word in text.split())

    return Enforcement(check, judges(old), judges(now), judges(later))


ENFORCEMENT: Final[tuple[Enforcement, ...]] = (
    _row("enums: action, types, ipVersion, stagedAction", "Go", "Go CRD", "CRD"),
    _row("types: 1-2 entries", "", "CRD", "CRD"),
    _row("types: no repeats", "Go", "Go CRD", "Go CRD"),
    _row("nets, service account names, expectedIPs are sets", "", "CRD", "CRD"),
    _row("notNets is a set", "", "", "CRD"),
    _row("host endpoint: lengths and required fields", "Go", "Go CRD CEL", "CRD CEL"),
    _row("http: protocol TCP or unset, Allow only", "Go", "Go CEL", "CEL"),
    _row("http: methods and paths up to 20, path up to 1024", "", "CRD", "CRD"),
    _row("doNotTrack, preDNAT, applyOnForward combinations", "Go", "Go CEL", "CEL"),
    _row("services with destination ports or notPorts", "Go", "Go CEL", "CEL"),
    _row("ICMP code needs type", "Go", "Go CEL", "CEL"),
    _row("icmp needs protocol ICMP or ICMPv6; ipVersion consistent", "Go", "Go", "CEL"),
    _row("global() placement", "Go", "Go", "CEL"),
    _row("global() alone in namespaceSelector", "Go", "Go", "Go"),
    _row("services exclusive with other peers; name required", "Go", "Go", "CEL"),
    _row("fixed tier: order", "Go", "Go", "CEL"),
    _row("fixed tier: default action", "", "CEL", "CEL"),
    _row("1024 rules, 256 nets, 50 ports, 1024 characters, 253-character service names", "", "", "CRD"),
    _row("everything else of the Go validator", "Go", "Go", "Go"),
)


def judges_of(check: str, version: Version) -> frozenset[Judge]:
    """Return who makes a check of `ENFORCEMENT` at a version; KeyError for a check that has no row."""
    for row in ENFORCEMENT:
        if row.check == check:
            if version < Version(3, 32):
                return row.until_3_31
            return row.at_3_32 if version < Version(3, 33) else row.since_3_33
    raise KeyError(check)

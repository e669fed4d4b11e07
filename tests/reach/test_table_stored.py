"""Policies that no validator has seen: what Felix drops as a whole, and what it takes (calico.md 7.3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reach.small_world import CLUSTER, TCP, Manifest, calico, engine_of, packet, snapshot_of, through_all_doors

FIELDS = ("types", "performanceHints")
HINT = "AssumeNeededOnEveryNode"


def denying(**fields: Any) -> Manifest:
    """Return a policy about shop/db that lets nothing in; what is no field of a policy is one of a rule before."""
    spec = {key: fields.pop(key) for key in FIELDS if key in fields}
    rules = [{"action": "Log", **fields}, {"action": "Deny"}]
    return calico(
        "NetworkPolicy", "p", "shop", **{"selector": "app == 'db'", "types": ["Ingress"], "ingress": rules, **spec}
    )


TAKEN: list[tuple[str, Manifest]] = [
    ("as it should be", denying()),
    ("a hint", denying(performanceHints=[HINT])),
    ("no hints", denying(performanceHints=[])),
    ("the last ICMP type and code", denying(protocol="ICMP", icmp={"type": 254, "code": 255})),
    ("the first", denying(protocol="ICMP", notICMP={"type": 0, "code": 0})),
    ("an IP version", denying(ipVersion=6)),
    ("types in any case", denying(types=["ingress", "EGRESS"])),
    ("a type that nobody knows beside one", denying(types=["Ingress", "both"])),
    ("a protocol number with zeros before it", denying(protocol="0" * 30 + "6", destination={"ports": ["0080"]})),
]
DROPPED: list[tuple[str, Manifest]] = [
    ("a hint twice", denying(performanceHints=[HINT, HINT])),
    ("a hint that nobody knows", denying(performanceHints=["Faster"])),
    ("a hint that is null", denying(performanceHints=[None])),
    ("an ICMP type that the kernel cannot match", denying(protocol="ICMP", icmp={"type": 255})),
    ("an ICMP code of nine bits", denying(protocol="ICMP", icmp={"type": 8, "code": 256})),
    ("a negative ICMP type", denying(protocol="ICMP", notICMP={"type": -1})),
    ("a negative ICMP code", denying(protocol="ICMP", notICMP={"code": -1})),
    ("an IP version that there is none of", denying(ipVersion=5)),
    ("a port that is null, which is port 0", denying(protocol="TCP", destination={"ports": [None]})),
]


def verdict(policy: Manifest) -> str:
    objects = [*CLUSTER, policy]
    return through_all_doors(engine_of(objects), snapshot_of(objects), "shop/web", "shop/db", packet(TCP, 80))


@pytest.mark.parametrize("policy", [row[1] for row in TAKEN], ids=[row[0] for row in TAKEN])
def test_what_felix_takes_denies(policy: Manifest) -> None:
    assert verdict(policy) == "deny"


@pytest.mark.parametrize("policy", [row[1] for row in DROPPED], ids=[row[0] for row in DROPPED])
def test_what_felix_drops_denies_nothing(policy: Manifest) -> None:
    assert verdict(policy) == "allow"


def test_types_that_nobody_knows_govern_nothing() -> None:
    assert verdict(denying(types=["both"])) == "allow"

"""calico.md 1.7, row by row: what is an error at which version, and the same object put right, which never is."""

from __future__ import annotations

from typing import Any

import pytest

from generator.calico.validator import ValidationContext, validate_object
from generator.calico.validator.judges import judge_crd, judge_go
from generator.calico.versions import ENFORCEMENT, Judge, judges_of, parse_version
from generator.foundation.diagnostics import Severity
from tests.reach.small_world import Manifest, calico
from tests.support.objects import api_object

RULE: dict[str, Any] = {"action": "Allow", "protocol": "TCP"}


def ingress(**rule: Any) -> Manifest:
    spec = {"selector": "app == 'db'", "order": 5, "types": ["Ingress"], "ingress": [RULE | rule]}
    return calico("NetworkPolicy", "p", "shop", **spec)


def types(*names: str) -> Manifest:
    return calico("NetworkPolicy", "p", "shop", selector="app == 'db'", order=5, types=list(names))


def on_hosts(**spec: Any) -> Manifest:
    return calico("GlobalNetworkPolicy", "p", selector="host == 'a'", order=5, types=["Ingress"], **spec)


def egress(**destination: Any) -> Manifest:
    spec = {"selector": "app == 'db'", "order": 5, "types": ["Egress"]}
    return calico("NetworkPolicy", "p", "shop", **spec, egress=[RULE | {"destination": destination}])


SERVICE = {"services": {"name": "kubernetes", "namespace": "default"}}
# For each row of the table: an object that breaks it, and the same put right.
ROWS: dict[str, tuple[Manifest, Manifest]] = {
    "enums: action, types, ipVersion, stagedAction": (ingress(action="allow"), ingress()),
    "types: 1-2 entries": (types(), types("Ingress")),
    "types: no repeats": (types("Ingress", "Ingress"), types("Ingress", "Egress")),
    "nets, service account names, expectedIPs are sets": (
        ingress(source={"nets": ["10.0.0.0/8", "10.0.0.0/8"]}),
        ingress(source={"nets": ["10.0.0.0/8", "11.0.0.0/8"]}),
    ),
    "host endpoint: lengths and required fields": (
        calico("HostEndpoint", "h", node="n1", interfaceName="a-name-of-16-cha"),
        calico("HostEndpoint", "h", node="n1", interfaceName="eth0"),
    ),
    "http: protocol TCP or unset, Allow only": (
        ingress(protocol="UDP", http={"methods": ["GET"]}),
        ingress(http={"methods": ["GET"]}),
    ),
    "http: methods and paths up to 20, path up to 1024": (
        ingress(http={"paths": [{"exact": "/" + "a" * 1024}]}),
        ingress(http={"paths": [{"exact": "/" + "a" * 1023}]}),
    ),
    "doNotTrack, preDNAT, applyOnForward combinations": (
        on_hosts(preDNAT=True, ingress=[RULE]),
        on_hosts(preDNAT=True, applyOnForward=True, ingress=[RULE]),
    ),
    "services with destination ports or notPorts": (egress(**SERVICE, ports=[443]), egress(**SERVICE)),
    "ICMP code needs type": (
        ingress(protocol="ICMP", icmp={"code": 0}),
        ingress(protocol="ICMP", icmp={"type": 8, "code": 0}),
    ),
    "icmp needs protocol ICMP or ICMPv6; ipVersion consistent": (
        ingress(icmp={"type": 8}),
        ingress(protocol="ICMP", icmp={"type": 8}),
    ),
    "global() placement": (
        ingress(source={"selector": "global()"}),
        ingress(source={"selector": "app == 'x'", "namespaceSelector": "global()"}),
    ),
    "global() alone in namespaceSelector": (
        ingress(source={"namespaceSelector": "global() && has(x)"}),
        ingress(source={"namespaceSelector": "global()", "selector": "has(x)"}),
    ),
    "services exclusive with other peers; name required": (egress(**SERVICE, nets=["10.0.0.0/8"]), egress(**SERVICE)),
    "fixed tier: order": (
        calico("Tier", "default", order=5, defaultAction="Deny"),
        calico("Tier", "default", order=1000000, defaultAction="Deny"),
    ),
    "fixed tier: default action": (
        calico("Tier", "default", order=1000000, defaultAction="Pass"),
        calico("Tier", "default", order=1000000, defaultAction="Deny"),
    ),
    "everything else of the Go validator": (
        ingress(source={"selector": "app = 'x'"}),
        ingress(source={"selector": "app == 'x'"}),
    ),
}
# Rows that nothing enforces up to 3.32: the product keeps to the limit for every version all the same (1.2).
LATER = {
    "notNets is a set",
    "1024 rules, 256 nets, 50 ports, 1024 characters, 253-character service names",
}


def weight(manifest: Manifest, version: str) -> Severity | None:
    """Return how much the worst finding weighs; None where there is none but warnings of other matters."""
    context = ValidationContext(version=version, tiers=frozenset({"default"}))
    found = validate_object(api_object(manifest), context)
    errors = [item.severity for item in found if item.severity is Severity.ERROR]
    return errors[0] if errors else None


def test_every_row_is_here() -> None:
    assert set(ROWS) | LATER == {row.check for row in ENFORCEMENT}
    assert all(not judges_of(check, parse_version("3.32")) for check in LATER)


@pytest.mark.parametrize("check", ROWS)
@pytest.mark.parametrize("version", ["3.29", "3.31", "3.32"])
def test_an_error_where_somebody_refuses_it(check: str, version: str) -> None:
    broken, repaired = ROWS[check]
    refused = bool(judges_of(check, parse_version(version)))
    assert (weight(broken, version) is Severity.ERROR) == refused
    assert weight(repaired, version) is None


@pytest.mark.parametrize("check", ROWS)
def test_who_refuses_it_at_3_32(check: str) -> None:
    broken, repaired = ROWS[check]
    judges = judges_of(check, parse_version("3.32"))
    assert bool(judge_go(broken)) == (Judge.GO in judges)
    assert bool(judge_crd(broken)) == bool(judges & {Judge.CRD, Judge.CEL})
    assert not judge_go(repaired)
    assert not judge_crd(repaired)

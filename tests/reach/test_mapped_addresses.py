"""IPv4 ranges in IPv6 form: Calico takes them for the IPv4 ranges (RFC 4291 2.5.5.2; Go's net.ParseCIDR and String)."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.calico import nets
from generator.calico.nets import canonical_address, canonical_net
from generator.reach import lower_rules
from tests.reach.small_world import Manifest, calico, kubernetes, packet, verdict

WEB = "192.168.0.1"
MAPPED = "::ffff:192.168.0.0/120"
BEYOND = "::ffff:0:0/95"  # half of it is no IPv4
FROM_SET = {"selector": "set == 'a'", "namespaceSelector": "global()"}
_SET = {"metadata": {"name": "s", "labels": {"set": "a"}}}


def policy(**source: object) -> Manifest:
    rule = {"action": "Allow", "source": source}
    return calico("NetworkPolicy", "p", "shop", selector="app == 'db'", types=["Ingress"], ingress=[rule])


def block(cidr: str) -> Manifest:
    return kubernetes("k", "shop", ingress=[{"from": [{"ipBlock": {"cidr": cidr}}]}])


ROWS: list[tuple[str, list[Manifest], int, str]] = [
    ("a rule", [policy(nets=[MAPPED])], 4, "allow"),
    ("of the other family", [policy(nets=[MAPPED])], 6, "deny"),
    ("another range", [policy(nets=["::ffff:10.0.0.0/104"])], 4, "deny"),
    ("notNets", [policy(notNets=[MAPPED])], 4, "deny"),
    ("a range that is none", [policy(nets=[BEYOND])], 4, "deny"),
    ("a single address", [policy(nets=[f"::ffff:{WEB}"])], 4, "allow"),
    ("a set", [policy(**FROM_SET), calico("GlobalNetworkSet", "s", nets=[MAPPED]) | _SET], 4, "allow"),
    ("an address of a set", [policy(**FROM_SET), calico("GlobalNetworkSet", "s", nets=[f"::FFFF:{WEB}"]) | _SET], 4,
     "allow"),
    ("a Kubernetes policy", [block(MAPPED)], 4, "allow"),
    ("plain IPv6 is no IPv4", [policy(nets=["fd00::/64"])], 6, "allow"),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_row(row: tuple[str, list[Manifest], int, str]) -> None:
    check_row(row)


def check_row(row: tuple[str, list[Manifest], int, str]) -> None:
    _, objects, family, said = row
    assert verdict(objects, packet(), family=family) == said


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_both_forms_are_one(address: ipaddress.IPv4Address, length: int) -> None:
    net = ipaddress.ip_network((address, length), strict=False)
    assert canonical_net(f"::ffff:{address}/{96 + length}") == canonical_net(str(net)) == str(net)
    assert canonical_address(f"::ffff:{address}") == str(address)


def test_planted_fault_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nets, "_MAPPED_BITS", 129)
    forget()
    with pytest.raises(AssertionError):
        check_all()
    forget()


def forget() -> None:
    lower_rules._nets.cache_clear()
    lower_rules._view_of_side.cache_clear()


def check_all() -> None:
    for row in ROWS:
        check_row(row)

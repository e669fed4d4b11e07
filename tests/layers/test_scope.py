"""Names and scopes: legal in every version, disjoint, complete, never longer than 1,024 characters."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from generator.intent.namespaces import is_listed
from generator.layers.names import Names
from generator.layers.scope import MAX_SELECTOR, cluster_scope, scope_parts
from generator.selectors import evaluate_selector, parse_selector

label = st.from_regex(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True)
NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)?")


@given(st.sets(label, min_size=1, max_size=120))
def test_parts_cover_each_namespace_once(namespaces: set[str]) -> None:
    parts = scope_parts(sorted(namespaces))
    assert sorted(name for part in parts for name in part.namespaces) == sorted(namespaces)
    for part in parts:
        assert len(part.namespace_selector) <= MAX_SELECTOR
        node = parse_selector(part.namespace_selector)
        for name in namespaces:
            assert evaluate_selector(node, {"projectcalico.org/name": name}) == (name in part.namespaces)
        assert not evaluate_selector(node, {})  # a host endpoint has no namespace


@given(st.sets(label, min_size=1, max_size=10), label)
def test_cluster_scope_leaves_out_system_namespaces_and_hosts(system: set[str], name: str) -> None:
    (part,) = cluster_scope({*system, "openshift-*"})
    node = parse_selector(part.namespace_selector)
    assert not evaluate_selector(node, {})
    for one in {*system, name, f"openshift-{name}"[:63]}:
        expected = not is_listed(one, {*system, "openshift-*"})
        assert evaluate_selector(node, {"projectcalico.org/name": one}) == expected


@given(label, label, st.integers(1, 30))
def test_names_are_legal_in_every_version(intent: str, part: str, number: int) -> None:
    for names in (Names(intent, "ringfence", "ringfence"), Names(intent, "ringfence", "")):
        for name in (names.namespaced(part), names.cluster_wide(part, number), names.network_set(part, number)):
            assert NAME.fullmatch(name), name
            assert all(len(piece) <= 63 for piece in name.split("."))


def test_long_names_stay_apart() -> None:
    names = Names("shop", "ringfence", "")
    one, other = "a" * 63, "a" * 62 + "b"
    assert names.namespaced(one) != names.namespaced(other)


def test_in_an_own_tier_the_tier_is_the_prefix() -> None:
    assert Names("shop", "rf", "zone").cluster_wide("dns", 2) == "zone.shop-dns-2"
    assert Names("shop", "rf", "").cluster_wide("dns", 1) == "rf-shop-dns"

"""What is recognised as a usual Kubernetes policy decodes without a word, and says what was recognised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from generator.calico import codec, usual_policy
from generator.calico.codec import _decode_carefully
from generator.calico.kinds import Kind
from generator.calico.kubernetes_policy import EgressRule, IngressRule, KubernetesNetworkPolicy, LabelSelector
from generator.calico.objects import ApiObject
from generator.calico.shapes import OddlyWritten
from generator.calico.usual_policy import UsualPolicy, read_usual_policy
from tests.calico.test_decoding_vectors import wrapped
from tests.calico.test_quick_decoding import changed, objects, with_something_odd
from tests.reach.kubernetes_worlds import kubernetes_world

WHOLE: dict[str, Any] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"a": "b"}, "annotations": {"c": "d"}},
    "spec": {
        "podSelector": {"matchLabels": {"app": "web", "tier": "front"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [
                    {"podSelector": {"matchLabels": {"app": "x"}}, "namespaceSelector": {"matchLabels": {"team": "y"}}},
                    {"namespaceSelector": {}},
                    {"podSelector": {}},
                ],
                "ports": [{"protocol": "TCP", "port": 80}, {"port": 443}, {}],
            },
            {"from": [{"podSelector": {"matchLabels": {"app": "z"}}}]},
        ],
        "egress": [{"to": [{"podSelector": {"matchLabels": {"app": "db"}}}], "ports": [{"protocol": "UDP"}]}],
    },
}
ODD_PLACES: tuple[tuple[tuple[Any, ...], Any], ...] = (
    (("spec", "ingress", 0, "from", 0, "ipBlock"), {"cidr": "10.0.0.0/8"}),
    (("spec", "ingress", 0, "from", 0, "podSelector", "matchExpressions"), [{"key": "a", "operator": "Exists"}]),
    (("spec", "ingress", 0, "from", 0, "podSelector", "matchLabels", "app"), "it's"),
    (("spec", "ingress", 0, "from", 0, "podSelector", "matchLabels", "a b"), "x"),
    (("spec", "podSelector", "matchExpressions"), [{"key": "a", "operator": "Exists"}]),
    (("spec", "podSelector", "matchLabels", "app"), "x') || (has(y"),
    (("spec", "ingress", 1, "from"), []),
    (("spec", "ingress", 1, "ports"), [{"port": "http"}]),
    (("spec", "ingress", 1, "ports"), [{"port": 0}]),
    (("spec", "ingress", 1, "ports"), [{"protocol": "ICMP"}]),
    (("spec", "ingress", 1, "ports"), [{"port": 80, "endPort": 90}]),
    (("spec", "egress", 0, "from"), [{"podSelector": {}}]),
    (("spec", "policyTypes"), ["ingress"]),
    (("metadata", "name"), ""),
    (("metadata", "labels"), {"a": 1}),
    (("apiVersion",), "crd.projectcalico.org/v1"),
)


def recognised(obj: ApiObject) -> UsualPolicy | None:
    """Return what was recognised; then the careful decoder must find nothing to say, and the same policy."""
    found = read_usual_policy(obj)
    if found is None:
        return None
    policy, problems = _decode_carefully(obj)
    assert problems == [], obj.manifest
    assert isinstance(policy, KubernetesNetworkPolicy)
    spec = policy.spec
    assert (LabelSelector(found.pods), found.types) == (spec.pod_selector, spec.policy_types), obj.manifest
    rules: list[IngressRule | EgressRule] = [*(spec.ingress or ()), *(spec.egress or ())]
    assert all(rule.peers for rule in rules), obj.manifest
    peers = [peer for rule in rules for peer in rule.peers]
    assert all(peer.ip_block is None for peer in peers), obj.manifest
    selectors = [(peer.pod_selector, peer.namespace_selector) for peer in peers]
    assert [tuple(None if it is None else LabelSelector(it) for it in pair) for pair in found.peers] == selectors
    return found


def policies() -> Iterator[ApiObject]:
    yield from objects()
    for seed in range(60):
        yield from filter(None, (wrapped(dict(manifest)) for manifest in kubernetes_world(seed)))


def odd() -> Iterator[ApiObject]:
    for way, value in with_something_odd(WHOLE):
        yield from filter(None, [wrapped(changed(WHOLE, way, value))])


def test_the_policies_of_vectors_and_drawn_clusters() -> None:
    every = [obj for obj in policies() if obj.kind is Kind.KUBERNETES_NETWORK_POLICY]
    usual = sum(recognised(obj) is not None for obj in every)
    assert 50 < usual < len(every)


def test_a_policy_with_all_that_is_usual() -> None:
    obj = wrapped(WHOLE)
    assert obj is not None
    found = recognised(obj)
    assert found is not None
    assert found.peers[1] == (None, {})
    assert len(found.peers) == 5


def test_odd_values_everywhere() -> None:
    found = [recognised(obj) is not None for obj in odd()]
    assert 10 < sum(found) < len(found) // 4


@pytest.mark.parametrize(("way", "value"), ODD_PLACES)
def test_what_says_more_than_labels_is_not_recognised(way: tuple[Any, ...], value: Any) -> None:
    obj = wrapped(changed(WHOLE, way, value))
    assert obj is not None
    assert read_usual_policy(obj) is None


def every_test_is_a_text(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(usual_policy, "_learn", lambda test: None)


def no_field_is_unknown(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(usual_policy, "_FIELDS", frozenset((*usual_policy._FIELDS, "unknown")))


def ports_are_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(usual_policy, "_check_ports", lambda ports: None)


def metadata_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(usual_policy, "is_usual_metadata", lambda obj: True)


def what_goes_out_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    real = usual_policy._read_rules
    patch.setattr(
        usual_policy, "_read_rules", lambda rules, side, peers: real(rules, side, peers if side == "from" else [])
    )


FAULTS = (
    every_test_is_a_text,
    no_field_is_unknown,
    ports_are_not_looked_at,
    metadata_is_not_looked_at,
    what_goes_out_is_forgotten,
)


@pytest.mark.parametrize("fault", FAULTS)
def test_taking_too_much_for_usual_is_caught(fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usual_policy, "_KNOWN_PLAIN", set())
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        [recognised(obj) for obj in (*policies(), *odd())]


def test_usual_metadata_is_what_the_quick_decoder_takes() -> None:
    for obj in (*objects(), *odd()):
        try:
            codec._quick_metadata(obj)
        except OddlyWritten:
            assert not codec.is_usual_metadata(obj)
        else:
            assert codec.is_usual_metadata(obj)

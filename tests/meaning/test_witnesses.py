"""A witness tells the wrong set from the right one: the second judge has one of them alone deny it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from generator.calico.objects import ApiObject
from generator.equality.diagnose import diagnose
from generator.equality.model import Difference, Proven, Wrong
from generator.equality.proof_world import build_world
from generator.equality.prove import prove_equal
from generator.intent.model import Intent
from generator.layers.model import ManifestSet
from generator.meaning.mean import mean
from generator.packets.addresses import AddressSet
from tests.faults import meaning as faults
from tests.meaning.proving import build, changed, load
from tests.meaning.written import asked_of, read_world
from tests.obvious import answer_flow

LAYOUTS = ("tiers", "single-tier")


def differences(intent: Intent, right: ManifestSet, wrong: ManifestSet) -> list[Difference]:
    """Return the differences of a set, each of whose witnesses has another fate under the right one."""
    profile = load()[1]
    found = prove_equal(intent, profile, wrong)
    assert not isinstance(found, Proven)
    meaning = mean(intent, profile)
    before, after = (read_world(build_world(meaning, intent, item, None)) for item in (right, wrong))
    for item in found:
        if item.witness is not None:
            flow, way = asked_of(item.witness.flow), item.way.value
            verdicts = [answer_flow(cluster, flow)[way]["verdict"] for cluster in (before, after)]
            due = ["deny", "allow"] if item.wrong is Wrong.MORE else ["allow", "deny"]
            assert verdicts == due, (item, flow)
    return found


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_policy_on_pods_that_are_not_owned_is_shown_by_what_it_denies_them(layout: str) -> None:
    intent, profile = load(layout=layout)
    right = build(intent, profile)
    for name, way in (("default-deny-egress", "egress"), ("default-deny-ingress", "ingress")):
        wrong = changed(right, "default-deny", f"shop-{name}", lambda spec: spec.update(namespaceSelector="all()"))
        (found,) = differences(intent, right, wrong)
        assert (found.wrong, found.way) == (Wrong.BEYOND, way)
        assert found.witness is not None
        governed = found.witness.flow.source if way == "egress" else found.witness.flow.destination
        assert governed.name in found.pods
        assert "; for example " in diagnose([found], intent)[0].hint


def test_the_rule_that_denies_pods_which_are_not_owned_is_named() -> None:
    intent, profile = load(layout="tiers")
    right = build(intent, profile)
    wrong = changed(right, "guardrails", "guardrails", lambda spec: spec.update(namespaceSelector="all()"))
    (found,) = differences(intent, right, wrong)
    assert found.witness is not None
    decided = found.witness.verdict.egress
    assert decided is not None
    assert found.policy.endswith("shop-guardrails")
    assert found.rule == decided.rule is not None


def test_a_policy_that_denies_pods_which_are_not_owned_nothing_has_no_witness() -> None:
    intent, profile = load(layout="tiers")
    right = build(intent, profile)
    wrong = changed(right, "shared", "shop-shared-probe", lambda spec: spec.update(namespaceSelector="all()"))
    (found,) = differences(intent, right, wrong)
    assert (found.wrong, found.witness) == (Wrong.BEYOND, None)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("label", ["ringfence/set", "ringfence/intent"])
def test_a_set_that_has_lost_a_label_is_shown_by_its_own_addresses(layout: str, label: str) -> None:
    intent, profile = load(layout=layout)
    right = build(intent, profile)
    wrong = _without_label(right, "external-payments-1", label)
    found = differences(intent, right, wrong)
    nets = next(item.object.manifest["spec"]["nets"] for item in wrong.objects if "payments" in item.identity.name)
    shown = [item.witness.flow.destination.address for item in found if item.witness is not None]
    assert shown, "somebody calls it"
    for address in shown:
        assert AddressSet.of_cidrs(nets).contains(address[1], address[0])
    assert {item.wrong for item in found} == {Wrong.LESS, Wrong.UNDECIDED}


def test_sets_of_others_with_our_label_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    faults.our_labels_are_on_sets_of_others(monkeypatch)
    with pytest.raises(AssertionError):
        test_a_set_that_has_lost_a_label_is_shown_by_its_own_addresses("tiers", "ringfence/set")


def test_a_proof_that_follows_nothing_beyond_the_scope_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    faults.nothing_is_followed_beyond_the_scope(monkeypatch)
    with pytest.raises(AssertionError):
        test_a_policy_on_pods_that_are_not_owned_is_shown_by_what_it_denies_them("tiers")


def _without_label(rendered: ManifestSet, name: str, label: str) -> ManifestSet:
    (found,) = [item for item in rendered.objects if item.identity.name.endswith(name)]
    metadata: Mapping[str, Any] = found.object.manifest["metadata"]
    left = {key: value for key, value in metadata["labels"].items() if key != label}
    manifest = {**found.object.manifest, "metadata": {**metadata, "labels": left}}
    other = replace(found, object=ApiObject(found.object.kind, manifest, found.object.source))
    return replace(rendered, objects=tuple(other if item is found else item for item in rendered.objects))

from __future__ import annotations

import copy
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.calico.kinds import Kind
from generator.calico.objects import ApiObject, Identity
from generator.compare import FieldChange, Status, changed_fields, compute_diff
from generator.foundation.errors import InputError
from tests.calico.returned import returned
from tests.faults.calico import Fault
from tests.faults.compare import FAULTS_OF_DIFF
from tests.support.objects import api_object

V3 = "projectcalico.org/v3"
CRD = "crd.projectcalico.org/v1"


def policy(name: str, owner: str = "shop", *, namespace: str = "shop", group: str = V3, **spec: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    if owner:
        metadata["labels"] = {"ringfence/intent": owner}
    return {
        "apiVersion": group,
        "kind": "NetworkPolicy",
        "metadata": metadata,
        "spec": {"order": 500, "types": ["Ingress"], "ingress": [{"action": "Allow", "protocol": "TCP"}], **spec},
    }


def tier(owner: str) -> dict[str, Any]:
    metadata = {"name": "sec", "labels": {"ringfence/intent": owner}}
    return {"apiVersion": V3, "kind": "Tier", "metadata": metadata, "spec": {"order": 7, "defaultAction": "Pass"}}


def objects(*manifests: dict[str, Any]) -> list[ApiObject]:
    return [api_object(manifest) for manifest in manifests]


def states(intended: list[ApiObject], live: list[ApiObject], intent: str = "shop", **more: Any) -> dict[str, Status]:
    return {change.identity.name: change.status for change in compute_diff(intended, live, intent, **more).changes}


def test_the_five_states() -> None:
    intended = objects(policy("new"), policy("changed", order=501), policy("same"))
    live = objects(policy("changed"), policy("same"), policy("gone"), policy("theirs", ""), policy("others", "billing"))
    diff = compute_diff(intended, live, "shop")
    assert [(change.identity.name, change.status) for change in diff.changes] == [
        ("changed", Status.CHANGED),
        ("gone", Status.REMOVED),
        ("new", Status.CREATED),
        ("others", Status.FOREIGN),
        ("same", Status.SAME),
        ("theirs", Status.FOREIGN),
    ]
    changed = diff.with_status(Status.CHANGED)[0]
    assert changed.fields == (FieldChange("spec.order", 500, 501),)
    assert changed.live is live[0]
    assert changed.intended is intended[1]
    assert {change.identity.name: change.owner for change in diff.changes}["others"] == "billing"
    assert not diff.is_empty
    assert compute_diff(objects(policy("same")), live[1:2], "shop").is_empty


@pytest.mark.parametrize("version", ["3.28", "3.29", "3.30", "3.32"])
@pytest.mark.parametrize("group", [V3, CRD])
def test_what_a_server_returned_is_the_same(version: str, group: str) -> None:
    source = policy("web")
    source["spec"].pop("types")
    assert compute_diff(objects(source), [returned(source, version, group)], "shop").is_empty


def test_fields_by_path() -> None:
    old = policy("a", ingress=[{"action": "Allow", "source": {"nets": ["10.0.0.0/8", "192.0.2.0/24"]}}])
    new = copy.deepcopy(old)
    new["spec"]["ingress"][0]["action"] = "Deny"
    new["spec"]["ingress"][0]["source"]["nets"] = ["10.0.0.0/8", "198.51.100.0/24"]
    new["spec"]["ingress"].append({"action": "Log"})
    new["spec"]["selector"] = "a == 'b'"
    new["metadata"]["labels"]["ringfence/layer"] = "dns"
    (change,) = compute_diff(objects(new), objects(old), "shop").changes
    assert change.fields == (
        FieldChange("metadata.labels.ringfence/layer", None, "dns"),
        FieldChange("spec.ingress[0].action", "Allow", "Deny"),
        FieldChange("spec.ingress[0].source.nets", ["10.0.0.0/8", "192.0.2.0/24"], ["10.0.0.0/8", "198.51.100.0/24"]),
        FieldChange("spec.ingress[1]", None, {"action": "Log"}),
        FieldChange("spec.selector", None, 'a == "b"'),
    )


def test_a_port_that_changes_its_type_is_seen() -> None:
    assert changed_fields({"a": [80]}, {"a": ["http"]}) == (FieldChange("a[0]", 80, "http"),)
    assert changed_fields({"a": 1}, {"a": True}) == (FieldChange("a", 1, True),)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abz.[]'", max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(old=st.dictionaries(st.text("ab", min_size=1, max_size=2), _json, max_size=4), data=st.data())
def test_fields_differ_exactly_where_objects_differ(old: dict[str, Any], data: st.DataObject) -> None:
    new = data.draw(
        st.one_of(st.just(copy.deepcopy(old)), st.dictionaries(st.text("ab", min_size=1), _json, max_size=4))
    )
    assert bool(changed_fields(old, new)) == (repr(_sorted(old)) != repr(_sorted(new)))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def test_only_what_carries_our_label_is_removed() -> None:
    """The fault that would be worst: removing what nobody said is ours."""
    check_foreign_objects_stay()


def check_foreign_objects_stay() -> None:
    live = objects(policy("a", ""), policy("b", "billing"), policy("c", "shop"), policy("d", "shop-2"))
    assert states([], live) == {
        "a": Status.FOREIGN,
        "b": Status.FOREIGN,
        "c": Status.REMOVED,
        "d": Status.FOREIGN,
    }


def check_names_of_all_versions_meet() -> None:
    source = policy("web")
    for version in ("3.28", "3.29", "3.30", "3.32"):
        for group in (V3, CRD):
            diff = compute_diff(objects(source), [returned(source, version, group)], "shop")
            assert diff.is_empty, (version, group)


def check_diff() -> None:
    check_names_of_all_versions_meet()
    check_foreign_objects_stay()


@pytest.mark.parametrize("fault", FAULTS_OF_DIFF, ids=lambda fault: fault.__name__)
def test_planted_faults_are_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    check_diff()
    fault(monkeypatch)
    with pytest.raises((AssertionError, InputError)):
        check_diff()


def test_labels_of_stored_objects_say_whose_they_are() -> None:
    live = [returned(policy("a"), "3.31", CRD)]
    assert states([], live) == {"a": Status.REMOVED}


def test_two_intents_never_touch_each_other() -> None:
    shop, billing = objects(policy("web"), policy("api")), objects(policy("web", "billing", namespace="billing"))
    live = [
        *objects(policy("web", order=1), policy("old")),
        *objects(policy("web", "billing", namespace="billing", order=2)),
    ]
    for intent, intended in (("shop", shop), ("billing", billing)):
        diff = compute_diff(intended, live, intent)
        touched = diff.with_status(Status.CREATED, Status.CHANGED, Status.REMOVED)
        assert {change.owner for change in touched} == {intent}
        assert all(change.identity.namespace == intent for change in touched)
        assert touched


def test_a_tier_that_both_need_is_owned_by_one() -> None:
    live = objects(tier("shop"))
    assert compute_diff(objects(tier("shop")), live, "shop").is_empty
    assert states(objects(policy("sec.x", "billing", tier="sec")), live, "billing")["sec"] is Status.FOREIGN
    with pytest.raises(InputError) as caught:
        compute_diff(objects(tier("billing")), live, "billing")
    (found,) = caught.value.diagnostics
    assert found.code == "RF7001"
    assert found.summary == "Tier/sec is owned by intent 'shop'"
    assert found.place.file == "test.yaml"


def test_what_exists_and_is_not_ours_is_never_overwritten() -> None:
    intended = objects(policy("a"), policy("b"), policy("c"))
    live = objects(policy("a", ""), policy("b", "billing"), policy("c"))
    with pytest.raises(InputError) as caught:
        compute_diff(intended, live, "shop")
    assert sorted(item.code for item in caught.value.diagnostics) == ["RF7001", "RF7002"]
    adopted = frozenset(Identity(Kind.NETWORK_POLICY, "shop", name) for name in ("a", "b"))
    diff = compute_diff(intended, live, "shop", adopt=adopted)
    assert [change.status for change in diff.changes] == [Status.CHANGED, Status.CHANGED, Status.SAME]
    assert diff.changes[0].fields[0] == FieldChange("metadata.labels", None, {"ringfence/intent": "shop"})


def test_intended_objects_say_whose_they_are() -> None:
    with pytest.raises(InputError) as caught:
        compute_diff(objects(policy("a", ""), policy("b", "billing")), [], "shop")
    assert [item.code for item in caught.value.diagnostics] == ["RF7005", "RF7005"]


def test_the_same_object_twice() -> None:
    twice = objects(policy("a"), policy("a"))
    assert states(twice, twice) == {"a": Status.SAME}
    with pytest.raises(InputError) as caught:
        compute_diff(objects(policy("a"), policy("a", order=2)), [], "shop")
    assert caught.value.diagnostics[0].code == "RF7003"
    with pytest.raises(InputError) as caught:
        compute_diff([], objects(policy("a"), policy("a", order=2)), "shop")
    assert caught.value.diagnostics[0].code == "RF7004"


def test_a_foreign_object_twice_is_a_warning_and_the_last_counts() -> None:
    live = objects(policy("a", ""), policy("a", "", order=2))
    diff = compute_diff([], live, "shop")
    assert [(item.code, item.severity.value) for item in diff.diagnostics] == [("RF7004", "warning")]
    assert diff.changes[0].live is live[1]


def test_both_api_groups_show_one_object() -> None:
    v3, stored = returned(policy("a"), "3.31", V3), returned(policy("a"), "3.31", CRD)
    diff = compute_diff(objects(policy("a")), [stored, v3], "shop")
    assert diff.is_empty
    assert diff.changes[0].live is v3


def test_two_names_in_one_api_are_two_policies() -> None:
    """No server before 3.32 can hold `a` and `default.a`; so where both are there, they are two (calico.md 1.6)."""
    live = objects(policy("a"), policy("default.a", "", order=3))
    assert states(objects(policy("a")), live) == {"a": Status.SAME, "default.a": Status.FOREIGN}
    assert states(objects(policy("a")), objects(policy("default.a"))) == {"a": Status.SAME}


@pytest.mark.parametrize("version", [None, "3.31", "3.32"])
def test_a_long_name_of_ours_is_found_again(version: str | None) -> None:
    """A server up to 3.31 stored or showed it so, whatever the target's version is now (landmine L8)."""
    assert states(objects(policy("a")), objects(policy("default.a")), version=version) == {"a": Status.SAME}


def test_a_long_name_of_others_is_another_policy_from_3_32() -> None:
    live = objects(policy("default.a", ""))
    assert states(objects(policy("a")), live, version="3.32") == {"a": Status.CREATED, "default.a": Status.FOREIGN}
    for version in (None, "3.31"):
        with pytest.raises(InputError) as caught:
            states(objects(policy("a")), live, version=version)
        assert caught.value.diagnostics[0].code == "RF7002"


def test_calicos_view_of_a_kubernetes_policy_is_no_second_object() -> None:
    native = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"podSelector": {}},
    }
    view = policy("knp.default.web", "", order=1000)
    diff = compute_diff([], objects(view, native), "shop")
    assert [(str(change.identity), change.status) for change in diff.changes] == [
        ("KubernetesNetworkPolicy/shop/web", Status.FOREIGN)
    ]
    assert diff.changes[0].live is not None
    assert diff.changes[0].live.kind is Kind.KUBERNETES_NETWORK_POLICY
    assert not diff.diagnostics


def test_order_of_the_input_says_nothing() -> None:
    intended = objects(policy("a"), policy("b", order=1), policy("c"))
    live = objects(policy("b"), policy("d"), policy("e", ""))
    assert compute_diff(intended, live, "shop") == compute_diff(intended[::-1], live[::-1], "shop")


def test_deepdiff_is_imported_only_for_a_change() -> None:
    code = "import sys, generator.compare; sys.exit('deepdiff' in sys.modules or 'pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""What would be live: ours as intended, others as they are, nothing that is removed or taken over."""

from __future__ import annotations

from dataclasses import replace

from generator.calico.kinds import Kind
from generator.calico.objects import ApiObject, Identity
from generator.compare.applied import apply_diff
from generator.compare.diff import compute_diff
from generator.foundation.source import SourceMap
from generator.snapshot.build import build_snapshot


def policy(name: str, order: int, intent: str = "") -> ApiObject:
    labels = {"labels": {"ringfence/intent": intent}} if intent else {}
    manifest = {
        "apiVersion": "projectcalico.org/v3",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": "shop", **labels},
        "spec": {"order": order, "types": ["Ingress"]},
    }
    return ApiObject(Kind.NETWORK_POLICY, manifest, SourceMap("live.yaml", "{}"))


def test_ours_as_intended_others_as_they_are() -> None:
    live = (policy("web", 100, "shop"), policy("old", 100, "shop"), policy("theirs", 50), policy("taken", 60))
    intended = [policy("web", 200, "shop"), policy("new", 200, "shop")]
    snapshot, _ = build_snapshot([], namespace="default", complete=False, origin="test")
    snapshot = replace(snapshot, policies=live)
    diff = compute_diff(intended, live, "shop")
    taken = Identity(Kind.NETWORK_POLICY, "shop", "taken")
    after = apply_diff(snapshot, diff, {taken})
    assert {(obj.name, obj.manifest["spec"]["order"]) for obj in after.policies} == {
        ("web", 200),
        ("new", 200),
        ("theirs", 50),
    }
    assert {obj.name for obj in snapshot.policies} == {"web", "old", "theirs", "taken"}

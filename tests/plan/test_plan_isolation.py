"""Which pods a policy selects, held against what Calico's own code decided; and the selector that is left of it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from generator.calico.applies import pod_labels, policy_selection
from generator.calico.names import identity_of
from generator.calico.objects import ApiObject, as_api_object
from generator.foundation.source import SourceMap
from generator.plan.isolation import Cluster, Isolation, takes
from generator.selectors import evaluate_selector, print_selector
from tests.plan.worlds import kubernetes_policy, pod, snapshot_of, space
from tests.support.objects import api_object
from tests.support.shared import shared_folder


def _worlds(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in islice(file, 0, None, 2 if "random" in path.name else 1):
            world = json.loads(line)
            if "defaults" not in world and "treatedAsAbsent" not in world:
                yield world


def _pods(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the pods that Calico polices: not on the host's network, not finished."""
    return {
        f"{item['metadata']['namespace']}/{item['metadata']['name']}": item
        for item in objects
        if item["kind"] == "Pod"
        and not item["spec"].get("hostNetwork")
        and item.get("status", {}).get("phase") not in ("Succeeded", "Failed")
    }


class _World:
    def __init__(self, objects: list[dict[str, Any]]) -> None:
        labels = {
            (item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]): item["metadata"].get(
                "labels"
            )
            or {}
            for item in objects
        }
        spaces = {name: found for (kind, _, name), found in labels.items() if kind == "Namespace"}
        self.accounts = {(ns, name): found for (kind, ns, name), found in labels.items() if kind == "ServiceAccount"}
        self.cluster = Cluster(spaces, self.accounts, {})
        found = (as_api_object(item, SourceMap("", "")) for item in objects)
        self.policies: dict[str, ApiObject] = {str(identity_of(obj, "3.32")): obj for obj in found if obj is not None}
        self.isolation = Isolation.of(self.policies.values(), self.cluster)
        self.pods = _pods(objects)

    def labels_of(self, name: str) -> dict[str, str]:
        item = self.pods[name]
        namespace = item["metadata"]["namespace"]
        account = item["spec"].get("serviceAccountName") or ""
        known = self.accounts.get((namespace, account))
        labels = pod_labels(
            item["metadata"].get("labels") or {}, namespace, self.cluster.labels_of(namespace), account, known
        )
        if account and known is None:
            # Without the ServiceAccount object its labels are missing, its name too (calico.md 1.5).
            labels = {key: value for key, value in labels.items() if not key.startswith("pcsa.")}
        return labels


@pytest.mark.parametrize("file", ["handmade.jsonl.gz", "random-1.jsonl.gz", "random-2.jsonl.gz"])
def test_calico_decides_by_the_policies_that_we_say_select_the_pod(file: str) -> None:
    """A deciding rule is of a policy that selects the pod; the end of tier default shows that it is isolated; a profile
    decides only where nothing of tier default selects it, as far as no rule passes."""
    seen = {"rule": 0, "end-of-tier": 0, "profile": 0}
    for entry in _worlds(shared_folder() / "vectors" / file):
        world = _World(entry["objects"])
        passes = '"Pass"' in json.dumps(entry["objects"])
        for flow, expected in zip(entry["flows"], entry["expected"], strict=True):
            for side, direction, way in (("src", "Egress", "egress"), ("dst", "Ingress", "ingress")):
                decision = expected.get(way)
                if flow[side] not in world.pods or not decision or decision.get("endpoint"):
                    continue
                _check(world, flow[side], direction, decision, passes, seen, entry["id"])
    assert all(count > 50 for count in seen.values()), seen


def _check(
    world: _World,
    name: str,
    direction: str,
    decision: Mapping[str, Any],
    passes: bool,
    seen: dict[str, int],
    where: str,
) -> None:
    labels = world.labels_of(name)
    isolated = takes(world.isolation.pods(name.partition("/")[0], direction), labels)
    match decision["reason"]:
        case "rule":
            policy = world.policies.get(decision["policy"])
            selection = policy_selection(policy) if policy is not None else None
            if "ClusterNetworkPolicy" in decision["policy"]:
                return
            assert selection is not None, (where, decision)
            assert direction in selection.directions, (where, decision)
            assert evaluate_selector(selection.selector, labels), (where, name, decision)
            assert isolated or decision["tier"] != "default", (where, name, decision)
            seen["rule"] += 1
        case "end-of-tier":
            assert isolated or decision["tier"] != "default", (where, name, decision)
            seen["end-of-tier"] += 1
        case "profile" | "no-profile" if not passes:
            assert not isolated, (where, name, decision)
            seen["profile"] += 1
        case _:
            pass


WORLD = [space("shop", team="a"), pod("shop", "web"), pod("shop", "cart", tier="db")]


def test_what_is_left_is_a_selector_over_the_pods_own_labels() -> None:
    cluster = Cluster.of(snapshot_of(WORLD))
    policies = [
        api_object(kubernetes_policy("shop", "a", {"matchLabels": {"app": "web"}}, "Ingress")),
        api_object(kubernetes_policy("other", "b", {}, "Ingress", "Egress")),
        api_object(_global("team == 'a'", "has(tier)", "Ingress")),
        api_object(_global("team == 'b'", "all()", "Egress")),
    ]
    isolation = Isolation.of(policies, cluster)
    left = isolation.pods("shop", "Ingress")
    assert not isinstance(left, bool)
    assert print_selector(left) == '(app == "web" || has(tier))'
    assert isolation.pods("shop", "Egress") is False
    assert isolation.pods("other", "Egress") is True
    assert isolation.count("shop", "Ingress") == 2


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"selector": "app == "}, False),  # cannot be read: the policy is absent
        ({"selector": "app == 'web'", "namespaceSelector": "a =="}, "app"),  # dropped: reaches every namespace
        ({"selector": "app == 'web'", "doNotTrack": True, "applyOnForward": True}, False),
        ({"selector": "app == 'web'", "tier": "other"}, False),
        ({"namespaceSelector": "team != 'a'"}, False),
        ({}, True),
    ],
)
def test_policies_that_are_not_what_they_seem(changes: dict[str, Any], found: Any) -> None:
    cluster = Cluster.of(snapshot_of(WORLD))
    spec = {"types": ["Ingress"], **changes}
    policy = {
        "apiVersion": "projectcalico.org/v3",
        "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "x"},
        "spec": spec,
    }
    left = Isolation.of([api_object(policy)], cluster).pods("shop", "Ingress")
    assert (left if isinstance(left, bool) else "app") == found


def _global(namespaces: str, selector: str, direction: str) -> dict[str, Any]:
    spec = {"namespaceSelector": namespaces, "selector": selector, "types": [direction]}
    name = f"theirs-{direction.lower()}"
    return {
        "apiVersion": "projectcalico.org/v3",
        "kind": "GlobalNetworkPolicy",
        "metadata": {"name": name},
        "spec": spec,
    }

"""Rewrites of whole policies, tiers and sets that keep the meaning (calico.md 1.4, 2.1, 2.2, 5.1)."""

from __future__ import annotations

import copy
import random
from typing import Any, Final

from tests.reach.random_worlds import CALICO, Manifest
from tests.reach.rewrites_rules import halves
from tests.reach.rewrites_worlds import Objects, calico_policies, enforced_in, kubernetes_policies, pick, spots, tier_of

_PODS: Final = "projectcalico.org/orchestrator == 'k8s'"
_BOTH: Final = ("ingress", "egress")


def _set_order(policy: Manifest, order: float | None) -> None:
    policy["spec"].pop("order", None)
    if order is not None:
        policy["spec"]["order"] = order


def renumber_orders(objects: Objects, chance: random.Random) -> bool:
    """Give the orders of a tier other numbers that ascend in the same way; 1000 stays, for Kubernetes policies."""
    tier = pick({tier_of(policy): 0 for policy in calico_policies(objects) if "order" in policy["spec"]}, chance)
    if tier is None:
        return False
    low = chance.randint(-5, 400) + 0.25
    for policy in calico_policies(objects):
        if tier_of(policy) == tier:
            order = policy["spec"].get("order")
            new: dict[Any, float] = {1: low, 2: low + chance.choice((0.5, 7)), 1000: 1000, None: 1001.5}
            _set_order(policy, new[order])
    return True


def number_every_policy(objects: Objects, chance: random.Random) -> bool:
    """Give each policy of a tier an order of its own that follows the sequence of names."""
    tier = pick({tier_of(policy): 0 for policy in calico_policies(objects)}, chance)
    return tier is not None and _number(objects, tier)


def _number(objects: Objects, tier: str) -> bool:
    """Number the policies of a tier; False where two Kubernetes policies, always 1000, have another between them."""
    sequence = enforced_in(objects, tier)
    fixed = [index for index, policy in enumerate(sequence) if policy["apiVersion"] != CALICO]
    if fixed and fixed[-1] - fixed[0] >= len(fixed):
        return False
    for index, policy in enumerate(sequence):
        if index not in fixed:
            _set_order(policy, 1000 + 10 * (index - (fixed[-1] if index > fixed[-1] else fixed[0])) if fixed else index)
    return len(sequence) > 1


def split_a_policy(objects: Objects, chance: random.Random) -> bool:
    """Put the last rules of a policy into one of its own right after it."""
    twin = _twin(objects, chance, lambda spec: any(len(spec.get(direction, ())) > 1 for direction in _BOTH))
    if twin is None:
        return False
    for direction in twin[1]["spec"]["types"]:
        rules = twin[0]["spec"].get(direction.lower(), [])
        cut = chance.randint(0, len(rules))
        twin[0]["spec"][direction.lower()], twin[1]["spec"][direction.lower()] = rules[:cut], rules[cut:]
    return True


def split_by_direction(objects: Objects, chance: random.Random) -> bool:
    """Make two policies of one that governs both directions."""
    twin = _twin(objects, chance, lambda spec: len(spec["types"]) == 2)
    if twin is None:
        return False
    for policy, kept, gone in ((twin[0], "Ingress", "egress"), (twin[1], "Egress", "ingress")):
        policy["spec"]["types"] = [kept]
        policy["spec"].pop(gone, None)
    return True


def split_by_selected(objects: Objects, chance: random.Random) -> bool:
    """Make two policies of one: for what carries a label, and for what does not."""
    twin = _twin(objects, chance, lambda spec: True)
    if twin is None:
        return False
    old = twin[0]["spec"].get("selector", "all()")
    for policy, test in zip(twin, chance.sample(("has(app)", "!has(app)"), 2), strict=True):
        policy["spec"]["selector"] = test if old == "all()" else f"({old}) && {test}"
    return True


def _twin(objects: Objects, chance: random.Random, wanted: Any) -> tuple[Manifest, Manifest] | None:
    """Put a copy of a policy right after it, at the next order of a tier whose orders all differ."""
    policy = pick((item for item in calico_policies(objects) if wanted(item["spec"])), chance)
    if policy is None:
        return None
    sequence = enforced_in(objects, tier_of(policy))
    if len(sequence) > 1 and not _number(objects, tier_of(policy)):
        return None
    policy["spec"].setdefault("order", 500)
    twin = copy.deepcopy(policy)
    twin["metadata"]["name"] = f"a-{policy['metadata']['name']}"
    twin["spec"]["order"] += chance.choice((1, 2.5))
    objects.append(twin)
    return policy, twin


def leave_out_types(objects: Objects, chance: random.Random) -> bool:
    """Leave out `types` where both ways of defaulting, by presence and by length, give what was written."""

    def wanted(spec: Manifest) -> bool:
        there = [direction for direction in _BOTH if direction in spec]
        return bool(there) and all(spec[direction] for direction in there) and len(there) == len(spec["types"])

    policy = pick((item for item in calico_policies(objects) if wanted(item["spec"])), chance)
    if policy is None:
        return False
    del policy["spec"]["types"]
    return True


def kubernetes_as_calico(objects: Objects, chance: random.Random) -> bool:
    """Write a Kubernetes policy as one of Calico's in tier default with order 1000 (calico.md 5.1).

    Its name is no other policy's, so that the kind, which differs, never breaks a tie.
    """
    policy = pick(kubernetes_policies(objects), chance)
    if policy is None:
        return False
    old = policy["spec"]
    new: Manifest = {"tier": "default", "order": 1000, "selector": _pods(old["podSelector"])}
    new["types"] = list(old["policyTypes"])
    for direction, peers, far in (("ingress", "from", "source"), ("egress", "to", "destination")):
        if direction in old:
            new[direction] = [
                _as_calico_rule(far, peer, rule.get("ports", ())) for rule in old[direction] for peer in rule[peers]
            ]
    policy |= {"apiVersion": CALICO, "spec": new}
    return True


def _as_calico_rule(far: str, peer: Manifest, ports: Any) -> Manifest:
    found: Manifest = {"action": "Allow", far: {}}
    if "ipBlock" in peer:
        found[far] = {"nets": [peer["ipBlock"]["cidr"]], "notNets": list(peer["ipBlock"].get("except", ()))}
    else:
        found[far] = {"selector": _pods(peer.get("podSelector", {}))}
        if "namespaceSelector" in peer:
            found[far]["namespaceSelector"] = "all()"  # the random worlds select all namespaces alone
    if ports:
        written = [f"{item['port']}:{item['endPort']}" if "endPort" in item else item["port"] for item in ports]
        found["protocol"] = "TCP"
        found.setdefault("destination", {})["ports"] = written
    return found


def _pods(selector: Manifest) -> str:
    return " && ".join([_PODS, *(f"{key} == '{value}'" for key, value in selector.get("matchLabels", {}).items())])


def namespaced_as_global(objects: Objects, chance: random.Random) -> bool:
    """Write a NetworkPolicy as a GlobalNetworkPolicy, with the namespace that it leaves unsaid (calico.md 3.5)."""
    policy = pick((item for item in calico_policies(objects) if item["kind"] == "NetworkPolicy"), chance)
    if policy is None:
        return False
    namespace = policy["metadata"].pop("namespace")
    policy["kind"] = "GlobalNetworkPolicy"
    test, old = f"projectcalico.org/namespace == '{namespace}'", policy["spec"].get("selector", "all()")
    policy["spec"]["selector"] = test if old == "all()" else f"({old}) && {test}"
    for spot in spots([policy]):
        for side in spot.sides:
            if {"selector", "notSelector", "serviceAccounts"} & side.keys():
                side.setdefault("namespaceSelector", f"projectcalico.org/name == '{namespace}'")
    policy["metadata"]["name"] = (
        f"{policy['metadata']['name']}{'' if policy['metadata']['name'] != 'zz' else namespace}"
    )
    return True


def rename_a_tier(objects: Objects, chance: random.Random) -> bool:
    """Move all policies of a tier into one of another name with the same order and default."""
    old = pick(sorted({tier_of(item) for item in calico_policies(objects)} - {"default"}), chance)
    if old is None:
        return False
    for item in objects:
        if item["kind"] == "Tier" and item["metadata"]["name"] == old:
            item["metadata"]["name"] = f"my-{old}"
        elif item.get("spec", {}).get("tier") == old and item["apiVersion"] == CALICO:
            item["spec"]["tier"] = f"my-{old}"
    return True


def move_before_default(objects: Objects, chance: random.Random) -> bool:
    """Move an Allow-only policy of isolated pods into a tier with default Pass right before tier default.

    Its pods are isolated by a last policy; what stood before it in tier default and may select the same pods only
    allows too. An Allow is final in either tier, and what it does not match goes on to the rest of tier default.
    """
    sequence = enforced_in(objects, "default")
    isolated = {item["metadata"]["namespace"] for item in sequence if item["metadata"]["name"] == "zz"}
    found = [
        policy
        for index, policy in enumerate(sequence)
        if policy["apiVersion"] == CALICO
        and policy["metadata"].get("namespace") in isolated
        and policy["metadata"]["name"] != "zz"
        and all(_only_allows(item) for item in [*_beside(sequence[:index], policy), policy])
    ]
    policy = pick(found, chance)
    if policy is None:
        return False
    policy["spec"] |= {"tier": "before", "order": chance.choice((1, 7.5, 3000))}
    spec = {"order": 999_999, "defaultAction": "Pass"}
    objects.append({"apiVersion": CALICO, "kind": "Tier", "metadata": {"name": "before"}, "spec": spec})
    return True


def _only_allows(policy: Manifest) -> bool:
    rules = [rule for direction in _BOTH for rule in policy["spec"].get(direction, ())]
    return all(rule.get("action", "Allow") in ("Allow", "Log") for rule in rules)


def _beside(policies: list[Manifest], policy: Manifest) -> list[Manifest]:
    own = policy["metadata"]["namespace"]
    return [item for item in policies if item["metadata"].get("namespace", own) == own]


def split_a_set(objects: Objects, chance: random.Random) -> bool:
    """Put a part of the nets of a set, which are halved before, into another set with the same labels."""
    found = pick((item for item in objects if item["kind"].endswith("NetworkSet")), chance)
    nets = [part for net in found["spec"]["nets"] for part in halves(net)] if found else []
    if found is None or len(nets) < 2:
        return False
    twin = copy.deepcopy(found)
    twin["metadata"]["name"] = "set-2"
    cut = chance.randrange(1, len(nets))
    found["spec"]["nets"], twin["spec"]["nets"] = nets[:cut], nets[cut:]
    objects.append(twin)
    return True

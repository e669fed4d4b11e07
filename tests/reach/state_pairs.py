"""Random pairs of states of one small cluster: small mutations of one another, and policies that are independent."""

from __future__ import annotations

import copy
import random
from typing import Any

from tests.reach.random_worlds import APPS, NETS, PORTS, Builder, Manifest

CHANGES = (
    "label",
    "leave out",
    "order",
    "action",
    "port",
    "nets",
    "tier",
    "namespace",
    "account",
    "profile",
    "node",
)
_POLICIES = ("Policy", "Tier", "Set", "HostEndpoint")


def random_states(seed: int) -> tuple[list[Manifest], list[Manifest]]:
    """Return the objects before and after; equal seeds give equal states."""
    before = Builder(seed).build()
    if seed % 10 == 1:
        before = [*before, _twin(before)]
        after = _mutated(before, random.Random(seed))
        after[-1]["spec"]["nodeName"] = "n2" if after[-1]["spec"]["nodeName"] == "n1" else "n1"
        return before, after
    if seed % 3 == 0:
        others = Builder(seed + 1_000_003).build()
        kept = [item for item in before if not item["kind"].endswith(_POLICIES)]
        return before, [*kept, *(item for item in others if item["kind"].endswith(_POLICIES))]
    return before, _mutated(before, random.Random(seed))


def _mutated(objects: list[Manifest], chance: random.Random) -> list[Manifest]:
    after = copy.deepcopy(objects)
    for _ in range(chance.randint(1, 3)):
        policies = [item for item in after if item["kind"].endswith("Policy")]
        rules = [rule for item in policies for rule in _rules(item)]
        match chance.choice(CHANGES):
            case "tier" if tiers := [item for item in after if item["kind"] == "Tier"]:
                spec = chance.choice(tiers)["spec"]
                spec["defaultAction"] = "Deny" if spec["defaultAction"] == "Pass" else "Pass"
            case "namespace":
                space = chance.choice([item for item in after if item["kind"] == "Namespace"])
                space["metadata"]["labels"]["team"] = chance.choice(("red", "blue"))
            case "account":
                account = chance.choice([item for item in after if item["kind"] == "ServiceAccount"])
                account["metadata"]["labels"] = {"power": chance.choice(("high", "low"))}
            case "profile" if hosts := [item for item in after if item["kind"] == "HostEndpoint"]:
                chance.choice(hosts)["spec"]["profiles"] = chance.choice(([], ["projectcalico-default-allow"]))
            case "node" if movable := [item for item in after if item["kind"] == "Pod" and not _on_host(item)]:
                chance.choice(movable)["spec"]["nodeName"] = chance.choice(("n1", "n2"))
            case "label":
                pod = chance.choice([item for item in after if item["kind"] == "Pod"])
                pod["metadata"]["labels"] = {"app": chance.choice(APPS)}
            case "leave out" if policies:
                after.remove(chance.choice(policies))
            case "order" if calico := [item for item in policies if "order" in item["spec"]]:
                chance.choice(calico)["spec"]["order"] = chance.choice((1, 2, 3, 1000))
            case "action" if rules:
                rule = chance.choice(rules)
                rule["action"] = "Deny" if rule["action"] in ("Allow", "Accept") else _allow(rule)
            case "port" if written := [rule for rule in rules if "ports" in rule.get("destination", {})]:
                chance.choice(written)["destination"]["ports"] = [chance.choice(PORTS)]
            case "nets" if sets := [item for item in after if item["kind"].endswith("Set")]:
                chance.choice(sets)["spec"]["nets"] = chance.choice(NETS)
            case _:
                pass
    return after


def _rules(policy: Manifest) -> list[dict[str, Any]]:
    found = [rule for direction in ("ingress", "egress") for rule in policy["spec"].get(direction, ())]
    return [rule for rule in found if "action" in rule]


def _allow(rule: Manifest) -> str:
    return "Accept" if "from" in rule or "to" in rule else "Allow"


def _twin(objects: list[Manifest]) -> Manifest:
    """Return a pod that differs from another one by name and address alone."""
    twin = copy.deepcopy(next(item for item in objects if item["kind"] == "Pod" and not _on_host(item)))
    twin["metadata"]["name"] = "twin"
    addresses = ["192.168.0.30", "fd10::30"][: len(twin["status"]["podIPs"])]
    twin["status"] |= {"podIP": addresses[0], "podIPs": [{"ip": text} for text in addresses]}
    return twin


def _on_host(pod: Manifest) -> bool:
    return bool(pod["spec"].get("hostNetwork"))

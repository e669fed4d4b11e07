"""Rewrites that look as if they kept the meaning and do not."""

from __future__ import annotations

import copy
import ipaddress
import random
from collections.abc import Callable

from tests.reach import rewrites_policies as policies
from tests.reach import rewrites_rules as rules
from tests.reach import rewrites_selectors as selectors
from tests.reach.random_worlds import Manifest
from tests.reach.rewrites_worlds import Objects, Rewrite, calico_policies, pick, spots, tier_of


def orders_swapped(objects: Objects, chance: random.Random) -> bool:
    """Swap the orders of two policies of a tier."""
    found = [item for item in calico_policies(objects) if "order" in item["spec"]]
    pairs = [
        (one["spec"], two["spec"])
        for one in found
        for two in found
        if tier_of(one) == tier_of(two) and one["spec"]["order"] < two["spec"]["order"]
    ]
    pair = pick(pairs, chance)
    if pair is None:
        return False
    pair[0]["order"], pair[1]["order"] = pair[1]["order"], pair[0]["order"]
    return True


def rules_of_two_actions_swapped(objects: Objects, chance: random.Random) -> bool:
    found = [spot for spot in spots(objects) if spot.index + 1 < len(spot.rules)]
    spot = pick([one for one in found if one.rule["action"] != one.rules[one.index + 1]["action"]], chance)
    if spot is None:
        return False
    first, second = spot.rules[spot.index : spot.index + 2]
    spot.rules[spot.index : spot.index + 2] = [second, first]
    return True


def negated_without_changing_the_operator(objects: Objects, chance: random.Random) -> bool:
    """Write `a || b` as `!(!(a) || !(b))`."""
    return _selector(objects, chance, " || ", lambda text: f"!(!({text.replace(' || ', ') || !(')}))")


def unequal_as_there_and_unequal(objects: Objects, chance: random.Random) -> bool:
    """Forget that `!=` is true where the label is not there."""
    return _selector(objects, chance, "!=", lambda text: f"has({text.split()[0]}) && {text}")


def _selector(objects: Objects, chance: random.Random, part: str, change: Callable[[str], str]) -> bool:
    place = pick([(where, key) for where, key in selectors._places(objects) if part in where[key]], chance)
    if place is None:
        return False
    where, key = place
    where[key] = change(where[key])
    return True


def a_lone_not_selector_folded_in(objects: Objects, chance: random.Random) -> bool:
    """Write a lone notSelector of a global rule as a selector, which addresses outside do not meet."""
    keys = {"selector", "namespaceSelector", "serviceAccounts"}
    sides = [
        side
        for spot in spots(objects)
        for side in spot.sides
        if spot.policy["kind"] == "GlobalNetworkPolicy" and "notSelector" in side and not keys & side.keys()
    ]
    side = pick(sides, chance)
    if side is None:
        return False
    side["selector"] = f"!({side.pop('notSelector')})"
    return True


def a_split_net_loses_its_last_address(objects: Objects, chance: random.Random) -> bool:
    found = [
        (side, index)
        for spot in spots(objects)
        for side in spot.sides
        for index, net in enumerate(side.get("nets", ()))
        if len(rules.halves(net)) == 2
    ]
    chosen = pick(found, chance)
    if chosen is None:
        return False
    side, index = chosen
    net = ipaddress.ip_network(side["nets"][index])
    last = ipaddress.ip_network(net[-1])
    assert isinstance(net, type(last))
    side["nets"][index : index + 1] = [str(part) for part in net.address_exclude(last)]
    return True


def a_split_range_loses_its_last_port(objects: Objects, chance: random.Random) -> bool:
    found = [
        (side["ports"], index)
        for spot in spots(objects)
        for side in spot.sides
        for index, port in enumerate(side.get("ports", ()))
        if port == "80:443"
    ]
    chosen = pick(found, chance)
    if chosen is None:
        return False
    chosen[0][chosen[1] : chosen[1] + 1] = ["80:200", "201:442"]
    return True


def protocol_icmp_by_number_with_no_family(objects: Objects, chance: random.Random) -> bool:
    """Write ICMPv6 as 58 and ICMP as its other number too."""
    spot = pick((spot for spot in spots(objects) if spot.rule.get("protocol") == "ICMPv6"), chance)
    return spot is not None and spot.put({**spot.rule, "protocol": 1})


def kubernetes_as_calico_with_peers_of_its_own_namespace(objects: Objects, chance: random.Random) -> bool:
    """Forget the namespaceSelector of a peer."""

    def forget(spec: Manifest) -> None:
        for rule in (*spec.get("ingress", ()), *spec.get("egress", ())):
            for side in ("source", "destination"):
                rule.get(side, {}).pop("namespaceSelector", None)

    return _then(objects, chance, policies.kubernetes_as_calico, forget)


def kubernetes_as_calico_in_one_direction(objects: Objects, chance: random.Random) -> bool:
    def first(spec: Manifest) -> None:
        spec["types"] = ["Egress"] if spec["types"] == ["Ingress"] else ["Ingress"]

    return _then(objects, chance, policies.kubernetes_as_calico, first)


def _then(objects: Objects, chance: random.Random, rewrite: Rewrite, spoil: Callable[[Manifest], None]) -> bool:
    """Rewrite, and then spoil the specs that came of it."""
    old = copy.deepcopy(objects)
    if not rewrite(objects, chance):
        return False
    for item in calico_policies(objects):
        if item not in old:
            spoil(item["spec"])
    return True


def moved_before_default_though_not_isolated(objects: Objects, chance: random.Random) -> bool:
    """Move a policy into a tier with default Pass and leave nothing that isolates its pods."""
    if not policies.move_before_default(objects, chance):
        return False
    objects[:] = [item for item in objects if item["metadata"]["name"] != "zz"]
    return True


def global_with_no_namespace(objects: Objects, chance: random.Random) -> bool:
    """Write a NetworkPolicy as a global one and forget that its rules meet its own namespace alone."""
    if not policies.namespaced_as_global(objects, chance):
        return False
    for spot in spots(objects):
        for side in spot.sides:
            if side.get("namespaceSelector", "").startswith("projectcalico.org/name"):
                del side["namespaceSelector"]
    return True


def types_left_out_of_both(objects: Objects, chance: random.Random) -> bool:
    """Leave out types of a policy about both directions that has rules for one."""
    found = [item["spec"] for item in calico_policies(objects) if len(item["spec"]["types"]) == 2]
    spec = pick([spec for spec in found if bool(spec.get("ingress")) != bool(spec.get("egress"))], chance)
    if spec is None:
        return False
    del spec["types"]
    return True


FAULTS: tuple[Rewrite, ...] = (
    orders_swapped,
    rules_of_two_actions_swapped,
    negated_without_changing_the_operator,
    unequal_as_there_and_unequal,
    a_lone_not_selector_folded_in,
    a_split_net_loses_its_last_address,
    a_split_range_loses_its_last_port,
    protocol_icmp_by_number_with_no_family,
    kubernetes_as_calico_with_peers_of_its_own_namespace,
    kubernetes_as_calico_in_one_direction,
    moved_before_default_though_not_isolated,
    global_with_no_namespace,
    types_left_out_of_both,
)

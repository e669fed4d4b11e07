"""Rewrites of rules that keep the meaning: split by port, protocol, family, net and ICMP type, doubled, put in turn."""

from __future__ import annotations

import copy
import ipaddress
import random
from collections.abc import Callable

from tests.reach.random_worlds import Manifest
from tests.reach.rewrites_worlds import Objects, Spot, pick, spots

_NUMBERS = {"TCP": 6, "UDP": 17}


def _any_spot(objects: Objects, chance: random.Random, wanted: Callable[[Spot], bool]) -> Spot | None:
    return pick((spot for spot in spots(objects) if wanted(spot)), chance)


def _with(rule: Manifest, **fields: object) -> Manifest:
    return {**copy.deepcopy(rule), **fields}


def _with_side(rule: Manifest, side: str, **fields: object) -> Manifest:
    found = copy.deepcopy(rule)
    found[side].update(fields)
    return found


def _listed(rule: Manifest, key: str) -> list[str]:
    """Return the sides of a rule that have a list of this name."""
    return [side for side in ("source", "destination") if rule.get(side, {}).get(key)]


def split_by_port(objects: Objects, chance: random.Random) -> bool:
    """Make two rules of one, each with a part of the ports; a range is cut at a random place."""

    def wanted(spot: Spot) -> bool:
        ports = spot.rule.get("destination", {}).get("ports", [])
        return len(ports) > 1 or any(":" in str(port) for port in ports)

    spot = _any_spot(objects, chance, wanted)
    if spot is None:
        return False
    ports = [part for port in spot.rule["destination"]["ports"] for part in _cut(port, chance)]
    cut = chance.randrange(1, len(ports))
    return spot.put(*(_with_side(spot.rule, "destination", ports=part) for part in (ports[:cut], ports[cut:])))


def _cut(port: int | str, chance: random.Random) -> list[int | str]:
    if ":" not in str(port):
        return [port]
    low, high = map(int, str(port).split(":"))
    middle = chance.randrange(low, high)
    return [f"{low}:{middle}", f"{middle + 1}:{high}"]


def split_by_protocol(objects: Objects, chance: random.Random) -> bool:
    """Make of a rule about all protocols one about a protocol and one about all others."""

    def wanted(spot: Spot) -> bool:
        rule = spot.rule
        named = {"ports", "notPorts"} & {key for side in spot.sides for key in side}
        return not named and not {"protocol", "notProtocol", "icmp"} & rule.keys()

    spot = _any_spot(objects, chance, wanted)
    protocol = chance.choice(("TCP", "UDP", 47, 58, "SCTP"))
    return spot is not None and spot.put(_with(spot.rule, protocol=protocol), _with(spot.rule, notProtocol=protocol))


def split_by_family(objects: Objects, chance: random.Random) -> bool:
    """Make of a rule about both families one for each; not of ICMP by name, which has one (calico.md 4.2)."""
    named = ("ICMP", "ICMPv6")
    spot = _any_spot(
        objects, chance, lambda spot: "ipVersion" not in spot.rule and spot.rule.get("protocol") not in named
    )
    return spot is not None and spot.put(_with(spot.rule, ipVersion=4), _with(spot.rule, ipVersion=6))


def split_by_icmp_type(objects: Objects, chance: random.Random) -> bool:
    """Make of a rule about all of ICMP one about a type and one about all other types (calico.md 4.4)."""
    spot = _any_spot(
        objects, chance, lambda spot: spot.rule.get("protocol") in ("ICMP", "ICMPv6") and "icmp" not in spot.rule
    )
    match = {"type": chance.choice((8, 128, 135))}
    return spot is not None and spot.put(_with(spot.rule, icmp=match), _with(spot.rule, notICMP=match))


def split_by_net(objects: Objects, chance: random.Random) -> bool:
    """Make two rules of one, each with a part of the nets, which are halved before."""

    def enough(nets: list[str]) -> bool:
        return len(nets) > 1 or any(map(_can_halve, nets))

    found = [(spot, side) for spot in spots(objects) for side in _listed(spot.rule, "nets")]
    chosen = pick([(spot, side) for spot, side in found if enough(spot.rule[side]["nets"])], chance)
    if chosen is None:
        return False
    spot, side = chosen
    nets = [part for net in spot.rule[side]["nets"] for part in halves(net)]
    cut = chance.randrange(1, len(nets))
    return spot.put(*(_with_side(spot.rule, side, nets=part) for part in (nets[:cut], nets[cut:])))


def halve_a_net(objects: Objects, chance: random.Random) -> bool:
    """Write the two halves of a net in its list, of a positive or a negative one."""

    def wanted(spot: Spot) -> bool:
        return any(_can_halve(net) for key in ("nets", "notNets") for net in _all_nets(spot.rule, key))

    spot = _any_spot(objects, chance, wanted)
    if spot is None:
        return False
    rule = copy.deepcopy(spot.rule)
    for key in ("nets", "notNets"):
        for side in _listed(rule, key):
            rule[side][key] = [part for net in rule[side][key] for part in halves(net)]
    return spot.put(rule)


def _all_nets(rule: Manifest, key: str) -> list[str]:
    return [net for side in _listed(rule, key) for net in rule[side][key]]


def _can_halve(net: str) -> bool:
    return len(halves(net)) == 2


def halves(net: str) -> list[str]:
    """Return the two halves of a net; a single address stays."""
    found = ipaddress.ip_network(net)
    return [net] if found.num_addresses == 1 else [str(half) for half in found.subnets()]


def write_protocol_as_number(objects: Objects, chance: random.Random) -> bool:
    """Write TCP and UDP by number; ICMP by number would mean both families (calico.md 4.2)."""
    spot = _any_spot(objects, chance, lambda spot: spot.rule.get("protocol") in _NUMBERS)
    return spot is not None and spot.put(_with(spot.rule, protocol=_NUMBERS[spot.rule["protocol"]]))


def repeat_a_rule(objects: Objects, chance: random.Random) -> bool:
    """Write a rule once more, anywhere after itself."""
    spot = _any_spot(objects, chance, lambda spot: True)
    if spot is None:
        return False
    spot.rules.insert(chance.randint(spot.index + 1, len(spot.rules)), copy.deepcopy(spot.rule))
    return True


def add_a_covered_rule(objects: Objects, chance: random.Random) -> bool:
    """Add a narrower rule, with any action, after a rule that decides all that it matches."""
    spot = _any_spot(objects, chance, lambda spot: spot.rule["action"] in ("Allow", "Deny", "Pass"))
    if spot is None:
        return False
    rule = copy.deepcopy(spot.rule)
    if "protocol" not in rule and not any({"ports", "notPorts"} & side.keys() for side in spot.sides):
        rule |= {"protocol": chance.choice(("TCP", "UDP"))}
    elif _listed(rule, "nets"):
        side = _listed(rule, "nets")[0]
        rule[side]["nets"] = halves(rule[side]["nets"][0])[:1]
    else:
        far = "source" if spot.direction == "ingress" else "destination"
        if "services" in rule.get(far, {}):
            return False
        rule.setdefault(far, {}).setdefault("notNets", []).append("192.168.0.8/30")
    rule["action"] = chance.choice(("Allow", "Allow", "Deny"))
    spot.rules.insert(chance.randint(spot.index + 1, len(spot.rules)), rule)
    return True


def swap_neighbours(objects: Objects, chance: random.Random) -> bool:
    """Swap two rules in a row that have one action."""

    def wanted(spot: Spot) -> bool:
        after = spot.rules[spot.index + 1 : spot.index + 2]
        return bool(after) and after[0]["action"] == spot.rule["action"] and after[0] != spot.rule

    spot = _any_spot(objects, chance, wanted)
    if spot is None:
        return False
    first, second = spot.rules[spot.index : spot.index + 2]
    spot.rules[spot.index : spot.index + 2] = [second, first]
    return True


def log_on_the_way(objects: Objects, chance: random.Random) -> bool:
    """Add a Log of everything anywhere among tracked rules: it never decides (calico.md 2.3)."""
    spot = _any_spot(objects, chance, lambda spot: not {"doNotTrack", "preDNAT"} & spot.policy["spec"].keys())
    if spot is None:
        return False
    spot.rules.insert(chance.randint(0, len(spot.rules)), {"action": "Log"})
    return True

"""What Felix gets of policies that nobody has validated, against what the engine makes of them (calico.md 3.5, 7.3).

Calico's own policies, and NetworkPolicies of Kubernetes. Fields that Felix refuses them for are not compared, only that
it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from generator.calico.objects import ApiObject, as_api_object
from generator.calico.versions import Version
from generator.foundation.source import SourceMap
from generator.packets.addresses import AddressSet
from generator.packets.intervals import Intervals
from generator.reach.lower import Lowered, lower_policy
from generator.reach.model import Action, PolicyView, RuleView, SideView
from generator.selectors import Node, evaluate_selector
from tests.judge.asking import Labels, Manifest
from tests.judge.comparing import Difference

JUDGED: Final = Version(3, 31, 0)
BOTH_FAMILIES: Final = frozenset({4, 6})
_ACTIONS: Final = {
    "": Action.ALLOW,
    "allow": Action.ALLOW,
    "deny": Action.DENY,
    "log": Action.LOG,
    "next-tier": Action.PASS,
    "pass": Action.PASS,
}
_SOURCE: Final = SourceMap("drawn", "")


def compare_felix(
    policies: Sequence[Manifest], answers: Sequence[Mapping[str, Any]], labels: Sequence[Labels]
) -> Iterator[Difference]:
    """Yield the policies that the engine refuses and Felix does not, the other way round, or reads in another way.

    `answers` are those of `ask_felix` about the same labels.
    """
    for manifest, answer in zip(policies, answers, strict=True):
        theirs, ours = _outcome(answer), _lowered(manifest, labels)
        if ours != theirs:
            yield Difference("felix", manifest, ours, answer)


def _outcome(answer: Mapping[str, Any]) -> Any:
    for word in ("undecodable", "refused"):
        if word in answer:
            return word
    return {
        "selector": answer["selector"],
        **{field: [_sides(rule) for rule in answer[field]] for field in ("ingress", "egress")},
    }


def _sides(rule: Mapping[str, Any]) -> tuple[Any, ...]:
    sides = rule["source"], rule["destination"]
    return (
        _ACTIONS[rule["action"]],
        rule["protocol"],
        rule["notProtocol"],
        _families(rule, [nets for side in sides for nets in (side["nets"], side["notNets"])]),
        *(_match_of(side) for side in sides),
    )


def _families(rule: Mapping[str, Any], lists: Iterable[Sequence[str]]) -> frozenset[int]:
    """Return the IP versions for which Felix renders a rule: each list of nets has some of it (calico.md 4.5).

    Where none is written an ICMP protocol has its own, if it is given by name (4.2).
    """
    families = BOTH_FAMILIES
    if rule["ipVersion"] is not None:
        families = frozenset({rule["ipVersion"]})
    elif rule["byName"]:
        families = {1: frozenset({4}), 58: frozenset({6})}.get(rule["protocol"], families)
    for nets in lists:
        if nets:
            families &= {6 if ":" in net else 4 for net in nets}
    return families


def _match_of(side: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        _joined(side["positive"], side["negative"]),
        *(AddressSet.of_cidrs(side[field]) if side[field] else None for field in ("nets", "notNets")),
        *(_ports(side[field]) for field in ("ports", "notPorts")),
    )


def _ports(ports: Sequence[str]) -> tuple[Intervals | None, tuple[str, ...]]:
    names = tuple(dict.fromkeys(port for port in ports if not port.replace(":", "").isdigit()))
    ranges = [tuple(map(int, port.split(":"))) for port in ports if port not in names]
    return Intervals.of(*((item[0], item[-1]) for item in ranges)) if ranges else None, names


def _joined(positive: Sequence[bool] | None, negative: Sequence[bool] | None) -> Any:
    """Put the two selectors of a side together as Felix decides them for each object: both, or a lone negative."""
    if positive is None:
        return None if negative is None else ("none of", negative)
    return positive if negative is None else [yes and not no for yes, no in zip(positive, negative, strict=True)]


def _lowered(manifest: Manifest, labels: Sequence[Labels]) -> Any:
    obj = as_api_object(manifest, _SOURCE)
    assert isinstance(obj, ApiObject)
    result = Lowered()
    view = lower_policy(obj, JUDGED, result, as_stored=True)
    if not isinstance(view, PolicyView):
        return "undecodable" if result.undecodable else "refused"
    return {
        "selector": _truth(view.selector, labels),
        "ingress": [_rule(rule, labels) for rule in view.ingress],
        "egress": [_rule(rule, labels) for rule in view.egress],
    }


def _rule(rule: RuleView, labels: Sequence[Labels]) -> tuple[Any, ...]:
    return (
        rule.action,
        rule.protocol,
        rule.not_protocol,
        rule.families,
        *(
            (
                _selected(side, labels),
                *(side.nets, side.not_nets),
                *((side.ports, side.port_names), (side.not_ports, side.not_port_names)),
            )
            for side in (rule.source, rule.destination)
        ),
    )


def _selected(side: SideView, labels: Sequence[Labels]) -> Any:
    if side.members is not None:
        return _truth(side.members, labels)
    return None if side.excluded is None else ("none of", _truth(side.excluded, labels))


def _truth(node: Node, labels: Sequence[Labels]) -> list[bool]:
    return [evaluate_selector(node, one) for one in labels]

"""What Felix gets of policies that nobody has validated, against what the engine makes of them (calico.md 3.5, 7.3).

Only Calico's own policies. Fields that Felix refuses them for are not compared, only that it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from generator.calico.objects import ApiObject, as_api_object
from generator.calico.versions import Version
from generator.foundation.source import SourceMap
from generator.reach.lower import Lowered, lower_policy
from generator.reach.model import PolicyView, RuleView, SideView
from generator.selectors import Node, evaluate_selector
from tests.judge.asking import Labels, Manifest
from tests.judge.comparing import Difference

JUDGED: Final = Version(3, 31, 0)
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


def _sides(rule: Mapping[str, Any]) -> tuple[Any, Any]:
    return _joined(**rule["source"]), _joined(**rule["destination"])


def _joined(positive: list[bool] | None, negative: list[bool] | None) -> Any:
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


def _rule(rule: RuleView, labels: Sequence[Labels]) -> tuple[Any, Any]:
    return _side(rule.source, labels), _side(rule.destination, labels)


def _side(side: SideView, labels: Sequence[Labels]) -> Any:
    if side.members is not None:
        return _truth(side.members, labels)
    return None if side.excluded is None else ("none of", _truth(side.excluded, labels))


def _truth(node: Node, labels: Sequence[Labels]) -> list[bool]:
    return [evaluate_selector(node, one) for one in labels]

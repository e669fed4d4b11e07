"""Planted faults of plans that only observe: what would be dropped is not what is logged, or a flow fares otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from generator.calico.objects import ApiObject
from generator.plan import observe, observing_forms, observing_set
from tests.faults.calico import Fault

Rule = Mapping[str, Any]


def log_after_pass(patch: pytest.MonkeyPatch) -> None:
    """What passes never comes to the rule behind."""
    right, bridge = observing_forms._passing, observing_forms.with_log

    def swapped(manifest: Any, direction: str, until: str = "") -> dict[str, Any]:
        found = bridge(manifest, direction, until)
        found["spec"] = {**found["spec"], direction.lower(): found["spec"][direction.lower()][::-1]}
        return found

    patch.setattr(observing_forms, "_passing", lambda rule: iter([*right(rule)][::-1]))
    patch.setattr(observing_set, "with_log", swapped)


def log_of_the_other_direction(patch: pytest.MonkeyPatch) -> None:
    """Of the direction that another policy logs already."""

    def broken(spec: Mapping[str, Any]) -> Mapping[str, Any]:
        if spec["types"] == ["Egress"]:
            return spec
        rest = {key: value for key, value in spec.items() if key != "ingress"}
        return rest | {"types": ["Egress"], "egress": spec["ingress"]}

    _written(patch, broken)


def log_of_one_namespace_missing(patch: pytest.MonkeyPatch) -> None:
    right = observing_set._log_policies
    patch.setattr(
        observing_set, "_log_policies", lambda *asked: [item for item in right(*asked) if item.namespace != "pay"]
    )


def log_for_some_pods_alone(patch: pytest.MonkeyPatch) -> None:
    _written(patch, lambda spec: {**spec, "selector": "app == 'cart'"})


def log_before_the_allows(patch: pytest.MonkeyPatch) -> None:
    """Then what the set allows is logged too."""
    _written(patch, lambda spec: {**spec, "order": 1})


def _written(patch: pytest.MonkeyPatch, change: Any) -> None:
    right = observing_set._log_policies

    def broken(*asked: Any) -> Iterator[ApiObject]:
        for item in right(*asked):
            yield ApiObject(item.kind, {**item.manifest, "spec": change(item.manifest["spec"])}, item.source)

    patch.setattr(observing_set, "_log_policies", broken)


def denies_are_not_logged(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(observing_forms, "_passing", lambda rule: iter([{**rule, "action": "Pass"}]))


def what_logs_denies(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(observing_set, "log_rules", lambda rules: [{"action": "Log"}, {"action": "Deny"}])


def bridge_logs_and_does_not_pass(patch: pytest.MonkeyPatch) -> None:
    right = observing_forms.with_log

    def broken(manifest: Any, direction: str, until: str = "") -> dict[str, Any]:
        found = right(manifest, direction, until)
        found["spec"] = {**found["spec"], direction.lower(): [{"action": "Log"}]}
        return found

    patch.setattr(observing_set, "with_log", broken)


def denies_deny(patch: pytest.MonkeyPatch) -> None:
    def broken(rule: Rule) -> Iterator[Rule]:
        yield {**rule, "action": {"Allow": "Pass"}.get(rule["action"], rule["action"])}

    patch.setattr(observing_forms, "_passing", broken)
    patch.setattr(observing_forms, "_logging", broken)


def allows_allow(patch: pytest.MonkeyPatch) -> None:
    right = observing_forms._passing, observing_forms._logging
    patch.setattr(observing_forms, "_passing", lambda rule: _allowing(rule, right[0]))
    patch.setattr(observing_forms, "_logging", lambda rule: _allowing(rule, right[1]))


def _allowing(rule: Rule, right: Any) -> Iterator[Rule]:
    return iter([rule]) if rule["action"] == "Allow" else right(rule)


def passes_for_pods_that_others_isolate(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(observing_forms, "_apart", lambda policy, direction, subject: "")


def proof_goes_one_way(patch: pytest.MonkeyPatch) -> None:
    """Then a flow that the plan opens or cuts is one of its end, and no harm."""
    patch.setattr(observe, "rollback_steps", lambda steps, done: ())


# These change what is logged, and no verdict.
FAULTS_OF_LOGS: tuple[Fault, ...] = (
    log_after_pass,
    log_of_the_other_direction,
    log_of_one_namespace_missing,
    log_for_some_pods_alone,
    log_before_the_allows,
    denies_are_not_logged,
)
# These let flows fare otherwise: the proof refuses the plan, and without it the checker finds it.
FAULTS_OF_VERDICTS: tuple[Fault, ...] = (
    what_logs_denies,
    bridge_logs_and_does_not_pass,
    denies_deny,
    allows_allow,
    passes_for_pods_that_others_isolate,
)

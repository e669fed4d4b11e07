"""Planted faults of status: each calls something enforced that is not, or the other way round."""

from __future__ import annotations

from typing import Any

import pytest

from generator.apply import enforcement
from generator.apply.enforcement import Enforcement
from tests.faults.calico import Fault


def the_bridge_is_not_seen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(enforcement, "BRIDGE_LAYER", "another")


def a_set_in_place_counts_as_enforced(patch: pytest.MonkeyPatch) -> None:
    right = enforcement._state

    def state(*asked: Any) -> Enforcement:
        found = right(*asked)
        return Enforcement.ENFORCED if found is Enforcement.OBSERVED else found

    patch.setattr(enforcement, "_state", state)


def a_direction_answers_for_the_other(patch: pytest.MonkeyPatch) -> None:
    right = enforcement._way

    def way(cluster: Any, policies: Any, namespace: str, direction: str, *more: Any) -> enforcement.Way:
        found = right(cluster, policies, namespace, "Egress", *more)
        return enforcement.Way(found.namespace, direction, found.pods, found.state, found.logged)

    patch.setattr(enforcement, "_way", way)


def the_first_pod_answers_for_all(patch: pytest.MonkeyPatch) -> None:
    right = enforcement._pods_of
    patch.setattr(enforcement, "_pods_of", lambda cluster, namespace: right(cluster, namespace)[:1])


def the_tier_counts_as_default(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(enforcement, "tier_of", lambda obj: "default")


FAULTS_OF_STATUS: tuple[Fault, ...] = (
    the_bridge_is_not_seen,
    a_set_in_place_counts_as_enforced,
    a_direction_answers_for_the_other,
    the_first_pod_answers_for_all,
    the_tier_counts_as_default,
)

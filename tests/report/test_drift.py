"""What counts as the same drift: what differs of ours, to the last field, and nothing that others own."""

from __future__ import annotations

from dataclasses import replace

from generator.calico.names import identity_of
from generator.compare.model import FieldChange, ObjectChange, ObjectDiff, Status
from generator.report.drift import drift_digest
from tests.support.objects import api_object

TIER = api_object(
    {"apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": {"name": "a"}, "spec": {"order": 500}}
)
OTHER_TIER = api_object(
    {"apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": {"name": "a"}, "spec": {"order": 501}}
)
CREATED = ObjectChange(identity_of(TIER), Status.CREATED, None, TIER)
CHANGED = ObjectChange(identity_of(TIER), Status.CHANGED, TIER, TIER, (FieldChange("spec.order", 1, 2),))
FOREIGN = ObjectChange(identity_of(TIER), Status.FOREIGN, TIER, None)


def digest(*changes: ObjectChange, intent: str = "shop") -> str:
    return drift_digest(ObjectDiff(intent, changes))


def test_nothing_of_ours_is_no_drift() -> None:
    assert digest() == ""
    assert digest(FOREIGN, replace(FOREIGN, status=Status.SAME)) == ""


def test_the_same_drift_has_the_same_digest_whatever_others_have() -> None:
    assert digest(CREATED) == digest(CREATED, FOREIGN) == digest(replace(CREATED, owner="x"))


def test_each_difference_is_another_drift() -> None:
    different = [
        digest(CREATED),
        digest(replace(CREATED, intended=OTHER_TIER)),
        digest(CHANGED),
        digest(replace(CHANGED, fields=(FieldChange("spec.order", 1, 3),))),
        digest(replace(CHANGED, fields=(FieldChange("spec.other", 1, 2),))),
        digest(replace(CHANGED, status=Status.REMOVED, fields=())),
        digest(CREATED, CHANGED),
        digest(CREATED, intent="other"),
    ]
    assert len(set(different)) == len(different)
    assert all(different)

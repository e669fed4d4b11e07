"""Which directions a stored policy governs, whatever nobody has checked of its types (calico.md 1.4)."""

from __future__ import annotations

from typing import Any

import pytest

from generator.calico.applies import policy_selection
from generator.calico.objects import as_api_object
from generator.foundation.source import SourceMap

BOTH = ("Egress", "Ingress")
ROWS: list[tuple[str, str, dict[str, Any], tuple[str, ...]]] = [
    ("as written", "projectcalico.org/v3", {"types": ["Egress"]}, ("Egress",)),
    ("in any case", "projectcalico.org/v3", {"types": ["ingress", "EGRESS"]}, BOTH),
    ("one that nobody knows", "projectcalico.org/v3", {"types": ["Ingress", "both"]}, ("Ingress",)),
    ("none that anybody knows", "projectcalico.org/v3", {"types": ["both"]}, ()),
    ("by its rules", "projectcalico.org/v3", {"egress": [{"action": "Deny"}]}, ("Egress",)),
    ("stored without", "crd.projectcalico.org/v1", {"egress": [{"action": "Deny"}]}, BOTH),
]


@pytest.mark.parametrize(("api", "spec", "governed"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_directions(api: str, spec: dict[str, Any], governed: tuple[str, ...]) -> None:
    manifest = {"apiVersion": api, "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "n"}, "spec": spec}
    obj = as_api_object(manifest, SourceMap("one", ""))
    assert obj is not None
    found = policy_selection(obj)
    assert found is not None
    assert tuple(sorted(found.directions)) == governed

"""Every denied pair of the Online Boutique, on the callee's port and on one that it does not have."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.packets.printing import describe_transport
from generator.suggest import Suggestion
from tests.cli.calling import ROOT
from tests.suggest.clusters import Cluster, prove

EXAMPLE = ROOT / "examples" / "online-boutique"
NEW = 9999


@pytest.fixture(scope="module")
def boutique() -> Cluster:
    return Cluster.read(EXAMPLE / "intent.yaml", EXAMPLE / "live")


def check_pair(cluster: Cluster, source: str, destination: str, port: int, folder: Path) -> bool:
    """Tell whether the flow is denied; if so its suggestion opens that port between the two, and nothing else."""
    found = cluster.explain(f"boutique/{source}", f"boutique/{destination}:{port}")
    if found.verdict.verdict != "deny":
        return False
    changes = prove(cluster, found, folder)
    assert isinstance(found.remedy, Suggestion)
    assert not found.remedy.beyond
    assert not found.remedy.fill_in
    assert [(item.kind, item.sources, item.destinations, describe_transport(item.packets)) for item in changes] == [
        ("newly allowed", (f"boutique/{source}",), (f"boutique/{destination}",), f"TCP {port}")
    ]
    return True


def test_every_denied_pair_has_a_change_that_opens_it_and_nothing_else(boutique: Cluster, tmp_path: Path) -> None:
    target = boutique.states.target
    assert target is not None
    services = target.loaded.intent.services
    denied = [
        check_pair(boutique, source, destination, port, tmp_path)
        for source in services
        for destination in services
        for port in (*(item.first for item in services[destination].ports), NEW)
    ]
    needs = sum(len(service.needs) for service in services.values())
    assert sum(denied) == len(denied) - needs
    assert len(denied) == 12 * 23

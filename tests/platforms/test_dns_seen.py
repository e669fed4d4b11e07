"""The six ways in which clusters run DNS (field-notes P1): the right profile is silent, each wrong one is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from generator.checks import dns
from generator.checks.dns import check_dns
from generator.intent.model import ClusterFacts
from generator.platforms import load_profile
from generator.snapshot import load_snapshot

CLUSTERS = Path(__file__).parent / "dns"
PROFILES = Path(__file__).parents[1] / "layers" / "dns"
TOPOLOGIES = ("external", "host-network", "node-local", "openshift", "other-label", "plain")
# Clusters that a profile fits beside its own. A rule for a cache that is not there opens nothing that answers, and a
# profile that says "no DNS pods" cannot be contradicted by pods.
FITS_TOO = {"node-local": {"plain"}, "external": set(TOPOLOGIES) - {"node-local"}}


def told(profile: str, cluster: str, stated: ClusterFacts | None = None) -> list[str]:
    snapshot, problems = load_snapshot([str(CLUSTERS / cluster)], complete=True)
    assert not [item for item in problems if item.severity.value == "error"]
    found = check_dns(load_profile(str(PROFILES / f"{profile}.yaml")), stated or ClusterFacts(), snapshot)
    return [item.code for item in found]


def check_the_matrix() -> None:
    for profile in TOPOLOGIES:
        for cluster in TOPOLOGIES:
            fits = cluster == profile or cluster in FITS_TOO.get(profile, ())
            assert (told(profile, cluster) == []) == fits, (profile, cluster)


def test_each_topology_fits_its_own_profile_and_no_other() -> None:
    check_the_matrix()


def test_every_topology_has_a_cluster_and_a_profile() -> None:
    assert {path.name for path in CLUSTERS.iterdir()} == set(TOPOLOGIES) == {path.stem for path in PROFILES.iterdir()}


def test_a_cache_on_the_nodes_needs_the_address_of_the_service() -> None:
    snapshot, _ = load_snapshot([str(CLUSTERS / "node-local")], complete=True)
    (found,) = check_dns(load_profile("generic"), ClusterFacts(), snapshot)
    assert (found.code, found.hint) == ("RF5608", "state cluster.dns: [10.96.0.10]")
    assert found.place.line > 1
    stated = ClusterFacts(dns_service=(ip_network("10.96.0.10/32"),))
    assert check_dns(load_profile("generic"), stated, snapshot) == []
    wrong = ClusterFacts(dns_service=(ip_network("10.96.0.11/32"),))
    assert [item.code for item in check_dns(load_profile("generic"), wrong, snapshot)] == ["RF5608"]


def test_ports_that_nobody_declares_say_nothing() -> None:
    snapshot, _ = load_snapshot([str(CLUSTERS / "plain")], complete=True)
    bare = [replace(item, containers=()) for item in snapshot.workloads]
    assert check_dns(load_profile("generic"), ClusterFacts(), replace(snapshot, workloads=tuple(bare))) == []


FAULTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "labels alone are looked at": lambda patch: patch.setattr(dns, "_contradictions", lambda *arguments: iter(())),
    "the nodes are not looked at": lambda patch: patch.setattr(dns, "_check_node_local", lambda *arguments: iter(())),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[fault](monkeypatch)
    with pytest.raises(AssertionError):
        check_the_matrix()

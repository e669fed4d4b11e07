"""Whom a name or an address means: pods of a controller, a node, an address outside, or nobody with the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator.flows.ends import EndFinder, Missing
from generator.flows.model import AddressEnd, FlowEnd, NamedEnd
from generator.reach.engine import Engine
from generator.snapshot.model import Snapshot
from tests.flows.samples import interface, world
from tests.reach.small_world import calico, manifest, node, pod, snapshot_of

WEBS = ["notes/web-574ff6d9fd-q9m4z", "notes/web-574ff6d9fd-x7k2p"]


def ends(end: FlowEnd, snapshot: Snapshot | None = None) -> list[str]:
    """Return the names that an end means, or why there are none."""
    seen = snapshot or world()
    found = EndFinder(Engine(seen), seen).find(end)
    assert bool(found.ends) is (found.missing is None)
    return sorted(item.name for item in found.ends) or [found.missing.name if found.missing else ""]


@pytest.mark.parametrize(
    ("end", "meant"),
    [
        (NamedEnd("notes", "web-574ff6d9fd-*"), WEBS),
        (NamedEnd("notes", "web-574ff6d9fd-x7k2p"), WEBS[1:]),
        (NamedEnd("notes", "web-7c9f8b6d5-*"), WEBS),  # of an older ReplicaSet of the same Deployment
        (NamedEnd("notes", "database-*"), ["notes/database-0"]),
        (NamedEnd("ops", "web-574ff6d9fd-x7k2p"), ["ops/web-574ff6d9fd-x7k2p"]),
        (NamedEnd("ops", "web-574ff6d9fd-*"), ["ops/web-574ff6d9fd-x7k2p"]),
        (NamedEnd("notes", "web-*"), ["NO_SUCH_NAME"]),  # nothing makes names of that form here
        (NamedEnd("notes", "backup-29391000-*"), ["NO_POD"]),
        (NamedEnd("shop", "web-574ff6d9fd-*"), ["NO_SUCH_NAME"]),
        (NamedEnd("", "node-1"), ["host:node-1"]),
        (NamedEnd("", "node-9"), ["NO_SUCH_NAME"]),
        (NamedEnd("", "PUBLIC NETWORK"), ["PUBLIC"]),
        (NamedEnd("", "pub"), ["PUBLIC"]),
        (NamedEnd("", "PRIVATE NETWORK"), ["PRIVATE"]),
        (NamedEnd("", "pvt"), ["PRIVATE"]),
        (NamedEnd("", "-"), ["NO_NAME"]),
        (AddressEnd("10.1.1.20"), ["notes/database-0"]),
        (AddressEnd("10.1.1.20", interface("notes/database-0")), ["notes/database-0"]),
        (AddressEnd("10.1.1.20", interface("notes/database-1")), ["OTHER_POD"]),
        (AddressEnd("10.1.2.40", interface("notes/web-574ff6d9fd-x7k2p")), ["OTHER_POD"]),  # of another namespace
        (AddressEnd("10.0.0.2"), ["host:node-2"]),
        (AddressEnd("203.0.113.5"), ["ip:203.0.113.5"]),
        (AddressEnd("203.0.113.5", "cali0123456789a"), ["ADDRESS_GONE"]),
        (AddressEnd("10.1.9.9"), ["ADDRESS_GONE"]),
    ],
)
def test_in_a_cluster(end: FlowEnd, meant: list[str]) -> None:
    assert ends(end) == meant


def test_labels_are_the_workloads() -> None:
    finder = EndFinder(Engine(world()), world())
    named = {
        "web-574ff6d9fd-*": "notes/web",
        "database-*": "notes/database",
        "report-28391000-abcde": "notes/report-28391000-abcde",
        "backup-29391000-*": "notes/backup",
    }
    assert {name: finder.find(NamedEnd("notes", name)).label for name in named} == named


def test_an_address_may_be_that_of_a_pool_alone() -> None:
    """Where the pools are known, a private address outside them is no pod's."""
    known = replace(world(), extra={"ipPools": ("10.1.0.0/16",)})
    assert ends(AddressEnd("10.20.0.5"), known) == ["ip:10.20.0.5"]
    assert ends(AddressEnd("10.1.9.9"), known) == ["ADDRESS_GONE"]


SMALL = (
    node("n1", ["10.0.0.1"]),
    pod("a/web-0", ["10.1.0.1", "fd10::1"]),
    pod("a/web-x1", ["10.1.0.2"]),
    pod("a/web-574ff6d9fd-x1", ["10.1.0.3"]),
    {**pod("a/done-x1", ["10.1.0.4"]), "status": {"phase": "Succeeded", "podIP": "10.1.0.4"}},
    pod("a/twice", ["10.1.0.5"]),
    pod("a/again", ["10.1.0.5"]),
    pod("a/both", ["10.1.0.6"]),
    calico("NetworkSet", "both", "a", nets=["192.0.2.0/24"]),
    calico("NetworkSet", "partners", "a", nets=["192.0.2.0/24"]),
    calico("GlobalNetworkSet", "all-partners", nets=["192.0.2.0/24"]),
    calico("GlobalNetworkSet", "n1", nets=["192.0.2.0/24"]),
    manifest("Namespace", "a", metadata={"labels": {"kubernetes.io/metadata.name": "a"}}),
)


# One end of each family; what is put behind a stem has no further dash.
STEM = (NamedEnd("a", "web-*"), ["a/web-0", "a/web-0", "a/web-x1"])


@pytest.mark.parametrize(
    ("end", "meant"),
    [
        STEM,
        (NamedEnd("a", "web-574ff6d9fd-*"), ["a/web-574ff6d9fd-x1"]),
        (NamedEnd("a", "done-x1"), ["FINISHED"]),
        (AddressEnd("10.1.0.4"), ["FINISHED"]),
        (AddressEnd("10.1.0.5"), ["ADDRESS_TWICE"]),
        (AddressEnd("fd10::1"), ["a/web-0"]),
        (NamedEnd("a", "both"), ["SEVERAL_KINDS"]),
        (NamedEnd("a", "partners"), ["NETWORK_SET"]),
        (NamedEnd("", "all-partners"), ["NETWORK_SET"]),
        (NamedEnd("", "n1"), ["SEVERAL_KINDS"]),
    ],
)
def test_names_that_may_mean_several(end: FlowEnd, meant: list[str]) -> None:
    assert ends(end, snapshot_of(SMALL)) == meant


def test_in_manifests_a_workload_stands_for_its_pods() -> None:
    labels = {"matchLabels": {"app": "web"}}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c"}]}}
    made = [
        manifest(kind, name, "a", api="apps/v1", spec={"selector": labels, "template": template})
        for kind, name in (("Deployment", "web"), ("StatefulSet", "database"), ("DaemonSet", "agent"))
    ]
    seen = replace(snapshot_of([*made, SMALL[-1]]), complete=False)
    for name, meant in (("web-574ff6d9fd-*", "a/web"), ("database-*", "a/database"), ("agent-*", "a/agent")):
        assert set(ends(NamedEnd("a", name), seen)) == {meant}
    assert ends(NamedEnd("a", "database-574ff6d9fd-*"), seen) == ["NO_SUCH_NAME"]
    assert ends(AddressEnd("10.1.0.1"), seen) == ["ADDRESS_GONE"]


def test_each_reason_has_words() -> None:
    assert all(len(str(reason)) > 20 for reason in Missing)

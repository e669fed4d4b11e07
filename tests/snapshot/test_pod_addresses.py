"""Which addresses a pod has, as Calico takes them: status, else what the CNI noted, and none once it took them away."""

from __future__ import annotations

from typing import Any

import pytest

from generator.snapshot import workloads
from tests.reach.small_world import CLUSTER, Manifest, ask, calico, engine_of, manifest, packet, snapshot_of

CNI, PLURAL, AWS = "cni.projectcalico.org/podIP", "cni.projectcalico.org/podIPs", "vpc.amazonaws.com/pod-ips"
LEAVES = "2026-01-01T00:00:00Z"


def made(status: dict[str, Any], notes: dict[str, str], leaves: str = "") -> Manifest:
    metadata: dict[str, Any] = {"annotations": notes, "labels": {"app": "new"}}
    if leaves:
        metadata["deletionTimestamp"] = leaves
    spec = {"nodeName": "n2", "containers": [{"name": "c"}]}
    return manifest("Pod", "new", "shop", metadata=metadata, spec=spec, status=status)


RUNS = {"phase": "Running", "podIP": "192.168.1.7", "podIPs": [{"ip": "192.168.1.7"}, {"ip": "fd00::1:7"}]}
BOTH = ("192.168.1.7", "fd00::1:7")
# What is written, the addresses, and whether Calico takes the pod for one that has them.
ROWS: list[tuple[str, Manifest, tuple[str, ...], bool]] = [
    ("the status", made(RUNS, {}), BOTH, True),
    ("one address of the status", made({"podIP": "192.168.1.7"}, {}), BOTH[:1], True),
    ("the status goes first", made(RUNS, {CNI: "192.168.1.9/32", PLURAL: "192.168.1.9/32"}), BOTH, True),
    ("both that are noted", made({}, {CNI: "192.168.1.7/32", PLURAL: "192.168.1.7/32, fd00::1:7/128"}), BOTH, True),
    ("the one that is noted", made({}, {CNI: "192.168.1.7/32"}), BOTH[:1], True),
    ("noted by AWS", made({}, {AWS: "192.168.1.7"}), BOTH[:1], True),
    ("none", made({"phase": "Pending"}, {}), (), False),
    ("it goes and still has them", made(RUNS, {CNI: "192.168.1.7/32"}, LEAVES), BOTH, True),
    ("it goes and has none any more", made(RUNS, {CNI: "", PLURAL: ""}, LEAVES), BOTH, False),
    ("the same, of AWS", made(RUNS, {AWS: ""}, LEAVES), BOTH, False),
    ("it stays, and nobody noted anything", made(RUNS, {CNI: ""}), BOTH, True),
    ("it goes, and another CNI noted nothing", made(RUNS, {}, LEAVES), BOTH, True),
    ("it is finished", made({**RUNS, "phase": "Failed"}, {}), BOTH, False),
]  # fmt: skip
SHUT = calico("NetworkPolicy", "in", "shop", selector="app == 'new'", types=["Ingress"])


def check_row(row: tuple[str, Manifest, tuple[str, ...], bool]) -> None:
    _, pod, addresses, counts = row
    snapshot = snapshot_of([*CLUSTER, pod, SHUT])
    found = next(item for item in snapshot.workloads if item.name == "new")
    assert found.addresses == addresses
    engine = engine_of([*CLUSTER, pod, SHUT])
    assert ("shop/new" in engine.inventory.pods) == counts
    if addresses:
        said = ask(engine, "shop/web", "ip:192.168.1.7", packet()).verdict
        assert said == ("deny" if counts else "allow")


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_row(row: tuple[str, Manifest, tuple[str, ...], bool]) -> None:
    check_row(row)


def a_pod_that_goes_has_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workloads, "_has_lost_addresses", lambda metadata: False)


def notes_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workloads, "_NOTED_ADDRESSES", ())


def an_empty_note_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workloads, "_has_lost_addresses", lambda metadata: (CNI, "") in metadata.labels("annotations"))


@pytest.mark.parametrize("fault", [a_pod_that_goes_has_its_addresses, notes_are_not_read, an_empty_note_is_enough])
def test_planted_fault_is_found(fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_all()


def check_all() -> None:
    for row in ROWS:
        check_row(row)

"""The conformance sample finds each planted fault through the doors that it concerns, and through these alone."""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import islice
from typing import Any

import pytest

from tests.conformance.judge import Question, judge_world
from tests.conformance.worlds import SAMPLE, Line, read_lines
from tests.faults.reach import (
    FAULTS_OF_SETS,
    FAULTS_OF_THE_DIFFERENTIAL,
    FAULTS_OF_THE_VIEW,
    Fault,
    a_flow_finds_named_ports_of_everybody,
    a_flow_from_the_own_node_is_policed,
    a_flow_goes_on_after_predenat,
    a_flow_has_no_failsafe_ports,
    a_flow_may_be_encapsulated,
)
from tests.obvious import answer_flow, read_cluster

DOORS = ("flow", "sets", "diff")
ALL = "flow sets diff"
# The differential's door asks a flow what becomes of a packet without policies, so that it shares such faults.
CASES = (
    *((fault, ALL) for fault in FAULTS_OF_THE_VIEW),
    (a_flow_finds_named_ports_of_everybody, "flow"),
    (a_flow_goes_on_after_predenat, "flow"),
    (a_flow_may_be_encapsulated, "flow diff"),
    (a_flow_has_no_failsafe_ports, "flow diff"),
    (a_flow_from_the_own_node_is_policed, "flow diff"),
    *((fault, "sets diff") for fault in FAULTS_OF_SETS),
    *((fault, "diff") for fault in FAULTS_OF_THE_DIFFERENTIAL),
)


def a_name_in_scope_by_address_alone() -> Line:
    """Give a world where a set makes the pod's address match a selector, but not the pod with the named port.

    Network sets have no ports, so that the rule does not match (calico.md 4.3). No world of the sample has this.
    """
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"namespace": "a", "name": name, "labels": {"app": name}},
            "spec": {
                "nodeName": "n",
                "serviceAccountName": "default",
                "containers": [{"name": "c", "ports": [{"name": "http", "containerPort": 80, "protocol": "TCP"}]}],
            },
            "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
        }
        for name, address in (("web", "192.168.0.1"), ("db", "192.168.0.2"))
    ]
    node = {
        "kind": "Node",
        "metadata": {"name": "n"},
        "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.1"}]},
    }
    calico = {"apiVersion": "projectcalico.org/v3"}
    target = {"selector": "app == 'elsewhere'", "ports": ["http"]}
    rule = {"action": "Allow", "protocol": "TCP", "destination": target}
    objects: list[dict[str, Any]] = [
        {"apiVersion": "v1", **node},
        *(
            {"apiVersion": "v1", "kind": kind, "metadata": metadata}
            for kind, metadata in (
                ("Namespace", {"name": "a", "labels": {"kubernetes.io/metadata.name": "a"}}),
                ("ServiceAccount", {"name": "default", "namespace": "a"}),
            )
        ),
        *pods,
        {
            **calico,
            "kind": "NetworkSet",
            "metadata": {"name": "s", "namespace": "a", "labels": {"app": "elsewhere"}},
            "spec": {"nets": ["192.168.0.2/32"]},
        },
        {
            **calico,
            "kind": "NetworkPolicy",
            "metadata": {"name": "p", "namespace": "a"},
            "spec": {"selector": "app == 'web'", "types": ["Egress"], "egress": [rule]},
        },
    ]
    flow = {"src": "a/web", "dst": "a/db", "family": 4, "protocol": "TCP", "sport": 40000, "dport": 80}
    expected = answer_flow(read_cluster(objects, defaults=True), flow)
    assert expected["verdict"] == "deny"
    return Line("here:1", json.dumps({"id": "here", "objects": objects, "flows": [flow], "expected": [expected]}))


@lru_cache(maxsize=1)
def lines() -> tuple[Line, ...]:
    """Return the hand-made worlds, then some of the random ones, for what takes several things at once."""
    return (
        *read_lines(SAMPLE / "handmade.jsonl.gz"),
        a_name_in_scope_by_address_alone(),
        *islice(read_lines(SAMPLE / "random-2.jsonl.gz"), 20),
    )


def is_red(door: str) -> bool:
    """Tell whether a door answers wrongly; a fault that only raises breaks the tests and not the engine."""
    question = Question(engine="reach", ways=(door,))
    for line in lines():
        found = judge_world(line, question)
        if found.disagreements:
            assert [item.error for item in found.explained if item.error] == []
            return True
    return False


@pytest.mark.parametrize("door", DOORS)
def test_without_a_fault_no_door_is_red(door: str) -> None:
    assert not is_red(door)


@pytest.mark.parametrize(("fault", "doors"), CASES, ids=[fault.__name__ for fault, _ in CASES])
def test_each_fault_is_found(monkeypatch: pytest.MonkeyPatch, fault: Fault, doors: str) -> None:
    fault(monkeypatch)
    assert [door for door in DOORS if is_red(door)] == doors.split()


def test_there_are_many_and_each_is_another() -> None:
    assert len({fault for fault, _ in CASES}) == len(CASES) >= 16

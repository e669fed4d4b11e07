"""From Services to pods and their ports, and Kubernetes' label selectors."""

from __future__ import annotations

import pytest

from generator.intent.model import PortSpec
from generator.snapshot import load_snapshot
from generator.snapshot.resolve import (
    ServiceTable,
    Unresolved,
    find_port,
    match_label_selector,
    pods_selected,
    service_pods,
    services_by_address,
    target_ports,
)

TEXT = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  clusterIP: 10.96.0.1
  clusterIPs: [10.96.0.1, "fd00::1"]
  selector: {app: web}
  ports:
  - {name: http, port: 80, targetPort: http}
  - {name: plain, port: 9000}
  - {name: zero, port: 9001, targetPort: 0}
  - {name: moved, port: 443, targetPort: 8443}
  - {name: none, port: 7, targetPort: absent}
  - {name: dns, port: 53, protocol: UDP, targetPort: http}
---
apiVersion: v1
kind: Service
metadata: {name: by-hand}
spec: {ports: [{port: 5432, targetPort: 1}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: by-hand-1, labels: {kubernetes.io/service-name: by-hand}}
addressType: IPv4
endpoints: [{addresses: [192.0.2.1]}]
ports: [{port: 6432, name: ""}]
---
apiVersion: v1
kind: Service
metadata: {name: ext}
spec: {type: ExternalName, externalName: db.example.com, ports: [{port: 1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: one, labels: {app: web, v: "1"}}
spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: two, labels: {app: web, v: "2"}}
spec: {containers: [{name: c, ports: [{name: http, containerPort: 3000}]}]}
"""


@pytest.mark.parametrize(
    ("service", "port", "expected"),
    [
        ("web", "http", {8080, 3000}),
        ("web", "plain", {9000}),
        ("web", "zero", {9001}),
        ("web", "443", {8443}),
        ("web", "none", "no container behind Service 'web' has a port named 'absent'"),
        ("web", "53", "no container behind Service 'web' has a port named 'http'"),
        ("by-hand", "5432", {6432}),
        ("ext", "1", "Service 'ext' is a name for db.example.com"),
    ],
)
def test_target_ports(service: str, port: str, expected: object) -> None:
    snapshot, problems = load_snapshot(["-"], stdin=TEXT)
    assert problems == []
    found = ServiceTable.of(snapshot).find("default", service)
    assert found is not None
    chosen = find_port(found, port)
    assert chosen is not None
    result = target_ports(found, chosen, service_pods(snapshot, found), snapshot.endpoint_slices)
    if isinstance(expected, str):
        assert result == Unresolved(expected)
    else:
        assert isinstance(expected, set)
        assert result == {PortSpec("TCP", number, number) for number in expected}


def test_a_service_without_selector_and_slices_says_so() -> None:
    snapshot, _ = load_snapshot(["-"], stdin=TEXT)
    found = ServiceTable.of(snapshot).find("default", "by-hand")
    assert found is not None
    result = target_ports(found, found.ports[0], (), ())
    assert isinstance(result, Unresolved)
    assert "no EndpointSlice" in result.reason


def test_addresses_and_selections() -> None:
    snapshot, _ = load_snapshot(["-"], stdin=TEXT)
    table = services_by_address(snapshot)
    assert table["fd00::1"].name == table["10.96.0.1"].name == "web"
    assert [item.name for item in pods_selected(snapshot, "default", (("v", "2"),))] == ["two"]
    assert [item.name for item in pods_selected(snapshot, "default", ())] == ["one", "two"]
    assert pods_selected(snapshot, "other", ()) == ()


@pytest.mark.parametrize(
    ("selector", "holds"),
    [
        ({}, True),
        (None, False),
        ({"matchLabels": {"a": "1"}}, True),
        ({"matchLabels": {"a": "2"}}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, True),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["2"]}]}, False),
        ({"matchExpressions": [{"key": "b", "operator": "In", "values": [None]}]}, False),
        ({"matchExpressions": [{"key": "b", "operator": "NotIn", "values": ["1"]}]}, True),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, False),
        ({"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Like"}]}, False),
        ({"matchExpressions": ["a"]}, False),
    ],
)
def test_kubernetes_label_selectors(selector: object, holds: bool) -> None:
    assert match_label_selector(selector, {"a": "1"}) is holds

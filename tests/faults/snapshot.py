"""Faults in reading a snapshot."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generator.snapshot import build, cluster, containers, services, workloads
from generator.snapshot.fields import Fields
from generator.snapshot.model import KubeService, ServicePort

Fault = Callable[[pytest.MonkeyPatch], None]


def secrets_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Store values as they are written."""
    for room in (build, containers, workloads):
        monkeypatch.setattr(room, "cut_secrets", lambda name, value: (value, False))


def service_port_taken_for_the_pods(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget targetPort (field note P15)."""
    real = services.read_service

    def forget(fields: Fields, namespace: str, name: str) -> KubeService:
        found = real(fields, namespace, name)
        ports = tuple(ServicePort(item.name, item.protocol, item.port, str(item.port)) for item in found.ports)
        return KubeService(
            found.namespace, found.name, found.type, found.selector, ports, found.cluster_ips, found.external_name,
            found.external_traffic_policy, found.source,
        )  # fmt: skip

    monkeypatch.setattr(services, "read_service", forget)


def owned_pods_are_doubled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what a controller makes as a workload of its own."""
    monkeypatch.setattr(workloads, "_controller", lambda fields: None)


def nobody_reads_the_environment_of_felix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "felix_environment", lambda pod, settings: {})


def felix_always_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "unsaid_settings", lambda pod: {})

"""Faults in what a read of a cluster discovers: each leaves one thing out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from generator.cluster import calico_api, facts, kept, snapshot, wanted
from generator.plan import freeze
from generator.snapshot import build, cluster


def no_notes_of_calico(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "_calico", lambda objects: ("", ""))


def stored_objects_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    found = calico_api.CalicoApi(wanted.CALICO_STORED, calico_api.ApiMode.STORED)
    monkeypatch.setattr(snapshot, "choose_calico_api", lambda *asked: found)


def no_settings_of_felix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "FELIX_SETTINGS", ())
    monkeypatch.setattr(cluster, "_SHOWING_SETTINGS", ())


def no_settings_of_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "NODE_SETTINGS", "nobody.")


def no_pools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "read_ip_pool", lambda fields: "")


def no_ranges_of_services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "_service_cidrs", lambda *asked: ())


def no_notes_on_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    _shorter(monkeypatch, "Node", "metadata")


def no_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    _shorter(monkeypatch, "EndpointSlice", "endpoints")


def no_host_network(monkeypatch: pytest.MonkeyPatch) -> None:
    real = build.workloads.read_workload

    def read(*asked: Any) -> Any:
        found = real(*asked)
        return replace(found, workload=replace(found.workload, host_network=False))

    monkeypatch.setattr(build.workloads, "read_workload", read)


def no_conversion(monkeypatch: pytest.MonkeyPatch) -> None:
    _shorter(monkeypatch, "CustomResourceDefinition", "spec")


def no_images(monkeypatch: pytest.MonkeyPatch) -> None:
    real = build.workloads.read_workload

    def read(*asked: Any) -> Any:
        found = real(*asked)
        containers = tuple(replace(item, image="") for item in found.workload.containers)
        return replace(found, workload=replace(found.workload, containers=containers))

    monkeypatch.setattr(build.workloads, "read_workload", read)


def no_init_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_POD_SPEC", tuple(key for key in kept._POD_SPEC if key != "initContainers"))


def no_conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "FELIX_PODS", ("nobody",))


def nothing_freezes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freeze, "freezing_objects", lambda policies: [])


def _shorter(monkeypatch: pytest.MonkeyPatch, kind: str, key: str) -> None:
    """Let a kind come without one of its parts; of the metadata without the annotations."""
    real = kept._SHORTER[kind]

    def shorten(item: Any) -> Any:
        found = real(item)
        if key == "metadata":
            return {**found, "metadata": {**found["metadata"], "annotations": {}}}
        return {name: part for name, part in found.items() if name != key}

    monkeypatch.setitem(kept._SHORTER, kind, shorten)

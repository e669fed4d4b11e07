"""Faults in what is told apart by dataplane (calico.md 2.8): each makes one of them like another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from generator.reach import dataplanes, lower_rules
from generator.reach.engine import Engine
from generator.reach.environment import EndpointToHost, Environment


def every_dataplane_is_iptables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lower_rules, "on_dataplane", lambda view, rule, dataplane: view)


def ebpf_knows_every_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataplanes, "_is_unknown_name", lambda protocol: False)


def nftables_compares_type_and_code_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataplanes, "_type_and_code", lambda match: (match,))


def ebpf_reads_icmp_of_icmp_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    real = dataplanes._on_ebpf

    def on_ebpf(view: Any, rule: Any) -> Any:
        found = real(view, rule)
        return view if found.unsure else found

    monkeypatch.setattr(dataplanes, "_on_ebpf", on_ebpf)


def windows_is_as_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "unread", lambda self, pod, program: None)


def windows_has_host_endpoint_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "_hosts_on", lambda self, node: self.inventory.hosts.get(node, ()))


def a_returned_packet_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    accepts = property(lambda self: self.endpoint_to_host is EndpointToHost.ACCEPT)
    monkeypatch.setattr(Environment, "to_own_host", accepts)


ALL: tuple[Callable[[pytest.MonkeyPatch], None], ...] = (
    every_dataplane_is_iptables,
    ebpf_knows_every_name,
    nftables_compares_type_and_code_together,
    ebpf_reads_icmp_of_icmp_alone,
    windows_is_as_linux,
    windows_has_host_endpoint_policy,
    a_returned_packet_is_dropped,
)

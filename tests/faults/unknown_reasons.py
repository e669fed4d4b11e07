"""Faults in what a snapshot does not tell: each takes one open question for answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from generator.reach import flow, inventory, lower, matching, pairs, side_sets, to_service
from generator.reach.service_fronts import Front


def services_are_machines_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "find_front", lambda engine, asked: None)


def the_first_pod_of_a_service_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    real = to_service.possible_flows

    def first(*asked: Any) -> Any:
        found = real(*asked)
        return found[:1] if isinstance(found, tuple) else found

    monkeypatch.setattr(flow, "possible_flows", first)


def sources_are_never_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Front, "keeps_source", property(lambda self: True))


def a_pod_without_a_node_is_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (flow, pairs):
        monkeypatch.setattr(module, "is_unplaced", lambda end: False)


def domains_are_no_part_of_a_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lower, "_with_domains", lambda view, unknown: view)


def domains_are_no_part_of_a_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (matching, side_sets):
        monkeypatch.setattr(module, "names_domains", lambda selector, directory: False)


def undecodable_objects_stop_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow.Engine, "undecodable", property(lambda self: []))


def what_is_not_read_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "unread_problems", lambda snapshot: [])


def all_nodes_have_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "own_settings", lambda snapshot: {})


def no_host_endpoint_asks_before_translation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow.Engine, "polices_before_translation", property(lambda self: False))


def every_snapshot_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    real = inventory.take_inventory

    def complete(*asked: Any) -> Any:
        found = real(*asked)
        found.complete = True
        return found

    monkeypatch.setattr("generator.reach.engine.take_inventory", complete)


def node_ports_stay_on_the_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "node_port_packets", lambda engine: side_sets.NOTHING)


def nodes_send_from_their_first_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "_evaluate_from_node", flow._evaluate_placed)


def all_pairs_know_the_first_address_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs.Pairs, "_from_any_address", lambda self, ways: ways)


ALL: tuple[Callable[[pytest.MonkeyPatch], None], ...] = (
    services_are_machines_outside,
    the_first_pod_of_a_service_is_chosen,
    sources_are_never_replaced,
    a_pod_without_a_node_is_elsewhere,
    domains_are_no_part_of_a_rule,
    domains_are_no_part_of_a_set,
    undecodable_objects_stop_nothing,
    what_is_not_read_is_not_there,
    all_nodes_have_the_same_settings,
    no_host_endpoint_asks_before_translation,
    every_snapshot_is_complete,
    node_ports_stay_on_the_node,
    nodes_send_from_their_first_address,
    all_pairs_know_the_first_address_alone,
)

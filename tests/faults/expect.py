"""Faults in the judge of expectations: whom an end means, which flows are asked, what counts as met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from generator.expect import asked, judge, new_pods, selection
from generator.expect.model import Outcome
from generator.expect.parties import Party
from generator.expect.selection import Selection, Selector
from generator.packets.transport import TransportSet
from generator.reach.pairs import Fate
from generator.reach.side_sets import ALL, NOTHING

Fault = Callable[[pytest.MonkeyPatch], None]


def only_one_family_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "FAMILIES", (4,))


def exceptions_are_not_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Selection, "without", lambda self, other: self)


def exceptions_take_all_pods_out(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Selection.without
    monkeypatch.setattr(Selection, "without", lambda self, other: replace(real(self, other), pods=frozenset()))


def a_named_port_is_any_named_port(monkeypatch: pytest.MonkeyPatch) -> None:
    real = asked._of_port

    def of_port(port: Any, pod: Any) -> TransportSet:
        if pod is None or not port.name:
            return real(port, pod)
        renamed = replace(pod, ports=tuple((port.name, 6, number) for _, _, number in pod.ports))
        return real(replace(port, protocol="TCP"), renamed)

    monkeypatch.setattr(asked, "_of_port", of_port)


def of_several_ports_the_last_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    real = asked._asked
    monkeypatch.setattr(asked, "_asked", lambda one, pod: real(replace(one, ports=one.ports[-1:]), pod))


def a_pod_reaches_itself_over_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "_is_alone", lambda pods: False)


def its_own_node_is_another_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Party, "only_node_of", lambda self, number: "")
    monkeypatch.setattr(judge.Judge, "_own_node", staticmethod(lambda pairs, number, place: Fate(NOTHING, NOTHING)))


def what_goes_to_the_own_node_is_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge.Judge, "_own_node", staticmethod(lambda pairs, number, place: Fate(ALL, NOTHING)))


def pods_on_the_network_of_the_host_are_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Selector._of_pods
    monkeypatch.setattr(Selector, "_of_pods", lambda *args: replace(real(*args), nodes=frozenset()))


def the_service_account_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    real = selection.is_selected
    monkeypatch.setattr(selection, "is_selected", lambda item, pods: real(item, replace(pods, service_account="")))


def ranges_hold_no_pods(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Selector._in_ranges
    monkeypatch.setattr(Selector, "_in_ranges", lambda *args, **more: replace(real(*args, **more), pods=frozenset()))


def ranges_hold_no_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Selector._in_ranges
    monkeypatch.setattr(Selector, "_in_ranges", lambda *args, **more: replace(real(*args, **more), nodes=frozenset()))


def only_the_first_sources_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    real = judge._real_sources

    def first(*args: Any) -> int:
        mask = real(*args)
        return mask & -mask

    monkeypatch.setattr(judge, "_real_sources", first)


def must_asks_for_any_packet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a `must` hold where some of its packets get through."""
    real = judge._sort

    def sort(expectation: Any, ends: Any, place: Any, allowed: Any, unknown: Any, real_mask: int, found: Any) -> None:
        if expectation.must:
            reached = [mask for packets, mask in allowed.items() if packets & ends.packets]
            allowed = {ends.packets: sum(reached)} if reached else {}
        real(expectation, ends, place, allowed, unknown, real_mask, found)

    monkeypatch.setattr(judge, "_sort", sort)


def must_not_asks_for_all_packets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a `mustNot` hold where some of its packets do not get through."""
    real = judge._sort

    def sort(expectation: Any, ends: Any, place: Any, allowed: Any, unknown: Any, real_mask: int, found: Any) -> None:
        if not expectation.must:
            allowed = {packets: mask for packets, mask in allowed.items() if not ends.packets - packets}
        real(expectation, ends, place, allowed, unknown, real_mask, found)

    monkeypatch.setattr(judge, "_sort", sort)


def nothing_found_is_success(monkeypatch: pytest.MonkeyPatch) -> None:
    real = judge.Judge.judge

    def lenient(self: Any, expectation: Any) -> Any:
        found = real(self, expectation)
        return replace(found, outcome=Outcome.HOLDS) if found.outcome is Outcome.VACUOUS else found

    monkeypatch.setattr(judge.Judge, "judge", lenient)


FAULTS: tuple[Fault, ...] = (
    only_one_family_is_judged,
    exceptions_are_not_taken_out,
    exceptions_take_all_pods_out,
    a_named_port_is_any_named_port,
    of_several_ports_the_last_is_asked,
    a_pod_reaches_itself_over_the_network,
    its_own_node_is_another_node,
    what_goes_to_the_own_node_is_let_through,
    pods_on_the_network_of_the_host_are_nobody,
    the_service_account_is_not_asked,
    ranges_hold_no_pods,
    ranges_hold_no_nodes,
    only_the_first_sources_are_looked_at,
    must_asks_for_any_packet,
    must_not_asks_for_all_packets,
    nothing_found_is_success,
)


def unknown_is_success(monkeypatch: pytest.MonkeyPatch) -> None:
    real = judge._sort

    def sort(expectation: Any, ends: Any, place: Any, allowed: Any, unknown: Any, real_mask: int, found: Any) -> None:
        if expectation.must:
            allowed, unknown = {**unknown, **allowed}, {}
        real(expectation, ends, place, allowed, {}, real_mask, found)

    monkeypatch.setattr(judge, "_sort", sort)


def an_unknown_address_lies_in_no_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Selector, "_may_lie_in", lambda *args: False)


def a_pod_of_no_known_node_is_far_from_every_node(monkeypatch: pytest.MonkeyPatch) -> None:
    def judge_node(self: Any, expectation: Any, family: int, place: Any, ends: Any, found: Any) -> None:
        self._judge_into(expectation, family, place, ends, found)

    monkeypatch.setattr(judge.Judge, "_judge_node", judge_node)


def a_node_takes_what_is_sent_to_a_node_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "node_port_packets", lambda engine: TransportSet.nothing())


FAULTS_OF_THE_UNKNOWN: tuple[Fault, ...] = (
    unknown_is_success,
    an_unknown_address_lies_in_no_range,
    a_pod_of_no_known_node_is_far_from_every_node,
    a_node_takes_what_is_sent_to_a_node_port,
)


def the_node_of_a_pod_is_another_than_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "_lone_node", lambda source, wrong: 0)


FAULTS_OF_A_PART: tuple[Fault, ...] = (unknown_is_success, the_node_of_a_pod_is_another_than_the_source)


def a_new_pod_has_the_labels_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    real = new_pods._workload

    def workload(item: Any) -> Any:
        return replace(real(item), labels=(("app", "web"),))

    monkeypatch.setattr(new_pods, "_workload", workload)


def a_new_pod_has_an_address_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    real = new_pods._addresses
    monkeypatch.setattr(new_pods, "_addresses", lambda *args: tuple((family, 0x08080808) for family, _ in real(*args)))


def a_new_namespace_has_no_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_pods, "NAME_LABEL", "other")


FAULTS_OF_NEW_PODS: tuple[Fault, ...] = (
    a_new_pod_has_the_labels_of_another,
    a_new_pod_has_an_address_outside,
    a_new_namespace_has_no_labels,
)


def each(faults: tuple[Fault, ...]) -> list[Any]:
    """Return each fault as a parameter named after it."""
    return [pytest.param(fault, id=fault.__name__) for fault in faults]

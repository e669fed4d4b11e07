"""Planted faults of the meaning, and of the comparison that holds a rendered set against it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from generator.equality import asked, compare, proof_world, prove, stand_in_pods
from generator.meaning import beside, denials, mean, outside, platform, rows, services
from generator.meaning.model import Grant, NoPods, OwnedPods, Way
from generator.packets.addresses import AddressSet
from tests.faults.calico import Fault


def a_need_is_the_callers_alone(patch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: Any) -> Iterator[Grant]:
        return (grant for grant in original(*arguments) if grant.way is Way.LEAVING)

    original = services.both_ends
    patch.setattr(services, "both_ends", broken)


def an_expired_exception_means_nothing(patch: pytest.MonkeyPatch) -> None:
    def broken(intent: Any, item: Any, ownership: Any) -> Iterator[Grant]:
        return iter(()) if item.until.year < 2026 else original(intent, item, ownership)

    original = beside.exception
    patch.setattr(beside, "exception", broken)


def anywhere_holds_private_ranges(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(outside, "NOT_THE_INTERNET", AddressSet.nothing())


def a_domain_stands_for_addresses_of_no_host(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("generator.meaning.files.NO_HOST", AddressSet.nothing())


def everybody_may_ask_for_names(patch: pytest.MonkeyPatch) -> None:
    original = platform._asking

    def broken(*arguments: Any) -> Grant:
        grant = original(*arguments)
        return Grant(grant.layer, grant.why, grant.way, OwnedPods(), grant.peer, grant.ports)

    patch.setattr(platform, "_asking", broken)


def guardrails_leave_nothing_open(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(denials, "_named_on_purpose", lambda intent: iter(()))


def a_feed_may_hold_what_the_intent_names(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(denials, "_own_addresses", lambda intent, facts: facts.own_networks)


def a_named_port_is_one_of_any_protocol(patch: pytest.MonkeyPatch) -> None:
    original = rows._named

    def broken(ports: Any, pod: Any) -> Any:
        return original([*ports, *(rows.PortSpec("UDP", 0, 0, port.name) for port in ports)], pod)

    patch.setattr(rows, "_named", broken)


def clients_outside_are_everybody(patch: pytest.MonkeyPatch) -> None:
    original = services._clients

    def broken(exposed: Any, facts: Any) -> Any:
        return (OwnedPods() if isinstance(peer, NoPods) else peer for peer in original(exposed, facts))

    patch.setattr(services, "_clients", broken)


def a_capability_is_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(mean.platform, "capabilities_of", lambda *_: iter(()))


FAULTS_OF_MEANING: tuple[Fault, ...] = (
    a_need_is_the_callers_alone,
    an_expired_exception_means_nothing,
    anywhere_holds_private_ranges,
    a_domain_stands_for_addresses_of_no_host,
    everybody_may_ask_for_names,
    guardrails_leave_nothing_open,
    a_feed_may_hold_what_the_intent_names,
    a_named_port_is_one_of_any_protocol,
    clients_outside_are_everybody,
    a_capability_is_nothing,
)


def what_arrives_is_not_compared(patch: pytest.MonkeyPatch) -> None:
    original = compare.Comparison.gaps_at
    patch.setattr(
        compare.Comparison,
        "gaps_at",
        lambda self, place, way: original(self, place, way) if way is Way.LEAVING else (),
    )


def ipv4_alone_is_compared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(prove, "FAMILIES", (4,))


def nobody_is_almost_the_same(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(stand_in_pods, "_almost", lambda *_: None)
    rules_are_asked_for_nobody(patch)


def no_set_has_labels_of_pods(patch: pytest.MonkeyPatch) -> None:
    original = proof_world.make_groups

    def broken(*arguments: Any) -> Any:
        return (group for group in original(*arguments) if "range" in group.key)

    patch.setattr(proof_world, "make_groups", broken)


def scope_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(prove, "find_beyond", lambda *_: [])


def nothing_is_followed_beyond_the_scope(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(prove, "show_beyond", lambda *_: None)


def our_labels_are_on_sets_of_others(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(proof_world, "_of_others", lambda asked, _: iter(asked))


def rules_are_asked_for_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(proof_world, "asked_for", lambda lowered: [])


def nobody_has_a_label_more(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(stand_in_pods, "_with_more", lambda *_: ())


def labels_are_not_chosen_together(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(asked, "choices_of", lambda *_: [])


FAULTS_OF_COMPARISON: tuple[tuple[Fault, str], ...] = (
    (what_arrives_is_not_compared, "a feed one way"),
    (ipv4_alone_is_compared, "an IPv6 range is gone"),
    (nobody_is_almost_the_same, "a label less"),
    (no_set_has_labels_of_pods, "not pinned to pods"),
    (scope_is_not_looked_at, "a namespace too many"),
    (rules_are_asked_for_nobody, "a peer that nobody named"),
    (rules_are_asked_for_nobody, "a namespace that nobody named"),
    (nobody_has_a_label_more, "no guardrails for pods with a label"),
    (labels_are_not_chosen_together, "a resolver with another's label"),
)

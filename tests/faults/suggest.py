"""Faults in what is suggested for a denied flow; a table of changes must go red under each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from generator.intent.model import PortSpec, Service
from generator.reach.columns import Columns
from generator.reach.decision import Verdict
from generator.reach.flow import evaluate_flow
from generator.suggest import asked, draft, find, inside, opening, outward
from generator.suggest.asked import Asked
from generator.suggest.draft import Draft
from generator.suggest.model import Candidate, Need
from tests.faults.calico import Fault


def lists_lose_their_old_entries(patch: pytest.MonkeyPatch) -> None:
    """Overlays replace lists whole: what stood there before would be cut."""
    patch.setattr(Draft, "_entries", lambda self, way: [])


def other_callers_get_the_new_port_too(patch: pytest.MonkeyPatch) -> None:
    """Add a port to a service without keeping those who need "its ports" to the old ones."""

    def offer(self: Draft, callee: Service, port: PortSpec) -> None:
        self.add(("services", callee.name, "ports"), asked.write_port(port))

    patch.setattr(Draft, "offer", offer)


def all_ports_of_the_callee_are_needed(patch: pytest.MonkeyPatch) -> None:
    """Need the whole service where one port was asked for, and call that tight."""
    patch.setattr(inside, "_ports_unless_all", lambda callee, port: {})
    _need_anything(patch)


def _need_anything(patch: pytest.MonkeyPatch) -> None:
    real = opening.measure_opening
    patch.setattr(find, "measure_opening", lambda before, after, need: real(before, after, Need(None, None, None)))


def what_is_opened_besides_is_overlooked(patch: pytest.MonkeyPatch) -> None:
    """Take every change for tight."""
    _need_anything(patch)


def what_is_not_known_is_overlooked(patch: pytest.MonkeyPatch) -> None:
    """Forget flows of which nobody knows whether they are opened."""
    real = Columns.allowed_into

    def known(self: Columns, place: Any) -> Any:
        return real(self, place)[0], {}

    patch.setattr(opening, "Columns", type("Known", (Columns,), {"allowed_into": known}))


def nothing_is_proved(patch: pytest.MonkeyPatch) -> None:
    """Show the first change that comes to mind, without following the flow."""

    def allowed(engine: Any, flow: Any, **more: Any) -> Any:
        return replace(evaluate_flow(engine, flow, **more), verdict=Verdict.ALLOW)

    patch.setattr(find, "evaluate_flow", allowed)


def a_bare_address_goes_before_a_name(patch: pytest.MonkeyPatch) -> None:
    """Make an external of its own for an address that the intent has a name for."""
    real = outward.to_addresses

    def turned(case: Asked) -> list[Candidate]:
        return list(real(case))[::-1]

    patch.setattr(find, "to_addresses", turned)


def every_pod_with_any_label_is_the_workload(patch: pytest.MonkeyPatch) -> None:
    """Select the pods of a new service by no label of theirs but `tier`."""
    patch.setattr(asked, "_NAMES", ())


def foreign_denies_go_unsaid(patch: pytest.MonkeyPatch) -> None:
    """Go before what others deny without a word."""
    patch.setattr(find, "_overridden", lambda prospect, snapshot: None)


def holes_are_made_in_guardrails(patch: pytest.MonkeyPatch) -> None:
    """Name an address that a guardrail or a feed denies, which takes it out of there."""
    patch.setattr(find, "_guarded", lambda prospect: None)


def a_port_of_another_protocol_will_do(patch: pytest.MonkeyPatch) -> None:
    """Offer UDP 80 as TCP 80."""
    real = asked.write_port

    def tcp(port: PortSpec) -> int | str:
        return real(replace(port, protocol="TCP"))

    for module in (inside, outward, draft):
        patch.setattr(module, "write_port", tcp)


FAULTS_OF_SUGGESTING: tuple[Fault, ...] = (
    lists_lose_their_old_entries,
    other_callers_get_the_new_port_too,
    all_ports_of_the_callee_are_needed,
    what_is_opened_besides_is_overlooked,
    what_is_not_known_is_overlooked,
    nothing_is_proved,
    a_bare_address_goes_before_a_name,
    every_pod_with_any_label_is_the_workload,
    foreign_denies_go_unsaid,
    holes_are_made_in_guardrails,
    a_port_of_another_protocol_will_do,
)

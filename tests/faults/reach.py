"""Faults in the engine: in its view of rules, in the walk of one flow, in the packet sets of all pairs, in the diff."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from generator.calico.ordering import named_sort_key
from generator.packets.addresses import AddressSet
from generator.reach import engine, find_places, flow, lower, lower_rules, pairs, rows, side_sets
from generator.reach.decision import Decision
from generator.reach.differential import Change, Differential
from generator.reach.host_path import HostStages, NodePath
from generator.reach.members import Directory
from generator.reach.model import ANY_SIDE, Action, IcmpView, ServiceKey
from generator.reach.places import Signature
from generator.reach.program import ProfileOp, Program, RuleOp, build_program, policies_by_class, profile_ops
from generator.reach.selector_text import rule_side_selector
from generator.reach.ways import Ways
from generator.reach.zones import ZoneMap
from tests.conformance import reach_doors

Fault = Callable[[pytest.MonkeyPatch], None]


def the_end_of_a_tier_lets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    real = build_program
    monkeypatch.setattr(engine, "build_program", lambda *args, **more: real(*args, **more | {"end_of_tier": False}))


def pass_goes_to_the_profiles(monkeypatch: pytest.MonkeyPatch) -> None:
    real = build_program

    def build(*args: Any, **more: Any) -> Program:
        program = real(*args, **more)
        end = sum(not isinstance(op, ProfileOp) for op in program.ops)
        return replace(
            program, ops=tuple(replace(op, next_tier=end) if isinstance(op, RuleOp) else op for op in program.ops)
        )

    monkeypatch.setattr(engine, "build_program", build)


def log_denies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lower_rules._ACTIONS, "log", Action.DENY)


def staged_policies_are_enforced(monkeypatch: pytest.MonkeyPatch) -> None:
    real = policies_by_class

    def enforced(tiers: Any, index: Any) -> Any:
        return real(
            (replace(tier, policies=tuple(replace(one, staged=False) for one in tier.policies)) for tier in tiers),
            index,
        )

    monkeypatch.setattr(engine, "policies_by_class", enforced)


def a_missing_tier_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    real = lower._passes
    monkeypatch.setattr(lower, "_passes", lambda name, tiers, known: name not in known or real(name, tiers, known))


def ties_go_by_namespace_before_name(monkeypatch: pytest.MonkeyPatch) -> None:
    real = named_sort_key
    monkeypatch.setattr(
        lower,
        "named_sort_key",
        lambda obj, space, name, version: (
            real(obj, space, name, version)[0],
            f"{obj.namespace}/{obj.name}/{obj.kind.value}".encode(),
        ),
    )


def nets_leave_the_other_family_in(monkeypatch: pytest.MonkeyPatch) -> None:
    real = lower_rules._families
    monkeypatch.setattr(lower_rules, "_families", lambda rule, sides: real(rule, (ANY_SIDE, ANY_SIDE)))


def a_lone_negative_selector_is_positive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for an object that has the labels, where nobody with them may have the address."""
    real = rule_side_selector

    def selector(*args: Any) -> Any:
        members, excluded = real(*args)
        return (members, None) if excluded is None else (excluded, None)

    monkeypatch.setattr(lower_rules, "rule_side_selector", selector)
    monkeypatch.setattr(lower_rules, "_view_of_side", lower_rules._view_of_side.__wrapped__)


def change_sides(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> None:
    real = lower_rules._lower_side
    monkeypatch.setattr(lower_rules, "_lower_side", lambda *args, **more: replace(real(*args, **more), **fields))


def negative_ports_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    change_sides(monkeypatch, not_ports=None, not_port_names=())


def services_are_those_of_the_own_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    real = lower_rules._lower_side

    def lower_side(side: Any, own_namespace: str, *, destination: bool) -> Any:
        view = real(side, own_namespace, destination=destination)
        return replace(view, service=view.service and ServiceKey(own_namespace, view.service.name))

    monkeypatch.setattr(lower_rules, "_lower_side", lower_side)


def icmp_codes_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    real = lower_rules._icmp

    def icmp(match: Any) -> IcmpView | None:
        view = real(match)
        return view and replace(view, code=None)

    monkeypatch.setattr(lower_rules, "_icmp", icmp)


def profiles_are_read_from_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    real = profile_ops
    monkeypatch.setattr(engine, "profile_ops", lambda names, exists: real(tuple(names)[::-1], exists))


def network_sets_have_no_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Directory, "group_nets", lambda self, selector: [])


FAULTS_OF_THE_VIEW: tuple[Fault, ...] = (
    the_end_of_a_tier_lets_through,
    pass_goes_to_the_profiles,
    log_denies,
    staged_policies_are_enforced,
    a_missing_tier_passes,
    ties_go_by_namespace_before_name,
    nets_leave_the_other_family_in,
    a_lone_negative_selector_is_positive,
    negative_ports_are_not_asked,
    services_are_those_of_the_own_namespace,
    icmp_codes_are_not_asked,
    profiles_are_read_from_the_end,
    network_sets_have_no_addresses,
)


def a_flow_finds_named_ports_of_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Directory.named_ports
    monkeypatch.setattr(Directory, "named_ports", lambda self, name, selector: real(self, name, None))


def a_flow_may_be_encapsulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow._Walk, "_encapsulated", lambda self: False)


def a_flow_has_no_failsafe_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HostStages, "_failsafe_ports", lambda self, direction: frozenset())


def a_flow_goes_on_after_predenat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask forward and normal policy of a packet for which preDNAT or untracked policy has decided."""

    def note(decision: Decision | None, path: NodePath) -> None:
        if decision is not None:
            path.decisions.append(decision)

    monkeypatch.setattr(HostStages, "_note", staticmethod(note))


def a_flow_from_the_own_node_is_policed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = flow.evaluate_flow

    def evaluate(on: engine.Engine, asked: flow.Flow, *, trace: bool = False) -> flow.FlowVerdict:
        found = real(on, asked, trace=trace)
        if found.note != flow.HOST_TO_LOCAL_POD:
            return found
        outer = {end.node: next(iter(on.outer_hosts(end.node))) for end in (asked.source, asked.destination)}
        return flow._Walk(on, asked, False, outer, flow.NOTHING_SUPPOSED).over_nodes(True)

    monkeypatch.setattr(flow, "evaluate_flow", evaluate)
    monkeypatch.setattr(reach_doors, "evaluate_flow", evaluate)


FAULTS_OF_A_FLOW: tuple[Fault, ...] = (
    a_flow_finds_named_ports_of_everybody,
    a_flow_may_be_encapsulated,
    a_flow_has_no_failsafe_ports,
    a_flow_goes_on_after_predenat,
    a_flow_from_the_own_node_is_policed,
)


def sets_find_named_ports_of_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    real = side_sets.SideSets._named
    monkeypatch.setattr(
        side_sets.SideSets,
        "_named",
        lambda self, place, names, selector, source: real(self, place, names, None, source),
    )


def change_pairs(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> None:
    real = pairs.Pairs.__init__

    def init(self: Any, *args: Any) -> None:
        real(self, *args)
        for name, value in fields.items():
            setattr(self, name, value)

    monkeypatch.setattr(pairs.Pairs, "__init__", init)


def sets_hold_encapsulated_packets(monkeypatch: pytest.MonkeyPatch) -> None:
    change_pairs(monkeypatch, _encapsulated=side_sets.NOTHING)


def sets_have_no_failsafe_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    real = pairs.failsafe_rows
    monkeypatch.setattr(pairs, "failsafe_rows", lambda ports, answers, *rest: real(frozenset(), answers, *rest))


def sets_go_on_after_predenat(monkeypatch: pytest.MonkeyPatch) -> None:
    real = pairs._Stages.arrive

    def arrive(self: Any, host: Any) -> pairs._Settled:
        real(self, host)
        return pairs.UNSETTLED

    monkeypatch.setattr(pairs._Stages, "arrive", arrive)


def differences_of_rows_keep_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "subtract", lambda left, right: left)


def what_a_rule_took_is_there_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    real = rows._apply
    monkeypatch.setattr(rows, "_apply", lambda live, matches, base: replace(real(live, matches, base), left=live))


def one_end_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ways, "beside", lambda left, right: Ways(rows.unite(left.may, right.may), right.may_not))


@dataclass(frozen=True, slots=True)
class _Shorter:
    """Nets whose ranges end one address too soon."""

    nets: AddressSet

    def family(self, family: int) -> Iterator[tuple[int, int]]:
        return ((low, high - 1) for low, high in self.nets.family(family))


def zones_end_one_too_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    real: Any = ZoneMap.__init__

    def init(self: Any, family: int, nets: Any) -> None:
        real(self, family, [_Shorter(one) for one in nets])
        self._zones_of = {shorter.nets: zones for shorter, zones in self._zones_of.items()}

    monkeypatch.setattr(ZoneMap, "__init__", init)


def pods_of_one_zone_are_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tell pods apart by their zone alone, whatever their labels are."""
    real = find_places._Signatures.of

    def of(self: Any, number: int) -> Signature:
        found = real(self, number)
        first = self.__dict__.setdefault("first", {})
        return first.setdefault(found.zone, found) if found.carriers else found

    monkeypatch.setattr(find_places._Signatures, "of", of)
    monkeypatch.setattr(find_places._Finder, "_told_apart", lambda self, on, pod: ())


def services_and_names_are_not_looked_up_place_by_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_sets.SideSets, "_special", lambda self, side: 0)


FAULTS_OF_SETS: tuple[Fault, ...] = (
    sets_find_named_ports_of_everybody,
    sets_hold_encapsulated_packets,
    sets_have_no_failsafe_ports,
    sets_go_on_after_predenat,
    differences_of_rows_keep_everything,
    what_a_rule_took_is_there_for_the_next,
    one_end_is_enough,
    zones_end_one_too_soon,
    pods_of_one_zone_are_one_place,
    services_and_names_are_not_looked_up_place_by_place,
)


def newly_allowed_and_denied_are_swapped(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Differential.between

    def between(self: Differential, source: Any, destination: Any) -> Change:
        change = real(self, source, destination)
        return replace(change, newly_allowed=change.newly_denied, newly_denied=change.newly_allowed)

    monkeypatch.setattr(Differential, "between", between)


def the_differential_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = Change(side_sets.NOTHING, side_sets.NOTHING, side_sets.NOTHING)
    monkeypatch.setattr(Differential, "between", lambda self, source, destination: nothing)


FAULTS_OF_THE_DIFFERENTIAL: tuple[Fault, ...] = (
    newly_allowed_and_denied_are_swapped,
    the_differential_is_empty,
)

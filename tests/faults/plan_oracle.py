"""Planted faults of the checker of plans: each blinds it in one way that a case or a corner must show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.calico import Fault
from tests.plan_oracle_parts import clusters, demands, ends, judge, likeness, packets, questions, states, steps
from tests.plan_oracle_parts.demands import Demand
from tests.plan_oracle_parts.states import Course, State, Stretch
from tests.plan_oracle_parts.steps import Key, Pause, Step, Wait, Write
from tests.plan_oracle_parts.violation import Harm


def kinds_go_hand_in_hand(patch: pytest.MonkeyPatch) -> None:
    """A node takes in the writes in the order of the API, whatever their kinds."""

    def broken(self: Any, asked: Any, stretch: Stretch) -> Iterator[State]:
        for last in sorted({item.last for found in stretch.standings.values() for item in found}):
            yield {
                kind: ([item for item in found if item.last <= last] or [found[0]])[-1]
                for kind, found in stretch.standings.items()
            }

    patch.setattr(ends.Ends, "states", broken)


def both_ends_have_one_state(patch: pytest.MonkeyPatch) -> None:
    right = judge.on_two_nodes
    patch.setattr(
        judge, "on_two_nodes", lambda scene, one, other: right(scene, one, other) and not (one.pod and other.pod)
    )


def nodes_never_share_a_state(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(judge, "on_two_nodes", lambda scene, one, other: bool(one.node or other.node))


def no_pod_is_added(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(judge, "on_two_nodes", lambda scene, one, other: one.node != other.node)


def waits_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Course, "wait", lambda self, step: None)


def a_wait_is_for_all_kinds(patch: pytest.MonkeyPatch) -> None:
    right = Course.wait
    patch.setattr(Course, "wait", lambda self, step: right(self, replace(step, kinds=None)))


def a_wait_for_one_policy_is_for_kubernetes_too(patch: pytest.MonkeyPatch) -> None:
    right = steps.key_of

    def broken(manifest: Any) -> Key:
        kind, namespace, name = right(manifest)
        return kind.removeprefix("Kubernetes"), namespace, f"{kind}-{name}"

    patch.setattr(steps, "key_of", broken)


def _followed(patch: pytest.MonkeyPatch, change: Callable[[Step], list[Step]]) -> None:
    right = states.follow

    def broken(course: Course, found: Sequence[Step], prefix: str = "") -> list[Stretch]:
        return right(course, [one for step in found for one in change(step)], prefix)

    patch.setattr(states, "follow", broken)


def a_pause_confirms(patch: pytest.MonkeyPatch) -> None:
    _followed(patch, lambda step: [Wait(step.step) if isinstance(step, Pause) else step])


def each_write_is_confirmed(patch: pytest.MonkeyPatch) -> None:
    _followed(patch, lambda step: [step, Wait(step.step)] if isinstance(step, Write) else [step])


def states_in_between_are_left_out(patch: pytest.MonkeyPatch) -> None:
    right = Course.stretch

    def broken(self: Course, name: str) -> Stretch:
        whole = right(self, name)
        return replace(whole, standings={kind: (found[0], found[-1]) for kind, found in whole.standings.items()})

    patch.setattr(Course, "stretch", broken)


def nothing_overtakes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(states, "_overtaken", lambda found: iter(()))


def the_way_back_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(judge, "_add_rollbacks", lambda *asked: [])


def every_way_back_is_known(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Stretch, "holds", lambda self, other: True)


def what_is_there_at_the_end_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    right = states.way_of_rollback
    patch.setattr(judge, "way_of_rollback", lambda *asked: (right(*asked)[0], {}))


def writes_always_fit(patch: pytest.MonkeyPatch) -> None:
    right = Course.write

    def broken(self: Course, step: Write) -> None:
        there = self.versions.manifests[self.objects.get(next(iter(step.changes)), 0)]
        if there is not None or step.after is not None:
            right(self, replace(step, before=there))

    patch.setattr(Course, "write", broken)


def _demanded(patch: pytest.MonkeyPatch, change: Callable[[Demand], Demand]) -> None:
    right = demands.demand_of
    patch.setattr(judge, "demand_of", lambda scene, layout: change(right(scene, layout)))


def _without(demand: Demand, harm: Harm) -> Demand:
    return replace(demand, leave={**demand.leave, harm: 0}, enter={**demand.enter, harm: 0})


def nothing_is_opened(patch: pytest.MonkeyPatch) -> None:
    _demanded(patch, lambda demand: replace(demand, shut=0))


def nothing_is_cut(patch: pytest.MonkeyPatch) -> None:
    _demanded(patch, lambda demand: _without(demand, Harm.CUT))


def what_is_cut_at_the_end_may_be_cut(patch: pytest.MonkeyPatch) -> None:
    _demanded(patch, lambda demand: _without(demand, Harm.MANAGEMENT))


def the_source_is_enough(patch: pytest.MonkeyPatch) -> None:
    _demanded(patch, lambda demand: replace(demand, enter=dict.fromkeys(demand.enter, 0)))


def the_destination_is_enough(patch: pytest.MonkeyPatch) -> None:
    _demanded(patch, lambda demand: replace(demand, leave=dict.fromkeys(demand.leave, 0)))


def webhooks_are_not_called(patch: pytest.MonkeyPatch) -> None:
    right = demands.demand_of
    patch.setattr(judge, "demand_of", lambda scene, layout: right(replace(scene, called=()), layout))


def hosts_do_not_matter(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(demands, "is_management", lambda scene, end: end.pod in scene.management)


def tiers_decide_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ends, "TIER", "no such kind")
    patch.setattr(ends, "WITHOUT_EFFECT", (*clusters.WITHOUT_EFFECT, "Tier"))


def sets_decide_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ends, "WITHOUT_EFFECT", (*clusters.WITHOUT_EFFECT, "GlobalNetworkSet"))


def namespaces_decide_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ends, "WITHOUT_EFFECT", (*clusters.WITHOUT_EFFECT, "Namespace"))


def policies_that_come_decide_nothing(patch: pytest.MonkeyPatch) -> None:
    right = ends.Ends._selecting

    def broken(self: Any, end: Any, direction: Any) -> Any:
        start = {id(one) for key, number in self.clusters.start.items() for one in self.clusters.policies(key, number)}
        return [found for found in right(self, end, direction) if id(found[1]) in start]

    patch.setattr(ends.Ends, "_selecting", broken)


def one_port_stands_for_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(packets, "_ports", lambda protocol, rules, exposed, more: [1])


def nobody_is_outside(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(questions, "outside_addresses", lambda rules, bases, family: [])


def one_address_outside_stands_for_all(patch: pytest.MonkeyPatch) -> None:
    right = packets.outside_addresses
    patch.setattr(questions, "outside_addresses", lambda rules, bases, family: right(rules, bases, family)[:1])


def there_is_no_ipv6(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(judge, "FAMILIES", (4,))


def there_is_no_ping(patch: pytest.MonkeyPatch) -> None:
    right = packets.sorts_of
    patch.setattr(
        questions,
        "sorts_of",
        lambda *asked: [sort for sort in right(*asked) if sort.protocol not in packets.ICMP.values()],
    )


def all_addresses_are_alike(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(likeness, "what_is_seen", lambda cluster, side, address: None)


def nets_tell_nothing_apart(patch: pytest.MonkeyPatch) -> None:
    right = likeness.what_is_seen
    patch.setattr(
        likeness,
        "what_is_seen",
        lambda cluster, side, address: right(cluster, replace(side, nets=(), not_nets=()), address),
    )


def services_have_no_ports(patch: pytest.MonkeyPatch) -> None:
    right = packets.sorts_of
    patch.setattr(questions, "sorts_of", lambda rules, family, exposed, asked: right(rules, family, exposed))


FAULTS_OF_THE_CHECKER: tuple[Fault, ...] = (
    kinds_go_hand_in_hand,
    both_ends_have_one_state,
    nodes_never_share_a_state,
    no_pod_is_added,
    waits_are_forgotten,
    a_wait_is_for_all_kinds,
    a_wait_for_one_policy_is_for_kubernetes_too,
    a_pause_confirms,
    each_write_is_confirmed,
    states_in_between_are_left_out,
    nothing_overtakes,
    the_way_back_is_not_looked_at,
    every_way_back_is_known,
    what_is_there_at_the_end_is_not_looked_at,
    writes_always_fit,
    nothing_is_opened,
    nothing_is_cut,
    what_is_cut_at_the_end_may_be_cut,
    the_source_is_enough,
    the_destination_is_enough,
    webhooks_are_not_called,
    hosts_do_not_matter,
    tiers_decide_nothing,
    sets_decide_nothing,
    namespaces_decide_nothing,
    policies_that_come_decide_nothing,
    one_port_stands_for_all,
    nobody_is_outside,
    one_address_outside_stands_for_all,
    there_is_no_ipv6,
    there_is_no_ping,
    all_addresses_are_alike,
    nets_tell_nothing_apart,
    services_have_no_ports,
)

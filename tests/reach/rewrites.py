"""Random rewrites of small worlds that keep the meaning, each kind both as it is and, where it says so, undone."""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.reach import rewrites_policies as policies
from tests.reach import rewrites_rules as rules
from tests.reach import rewrites_selectors as selectors
from tests.reach.rewrites_worlds import Objects, Rewrite, base_world

SEEDS: Final = range(5_000)
PER_WORLD: Final = 12


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of rewrite; with `undone` the rewritten world is the first of the two and the random one the second."""

    name: str
    rewrite: Rewrite
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """Two worlds of one meaning."""

    seed: int
    kind: Kind
    before: Objects
    after: Objects


KINDS: Final = (
    Kind("rule split by port", rules.split_by_port),
    Kind("rules merged by port", rules.split_by_port, undone=True),
    Kind("rule split by protocol", rules.split_by_protocol),
    Kind("rules merged by protocol", rules.split_by_protocol, undone=True),
    Kind("rule split by family", rules.split_by_family),
    Kind("rule split by ICMP type", rules.split_by_icmp_type),
    Kind("rule split by net", rules.split_by_net),
    Kind("rules merged by net", rules.split_by_net, undone=True),
    Kind("net written as halves", rules.halve_a_net),
    Kind("protocol by number", rules.write_protocol_as_number),
    Kind("rule repeated", rules.repeat_a_rule),
    Kind("covered rule removed", rules.add_a_covered_rule, undone=True),
    Kind("neighbours of one action swapped", rules.swap_neighbours),
    Kind("Log added", rules.log_on_the_way),
    Kind("selector negated twice", selectors.negate_twice),
    Kind("selector by De Morgan", selectors.de_morgan),
    Kind("== as in", selectors.equality_as_set),
    Kind("in as ==", selectors.set_as_equalities),
    Kind("has before ==", selectors.say_that_it_is_there),
    Kind("selector by two cases", selectors.put_in_turn),
    Kind("notSelector folded in", selectors.fold_not_selector),
    Kind("namespaces by name", selectors.namespaces_by_name),
    Kind("own namespace in words", selectors.own_namespace_in_words),
    Kind("service account by label", selectors.account_as_label),
    Kind("Kubernetes policy as Calico's", policies.kubernetes_as_calico),
    Kind("Calico's policy as Kubernetes'", policies.kubernetes_as_calico, undone=True),
    Kind("namespaced policy as global", policies.namespaced_as_global),
    Kind("orders renumbered", policies.renumber_orders),
    Kind("an order for each policy", policies.number_every_policy),
    Kind("types made explicit", policies.leave_out_types, undone=True),
    Kind("policy split in two", policies.split_a_policy),
    Kind("policies merged", policies.split_a_policy, undone=True),
    Kind("policy split by direction", policies.split_by_direction),
    Kind("policy split by what it selects", policies.split_by_selected),
    Kind("tier renamed", policies.rename_a_tier),
    Kind("policy moved before tier default", policies.move_before_default),
    Kind("set split in two", policies.split_a_set),
)


def random_cases(each: int, kinds: tuple[Kind, ...] = KINDS) -> Iterator[tuple[Objects, list[Case]]]:
    """Yield random worlds with their cases, until there are `each` of every kind or no seed is left."""
    counts: Counter[str] = Counter()
    for seed in SEEDS:
        wanted = [kind for kind in kinds if counts[kind.name] < each]
        if not wanted:
            return
        chance = random.Random(seed)
        chance.shuffle(wanted)
        wanted.sort(key=lambda kind: counts[kind.name])
        base = base_world(seed)
        cases = [case for kind in wanted if (case := _case(seed, kind, base)) is not None][:PER_WORLD]
        counts.update(case.kind.name for case in cases)
        if cases:
            yield base, cases


def _case(seed: int, kind: Kind, base: Objects) -> Case | None:
    rewritten = copy.deepcopy(base)
    if not kind.rewrite(rewritten, random.Random(seed)) or rewritten == base:
        return None
    return Case(seed, kind, rewritten, base) if kind.undone else Case(seed, kind, base, rewritten)

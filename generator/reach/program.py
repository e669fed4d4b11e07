"""What is asked of a packet at one endpoint in one direction, as a list that is read from the top (calico.md 0, 2)."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from generator.reach.inventory import DEFAULT_ALLOW
from generator.reach.label_index import LabelIndex
from generator.reach.model import Direction, PolicyClass, PolicyView, RuleView, TierView


@dataclass(frozen=True, slots=True)
class RuleOp:
    """A rule to try; where it matches and passes, the list is read on at `next_tier`."""

    tier: TierView
    policy: PolicyView
    rule: RuleView
    next_tier: int


@dataclass(frozen=True, slots=True)
class EndOfTier:
    """What no rule of the tier decided is denied here."""

    tier: TierView


@dataclass(frozen=True, slots=True)
class ProfileOp:
    """A profile decides: it allows everything, or it does not exist and Felix puts one in its place that denies."""

    name: str
    allows: bool


Op = RuleOp | EndOfTier | ProfileOp


@dataclass(frozen=True, slots=True)
class Program:
    """The list; what falls out at the end is not decided. `tiers` are those that are in play."""

    ops: tuple[Op, ...]
    tiers: tuple[str, ...]


EMPTY = Program((), ())


def policies_by_class(tiers: Iterable[TierView], index: LabelIndex) -> list[list[tuple[TierView, PolicyView]]]:
    """Return, for each label class, the enforced policies that select it, in the order of evaluation."""
    found: list[list[tuple[TierView, PolicyView]]] = [[] for _ in index.labels]
    for tier in tiers:
        for some in tier.isolating:
            for number in index.isolated_by(some):
                found[number].append((tier, some.policy))
        for policy in tier.policies:
            if not policy.staged:
                for number in index.select(policy.selector):
                    found[number].append((tier, policy))
    return found


def build_program(
    policies: Iterable[tuple[TierView, PolicyView]],
    direction: Direction,
    classes: Container[PolicyClass],
    *,
    end_of_tier: bool = True,
    profiles: Sequence[ProfileOp] = (),
) -> Program:
    """Return the list for one endpoint, direction and place; `policies` are those that select it, in order."""
    ops: list[Op] = []
    names: list[str] = []
    governed = [pair for pair in policies if direction in pair[1].governs and pair[1].kind in classes]
    for tier, group in groupby(governed, key=itemgetter(0)):
        names.append(tier.name)
        denies = end_of_tier and not tier.passes
        rules = [(policy, rule) for _, policy in group for rule in policy.rules(direction)]
        after = len(ops) + len(rules) + (1 if denies else 0)
        ops += [RuleOp(tier, policy, rule, after) for policy, rule in rules]
        if denies:
            ops.append(EndOfTier(tier))
    return Program((*ops, *profiles), tuple(names))


def profile_ops(names: Iterable[str], exists: Callable[[str], bool]) -> tuple[ProfileOp, ...]:
    """Return what the profiles of an endpoint decide; a service account's profile has no rules and decides nothing."""
    ops: list[ProfileOp] = []
    for name in names:
        if not exists(name):
            ops.append(ProfileOp(name, allows=False))
        elif name == DEFAULT_ALLOW or name.startswith("kns."):
            ops.append(ProfileOp(name, allows=True))
        else:
            continue
        break  # what follows is never reached
    return tuple(ops)

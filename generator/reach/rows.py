"""One end of all flows at once: for a fixed place, what each other place may send to it, or get from it.

A row maps packets to the set of places they go with; the sets of places are disjoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from generator.packets.transport import TransportSet
from generator.reach.model import ANY_SIDE, Action
from generator.reach.places import Mask, Place
from generator.reach.program import EndOfTier, Op, ProfileOp, Program, RuleOp
from generator.reach.side_sets import Match, SideSets

Row = dict[TransportSet, Mask]
_MOST_BEGINNINGS: Final = 256  # each is a few rows


def add_to(row: Row, packets: TransportSet, mask: Mask) -> None:
    """Add places with packets to a row in which these places do not occur yet."""
    if packets and mask:
        row[packets] = row.get(packets, 0) | mask


def combine(left: Row, right: Row, operation: Callable[[TransportSet, TransportSet], TransportSet]) -> Row:
    """Combine two rows place by place; a place that one does not hold goes with no packets there."""
    found: Row = {}
    nothing = TransportSet.nothing()
    rest_right = 0
    for mask in right.values():
        rest_right |= mask
    for packets, mask in left.items():
        rest = mask
        for others, places in right.items():
            both = rest & places
            if both:
                add_to(found, operation(packets, others), both)
                rest &= ~both
        if rest:
            add_to(found, operation(packets, nothing), rest)
        rest_right &= ~mask
    if rest_right:
        for others, places in right.items():
            add_to(found, operation(nothing, others), places & rest_right)
    return found


def unite(left: Row, right: Row) -> Row:
    """Return what either row has."""
    if not left or not right:
        return left or right
    if _places(left) & _places(right):
        return combine(left, right, TransportSet.__or__)
    found = dict(left)
    for packets, mask in right.items():
        found[packets] = found.get(packets, 0) | mask
    return found


def _places(row: Row) -> Mask:
    held = 0
    for mask in row.values():
        held |= mask
    return held


def intersect(left: Row, right: Row) -> Row:
    """Return what both rows have."""
    if not left or not right:
        return {}
    return left if left == right else combine(left, right, TransportSet.__and__)


def subtract(left: Row, right: Row) -> Row:
    """Return what the left row has and the right one has not."""
    if not left or not right:
        return left
    return {} if left == right else combine(left, right, TransportSet.__sub__)


def restrict(row: Row, mask: Mask) -> Row:
    """Return the part of a row that concerns some places."""
    return {packets: places & mask for packets, places in row.items() if places & mask}


def at_place(row: Row, number: int) -> TransportSet:
    """Return the packets that go with one place."""
    for packets, places in row.items():
        if places >> number & 1:
            return packets
    return TransportSet.nothing()


@dataclass(slots=True)
class Outcome:
    """What a program makes of all packets: rows of those allowed, denied, and not decided.

    Rows overlap exactly in what is not known.
    """

    allowed: Row = field(default_factory=dict)
    denied: Row = field(default_factory=dict)
    undecided: Row = field(default_factory=dict)


@dataclass(slots=True)
class _Split:
    hit: Row
    left: Row


def _apply(live: Row, matches: Sequence[Match], base: TransportSet) -> _Split:
    """Split what is live by a rule; what it may match without anybody knowing is both hit and left."""
    hit: Row = {}
    left: Row = {}
    touched = 0
    for match in matches:
        touched |= match.sure | match.unsure
    for packets, mask in live.items():
        if not mask & touched:
            left[packets] = left.get(packets, 0) | mask
            continue
        rest = mask
        for match in matches:
            sure, unsure = rest & match.sure, rest & match.unsure
            if not sure | unsure:
                continue
            matched = packets & base & match.transport
            if not matched:
                continue
            add_to(hit, matched, sure | unsure)
            add_to(left, packets - matched, sure)
            rest &= ~sure
        add_to(left, packets, rest)
    return _Split(hit, left)


class Outcomes:
    """What programs made of rows, for states of one cluster that share places and most of their rules.

    A program is known again by its rules as objects; it is kept with the outcome, so that no other rule can come to
    stand where one of them stood.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[object, ...], tuple[Program, Outcome]] = {}

    def key(self, runner: RowRunner, program: Program, live: Row) -> tuple[object, ...]:
        """Return all that an outcome hangs on."""
        return (runner.place.number, runner.is_source, tuple(map(_step, program.ops)), tuple(live.items()))

    def find(self, key: tuple[object, ...]) -> Outcome | None:
        """Return an outcome that was kept."""
        found = self._found.get(key)
        return None if found is None else found[1]

    def keep(self, key: tuple[object, ...], program: Program, outcome: Outcome) -> None:
        """Keep an outcome; nobody changes its rows afterwards."""
        self._found[key] = (program, outcome)


class Beginnings:
    """What the first rules of programs made of rows, for programs that begin alike.

    Policies for all pods come before those of one namespace. As long as their rules ask nothing of the fixed place
    itself, they do the same at each place, so it is worked out once.
    """

    def __init__(self, sides: SideSets) -> None:
        self._sides = sides
        self._found: dict[tuple[object, ...], tuple[tuple[Op, ...], Row, Outcome]] = {}

    def run(self, program: Program, live: Row, *, is_source: bool, place: Place) -> tuple[int, Row, Outcome]:
        """Return where to read on, with which packets, and what is decided so far."""
        first = _same_everywhere(program, is_source=is_source)
        if not first:
            return 0, live, Outcome()
        # By the rules as objects, which are kept beside what is found, so that none can take the place of another.
        ops = program.ops[:first]
        key = (is_source, tuple(id(op.rule) for op in ops if isinstance(op, RuleOp)), tuple(live.items()))
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _MOST_BEGINNINGS:
                self._found.clear()
            outcome = Outcome()
            rest = RowRunner(self._sides, place, is_source=is_source).follow(ops, live, outcome)
            found = self._found[key] = (ops, rest, outcome)
        _, rest, outcome = found
        return first, rest, Outcome(outcome.allowed, outcome.denied)


def _same_everywhere(program: Program, *, is_source: bool) -> int:
    """Return how many ops from the top are rules of global policies that decide by the other end alone, or not at all.

    None of them passes, so that nothing is read on elsewhere.
    """
    for number, op in enumerate(program.ops):
        if not isinstance(op, RuleOp) or op.policy.id.namespace or op.rule.action is Action.PASS:
            return number
        if (op.rule.source if is_source else op.rule.destination) is not ANY_SIDE:
            return number
    return len(program.ops)


def _step(op: Op) -> object:
    match op:
        case RuleOp():
            return id(op.rule), op.next_tier
        case EndOfTier():
            return "end of tier"
        case ProfileOp():
            return op.allows


class RowRunner:
    """Runs programs at one fixed place, on everything that goes between it and the other places."""

    def __init__(
        self,
        sides: SideSets,
        place: Place,
        *,
        is_source: bool,
        outcomes: Outcomes | None = None,
        beginnings: Beginnings | None = None,
    ) -> None:
        self._sides = sides
        self.place = place
        self.is_source = is_source
        self._outcomes = outcomes
        self._beginnings = beginnings

    def run(self, program: Program, live: Row) -> Outcome:
        """Return what a program makes of the packets of a row."""
        if self._outcomes is None:
            return self._run(program, live)
        key = self._outcomes.key(self, program, live)
        outcome = self._outcomes.find(key)
        if outcome is None:
            outcome = self._run(program, live)
            self._outcomes.keep(key, program, outcome)
        return outcome

    def _run(self, program: Program, live: Row) -> Outcome:
        first, outcome = 0, Outcome()
        if self._beginnings is not None:
            first, live, outcome = self._beginnings.run(program, live, is_source=self.is_source, place=self.place)
        outcome.undecided = self.follow(program.ops, live, outcome, first)
        return outcome

    def follow(self, ops: Sequence[Op], live: Row, outcome: Outcome, first: int = 0) -> Row:
        """Read a list from its op number `first` and add to an outcome; return what nothing decided."""
        passed: dict[int, Row] = {}
        for number, op in enumerate(ops[first:], first):
            if number in passed:
                live = unite(live, passed.pop(number))
            if not live:
                continue
            match op:
                case RuleOp():
                    live = self._try(op, live, outcome, passed)
                case EndOfTier():
                    outcome.denied = unite(outcome.denied, live)
                    live = {}
                case ProfileOp(_, allows):
                    if allows:
                        outcome.allowed = unite(outcome.allowed, live)
                    else:
                        outcome.denied = unite(outcome.denied, live)
                    live = {}
        for late in passed.values():
            live = unite(live, late)
        return live

    def _try(self, op: RuleOp, live: Row, outcome: Outcome, passed: dict[int, Row]) -> Row:
        rule = op.rule
        base = self._sides.base(rule)
        if rule.action is Action.LOG or not base:
            return live
        source = self.is_source
        fixed, varied = (rule.source, rule.destination) if source else (rule.destination, rule.source)
        own = [] if fixed is ANY_SIDE else self._own(self._sides.match_side(fixed, rule.protocol, source))
        if fixed is not ANY_SIDE and not own:
            return live
        unsure = rule.unsure is not None
        self._sides.unsure = self._sides.unsure or unsure
        for maybe, packets in own:
            base = base & packets
            unsure = unsure or maybe
        split = _apply(live, self._sides.match_side(varied, rule.protocol, not source), base)
        match rule.action:
            case Action.ALLOW:
                outcome.allowed = unite(outcome.allowed, split.hit)
            case Action.DENY:
                outcome.denied = unite(outcome.denied, split.hit)
            case _:
                passed[op.next_tier] = unite(passed.get(op.next_tier, {}), split.hit)
        return live if unsure else split.left

    def _own(self, matches: Iterable[Match]) -> list[tuple[bool, TransportSet]]:
        """Return (not sure, packets) of the match that holds the fixed place, if one does."""
        bit = self.place.bit
        return [(bool(match.unsure & bit), match.transport) for match in matches if (match.sure | match.unsure) & bit]

"""The sign: numbers of Felix that cannot be what they are before every write of every kind has come to the node.

What is counted, and why that covers each kind, is said in ARCHITECTURE.md ("How a wait is confirmed"). In short: a node
takes in each kind in the order of its writes. From one moment on every event of every counted kind is known, whoever
wrote it (`feeds`), and with it every sum that a node can show that lacks one of them (`ledger`). Canaries are created
after the writes until the sum of all is none of these. A node that shows it has everything; once its dataplane stands
still too, it enforces it. The moment to count from is found by canaries as well, kind by kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from generator.apply.waits.canaries import CanaryCage
from generator.apply.waits.changes import change_of
from generator.apply.waits.faults import BeginAgain, NoSign
from generator.apply.waits.feeds import Feed, look_at_all
from generator.apply.waits.fleet import Agent, Fleet, FleetReader
from generator.apply.waits.kinds import COUNTED_TOO, MEASURES, Measure, collection_of
from generator.apply.waits.ledger import Column, Ledger
from generator.apply.waits.metrics import Reading
from generator.apply.waits.stillness import Stillness
from generator.calico.kinds import Kind
from generator.calico.versions import knows_kind, parse_version
from generator.cluster.access import Connection
from generator.cluster.clock import Clock

_TRIES: Final = 3
_NUMBERS: Final = (2, 3, 5, 7, 11, 13)  # one for each kind of MEASURES
_ENOUGH: Final = 40  # canaries of one kind that are left to live
_MANY: Final = 100  # canaries of one kind at most; what needs more is not confirmed
Shown = Mapping[str, Reading | str]
OnLook = Callable[[Mapping[str, str], int], None]  # what each node still lacks, of how many nodes


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: between two looks at the nodes, for which the dataplane stands still, and that a wait lasts at most.

    `limit` is for all that a wait does, from counting anew to the last look.
    """

    poll: float = 0.25
    still: float = 1.0
    limit: float = 120.0


PACE: Final = Pace()


@dataclass
class _Count:
    """What is counted from: the fleet, what each node showed, and all that was written since."""

    fleet: Fleet
    shown: Mapping[str, Reading]
    feeds: Mapping[Kind, Feed]
    columns: Mapping[Kind, Column]

    def ledgers(self) -> dict[Measure, Ledger]:
        """Return the ledger of each number."""
        found: dict[Measure, dict[object, Column]] = {}
        for kind, column in self.columns.items():
            found.setdefault(MEASURES.get(kind, Measure.POLICIES), {})[kind] = column
        return {measure: Ledger(columns) for measure, columns in found.items()}


class Sign:
    """Confirms that all nodes have what was written, for the kinds in `kinds`, which are among MEASURES.

    `confirm` before the first write and after each stage, `end` at last. NoSign where nothing can be proven.
    """

    def __init__(
        self,
        connection: Connection,
        clock: Clock,
        reader: FleetReader,
        cage: CanaryCage,
        kinds: Iterable[Kind],
        calico: str,
        version: str,
        pace: Pace = PACE,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._reader = reader
        self._cage = cage
        release = parse_version(version)
        self._followed = tuple(kind for kind in (*MEASURES, *COUNTED_TOO) if knows_kind(release, kind))
        self._kinds = tuple(sorted(set(kinds) & set(MEASURES) & set(self._followed)))
        self._calico = calico
        self._version = version
        self._pace = pace
        self._count: _Count | None = None
        self._deadline = 0.0
        self._has_worked = False

    @property
    def limit(self) -> float:
        """Return how many seconds a confirmation may take."""
        return self._pace.limit

    @property
    def fleet(self) -> Fleet | None:
        """Return who was there when counting began."""
        return self._count.fleet if self._count is not None else None

    def confirm(self, on_look: OnLook) -> dict[str, str]:
        """Wait until all nodes have all that is written by now; returns those that have not, with what they lack.

        The first call finds the moment to count from, which proves all that was written before, too.
        """
        reason = ""
        self._deadline = self._clock.monotonic() + self._pace.limit
        for _ in range(_TRIES):
            try:
                behind = self._go_on(on_look) if self._count is not None else self._begin(on_look)
            except BeginAgain as error:
                self._count = None
                reason = error.reason
                continue
            if behind:
                return behind
            self._has_worked = True
            if any(self._cage.alive(kind) > _ENOUGH for kind in self._served()):
                self._thin_out()
            return {}
        return {"": reason}

    def _go_on(self, on_look: OnLook) -> dict[str, str]:
        # One of each kind is mostly enough, and made before the first look it spares another.
        for kind in self._served():
            self._cage.add(kind, 1)
        return self._prove(on_look)

    def _begin(self, on_look: OnLook) -> dict[str, str]:
        self._clear()
        found = self._start(on_look)
        if isinstance(found, Mapping):
            return dict(found)
        self._count = found
        # Every kind has to answer, each with another number, and then down again. What a node had not taken in before
        # comes before the canaries of its kind, and a kind that is held up shows nothing.
        for kind, number in zip(self._served(), _NUMBERS, strict=False):
            self._cage.add(kind, number)
        behind = self._prove(on_look)
        self._thin_out()
        behind = behind or self._prove(on_look)
        if behind:
            self._count = None
        return behind

    def _served(self) -> tuple[Kind, ...]:
        assert self._count is not None
        return tuple(kind for kind in self._kinds if kind in self._count.columns)

    def end(self) -> None:
        """Remove the canaries."""
        self._clear()
        self._count = None

    def _clear(self) -> None:
        """Remove all canaries: ours, and what a killed run of another plan has left in kinds that this one has not."""
        self._cage.clear(self._kinds)
        with suppress(NoSign):
            self._cage.clear(tuple(kind for kind in self._followed if kind in MEASURES and kind not in self._kinds))

    def _start(self, on_look: OnLook) -> _Count | dict[str, str]:
        """Return the count from a moment at which all nodes showed the same, nothing moved and nobody wrote."""
        while True:
            fleet = self._reader.read_speaking()
            feeds = self._follow()
            still, blank = Stillness(self._clock, self._pace.still), 0
            if not fleet.agents:
                off = next(iter(sorted(fleet.blind.values())), "no node has a calico-node pod")
                raise NoSign(off if not fleet.remedies else f"on no node: {off}", fleet.remedies)
            while True:
                shown = self._reader.ask_all(fleet.agents)
                blank = 0 if _readings(shown) else blank + 1
                if blank >= _TRIES and not self._has_worked:
                    raise NoSign(f"on no node: {next(iter(shown.values()))}")
                behind = _disagreeing(shown)
                if not behind and still.holds(_readings(shown)):
                    break
                behind = behind or dict.fromkeys(fleet.agents, "its dataplane is at work")
                on_look(behind, len(fleet.agents))
                if self._clock.monotonic() >= self._deadline:
                    return behind
                self._clock.sleep(self._pace.poll)
            if not any(look_at_all(feeds).values()):
                kinds = {kind: Column(can_grow=kind in self._kinds) for kind in feeds}
                return _Count(fleet, _readings(shown), feeds, kinds)
            if self._clock.monotonic() >= self._deadline:
                return dict.fromkeys(fleet.agents, "somebody writes policies all the time")

    def _follow(self) -> dict[Kind, Feed]:
        found: dict[Kind, Feed] = {}
        for kind in self._followed:
            feed = Feed(self._connection, self._clock, collection_of(kind, self._calico), self._cage.probe(kind))
            if feed.start():
                found[kind] = feed
        return found

    def _look(self) -> bool:
        """Take in what was written since the last look; tell whether anything was."""
        assert self._count is not None
        news = False
        for kind, events in look_at_all(self._count.feeds).items():
            for event in events:
                change = change_of(kind, event, self._version, coalesced=bool(self._count.fleet.typhas))
                if change is not None:
                    metadata = event.manifest["metadata"]
                    name = f"{metadata.get('namespace') or ''}/{metadata.get('name')}"
                    self._count.columns[kind].take(change, name, is_sum=MEASURES.get(kind) is Measure.SET_UPDATES)
                    news = True
        return news

    def _prove(self, on_look: OnLook) -> dict[str, str]:
        """Wait until the nodes have shown that they have all that is written by now."""
        assert self._count is not None
        count = self._count
        self._look()
        for kind, column in count.columns.items():
            column.mark = len(column.changes) if kind in self._kinds else column.proven
        self._make_provable()
        still = Stillness(self._clock, self._pace.still)
        agents = self._agents()
        while True:
            shown = self._reader.ask_all(agents)
            behind = self._behind(shown)
            steady = still.holds(_readings(shown))
            if not behind and steady:
                # What others wrote up to this moment may be in what was shown; only with it all the proof is one.
                if not self._look() or not (behind := self._behind(shown)):
                    self._settle(shown)
                    return {}
                self._make_provable()
            elif not behind:
                behind = still.at_work(_readings(shown))
            on_look(behind, len(agents))
            if self._clock.monotonic() >= self._deadline:
                return behind
            self._clock.sleep(self._pace.poll)

    def _agents(self) -> Mapping[str, Agent]:
        assert self._count is not None
        fleet = self._reader.read_speaking()
        if fleet.agents.keys() != self._count.fleet.agents.keys():
            raise BeginAgain("nodes have come or gone")
        self._count.fleet = fleet
        return fleet.agents

    def _behind(self, shown: Shown) -> dict[str, str]:
        """Return the nodes that have not proven to have all, with what they lack."""
        assert self._count is not None
        behind: dict[str, str] = {}
        ledgers = self._count.ledgers()
        limits = {measure: ledger.limits() for measure, ledger in ledgers.items()}
        for node, reading in shown.items():
            before = self._count.shown[node]
            if isinstance(reading, str):
                behind[node] = reading
                continue
            if reading.started != before.started:
                raise BeginAgain(f"Felix has started anew on node {node}")
            if not reading.in_sync or reading.waiting > before.waiting:
                behind[node] = "Felix has not passed everything on"
            for measure, ledger in ledgers.items():
                moved = reading.numbers[measure] - before.numbers[measure]
                if not limits[measure].is_possible(moved):
                    self._look()
                    limits[measure] = ledger.limits()
                    if not limits[measure].is_possible(moved):
                        raise BeginAgain(f"node {node} counts what nobody has written")
                if not limits[measure].proves(moved):
                    behind[node] = f"not all is there of {_names(ledger)}"
        return behind

    def _make_provable(self) -> None:
        """Create or remove canaries until what all nodes will show proves that they have all."""
        while self._change_canaries():
            pass  # one that was removed a moment ago proves less than a new one

    def _change_canaries(self) -> bool:
        """Make as many as are missing; tell whether any were."""
        assert self._count is not None
        changed = False
        for ledger in self._count.ledgers().values():
            up, down = ledger.missing(1), ledger.missing(-1)
            if up is None:
                raise NoSign("a kind without canaries was written")
            fewer = down is not None and sum(down.values()) < sum(up.values())
            if down is not None and fewer and all(self._cage.alive(_kind(key)) >= down[key] for key in down):
                for key, number in down.items():
                    self._cage.remove(_kind(key), number)
                    changed = True
                continue
            if any(number + self._cage.alive(_kind(key)) > _MANY for key, number in up.items()):
                raise NoSign(f"more than {_MANY} canaries of a kind would be needed")
            for key, number in up.items():
                self._cage.add(_kind(key), number)
                changed = True
        if changed:
            self._look()
        return changed

    def _settle(self, shown: Shown) -> None:
        """Note what is proven: up to the marks, and up to the end where what was shown proves that too.

        A number whose columns are all at their end is counted from here on.
        """
        assert self._count is not None
        readings = _readings(shown)
        before = self._count.shown
        for measure, ledger in self._count.ledgers().items():
            marks = {key: column.mark for key, column in ledger.columns.items()}
            for column in ledger.columns.values():
                column.mark = len(column.changes) if column.can_grow else column.proven
            limits = ledger.limits()
            moved = [reading.numbers[measure] - before[node].numbers[measure] for node, reading in readings.items()]
            whole = all(map(limits.proves, moved))
            for key, column in ledger.columns.items():
                column.proven = column.mark = column.mark if whole else marks[key]
            if all(column.proven == len(column.changes) for column in ledger.columns.values()):
                for column in ledger.columns.values():
                    column.begin()
                before = {node: _counted_from(before[node], measure, reading) for node, reading in readings.items()}
        self._count.shown = before

    def _thin_out(self) -> None:
        """Leave one canary of each kind; of sets each update counts and none is taken back, so theirs stay."""
        for kind in self._served():
            if MEASURES[kind] is not Measure.SET_UPDATES:
                self._cage.remove(kind, self._cage.alive(kind) - 1)
                self._cage.add(kind, 1 - self._cage.alive(kind))


def _counted_from(before: Reading, measure: Measure, now: Reading) -> Reading:
    """Return a reading to count from, with one number as it is now."""
    return replace(before, numbers={**before.numbers, measure: now.numbers[measure]})


def _kind(key: object) -> Kind:
    assert isinstance(key, Kind)
    return key


def _readings(shown: Shown) -> dict[str, Reading]:
    return {node: reading for node, reading in shown.items() if isinstance(reading, Reading)}


def _disagreeing(shown: Shown) -> dict[str, str]:
    """Return the nodes that cannot be counted from: they do not answer, or show another cluster than most."""
    behind = {node: reading for node, reading in shown.items() if isinstance(reading, str)}
    readings = _readings(shown)
    numbers = [(item.numbers[Measure.POLICIES], item.numbers[Measure.TIERS]) for item in readings.values()]
    usual = max(sorted(set(numbers)), key=numbers.count, default=None)
    most = usual is not None and 2 * numbers.count(usual) > len(numbers)
    for (node, reading), shows in zip(readings.items(), numbers, strict=True):
        if not reading.in_sync:
            behind[node] = "Felix is not in sync"
        elif shows != usual or not most:
            behind[node] = "it counts other policies than other nodes"
    return behind


def _names(ledger: Ledger) -> str:
    return ", ".join(sorted(str(key) for key, column in ledger.columns.items() if column.is_open))

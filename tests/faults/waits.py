"""Planted faults of waits: each lets a node pass that is a write behind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator.apply.waits import canaries, felix_settings, fleet, metrics, sign
from generator.apply.waits.feeds import Happening
from generator.apply.waits.kinds import Measure
from generator.apply.waits.ledger import Change, Column, Ledger, Limits
from generator.calico.kinds import Kind
from tests.faults.calico import Fault


def the_sum_alone_is_trusted(patch: pytest.MonkeyPatch) -> None:
    """A number that is as if all were there proves that all is there."""

    def limits(self: Ledger) -> Limits:
        end = sum(column.least(1) for column in self.columns.values())
        return Limits(end - 1, end + 1, -(10**6), 10**6, is_open=True)

    patch.setattr(Ledger, "limits", limits)


def the_easiest_kind_answers_for_all(patch: pytest.MonkeyPatch) -> None:
    """What proves that one kind has come to its mark is taken for a proof of all."""

    def bound(self: Ledger, direction: int) -> int | None:
        tops = {key: max(column.heights(direction)) for key, column in self.columns.items()}
        found = [
            sum(tops.values()) - tops[key] + max(column.heights(direction)[: column.mark - column.proven])
            for key, column in self.columns.items()
            if column.is_open
        ]
        return min(found, default=None)

    patch.setattr(Ledger, "_bound", bound)


def doubtful_changes_are_taken_for_certain(patch: pytest.MonkeyPatch) -> None:
    """A policy that Felix may refuse counts as if it did not matter."""
    right = Column.heights

    def heights(self: Column, direction: int) -> list[int]:
        certain = Column([(low, high) if low == high else (0, 0) for low, high in self.changes], self.proven, self.mark)
        return right(certain, direction)

    patch.setattr(Column, "heights", heights)


def one_canary_is_always_enough(patch: pytest.MonkeyPatch) -> None:
    def missing(self: Ledger, direction: int) -> dict[object, int] | None:
        return {key: 1 for key, column in self.columns.items() if column.is_open}

    patch.setattr(Ledger, "missing", missing)


FAULTS_OF_LEDGERS: tuple[Fault, ...] = (
    the_sum_alone_is_trusted,
    the_easiest_kind_answers_for_all,
    doubtful_changes_are_taken_for_certain,
    one_canary_is_always_enough,
)


def a_shared_counter_is_trusted(patch: pytest.MonkeyPatch) -> None:
    """As many updates as were written, of whichever kind, whoever wrote them, are taken for all of ours."""

    def limits(self: Ledger) -> Limits:
        written = sum(column.mark for column in self.columns.values())
        return Limits(written - 1, None, -(10**6), 10**6, any(column.is_open for column in self.columns.values()))

    right = metrics.read_metrics

    def read(text: str) -> metrics.Reading | None:
        found = right(text)
        if found is None:
            return None
        line = next(line for line in text.splitlines() if 'type="PolicyKey"' in line)
        return replace(found, numbers={**found.numbers, Measure.POLICIES: int(line.split()[-1])})

    patch.setattr(Ledger, "limits", limits)
    patch.setattr(fleet, "read_metrics", read)


def the_answer_of_the_server_is_enough(patch: pytest.MonkeyPatch) -> None:
    """Whoever answers and is ready counts as having everything."""
    patch.setattr(Limits, "proves", lambda self, moved: True)


def no_canary_after_changes_in_place(patch: pytest.MonkeyPatch) -> None:
    """The count is as it was, so nothing is missing."""
    patch.setattr(sign.Sign, "_make_provable", lambda self: None)
    right = Ledger.limits

    def limits(self: Ledger) -> Limits:
        found = right(self)
        end = sum(column.least(1) for column in self.columns.values())
        return replace(found, above=end - 1, below=end + 1)

    patch.setattr(Ledger, "limits", limits)


def the_queue_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    """A dataplane that stands still has nothing to do."""
    right = metrics.read_metrics

    def read(text: str) -> metrics.Reading | None:
        found = right(text)
        return replace(found, waiting=0) if found is not None else None

    patch.setattr(fleet, "read_metrics", read)


def each_write_is_taken_in_by_itself(patch: pytest.MonkeyPatch) -> None:
    """Several of one object are passed on as they came."""
    patch.setattr(Column, "take", lambda self, change, name, *, is_sum: self.changes.append(change))


def what_others_write_is_not_known(patch: pytest.MonkeyPatch) -> None:
    """Only objects of ours are counted."""
    right = sign.change_of

    def change_of(kind: Kind, event: Happening, version: str, *, coalesced: bool) -> Change | None:
        labels = event.manifest["metadata"].get("labels") or {}
        ours = "ringfence/intent" in labels or "ringfence/canary" in labels
        return right(kind, event, version, coalesced=coalesced) if ours else None

    patch.setattr(sign, "change_of", change_of)
    patch.setattr(Limits, "is_possible", lambda self, moved: True)


FAULTS_OF_SIGNS: tuple[Fault, ...] = (
    the_sum_alone_is_trusted,
    a_shared_counter_is_trusted,
    the_answer_of_the_server_is_enough,
    no_canary_after_changes_in_place,
    the_queue_is_not_looked_at,
    what_others_write_is_not_known,
)


def canaries_are_the_intents(patch: pytest.MonkeyPatch) -> None:
    """A diff in the middle of a run would propose to remove them."""
    patch.setattr(canaries, "LABEL_CANARY", "ringfence/intent")


def canaries_select_what_has_no_label(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(canaries, "_NOBODY", "!has(ringfence-canary)")


FAULTS_OF_CANARIES: tuple[Fault, ...] = (canaries_are_the_intents, canaries_select_what_has_no_label)


def every_node_is_asked_at_the_default_port(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(felix_settings, "_port", lambda value: felix_settings.METRICS_PORT)


def the_settings_of_one_node_are_left_out(patch: pytest.MonkeyPatch) -> None:
    right = felix_settings.metrics_setting
    patch.setattr(
        fleet, "metrics_setting", lambda found, environment, node, group: right(found, environment, "", group)
    )


def the_environment_is_left_out(patch: pytest.MonkeyPatch) -> None:
    right = felix_settings.metrics_setting
    patch.setattr(fleet, "metrics_setting", lambda found, environment, node, group: right(found, {}, node, group))


def off_counts_as_silent(patch: pytest.MonkeyPatch) -> None:
    """Whoever has no metrics is waited for."""
    patch.setattr(fleet.FleetReader, "read_speaking", fleet.FleetReader.read)


def every_403_is_a_missing_right(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fleet, "is_of_authorizer", lambda answer, resource: True)


def every_part_has_the_whole_time(patch: pytest.MonkeyPatch) -> None:
    """Whoever begins again has as long as before."""
    right = sign.Sign._begin

    def begin(self: sign.Sign, on_look: sign.OnLook) -> dict[str, str]:
        self._deadline = self._clock.monotonic() + self._pace.limit
        return right(self, on_look)

    patch.setattr(sign.Sign, "_begin", begin)


FAULTS_OF_SETTINGS: tuple[Fault, ...] = (
    every_node_is_asked_at_the_default_port,
    the_settings_of_one_node_are_left_out,
    the_environment_is_left_out,
    off_counts_as_silent,
    every_403_is_a_missing_right,
)

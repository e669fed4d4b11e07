"""What one node's Felix says of itself, read from the text that Prometheus would scrape (dataplane.md 9)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from generator.apply.waits.kinds import Measure

_LINE: Final = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([^}]*)\})? ([^ ]+)")
_TYPE: Final = re.compile(r'(?:^|,)\s*type="([^"]*)"')
_IN_SYNC: Final = 3
_UPDATES: Final = "felix_calc_graph_updates_processed"
_OUTPUTS: Final = "felix_calc_graph_output_events"
_MESSAGES: Final = "felix_int_dataplane_messages"
_BATCHES: Final = "felix_int_dataplane_msg_batch_size_count"
_FAILURES: Final = "felix_int_dataplane_failures"
_RESYNC: Final = "felix_resync_state"
_STARTED: Final = "process_start_time_seconds"
# All that is read, for whoever asks for no more.
NAMES: Final = (
    *(Measure.POLICIES.value, Measure.TIERS.value, _UPDATES, _OUTPUTS),
    *(_MESSAGES, _BATCHES, _FAILURES, _RESYNC, _STARTED),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a node.

    `numbers` are what writes are counted by, `started` tells one process of Felix from the next. `quiet` stands still
    where nothing is being programmed; `waiting` are messages that the calculation has put out and the dataplane has
    not taken yet, beside a constant. `scrape` tells one look from the next where somebody else looks, else "".
    """

    numbers: Mapping[Measure, int]
    started: str
    in_sync: bool
    quiet: tuple[int, ...]
    waiting: int
    scrape: str = ""


def read_metrics(text: str) -> Reading | None:
    """Read the metrics of a Felix; None where they are not a Felix's."""
    found = (_LINE.match(line) for line in text.splitlines())
    return read_samples([(item[1], _type_in(item[2] or ""), item[3]) for item in found if item is not None])


def read_samples(samples: Iterable[tuple[str, str, str]]) -> Reading | None:
    """Read samples: name, label `type` ("" for none) and value; None where they are not a Felix's."""
    sums: dict[str, float] = {}
    set_updates = 0.0
    for name, kind, value in samples:
        try:
            number = float(value)
        except ValueError:
            continue
        if not math.isfinite(number):
            continue
        sums[name] = sums.get(name, 0.0) + number
        if name == _UPDATES and kind == "NetworkSetKey":
            set_updates += number
    if not {Measure.POLICIES.value, _MESSAGES} <= sums.keys():
        return None
    messages = int(sums[_MESSAGES])
    outputs = int(sums.get(_OUTPUTS, messages))
    numbers = {
        Measure.POLICIES: int(sums[Measure.POLICIES.value]),
        Measure.TIERS: int(sums.get(Measure.TIERS.value, 0)),
        Measure.SET_UPDATES: int(set_updates),
    }
    return Reading(
        numbers,
        started=str(sums.get(_STARTED, "")),
        in_sync=sums.get(_RESYNC, _IN_SYNC) == _IN_SYNC,
        quiet=(messages, int(sums.get(_BATCHES, 0)), outputs, int(sums.get(_FAILURES, 0))),
        waiting=outputs - messages,
    )


def _type_in(labels: str) -> str:
    found = _TYPE.search(labels)
    return found[1] if found is not None else ""

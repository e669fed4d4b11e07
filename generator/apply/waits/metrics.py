"""What one node's Felix says of itself, read from the text that Prometheus would scrape (dataplane.md 9)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from generator.apply.waits.kinds import Measure

_LINE: Final = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([^}]*)\})? ([^ ]+)")
_IN_SYNC: Final = 3  # felix_resync_state


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a node.

    `numbers` are what writes are counted by, `started` tells one process of Felix from the next. `quiet` stands still
    where nothing is being programmed; `waiting` are messages that the calculation has put out and the dataplane has
    not taken yet, beside a constant.
    """

    numbers: Mapping[Measure, int]
    started: str
    in_sync: bool
    quiet: tuple[int, ...]
    waiting: int


def read_metrics(text: str) -> Reading | None:
    """Read the metrics of a Felix; None where they are not a Felix's."""
    sums: dict[str, float] = {}
    set_updates = 0.0
    for line in text.splitlines():
        found = _LINE.match(line)
        if found is None:
            continue
        name, labels, value = found[1], found[2] or "", found[3]
        try:
            number = float(value)
        except ValueError:
            continue
        if number != number or abs(number) == float("inf"):
            continue
        sums[name] = sums.get(name, 0.0) + number
        if name == "felix_calc_graph_updates_processed" and 'type="NetworkSetKey"' in labels:
            set_updates += number
    if not {Measure.POLICIES.value, "felix_int_dataplane_messages"} <= sums.keys():
        return None
    messages = int(sums["felix_int_dataplane_messages"])
    outputs = int(sums.get("felix_calc_graph_output_events", messages))
    batches = int(sums.get("felix_int_dataplane_msg_batch_size_count", 0))
    failures = int(sums.get("felix_int_dataplane_failures", 0))
    numbers = {
        Measure.POLICIES: int(sums[Measure.POLICIES.value]),
        Measure.TIERS: int(sums.get(Measure.TIERS.value, 0)),
        Measure.SET_UPDATES: int(set_updates),
    }
    return Reading(
        numbers,
        started=str(sums.get("process_start_time_seconds", "")),
        in_sync=sums.get("felix_resync_state", _IN_SYNC) == _IN_SYNC,
        quiet=(messages, batches, outputs, failures),
        waiting=outputs - messages,
    )

"""The laws of observed flows on random clusters: what is cut is denied then, what lives in both states never is."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.flows.result import Fate
from tests.flows.flow_laws import check_flows

CLUSTERS = 60
LEAST = 50  # of each that the run must have met, or it has shown nothing


def test_each_fate_is_that_of_the_second_judge() -> None:
    counts: Counter[str] = Counter()

    @settings(
        max_examples=CLUSTERS, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.integers(min_value=0, max_value=1_000_000))
    def check(seed: int) -> None:
        with TemporaryDirectory(prefix="ringfence-flows-") as folder:
            check_flows(seed, Path(folder), counts)

    check()
    sys.stdout.write(f"{dict(counts)}\n")
    assert all(counts[fate] >= LEAST for fate in (Fate.CUT, Fate.KEPT, Fate.DENIED_NOW))
    assert counts["public cut"] + counts["public kept"] + counts["public denied-now"] >= LEAST
    assert counts["kernel"] >= LEAST
    assert counts["whisker"] >= LEAST

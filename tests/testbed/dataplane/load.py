"""Traffic while something changes: every flow is tried again and again, each time with a new connection."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.testbed.dataplane.cluster import Pod


@dataclass(frozen=True, slots=True)
class Flow:
    """One pod asks another on a TCP port."""

    source: Pod
    target: Pod
    port: int

    def __str__(self) -> str:
        return f"{self.source.name} -> {self.target.name}:{self.port}"

    def answered(self, patience: float = 0.9) -> bool:
        """Tell whether it is answered now."""
        return self.source.reaches(self.target, self.port, patience)


@dataclass
class Load:
    """Tries flows until the block ends; `tried` and `lost` count attempts by flow."""

    flows: Iterable[Flow]
    every: float = 0.1  # seconds between two attempts of one flow
    tried: Counter[Flow] = field(default_factory=Counter)
    lost: Counter[Flow] = field(default_factory=Counter)

    def __enter__(self) -> Load:
        self._over = threading.Event()
        by_source: dict[str, list[Flow]] = {}
        for flow in self.flows:
            by_source.setdefault(flow.source.name, []).append(flow)
        self._threads = [threading.Thread(target=self._try, args=(flows,)) for flows in by_source.values()]
        for thread in self._threads:
            thread.start()
        return self

    def _try(self, flows: list[Flow]) -> None:
        while not self._over.is_set():
            until = time.monotonic() + self.every
            for flow in flows:
                fine = flow.answered()
                self.tried[flow] += 1
                if not fine:
                    self.lost[flow] += 1
            self._over.wait(max(0.0, until - time.monotonic()))

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def __str__(self) -> str:
        rows = [f"{flow}: {count} of {self.tried[flow]}" for flow, count in sorted(self.lost.items(), key=str)]
        return f"{sum(self.lost.values())} of {sum(self.tried.values())} attempts lost" + "".join(
            f"\n  {row}" for row in rows
        )

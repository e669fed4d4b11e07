"""The cluster that enforces, as a fixture: `from tests.testbed.dataplane.fixtures import felix_cluster`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.testbed.build import felix
from tests.testbed.dataplane.cluster import FelixCluster, running
from tests.testbed.fixtures import Servers
from tests.testbed.worlds import World

__all__ = ["StartCluster", "felix_cluster"]


class StartCluster(Protocol):
    """Starts a cluster of the test's own; `backend` is what its Felixes program with."""

    def __call__(self, backend: str = "nft") -> tuple[FelixCluster, World]: ...


@pytest.fixture
def felix_cluster(servers: Servers, tmp_path: Path) -> Iterator[StartCluster]:
    """A function that starts an API server and two nodes with Felix (about 10 s); they are removed after the test."""
    with ExitStack() as running_ones:

        def start(backend: str = "nft") -> tuple[FelixCluster, World]:
            folder = tmp_path / f"cluster-{backend}"
            return running_ones.enter_context(running(servers.programs(), felix(), folder, backend))

        yield start

"""The servers as fixtures: `from tests.testbed.fixtures import *` in a conftest.py makes them known to its folder.

Each process of a test run has one server for each set of CRDs, started when the first test asks for it. All folders
share them: what the fixtures hand out lives here, not in a fixture.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import pytest

from tests.testbed.build import CannotBuild, Programs, programs
from tests.testbed.crd_sets import CrdSet
from tests.testbed.reset import Baseline
from tests.testbed.seeds import seed, wait_until_served
from tests.testbed.server import ApiServer

__all__ = ["api_server", "clean_server", "fresh_server", "servers"]

CURRENT: Final[CrdSet] = "v3-3.32"
_PREFIX: Final = "ringfence-testbed-"


class Servers:
    """The servers of this process, one for each set of CRDs."""

    def __init__(self) -> None:
        self._running: dict[CrdSet, tuple[ApiServer, Baseline]] = {}
        self._started: list[ApiServer] = []
        self._folder: Path | None = None

    def shared(self, crds: CrdSet = CURRENT) -> ApiServer:
        """Return the server that all tests with this set share; use names of your own, or ask for `clean`."""
        if crds not in self._running:
            server = self.fresh(crds)
            self._running[crds] = server, Baseline(server.client())
        return self._running[crds][0]

    def clean(self, crds: CrdSet = CURRENT) -> ApiServer:
        """Return the shared server with nothing in it but the CRDs and Calico's own objects."""
        server = self.shared(crds)
        self._running[crds][1].restore()
        return server

    def fresh(self, crds: CrdSet = CURRENT, flags: Sequence[str] = ()) -> ApiServer:
        """Start another server; whoever asks removes it."""
        made = _programs()
        if self._folder is None:
            _sweep()
            self._folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
        folder = Path(tempfile.mkdtemp(prefix=f"{crds}-", dir=self._folder))
        server = ApiServer(made, folder, flags, seed(made, crds))
        self._started.append(server)
        server.start()
        wait_until_served(server.client(), crds)
        return server

    def programs(self) -> Programs:
        """Return the programs that servers are made of."""
        return _programs()

    def stop(self) -> None:
        """Stop all that was started and remove what lies on the disk."""
        self._running.clear()
        while self._started:
            self._started.pop().remove()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


_servers: Final = Servers()


def _sweep() -> None:
    """Remove what runs left behind that were killed; their folders are named after their process."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}[0-9]*-*"):
        pid = folder.name.removeprefix(_PREFIX).split("-")[0]
        if not Path("/proc", pid).exists() and Path("/proc/self").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Programs:
    """Return the programs; where they cannot be built the test is skipped in one line, and fails with CI=true."""
    try:
        return programs()
    except CannotBuild as failed:
        if os.environ.get("CI") == "true":
            pytest.fail(str(failed), pytrace=False)
        pytest.skip(str(failed))


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Iterator[Servers]:
    """All servers: `servers.shared("crd-v1-3.28")`, `servers.clean(...)`."""
    capture: Any = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():  # whoever waits for a first build shall see why
        _programs()
    yield _servers
    _servers.stop()


@pytest.fixture(scope="session")
def api_server(servers: Servers) -> ApiServer:
    """The shared server with the native v3 CRDs of 3.32; other tests use it too, so take names of your own."""
    return servers.shared()


@pytest.fixture
def clean_server(servers: Servers) -> ApiServer:
    """The shared server with the native v3 CRDs of 3.32, and nothing else in it."""
    return servers.clean()


class FreshServer(Protocol):
    """Starts a server of the test's own, which it may stop, kill and fill."""

    def __call__(self, crds: CrdSet = CURRENT, flags: Sequence[str] = ()) -> ApiServer: ...


@pytest.fixture
def fresh_server(servers: Servers) -> Iterator[FreshServer]:
    """A function that starts a server of the test's own (about 5 s); it is removed after the test."""
    started: list[ApiServer] = []

    def start(crds: CrdSet = CURRENT, flags: Sequence[str] = ()) -> ApiServer:
        started.append(servers.fresh(crds, flags))
        return started[-1]

    yield start
    for server in started:
        server.remove()

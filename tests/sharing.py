"""How the processes of a test run share the tests (`pytest -n 3`): a file stays whole, and the longest files go first.

A file stays in one process, which makes once what its tests share. Files whose tests ask for API servers go to the
first process, so that it alone has such servers; the others take one when nothing else is left. Those tests mostly
wait, which is why two cores have room for a third process.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

from xdist.scheduler.loadscope import LoadScopeScheduling
from xdist.workermanage import WorkerController

# What the longest files take, in seconds of a core: a wrong or a missing row costs time and nothing else.
LONG: Final = {
    "tests/apply/test_boutique.py": 30,
    "tests/apply/test_break_glass_on_a_server.py": 120,
    "tests/apply/test_etcd_hangs.py": 60,
    "tests/apply/test_kills.py": 75,
    "tests/apply/test_outages.py": 70,
    "tests/cluster/test_commands.py": 45,
    "tests/conformance/test_obvious.py": 45,
    "tests/conformance/test_reach.py": 135,
    "tests/dataplane": 500,
    "tests/meaning/test_mutants.py": 130,
    "tests/plan/exports/test_export_on_a_server.py": 60,
    "tests/plan/exports/test_export_random.py": 15,
    "tests/plan/exports/test_export_states.py": 20,
    "tests/plan/test_oracle_random_plans.py": 65,
    "tests/plan/test_proof_faults.py": 30,
    "tests/plan/test_random_migrations.py": 165,
    "tests/reach/test_random_states.py": 90,
    "tests/reach/test_random_worlds.py": 80,
    "tests/reach/test_rewrites.py": 90,
    "tests/test_house.py": 60,
}
# A folder whose tests count packets that are lost, on nodes of their own: no two of them run at once.
TOGETHER: Final = "tests/dataplane"
# Long files whose tests share nothing that takes long to make: each test goes where there is room.
APART: Final = (
    "tests/conformance/test_obvious.py",
    "tests/conformance/test_reach.py",
    "tests/plan/test_random_migrations.py",
    "tests/reach/test_random_states.py",
    "tests/reach/test_rewrites.py",
    "tests/test_house.py",
)

_ASKS_FOR_SERVERS: Final = re.compile(r"\b(servers: Servers|(api|clean|fresh)_server: )")
_WITH_SERVERS: Final = "gw0"


class LongestFirst(LoadScopeScheduling):
    """Hands out whole files, the longest first; those that ask for servers to one process while there are others."""

    def schedule(self) -> None:
        """Share out all tests; those that take no long time in the order in which they were collected."""
        self.config.option.loadscopereorder = False  # by the number of tests, else
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        file = _file_of(nodeid)
        if file.startswith(f"{TOGETHER}/"):
            return TOGETHER
        return nodeid if file in APART else file

    def _assign_work_unit(self, node: WorkerController) -> None:
        first = min(self.workqueue, key=lambda unit: self._place(unit, node.gateway.id == _WITH_SERVERS))
        self.workqueue.move_to_end(first, last=False)
        super()._assign_work_unit(node)

    def _place(self, unit: str, with_servers: bool) -> tuple[bool, int]:
        file = _file_of(unit)
        return asks_for_servers(self.config.rootpath / file) is not with_servers, -LONG.get(file, 0)


def _file_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]


@cache
def asks_for_servers(file: Path) -> bool:
    """Tell whether tests or fixtures of a file take one of the fixtures that start API servers."""
    return file.is_file() and _ASKS_FOR_SERVERS.search(file.read_text(encoding="utf-8")) is not None

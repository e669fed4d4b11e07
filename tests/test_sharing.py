"""The processes of a test run share the tests: whole files, the longest first, API servers in one process alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.sharing import APART, LONG, TOGETHER, LongestFirst, asks_for_servers

ROOT = Path(__file__).parents[1]


@dataclass
class Gateway:
    id: str


@dataclass(eq=False)
class Node:
    """A process that only remembers what it is told to run."""

    gateway: Gateway
    told: list[int] = field(default_factory=list)
    shutting_down: bool = False

    def send_runtest_some(self, tests: list[int]) -> None:
        self.told += tests

    def shutdown(self) -> None:
        self.shutting_down = True


def shared_out(tests: list[str], config: Any, processes: int) -> dict[str, list[str]]:
    """Return which process runs which tests, in order, where each test takes as long as any other."""
    nodes = [Node(Gateway(f"gw{number}")) for number in range(processes)]
    scheduler = LongestFirst(config)
    for node in nodes:
        scheduler.add_node(node)
    for node in nodes:
        scheduler.add_node_collection(node, tests)
    scheduler.schedule()
    done = dict.fromkeys(range(processes), 0)
    while any(done[number] < len(node.told) for number, node in enumerate(nodes)):
        for number, node in enumerate(nodes):
            if done[number] < len(node.told):
                done[number] += 1
                scheduler.mark_test_complete(node, node.told[done[number] - 1])
    return {node.gateway.id: [tests[place] for place in node.told] for node in nodes}


@pytest.fixture
def run_config() -> Any:
    @dataclass
    class Config:
        rootpath: Path = ROOT
        option: Any = field(
            default_factory=lambda: type("Options", (), {"loadscopereorder": True, "tx": ["popen"] * 3})
        )

        def getvalue(self, name: str) -> Any:
            return getattr(self.option, name)

    return Config()


def test_whole_files_the_longest_first_and_servers_in_one_process(run_config: Any) -> None:
    plain = ["tests/packets/test_words.py", "tests/packets/test_room.py", "tests/calico/test_names.py"]
    more = ["tests/cluster/test_reading.py", "tests/apply/test_lease.py"]
    packets = [f"{TOGETHER}/test_{name}_on_felix.py" for name in ("engine", "migration", "sign", "stopped")]
    files = [*plain, *(file for file in LONG if file != TOGETHER), *packets, *more]
    tests = [f"{file}::test_{number}" for file in files for number in range(4)]
    shared = shared_out(tests, run_config, 3)
    assert sorted(test for found in shared.values() for test in found) == sorted(tests)
    (with_packets,) = [found for found in shared.values() if any(test.startswith(TOGETHER) for test in found)]
    assert with_packets[: 4 * len(packets)] == [test for test in tests if test.startswith(TOGETHER)]
    for found in shared.values():
        order = list(dict.fromkeys(test.partition("::")[0] for test in found))
        for file in set(order) - set(APART):
            mine = [place for place, test in enumerate(found) if test.startswith(f"{file}::")]
            assert len(mine) == 4
            assert mine == list(range(mine[0], mine[0] + 4))
        for with_servers in (True, False):
            long = [_long(file) for file in order if asks_for_servers(ROOT / file) is with_servers]
            assert long == sorted(long, reverse=True)
    with_servers = {test for test in tests if asks_for_servers(ROOT / test.partition("::")[0])}
    assert with_servers & set(shared["gw0"])
    first = next(test for test in shared["gw0"] if test not in with_servers)
    assert set(shared["gw0"][: shared["gw0"].index(first)]) <= with_servers
    assert not with_servers & {*shared["gw1"][:8], *shared["gw2"][:8]}


def _long(file: str) -> int:
    return LONG[TOGETHER] if file.startswith(TOGETHER) else LONG.get(file, 0)


def test_the_table_speaks_of_files_that_are_there() -> None:
    assert [file for file in (*LONG, *APART) if not (ROOT / file).is_file() and file != TOGETHER] == []
    assert (ROOT / TOGETHER).is_dir()


@pytest.mark.parametrize(
    ("file", "asks"),
    [
        ("tests/apply/test_boutique.py", True),
        ("tests/apply/test_etcd_hangs.py", True),
        ("tests/deploy/test_roles.py", True),
        ("tests/testbed/test_fault_proxy.py", True),
        ("tests/dataplane/test_sign_on_felix.py", False),  # these have clusters of their own
        ("tests/apply/test_lease.py", False),
        ("tests/plan/test_plan_laws.py", False),
    ],
)
def test_who_asks_for_servers(file: str, asks: bool) -> None:
    assert asks_for_servers(ROOT / file) is asks

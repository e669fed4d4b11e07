"""The scripts for kubectl, run by a shell: each state on the way is one of the plan's, wherever they stop, and back."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from generator.intent.model import Layout
from generator.plan.exports import Tool, export_plan
from generator.plan.model import WaitStep, WriteStep
from generator.plan.simulate import states
from tests.plan.exports.scripts import FAKE, Bench, store, stored, write_program
from tests.plan.exports.small import SMALL_LIVE, small
from tests.plan.worlds import Planned, meaning


def bench(planned: Planned, folder: Path, files: dict[str, str] | None = None) -> tuple[Bench, Path]:
    found = files if files is not None else export_plan(planned.plan, Tool.KUBECTL, None).files
    objects = store(folder / "store", planned.start)
    kubectl = write_program(folder / "fake-kubectl", FAKE)
    return Bench.make(found, folder, kubectl, {"STORE": str(objects)}), objects


@pytest.mark.parametrize("fails", ["before", "after"])
@pytest.mark.parametrize("layout", list(Layout))
def test_it_can_stop_anywhere_and_go_on(layout: Layout, fails: str, tmp_path: Path) -> None:
    """Every run makes one write more; between the runs the store holds a state that the plan passes.

    Where a write was made and nobody knows it, the next run makes it again, and one more.
    """
    planned = small(layout)
    run, objects = bench(planned, tmp_path)
    passed = [meaning(planned.start)]
    passed += [
        meaning(found) for step, found in states(planned.start, planned.plan.steps) if isinstance(step, WriteStep)
    ]
    again = 0 if fails == "after" else 1
    for number in range(1, len(passed)):
        done = run.run("apply.sh", again if number == 1 else 1, fails)
        assert (done.returncode == 0) is (fails == "before" and number == len(passed) - 1), done.stderr
        assert meaning(stored(objects)) == passed[number]
    assert run.run("apply.sh").returncode == 0
    assert meaning(stored(objects)) == passed[-1]
    for number in reversed(range(len(passed) - 1)):
        run.run("rollback.sh", again if number == len(passed) - 2 else 1, fails)
        assert meaning(stored(objects)) == passed[number]
    assert run.run("rollback.sh").returncode == 0
    assert meaning(stored(objects)) == passed[0]


@pytest.mark.parametrize("layout", list(Layout))
def test_the_way_back_begins_where_it_stopped(layout: Layout, tmp_path: Path) -> None:
    planned = small(layout)
    for part in range(0, len(planned.plan.writes) + 1, 3):
        run, objects = bench(planned, tmp_path / str(part))
        run.run("apply.sh", part)
        assert run.run("rollback.sh").returncode == 0
        assert meaning(stored(objects)) == meaning(planned.start)
        assert (run.folder / "export" / "progress").exists() is (part > 0) or part == 0


def test_it_waits_where_the_plan_waits(tmp_path: Path) -> None:
    planned = small(Layout.SINGLE_TIER)
    run, _ = bench(planned, tmp_path)
    done = run.run("apply.sh")
    waits = sum(isinstance(step, WaitStep) for step in planned.plan.steps)
    assert run.slept == waits
    assert done.stdout.count("a guess") == waits
    run.run("rollback.sh")
    # The way back waits before it begins, and where the way there did, save behind the last write.
    assert run.slept == 2 * waits


def test_where_ringfence_is_at_hand_it_asks_it(tmp_path: Path) -> None:
    run, objects = bench(small(Layout.TIERS), tmp_path)
    write_program(tmp_path / "bin" / "ringfence", '#!/bin/sh\necho "$@" >> "$SLEPT"\n[ "$FAILS" = before ]\n')
    assert run.run("apply.sh").returncode == 0
    assert set((tmp_path / "slept").read_text().splitlines()) == {"status --wait --pause=30"}
    other, objects = bench(small(Layout.TIERS), tmp_path / "other")
    write_program(tmp_path / "other" / "bin" / "ringfence", "#!/bin/sh\nexit 1\n")
    done = other.run("apply.sh")
    assert done.returncode == 1
    assert "stopped at the wait" in done.stderr
    # The tier alone is written, and nothing behind the wait that failed.
    assert len(stored(objects)) == len(small(Layout.TIERS).start) + 1


def test_what_is_there_and_not_ours_is_left_alone(tmp_path: Path) -> None:
    planned = small(Layout.TIERS)
    run, objects = bench(planned, tmp_path)
    first = planned.plan.writes[0].write
    assert first.after is not None
    theirs = {**first.after, "metadata": {"name": first.identity.name, "labels": {"ringfence/intent": "other"}}}
    before = {**planned.start, first.identity: theirs}
    for path in objects.iterdir():
        path.unlink()
    objects.rmdir()
    store(objects, before)
    done = run.run("apply.sh")
    assert done.returncode == 1
    assert meaning(stored(objects)) == meaning(before)


def test_a_progress_that_is_none_stops_it(tmp_path: Path) -> None:
    run, objects = bench(small(Layout.TIERS), tmp_path)
    for text in ("x y\n", "1; touch /tmp/never\n", "\n"):
        (tmp_path / "export" / "progress").write_text(text)
        for script in ("apply.sh", "rollback.sh"):
            assert run.run(script).returncode == 1
    assert meaning(stored(objects)) == meaning(small(Layout.TIERS).start)


@pytest.mark.parametrize("layout", list(Layout))
def test_a_shell_reads_all_scripts(layout: Layout, tmp_path: Path) -> None:
    planned = small(layout)
    for tool in Tool:
        files = export_plan(planned.plan, tool, SMALL_LIVE).files
        for name, text in files.items():
            if name.endswith(".sh"):
                path = tmp_path / "script.sh"
                path.write_text(text)
                assert subprocess.run(["/bin/sh", "-n", str(path)], check=False).returncode == 0, name

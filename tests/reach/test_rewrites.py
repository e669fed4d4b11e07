"""Rewrites that keep the meaning change no flow; a changed port, net or label after them changes what it must."""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from generator.cli.flows import compare_flows
from generator.cli.live import read_whole_live
from generator.compare import compute_diff
from generator.reach.differential import Differential
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.flow_changes import ChangeKind, find_flow_changes, flow_changes_of
from tests.conformance.reach_doors import load_world
from tests.faults import differential as wrong
from tests.faults.rewrites import FAULTS
from tests.obvious import read_cluster
from tests.reach.rewrites import KINDS, Case, Kind, random_cases
from tests.reach.rewrites_changes import change_one
from tests.reach.rewrites_flows import Judge, check_rows
from tests.reach.rewrites_worlds import Objects, Rewrite
from tests.reach.test_random_worlds import world_of

EACH = 20
RARE = 150  # of kinds whose rewritten part seldom decides anything
DIFFERENTIAL_FAULTS = (
    wrong.every_place_is_as_before,
    wrong.what_was_allowed_counts_as_new,
    wrong.only_what_is_newly_allowed_is_told,
    wrong.a_change_is_told_of_its_first_packets_alone,
    wrong.what_reaches_addresses_outside_is_not_compared,
)


def engine_of(objects: Objects, like: Engine | None = None) -> Engine:
    found = Engine(*load_world(world_of(objects, ())), like=like)
    assert [*found.undecodable, *found.lowered.refused] == []
    return found


def check_rewrite(case: Case) -> None:
    """Demand that the product finds no flow that differs, of either family, and none that is not known."""
    before = engine_of(case.before)
    changes = find_flow_changes(before, engine_of(case.after, before))
    assert changes == [], (case.kind.name, case.seed, changes[0])


def decides(case: Case) -> bool:
    """Tell whether a flow hangs on what was rewritten: without it another flow gets through."""
    rest = [item for item in case.before if item in case.after or not item["kind"].endswith(("Policy", "Set"))]
    before = engine_of(case.before)
    return bool(find_flow_changes(before, engine_of(rest, before)))


def check_change(case: Case, judges: dict[int, Judge], counts: Counter[str]) -> None:
    """Change one port, net or label of the rewritten world, and demand the rows that the obvious evaluator finds."""
    before = engine_of(case.before)
    after, changed = chosen_change(case, before)
    known = judges.setdefault(id(case.before), Judge(read_cluster(case.before)))
    differential = Differential(before, engine_of(after, before), family_of(case))
    rows = check_rows(differential, (case.before, after), (known, Judge(read_cluster(after))))
    for change in flow_changes_of([differential]):  # which replays a witness of each
        assert change.kind is not ChangeKind.UNKNOWN
    counts.update(rows)
    counts[f"{changed} changed"] += 1
    different = bool(rows["allow"] or rows["deny"])
    counts[f"{changed} changed, flows changed"] += different
    counts[f"flows changed after: {case.kind.name}"] += different


def family_of(case: Case) -> int:
    return 6 if case.seed % 3 == 0 else 4


def chosen_change(case: Case, before: Engine) -> tuple[Objects, str]:
    """Return the world with one change; in four of five cases it is drawn again up to seven times if nothing differs.

    The others are as they come, so that a change that the differential does not see is not passed over.
    """
    chance = random.Random(case.seed + KINDS.index(case.kind))
    tries = 8 if chance.random() < 0.8 else 1
    for _ in range(tries):
        found = change_one(case.after, case.before, chance)
        if any(Differential(before, engine_of(found[0], before), family_of(case)).changes()):
            break
    return found


def check_all(each: int, kinds: tuple[Kind, ...] = KINDS) -> Counter[str]:
    counts: Counter[str] = Counter()
    for _, cases in random_cases(each, kinds):
        for case in cases:
            check_rewrite(case)
            counts[case.kind.name] += 1
            counts[f"{case.kind.name}, and flows hang on it"] += decides(case)
    return counts


def check_changes(counts: Counter[str]) -> None:
    for _, cases in random_cases(EACH):
        judges: dict[int, Judge] = {}
        for case in cases:
            check_change(case, judges, counts)
            counts["cases"] += 1


def show(counts: Counter[str]) -> None:
    sys.stdout.write("\n" + "\n".join(f"{count:8}  {name}" for name, count in counts.items()) + "\n")


def test_no_rewrite_changes_a_flow() -> None:
    counts = check_all(EACH)
    rare = tuple(kind for kind in KINDS if counts[f"{kind.name}, and flows hang on it"] < 5)
    counts |= check_all(RARE, rare)
    show(counts)
    assert min(counts[kind.name] for kind in KINDS) >= 20
    assert sum(counts[kind.name] for kind in KINDS) >= 500
    assert min(counts[f"{kind.name}, and flows hang on it"] for kind in KINDS) >= 5


def test_one_change_after_a_rewrite_gives_the_rows_of_the_obvious_evaluator() -> None:
    counts: Counter[str] = Counter()
    check_changes(counts)
    show(counts)
    assert counts["cases"] >= 500
    for changed in ("port", "net", "label"):
        assert counts[f"{changed} changed, flows changed"] >= 20
    assert [kind.name for kind in KINDS if not counts[f"flows changed after: {kind.name}"]] == []


def labelled(objects: Iterable[dict[str, object]]) -> Objects:
    """Return the objects as those of one intent."""
    found: Objects = json.loads(json.dumps(list(objects)))
    for item in found:
        if item["kind"].endswith(("Policy", "Set", "Tier", "HostEndpoint")):
            item["metadata"].setdefault("labels", {})["ringfence/intent"] = "one"
    return found


def test_the_command_finds_no_flow_that_differs_in_files(tmp_path: Path) -> None:
    """From YAML files on, as `ringfence diff` does once it has rendered what is intended."""
    done: Counter[str] = Counter()
    changed = 0
    for _, cases in random_cases(1):
        for case in cases:
            snapshots = []
            for name, objects in (("before", case.before), ("after", case.after)):
                folder = tmp_path / f"{done.total()}-{name}"
                folder.mkdir()
                text = yaml.safe_dump_all(labelled(objects), sort_keys=False)
                (folder / "all.yaml").write_text(text, encoding="utf-8")
                snapshots.append(read_whole_live([str(folder)], "default", True)[0])
            diff = compute_diff(snapshots[1].policies, snapshots[0].policies, "one", adopt=frozenset())
            changed += not diff.is_empty
            flows, problems = compare_flows(snapshots[0], diff, (), Environment(interface="eth0"))
            assert problems == []
            assert flows is not None
            assert flows.changes == [], case.kind.name
            done[case.kind.name] += 1
    assert min(done.total(), changed) >= 20


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.__name__ for fault in FAULTS])
def test_a_rewrite_that_changes_the_meaning_is_seen(fault: Rewrite) -> None:
    with pytest.raises(AssertionError, match="planted"):
        check_all(60, (Kind("planted", fault),))


@pytest.mark.parametrize("fault", DIFFERENTIAL_FAULTS, ids=[fault.__name__ for fault in DIFFERENTIAL_FAULTS])
def test_a_fault_of_the_differential_is_found(monkeypatch: pytest.MonkeyPatch, fault: wrong.Fault) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_changes(Counter())

"""Every example in both layouts keeps the laws: in, half-way, out again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from generator.compare import compute_diff
from generator.intent import load_intent
from generator.intent.model import Intent, Layout
from generator.layers import render_set
from generator.layers.model import ManifestSet
from generator.plan import make_plan
from generator.plan.isolation import Cluster
from generator.plan.model import WriteStep
from generator.plan.simulate import states
from generator.platforms import load_profile
from generator.snapshot import load_snapshot
from generator.snapshot.model import Snapshot
from tests.plan import laws
from tests.plan.worlds import Planned, start_of

ROOT = Path(__file__).parents[2]
INTENTS = sorted(
    str(path.relative_to(ROOT))
    for path in (ROOT / "examples").glob("*/*.yaml")
    if "services:" in path.read_text(encoding="utf-8")
)
DAY = date(2026, 11, 1)


@dataclass(frozen=True)
class Example:
    """An example with its layout, ready to be planned from any state of its cluster."""

    intent: Intent
    rendered: ManifestSet
    snapshot: Snapshot

    @classmethod
    def load(cls, name: str, layout: Layout, folder: Path) -> Example:
        overlay = folder / "layout.yaml"
        overlay.write_text(f"layout: {layout.value}\n")
        intent = load_intent([str(ROOT / name), str(overlay)]).intent
        snapshot, _ = load_snapshot([str(ROOT / Path(name).parent / "live")], complete=True)
        rendered = render_set(intent, load_profile(intent.platform), snapshot=snapshot, as_of=DAY)
        return cls(intent, rendered, snapshot)

    def planned(self, *, to_none: bool = False) -> Planned:
        version = self.rendered.target.version
        objects = [item.object for item in self.rendered.objects]
        diff = compute_diff(objects, self.snapshot.policies, self.intent.name, version=version)
        plan = make_plan(self.rendered, self.snapshot, self.intent, diff, to_none=to_none)
        return Planned(plan, diff, self.rendered, start_of(diff))

    def after(self, planned: Planned, done: int) -> Example:
        objects = planned.start
        for number, (_, found) in enumerate(states(planned.start, planned.plan.steps), start=1):
            if number <= done:
                objects = dict(found)
        policies = tuple(laws.object_at(identity, objects[identity]) for identity in sorted(objects))
        return replace(self, snapshot=replace(self.snapshot, policies=policies))


def _handed_over(planned: Planned) -> frozenset[str]:
    """Return the old policies that the example's live folder holds and its intent names under `replaces`."""
    gone = {str(step.write.identity) for step in planned.plan.writes if "which the set replaces" in step.purpose}
    assert len(gone) == planned.plan.summary.replaced
    return frozenset(gone)


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("name", INTENTS)
def test_in_half_way_and_out_again(name: str, layout: Layout, tmp_path: Path) -> None:
    example = Example.load(name, layout, tmp_path)
    cluster = Cluster.of(example.snapshot)
    planned = example.planned()
    steps = planned.plan.steps
    assert planned.plan.writes
    assert not planned.plan.errored, planned.plan.unresolved
    laws.check_plan(planned, _handed_over(planned))
    laws.pods_are_led_over_in_one_write(planned, cluster)
    for done in sorted({len(steps) * part // 5 for part in range(6)}):
        reached = example.after(planned, done)
        rest = reached.planned()
        left = [step.write for step in steps[done:] if isinstance(step, WriteStep)]
        assert [step.write for step in rest.plan.writes] == left
        off = reached.planned(to_none=True)
        laws.check_plan(off)
        laws.pods_are_led_over_in_one_write(off, cluster)


def test_the_plan_does_not_depend_on_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Example.load(INTENTS[0], Layout.TIERS, tmp_path).planned()
    monkeypatch.chdir(tmp_path)
    second = Example.load(INTENTS[0], Layout.TIERS, tmp_path).planned()
    assert first.plan.steps == second.plan.steps
    assert first.plan.digests == second.plan.digests

"""The Online Boutique from open, from its published Kubernetes policies, and from Calico policies of two workshops.

The files are others' and stay where they are; the intent is the one that `ringfence init` proposes for the pods. Old
policies are handed over by name, and once left in place as others'.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from generator.calico.names import identity_of
from generator.cli.main import run_command
from generator.foundation.yaml_writer import write_documents
from generator.intent.model import Layout
from generator.plan.effects import Effect
from generator.plan.model import CheckStep, Plan, WaitStep, WriteStep
from generator.plan.plan_file import read_plan
from generator.plan.record import Method
from generator.plan.rollback import rollback_steps
from generator.plan.simulate import carry_out
from generator.snapshot.model import Snapshot
from tests.obvious import answer_flow, read_cluster
from tests.plan.test_oracle_examples import violations
from tests.plan.worlds import snapshot_of
from tests.plan_oracle import scene_of_snapshot
from tests.support.golden import check_golden
from tests.support.objects import api_object
from tests.support.plain_yaml import load_all
from tests.support.shared import shared_folder

GOLDEN = Path(__file__).parent / "golden"
DAY = ("--as-of", "2026-11-01")
APPLICATION = "apps/online-boutique/kubernetes-manifests.yaml"
AKS = "calico/tigera-aks-workshop"
QUICK_START = "calico/tigera-cs-quickstart/securitypolicies"
STRANGER, PORT = "203.0.113.9", 9  # an address and a port that no policy speaks of


@dataclass(frozen=True)
class Start:
    """Where a migration begins: which policies are live, in the namespace that they are written for."""

    name: str
    namespace: str
    policies: tuple[str, ...]  # files or folders of the corpora
    isolated: int  # pods that are isolated at least before the plan starts

    def live(self) -> list[dict[str, Any]]:
        """Return the application and the policies as a cluster has them."""
        labels = {"kubernetes.io/metadata.name": self.namespace}
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace, "labels": labels}}
        return [space, *map(self._placed, [*documents(APPLICATION), *self._policies()])]

    def old(self) -> list[str]:
        """Return the policies of the application's own namespace, by the names that an intent gives them."""
        found = (identity_of(api_object(self._placed(item))) for item in self._policies())
        return sorted(str(item) for item in found if item.namespace == self.namespace)

    def _policies(self) -> Iterator[dict[str, Any]]:
        for path in self.policies:
            yield from documents(path)

    def _placed(self, manifest: dict[str, Any]) -> dict[str, Any]:
        if manifest["kind"] in ("Tier", "GlobalNetworkPolicy", "GlobalNetworkSet"):
            return manifest
        return {**manifest, "metadata": {"namespace": self.namespace, **manifest["metadata"]}}


STARTS = (
    Start("open", "boutique", (), 0),
    Start("kubernetes", "boutique", ("apps/online-boutique/network-policies",), 10),
    Start("aks-workshop", "default", (f"{AKS}/tiers", f"{AKS}/boutiqueshop/policies.yaml"), 10),
    Start(
        "cs-quickstart",
        "hipstershop",
        (
            f"{QUICK_START}/tiers.yaml",
            f"{QUICK_START}/step-3/security-tier",
            f"{QUICK_START}/step-3/platform-tier",
            f"{QUICK_START}/step-3/appsec-tier",
        ),
        10,
    ),
)
WITH_POLICIES = [start for start in STARTS if start.policies]
ways = pytest.mark.parametrize("layout", list(Layout))


@cache
def documents(path: str) -> tuple[dict[str, Any], ...]:
    found = shared_folder() / "corpora" / path
    files = [found] if found.is_file() else sorted(found.glob("*.yaml"))
    texts = (file.read_text(encoding="utf-8") for file in files)
    each = (item for text in texts for item in load_all(text) if item)
    return tuple(item for item in each if item["kind"] not in ("Kustomization", "Component"))


@dataclass(frozen=True)
class Saved:
    """A plan as the command line saves it, with the cluster that it was made from."""

    plan: Plan
    text: str
    snapshot: Snapshot

    @classmethod
    def make(cls, start: Start, layout: Layout, folder: Path, *options: str) -> Saved:
        live, intent, overlay, saved = (folder / name for name in ("live.yaml", "intent.yaml", "own.yaml", "plan.json"))
        live.write_text(write_documents(start.live()))
        assert run_command(["init", str(live), "-o", str(intent)]) == 0
        overlay.write_text(f"name: boutique\nlayout: {layout.value}\n")
        arguments = ["plan", str(intent), "-f", str(overlay), "--live", str(live), "--complete", "-o", str(saved)]
        assert run_command([*arguments, *DAY, *options]) == 0
        text = saved.read_text(encoding="utf-8")
        return cls(read_plan(text, "plan.json"), text, snapshot_of(start.live()))

    def short(self) -> str:
        """Return the plan with one line a step: stage, verb, identity."""
        lines = []
        for step in self.plan.steps:
            match step:
                case WriteStep():
                    lines.append(f"{step.stage:<15} {step.write.verb:<8} {step.write.identity}")
                case WaitStep():
                    lines.append(f"{step.stage:<15} {'wait':<8} {', '.join(step.kinds)}")
                case CheckStep():
                    lines.append(f"{step.stage:<15} {'check':<8} {', '.join(step.checks)}")
        return "".join(f"{line}\n" for line in lines)

    def check(self) -> None:
        """Hold the plan against its proof, the independent checker and the exact way back."""
        assert self.plan.applyable, self.plan.unresolved
        assert self.plan.proof.method is Method.EVERY_STATE
        assert violations(self.text, self.snapshot) == []
        start = {identity_of(item): item.manifest for item in self.snapshot.policies}
        steps = self.plan.steps
        for done in range(len(steps) + 1):
            here = carry_out(start, steps[:done])
            there = dict(carry_out(here, rollback_steps(steps, done)))
            assert text_of(there) == text_of(start)


def text_of(objects: dict[Any, Any]) -> str:
    return write_documents(objects[identity] for identity in sorted(objects))


def isolated_pods(snapshot: Snapshot) -> set[str]:
    """Return the pods that a stranger cannot call on a port which no policy speaks of."""
    scene = scene_of_snapshot(snapshot)
    cluster = read_cluster(scene.objects.values())
    flow = {"src": f"ip:{STRANGER}", "protocol": "TCP", "dport": PORT, "family": 4}
    pods = [f"{key[1]}/{key[2]}" for key in scene.objects if key[0] == "Pod"]
    return {pod for pod in pods if answer_flow(cluster, {**flow, "dst": pod})["verdict"] == "deny"}


@pytest.mark.parametrize("start", STARTS, ids=lambda start: start.name)
def test_how_many_pods_are_isolated_before(start: Start) -> None:
    found = isolated_pods(snapshot_of(start.live()))
    assert len(found) >= start.isolated
    assert bool(found) == bool(start.policies)


@ways
def test_from_open_the_plan_says_what_it_cuts(layout: Layout, tmp_path: Path) -> None:
    """The manifests hold no pods, only what makes them; taken for a whole cluster, no pod would be there to be cut."""
    effects = Saved.make(STARTS[0], layout, tmp_path).plan.effects
    assert {item.effect for item in effects} == {Effect.CUT}
    assert any("boutique/redis-cart" in item.destinations for item in effects)


@ways
@pytest.mark.parametrize("start", STARTS, ids=lambda start: start.name)
def test_old_policies_are_handed_over(start: Start, layout: Layout, tmp_path: Path) -> None:
    options = [word for name in start.old() for word in ("--replace", name)]
    saved = Saved.make(start, layout, tmp_path, *options)
    assert saved.plan.summary.replaced == len(start.old())
    check_golden(GOLDEN / f"ob-{start.name}-{layout.value}.txt", saved.short())
    saved.check()


@ways
@pytest.mark.parametrize("start", WITH_POLICIES, ids=lambda start: start.name)
def test_old_policies_stay_as_those_of_others(start: Start, layout: Layout, tmp_path: Path) -> None:
    saved = Saved.make(start, layout, tmp_path)
    assert saved.plan.summary.replaced == 0
    check_golden(GOLDEN / f"ob-{start.name}-kept-{layout.value}.txt", saved.short())
    saved.check()


def test_a_plan_is_read_in_eighty_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = Saved.make(STARTS[1], Layout.SINGLE_TIER, tmp_path)
    capsys.readouterr()
    assert run_command(["plan", "show", str(tmp_path / "plan.json")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "pause: changes nothing in 2 namespaces and directions, which others isolate" in lines
    assert not any(item.writes for item in saved.plan.pauses)
    problems = ("note RF", "warning RF", "    hint: ")  # one line each, for those who look for a code
    assert [line for line in lines if len(line) > 80 and not line.startswith(problems)] == []


def test_a_check_tells_once_what_more_would_be_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Made where old policies stand and checked where they are gone, a plan would cut what they cut before."""
    saved = Saved.make(STARTS[1], Layout.TIERS, tmp_path)
    assert saved.plan.effects
    (tmp_path / "open.yaml").write_text(write_documents(STARTS[0].live()))
    capsys.readouterr()
    checked = ["plan", "check", str(tmp_path / "plan.json"), "--live", str(tmp_path / "open.yaml"), "--complete"]
    assert run_command(checked) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines.count("it would now also cut:") == 1
    assert [line for line in lines if len(line) > 80] == []

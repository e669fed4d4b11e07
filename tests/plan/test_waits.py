"""What each wait between two stages is for: the two writes that it parts do harm together, and none with the wait.

A stage is told here by one write before the wait and one behind it. The proof and the checker both say so, and every
wait in the plans of the examples is one of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from generator.intent.model import Layout
from generator.plan.model import Step as PlannedStep
from generator.plan.model import WaitStep, WriteStep
from generator.plan.proof.prove import Proof, Refuted
from generator.plan.stages import Stage
from tests.plan.proof_calls import prove_steps
from tests.plan.test_plan_examples import INTENTS, Example
from tests.plan.worlds import kubernetes_policy, space
from tests.plan_oracle import Step, Wait, Write, check_steps, scene_of_manifests

Manifest = dict[str, Any]
BANK: Final = "198.51.100.0/24"
PART: Final = "198.51.100.128/25"
WIDE: Final = 500
TIER: Final[Manifest] = {
    "apiVersion": "projectcalico.org/v3",
    "kind": "Tier",
    "metadata": {"name": "ours"},
    "spec": {"order": 900, "defaultAction": "Pass"},
}


def node(name: str, address: str) -> Manifest:
    status = {"addresses": [{"type": "InternalIP", "address": address}]}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": status}


def placed(app: str, where: str, address: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": app, "namespace": "shop", "labels": {"app": app}},
        "spec": {"nodeName": where, "serviceAccountName": "default", "containers": [{"name": "main", "image": "i"}]},
        "status": {"phase": "Running", "podIPs": [{"ip": address}]},
    }


WORLD: Final[tuple[Manifest, ...]] = (
    node("n1", "10.0.0.1"),
    node("n2", "10.0.0.2"),
    space("shop"),
    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"namespace": "shop", "name": "default"}},
    placed("web", "n1", "10.244.0.1"),
    placed("api", "n2", "10.244.1.1"),
)


def policy(
    name: str, order: int, rules: Sequence[Manifest], *, kind: str = "GlobalNetworkPolicy", **spec: Any
) -> Manifest:
    """Return a policy for the egress of `web`, or for what `spec` says."""
    body = {"order": order, "selector": "app == 'web'", "types": ["Egress"], "egress": list(rules), **spec}
    namespace = {"namespace": "shop"} if kind == "NetworkPolicy" else {}
    return {
        "apiVersion": "projectcalico.org/v3",
        "kind": kind,
        "metadata": {"name": name, **namespace},
        "spec": {key: value for key, value in body.items() if value is not None},
    }


def rule(action: str, **destination: Any) -> Manifest:
    return {"action": action, **({"destination": destination} if destination else {})}


def nets(*texts: str) -> Manifest:
    labels = {"set": "ours"}
    metadata = {"name": "ours", "labels": labels}
    return {
        "apiVersion": "projectcalico.org/v3",
        "kind": "GlobalNetworkSet",
        "metadata": metadata,
        "spec": {"nets": list(texts)},
    }


def closed() -> Manifest:
    return kubernetes_policy("shop", "closed", {"matchLabels": {"app": "web"}}, "Egress")


OUR_SET: Final = {"selector": "set == 'ours'", "namespaceSelector": "global()"}
ALLOW_BANK: Final = policy("allow", WIDE, [rule("Allow", nets=[BANK])], kind="NetworkPolicy")
DENY_PART: Final = policy("deny", 40, [rule("Deny", nets=[PART])])
IN_TIER: Final = policy("ours.deny", 40, [rule("Deny", nets=[PART])], tier="ours")
BRIDGE: Final = policy("bridge", 3000, [rule("Pass")])
DEFAULT_DENY: Final = policy("default-deny", 2000, [rule("Deny")])
ALLOW_SET: Final = policy("allow-set", WIDE, [rule("Allow", **OUR_SET)])
DENY_SET: Final = policy("deny-set", 40, [rule("Deny", **OUR_SET)])
WITHOUT_RULES: Final = policy("isolating", 900, [], kind="NetworkPolicy")


@dataclass(frozen=True)
class Reason:
    """A wait: the stages that it parts, what there is, and a write on each side of it."""

    before: tuple[Stage, ...]
    after: Stage
    start: tuple[Manifest, ...]
    first: Write
    last: Write

    @property
    def name(self) -> str:
        """Return a name for the test."""
        return f"{self.before[0]}-{self.after}"


def put(manifest: Manifest) -> Write:
    return Write(f"put-{manifest['metadata']['name']}", None, manifest)


def drop(manifest: Manifest) -> Write:
    return Write(f"drop-{manifest['metadata']['name']}", manifest, None)


def change(before: Manifest, after: Manifest) -> Write:
    return Write(f"change-{after['metadata']['name']}", before, after)


CALLEE: Final = policy(
    "callee", 2000, [], selector="app == 'api'", types=["Ingress"], egress=None, ingress=[{"action": "Deny"}]
)
CLOSED_CALLER: Final = policy("closed-caller", 100, [rule("Deny", selector="app == 'api'")], kind="NetworkPolicy")
REASONS: Final = (
    # A policy whose tier a node has not got denies all.
    Reason((Stage.TIER,), Stage.DENIES, (), put(TIER), put(IN_TIER)),
    # A policy of another kind isolates pods that are not bridged yet.
    Reason((Stage.BRIDGE,), Stage.DENIES, (), put(BRIDGE), put(WITHOUT_RULES)),
    # What a new deny is to keep closed would open with the entries of a set that is allowed.
    Reason((Stage.DENIES,), Stage.SETS, (closed(), ALLOW_SET, nets()), put(DENY_PART), change(nets(), nets(BANK))),
    # What a deny, or the set that it names, is to keep closed would open with the allow.
    Reason((Stage.DENIES,), Stage.ALLOWS, (closed(),), put(DENY_PART), put(ALLOW_BANK)),
    Reason((Stage.SETS,), Stage.ALLOWS, (closed(), DENY_SET, nets()), change(nets(), nets(PART)), put(ALLOW_BANK)),
    # What is allowed must be before all else is denied.
    Reason((Stage.ALLOWS, Stage.ISOLATION), Stage.CUTOVER, (), put(ALLOW_BANK), put(DEFAULT_DENY)),
    # The caller has to be closed before its callee is let go.
    Reason((Stage.CUTOVER,), Stage.RELEASE, (CALLEE,), put(CLOSED_CALLER), drop(CALLEE)),
    # An allow, or an old policy, may go only where nothing hangs on it any more.
    Reason((Stage.RELEASE,), Stage.STALE_ALLOWS, (DEFAULT_DENY, ALLOW_BANK), drop(DEFAULT_DENY), drop(ALLOW_BANK)),
    Reason((Stage.CUTOVER,), Stage.STALE_ALLOWS, (closed(),), put(DEFAULT_DENY), drop(closed())),
    # What a deny keeps closed would open while an allow is still there.
    Reason(
        (Stage.STALE_ALLOWS,), Stage.STALE_DENIES, (closed(), ALLOW_BANK, DENY_PART), drop(ALLOW_BANK), drop(DENY_PART)
    ),
    # What the entries of a set keep closed would open while an allow is still there.
    Reason(
        (Stage.STALE_ALLOWS, Stage.STALE_DENIES),
        Stage.STALE_SETS,
        (closed(), DENY_SET, nets(BANK), ALLOW_BANK),
        drop(ALLOW_BANK),
        change(nets(BANK), nets()),
    ),
    # Whoever loses the bridge first is isolated by what was to go before it.
    Reason(
        (Stage.STALE_ALLOWS, Stage.STALE_DENIES, Stage.STALE_SETS, Stage.CUTOVER),
        Stage.BRIDGE_REMOVAL,
        (BRIDGE, WITHOUT_RULES),
        drop(WITHOUT_RULES),
        drop(BRIDGE),
    ),
    # A policy that outlives its tier denies all.
    Reason((Stage.STALE_DENIES, Stage.STALE_ALLOWS), Stage.TIER_REMOVAL, (TIER, IN_TIER), drop(IN_TIER), drop(TIER)),
)


@pytest.mark.parametrize("reason", REASONS, ids=lambda item: item.name)
def test_a_wait_is_there_for_something(reason: Reason) -> None:
    world = [*WORLD, *reason.start]
    scene = scene_of_manifests(world)
    waited: list[Step] = [reason.first, Wait("wait"), reason.last]
    at_once: list[Step] = [reason.first, reason.last]
    assert isinstance(prove_steps(world, waited), Proof)
    assert check_steps(scene, waited) == []
    assert isinstance(prove_steps(world, at_once), Refuted)
    assert check_steps(scene, at_once)


def pairs_of(steps: Sequence[PlannedStep]) -> set[tuple[Stage, Stage]]:
    """Return which stages the waits of a plan part; one before the first write, and the last one, are for runs."""
    found, last, waiting = set(), None, False
    for step in steps:
        match step:
            case WaitStep():
                waiting = True
            case WriteStep(_, stage):
                if waiting and last is not None:
                    found.add((last, stage))
                last, waiting = stage, False
            case _:
                pass
    return found


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("name", INTENTS)
def test_each_wait_of_the_examples_is_one_of_these(name: str, layout: Layout, tmp_path: Path) -> None:
    known = {(before, item.after) for item in REASONS for before in item.before}
    example = Example.load(name, layout, tmp_path)
    planned = example.planned()
    off = example.after(planned, len(planned.plan.steps)).planned(to_none=True)
    for plan in (planned.plan, off.plan):
        assert pairs_of(plan.steps) <= known
        assert all(step.purpose.startswith("Wait: ") for step in plan.steps if isinstance(step, WaitStep))

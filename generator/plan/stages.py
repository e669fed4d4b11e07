"""The stages of a migration in their order, both ways (product.md 6); every part of the planner reads this list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from generator.intent.model import Layout


class Stage(StrEnum):
    """A part of the plan; between two of them that write something stands a wait, save where one joins the other."""

    START = "start"
    TIER = "tier"
    BRIDGE = "bridge"
    DENIES = "denies"
    SETS = "sets"
    ALLOWS = "allows"
    ISOLATION = "isolation"
    OBSERVE = "observe"
    CLOSING = "closing"
    CUTOVER = "cutover"
    OPENING = "opening"
    HANDOVER = "handover"
    RELEASE = "release"
    STALE_ALLOWS = "stale-allows"
    STALE_DENIES = "stale-denies"
    STALE_SETS = "stale-sets"
    BRIDGE_REMOVAL = "bridge-removal"
    TIER_REMOVAL = "tier-removal"
    END = "end"


@dataclass(frozen=True, slots=True)
class StageInfo:
    """What a stage is for. `wait` is why nodes must have all that was written before it; "" where none is due.

    In it {before} stands for the stage before, as `DONE` calls it.

    `layouts` are the layouts whose way passes through it; after a stage that it `joins` it needs no wait.
    """

    stage: Stage
    title: str
    wait: str
    layouts: tuple[Layout, ...] = (Layout.TIERS, Layout.SINGLE_TIER)
    joins: tuple[Stage, ...] = ()


_TIERS: Final = (Layout.TIERS,)
_BRIDGE: Final = (Layout.SINGLE_TIER,)

STAGES: Final[tuple[StageInfo, ...]] = (
    StageInfo(Stage.START, "look before the first write", ""),
    StageInfo(
        Stage.TIER,
        "the tier, which passes what it does not decide",
        "what an earlier run wrote must be on every node before the plan goes on",
        _TIERS,
    ),
    StageInfo(
        Stage.BRIDGE,
        "the bridge, which passes for pods that nothing isolates today",
        "the tier must be on every node before anything else: a policy without its tier denies",
        _BRIDGE,
    ),
    StageInfo(
        Stage.DENIES,
        "denies of guardrails and feeds, whose new sets are still empty",
        "{before} must be on every node before a policy that needs it: without it pods would be isolated",
    ),
    StageInfo(
        Stage.SETS,
        "additions to network sets",
        "the denies must be on every node before their sets fill",
    ),
    StageInfo(
        Stage.ALLOWS,
        "the allows",
        "{before} must be on every node before the allows",
    ),
    # Without rules it changes nothing for a pod that is bridged or isolated already, whatever of the allows is there.
    StageInfo(
        Stage.ISOLATION,
        "the default deny without rules, over which the bridge still passes",
        "the bridge must be on every node before the default deny",
        _BRIDGE,
        (Stage.ALLOWS,),
    ),
    StageInfo(
        Stage.OBSERVE,
        "what shows what the set would drop",
        "every layer must be on every node before what none of them takes is shown",
    ),
    StageInfo(
        Stage.CLOSING,
        "allows that go pass what they allowed",
        "every layer must be on every node before an allow that goes closes",
    ),
    StageInfo(
        Stage.CUTOVER,
        "cut-over, namespace by namespace and direction by direction",
        "every layer must be on every node before the first namespace is cut over",
    ),
    StageInfo(
        Stage.OPENING,
        "allows that passed until now allow",
        "the cut-over must be on every node before anything new is opened",
    ),
    StageInfo(
        Stage.HANDOVER,
        "policies that are handed over are removed before anything of ours",
        "the cut-over must be on every node before an old policy goes",
    ),
    StageInfo(
        Stage.RELEASE,
        "namespaces that leave the scope are let go, one by one",
        "{before} must be on every node before anything is let go",
    ),
    StageInfo(
        Stage.STALE_ALLOWS,
        "replaced policies and allows that are not in the set are removed",
        "{before} must be on every node before anything is removed",
    ),
    StageInfo(
        Stage.STALE_DENIES,
        "denies that are not in the set are removed",
        "the removal of allows must be on every node before denies go",
    ),
    StageInfo(
        Stage.STALE_SETS,
        "entries and sets that are not in the set are removed",
        "no node may still have a policy that names them",
    ),
    StageInfo(
        Stage.BRIDGE_REMOVAL,
        "the bridge is removed",
        "all that was written must be on every node before the bridge goes",
    ),
    # Neither sets nor the bridge are in the tier, and its policies went before a wait that stands already.
    StageInfo(
        Stage.TIER_REMOVAL,
        "the tier is removed, when it is empty",
        "no node may still have a policy of the tier: without it they would deny",
        joins=(Stage.STALE_SETS, Stage.BRIDGE_REMOVAL),
    ),
    StageInfo(Stage.END, "look whether the set is there", "every node must have all that was written"),
)

# What a stage has done, in the words of the wait behind it; of any other stage: what was written.
DONE: Final[Mapping[Stage, str]] = {
    Stage.TIER: "the tier",
    Stage.BRIDGE: "the bridge",
    Stage.DENIES: "the denies",
    Stage.SETS: "denies and sets",
    Stage.ALLOWS: "the allows",
    Stage.CUTOVER: "the cut-over",
    Stage.OPENING: "what was opened",
    Stage.HANDOVER: "the removal of old policies",
    Stage.RELEASE: "the release",
}

ORDER: Final[Mapping[Stage, int]] = {info.stage: number for number, info in enumerate(STAGES)}

# What becomes of the policies of each layer; a layer that is not named here allows.
TIER_LAYER: Final = "tier"
SETS_LAYER: Final = "sets"
BRIDGE_LAYER: Final = "bridge"
DEFAULT_DENY_LAYER: Final = "default-deny"
DENY_LAYERS: Final = frozenset({"guardrails", "threat-feeds"})


def stages_of(layout: Layout) -> tuple[StageInfo, ...]:
    """Return the stages that the way of a layout can pass through; a move between layouts passes through both."""
    return tuple(info for info in STAGES if layout in info.layouts)

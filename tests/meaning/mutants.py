"""Judges one mutant of a rendered set: refused, equal in its verdicts, caught with a witness that holds, or not caught.

The set before the change is proven equal to the intent, so a flow on which the two sets differ is one on which the
changed set differs from the intent. Only the obvious evaluator says whether they do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from generator.equality import prove
from generator.equality.model import CannotCompare, Difference, Proven, Wrong
from generator.equality.proof_world import ProofWorld, build_world
from generator.equality.prove import prove_equal
from generator.foundation.errors import InputError
from generator.intent.model import Intent
from generator.layers.model import ManifestSet
from generator.meaning.mean import mean
from generator.platforms.model import PlatformProfile
from generator.snapshot.model import Snapshot
from tests.meaning.mutants_sweep import find_flow
from tests.meaning.proving import build, load
from tests.meaning.written import asked_of, world_manifests
from tests.obvious import Cluster, answer_flow, read_cluster

Build = Callable[[Intent, PlatformProfile, Snapshot | None], ManifestSet]
FOLLOWED: Final = 1  # difference of each family that is followed: one is enough to catch a mutant


class Fate(StrEnum):
    """What became of a mutant."""

    REFUSED = "refused by the checks"
    BROKEN = "it does not run"
    SAME = "the same set"
    EQUAL = "equal in its verdicts"
    CAUGHT = "caught, with a witness"
    STRICTER = "refused, but equal in its verdicts wherever we looked"
    BEYOND = "caught, for it governs what is not owned"
    UNSEEN = "refused: nobody can see what it does"
    WRONG_WITNESS = "caught, but the witness does not hold"
    SURVIVED = "NOT CAUGHT"


@dataclass(frozen=True)
class Scene:
    """An intent with the set that is rendered for it unchanged, which is proven."""

    name: str
    intent: Intent
    profile: PlatformProfile
    right: ManifestSet
    snapshot: Snapshot | None = None


@dataclass(frozen=True)
class Judged:
    """One mutant in one scene, and the flow that tells it from the right set, if there is one."""

    name: str
    scene: str
    fate: Fate
    flow: Mapping[str, Any] | None = None
    said: str = ""


@dataclass
class Count:
    """How many mutants of a source met which fate."""

    fates: dict[Fate, int] = field(default_factory=lambda: dict.fromkeys(Fate, 0))
    kept: list[Judged] = field(default_factory=list)

    def add(self, judged: Judged) -> None:
        self.fates[judged.fate] += 1
        if judged.fate in (Fate.SURVIVED, Fate.WRONG_WITNESS):
            self.kept.append(judged)


def make_scene(name: str, snapshot: Snapshot | None = None, **overlay: Any) -> Scene:
    """Load an intent and prove its set; what is not proven unchanged is no ground to judge mutants on."""
    intent, profile = load(**overlay)
    right = build(intent, profile, snapshot)
    assert isinstance(prove_equal(intent, profile, right, snapshot), Proven), name
    return Scene(name, intent, profile, right, snapshot)


def judge(name: str, scene: Scene, make: Callable[[], ManifestSet]) -> Judged:
    """Make a mutant and find out its fate."""
    try:
        wrong = make()
    except InputError:
        return Judged(name, scene.name, Fate.REFUSED)
    except (TypeError, AttributeError, KeyError, IndexError, ValueError, NameError, AssertionError) as fault:
        return Judged(name, scene.name, Fate.BROKEN, said=repr(fault))
    if _words(wrong) == _words(scene.right):
        return Judged(name, scene.name, Fate.SAME)
    try:
        found = _compare(scene, wrong)
    except CannotCompare as fault:
        return _unless_equal(name, scene, wrong, Fate.UNSEEN, str(fault))
    if isinstance(found, Proven):
        return _unless_equal(name, scene, wrong, Fate.SURVIVED, "proven")
    witnessed = [item for item in found if item.witness is not None]
    if not witnessed:
        fate = Fate.BEYOND if found[0].wrong is Wrong.BEYOND else Fate.UNSEEN
        return _unless_equal(name, scene, wrong, fate, str(found[0].wrong))
    judged = _followed(name, scene, wrong, witnessed)
    if judged.fate is Fate.STRICTER:
        more = _compare(scene, wrong, prove.MOST_SHOWN)
        assert not isinstance(more, Proven)
        judged = _followed(name, scene, wrong, [item for item in more if item.witness is not None])
    return judged


def _compare(scene: Scene, wrong: ManifestSet, most: int = FOLLOWED) -> Proven | list[Difference]:
    shown, prove.MOST_SHOWN = prove.MOST_SHOWN, most  # type: ignore[misc]
    try:
        return prove_equal(scene.intent, scene.profile, wrong, scene.snapshot)
    finally:
        prove.MOST_SHOWN = shown  # type: ignore[misc]


def _unless_equal(name: str, scene: Scene, wrong: ManifestSet, fate: Fate, said: str) -> Judged:
    flow = find_flow(scene.right, wrong)
    return Judged(name, scene.name, Fate.EQUAL if flow is None else fate, flow, said)


def _followed(name: str, scene: Scene, wrong: ManifestSet, found: list[Difference]) -> Judged:
    """Send each witness through the changed set and the right one, with the obvious evaluator.

    It must decide as the engine does at the end that is governed, which is not what the intent means there.
    """
    world = build_world(mean(scene.intent, scene.profile, scene.snapshot), scene.intent, wrong, scene.snapshot)
    before, after = _with(world, scene.right, wrong), _with(world, wrong, wrong)
    differing: Mapping[str, Any] | None = None
    for difference in found:
        assert difference.witness is not None
        flow, way = asked_of(difference.witness.flow), difference.way.value
        verdict = difference.witness.verdict
        decided = verdict.egress if way == "egress" else verdict.ingress
        assert decided is not None
        now, due = answer_flow(after, flow)[way]["verdict"], answer_flow(before, flow)[way]["verdict"]
        if now != decided.verdict.value:
            said = f"{difference.wrong} at {way}: engine {decided.verdict}, obvious {now}, right set {due}"
            return Judged(name, scene.name, Fate.WRONG_WITNESS, flow, said)
        if now != due:
            differing = flow
    # A set that has lost its labels may show itself first by another that has them, where the right set is wrong too.
    differing = differing or find_flow(scene.right, wrong)
    return Judged(
        name, scene.name, Fate.CAUGHT if differing else Fate.STRICTER, differing, "" if differing else str(flow)
    )


def _with(world: ProofWorld, rendered: ManifestSet, built_for: ManifestSet) -> Cluster:
    """Return the world of a proof as the obvious evaluator reads it, with the objects of this set in it."""
    ours = {item.identity.name for item in built_for.objects}
    kept = (
        item
        for item in world_manifests(world)
        if item["kind"] not in ("Tier", "NetworkPolicy", "GlobalNetworkPolicy") and item["metadata"]["name"] not in ours
    )
    return read_cluster([*kept, *(item.object.manifest for item in rendered.objects)])


def _words(rendered: ManifestSet) -> list[Any]:
    return sorted(((str(item.identity), item.object.manifest) for item in rendered.objects), key=lambda pair: pair[0])

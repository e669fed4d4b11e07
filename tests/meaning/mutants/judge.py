"""Judges one mutant of a rendered set: refused, equal in its verdicts, caught with a witness that holds, or not caught.

The set before the change is proven equal to the intent, so a flow on which the two sets differ is one on which the
changed set differs from the intent. Only the obvious evaluator says whether they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import pytest

from generator.equality import prove
from generator.equality.model import CannotCompare, Difference, Proven
from generator.equality.proof_world import ProofWorld, build_world
from generator.equality.prove import prove_equal
from generator.foundation.errors import InputError
from generator.intent.model import Intent
from generator.layers.model import ManifestSet
from generator.platforms.model import PlatformProfile
from tests.meaning.mutants.exact import find_difference
from tests.meaning.mutants.sweep import find_flow
from tests.meaning.proving import build, load
from tests.meaning.written import asked_of, world_manifests
from tests.obvious import Cluster, answer_flow, read_cluster

MOST_FLOWS: Final = 100
FOLLOWED: Final = 1  # difference of each family that is followed at first: one is enough to catch a mutant


class Fate(StrEnum):
    """What became of a mutant; those after EQUAL have other verdicts than the right set, and count."""

    STOPPED = "stopped at the limit"
    SAME = "writes the same set"
    REFUSED = "refused by the checks"
    BROKEN = "does not run"
    EQUAL = "equal in its verdicts"
    CAUGHT = "caught with a witness"
    NO_WITNESS = "caught WITHOUT A WITNESS"
    WRONG_WITNESS = "caught, but THE WITNESS DOES NOT HOLD"
    SURVIVED = "NOT CAUGHT"

    @property
    def counts(self) -> bool:
        """Tell whether the checks let it pass and its verdicts differ."""
        return self in (Fate.CAUGHT, Fate.NO_WITNESS, Fate.WRONG_WITNESS, Fate.SURVIVED)


@dataclass(frozen=True)
class Scene:
    """An intent with the set that is rendered for it unchanged, which is proven."""

    name: str
    intent: Intent
    profile: PlatformProfile
    right: ManifestSet


@dataclass(frozen=True)
class Judged:
    """One mutant in one scene, and the flow that tells it from the right set, if there is one."""

    name: str
    scene: str
    fate: Fate
    flow: Mapping[str, Any] | None = None
    said: str = ""


def make_scene(name: str, **overlay: Any) -> Scene:
    """Load an intent and prove its set; what is not proven unchanged is no ground to judge mutants on."""
    intent, profile = load(**overlay)
    right = build(intent, profile)
    assert isinstance(prove_equal(intent, profile, right), Proven), name
    return Scene(name, intent, profile, right)


def judge(name: str, scene: Scene, *, exactly: bool) -> Judged:
    """Render with the mutant in its place, and find out its fate.

    Of a set that is proven, or of which no witness is shown, some flows are tried; `exactly` leaves none out.
    """
    try:
        wrong = build(scene.intent, scene.profile)
    except InputError:
        return Judged(name, scene.name, Fate.REFUSED)
    except Exception as fault:  # the mutant itself is wrong: nothing is rendered
        return Judged(name, scene.name, Fate.BROKEN, said=repr(fault))
    if _words(wrong) == _words(scene.right):
        return Judged(name, scene.name, Fate.SAME)

    def unless_equal(fate: Fate, said: str) -> Judged:
        flow = find_flow(scene.right, wrong, MOST_FLOWS)
        if flow is None and exactly:
            flow = find_difference(scene.right, wrong)
        return Judged(name, scene.name, Fate.EQUAL if flow is None else fate, flow, said)

    try:
        found, world = _compare(scene, wrong, FOLLOWED)
        if isinstance(found, Proven):
            return unless_equal(Fate.SURVIVED, "proven")
        judged = _followed(name, scene, wrong, found, world)
        if judged is None:
            more, world = _compare(scene, wrong, prove.MOST_SHOWN)
            assert not isinstance(more, Proven)
            judged = _followed(name, scene, wrong, more, world)
    except CannotCompare as fault:
        return unless_equal(Fate.NO_WITNESS, str(fault))
    said = ", ".join(dict.fromkeys(f"{item.wrong}: {item.policy} rule {item.rule}" for item in found[:4]))
    return judged or unless_equal(Fate.NO_WITNESS, said)


def _compare(scene: Scene, wrong: ManifestSet, most: int) -> tuple[Proven | list[Difference], ProofWorld]:
    """Return what the comparison says, with the world in which it was made; following so many differences at most."""
    worlds: list[ProofWorld] = []

    def build_and_keep(*given: Any) -> ProofWorld:
        worlds.append(build_world(*given))
        return worlds[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prove, "MOST_SHOWN", most)
        patch.setattr(prove, "build_world", build_and_keep)
        return prove_equal(scene.intent, scene.profile, wrong), worlds[-1]


def _followed(name: str, scene: Scene, wrong: ManifestSet, found: list[Difference], world: ProofWorld) -> Judged | None:
    """Send each witness through the changed set and the right one, with the obvious evaluator.

    It must decide as the engine does at the end that is governed; nothing is returned where the right set decides all
    of them in the same way.
    """
    before, after = _with(world, scene.right, wrong), _with(world, wrong, wrong)
    caught: Judged | None = None
    for difference in found:
        if difference.witness is None:
            continue
        flow, way = asked_of(difference.witness.flow), difference.way.value
        verdict = difference.witness.verdict
        decided = verdict.egress if way == "egress" else verdict.ingress
        assert decided is not None
        now, due = answer_flow(after, flow)[way]["verdict"], answer_flow(before, flow)[way]["verdict"]
        if now != decided.verdict.value:
            said = f"{difference.wrong} at {way}: engine {decided.verdict}, obvious {now}, right set {due}"
            return Judged(name, scene.name, Fate.WRONG_WITNESS, flow, said)
        if now != due:
            caught = caught or Judged(name, scene.name, Fate.CAUGHT, flow, str(difference.wrong))
    return caught


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
    """Return what of a set can decide anything: all but annotations."""
    return sorted((_word(item.object.manifest) for item in rendered.objects), key=str)


def _word(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "annotations"}
    return {**manifest, "metadata": metadata, "spec": _bare(manifest.get("spec"))}


def _bare(spec: Any) -> Any:
    if not isinstance(spec, Mapping):
        return spec
    return {
        key: [{name: part for name, part in rule.items() if name != "metadata"} for rule in value]
        if key in ("ingress", "egress")
        else value
        for key, value in spec.items()
    }

"""Follows the witness of a refused plan with the evaluator of the checker: the flow, and the states that it names."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import compress
from operator import not_
from typing import Any

from generator.packets.addresses import format_address
from generator.plan.model import Step as PlannedStep
from generator.plan.plan_file import CODEC
from generator.plan.proof.history import History
from generator.plan.proof.history import State as Counts
from generator.plan.proof.inclusions import Harm
from generator.plan.proof.witness import BreachWitness
from generator.reach.decision import Verdict
from generator.reach.flow import End
from tests.obvious import answer_flow, read_cluster
from tests.plan_oracle import Scene, Step, way_back
from tests.plan_oracle_parts.plan_file import read_step
from tests.plan_oracle_parts.states import Course, Standing, Stretch, Versions, follow, way_of_rollback
from tests.plan_oracle_parts.steps import Key

Objects = Mapping[Key, Mapping[str, Any]]


def seen_steps(steps: Sequence[PlannedStep]) -> list[Step]:
    """Return steps as the checker reads them from a plan file."""
    written = CODEC.encode(tuple(steps), tuple[PlannedStep, ...])
    return [found for item in written for found in read_step(json.loads(json.dumps(item)))]


def follow_witness(scene: Scene, steps: Sequence[Step], history: History, witness: BreachWitness) -> str:
    """Return what is wrong with a witness; "" where its flow fares as it says in states that can occur."""
    versions = Versions()
    course = Course.start(versions, scene.objects, steps)
    stretches = follow(course, steps)
    asked = [_contents(course, history, state) for state in (witness.source_state, witness.destination_state)]
    if not any(_has(stretch, asked, history) for stretch in _all_stretches(stretches, versions, scene, steps)):
        return "no node can be in these states while the plan runs"
    before = _lives(scene, versions, course, history, witness, history.nothing_yet, history.nothing_yet)
    after = _lives(scene, versions, course, history, witness, history.everything, history.everything)
    now = _lives(scene, versions, course, history, witness, witness.source_state, witness.destination_state)
    told = tuple(item is Verdict.ALLOW for item in (witness.before, witness.after, witness.meanwhile))
    if told != (before, after, now):
        return f"it lives before, after and meanwhile: {(before, after, now)}, and not {told}"
    harmed = {Harm.CUT: before and after and not now, Harm.OPENED: now and not before and not after}
    return "" if harmed.get(witness.harm, before and not now) else f"it is not {witness.harm}"


def _all_stretches(
    forward: Sequence[Stretch], versions: Versions, scene: Scene, steps: Sequence[Step]
) -> Iterator[Stretch]:
    yield from forward
    for done in range(1, len(steps) + 1):
        yield from way_of_rollback(versions, scene.objects, steps, done, way_back(steps, done))[0]


def _contents(course: Course, history: History, state: Counts) -> dict[str, tuple[int, ...]]:
    """Return what a node has of each kind in a state, as numbers of contents."""
    objects = {
        (identity.kind.value, identity.namespace, identity.name): obj.manifest
        for identity, obj in history.objects_at(state).items()
    }
    return {
        kind: tuple(course.versions.number(objects.get(key)) for key in standings[0].keys)
        for kind, standings in course.written.items()
    }


def _has(stretch: Stretch, states: Sequence[Mapping[str, tuple[int, ...]]], history: History) -> bool:
    """Tell whether a node may have these contents.

    The proof counts an object that is written again by itself, and of what concerns no end it says as little as it can;
    so each such object may have any of its contents.
    """
    columns = Counter(history.columns.values())
    alone = {
        (identity.kind.value, identity.namespace, identity.name)
        for identity, column in history.columns.items()
        if columns[column] == 1
    }
    return all(
        _is_among(numbers, stretch.standings[kind], [key in alone for key in stretch.standings[kind][0].keys])
        for state in states
        for kind, numbers in state.items()
    )


def _is_among(numbers: tuple[int, ...], standings: Sequence[Standing], alone: Sequence[bool]) -> bool:
    known = {item.numbers for item in standings}
    rest = {tuple(compress(one, map(not_, alone))) for one in known}
    if tuple(compress(numbers, map(not_, alone))) not in rest:
        return False
    return all(number in found for number, found in zip(numbers, zip(*known, strict=True), strict=True))


def _lives(
    scene: Scene,
    versions: Versions,
    course: Course,
    history: History,
    witness: BreachWitness,
    source: Counts,
    destination: Counts,
) -> bool:
    flow, ends = witness.flow, (witness.flow.source, witness.flow.destination)
    objects = _with_addresses(scene.objects, ends)
    names = [_name(end) for end in ends]
    bare = [f"ip:{format_address(*end.address)}" for end in ends]
    packet = {
        "family": flow.source.address[0],
        "protocol": flow.transport.protocol,
        "sport": flow.transport.source_port,
        "dport": flow.transport.destination_port,
        "icmpType": flow.transport.icmp_type,
        "icmpCode": flow.transport.icmp_code,
    }
    out = _answer(objects, versions, course, history, source, {**packet, "src": names[0], "dst": bare[1]})
    into = _answer(objects, versions, course, history, destination, {**packet, "src": bare[0], "dst": names[1]})
    return out and into


def _name(end: End) -> str:
    if end.pod is not None:
        return end.pod.key.replace(" #", "-")  # a pod that is there beside another one of its key
    return f"host:{end.node}" if end.node else f"ip:{format_address(*end.address)}"


def _with_addresses(objects: Objects, ends: Sequence[End]) -> Objects:
    """Return the objects with the addresses that a witness has its pods have."""
    found = dict(objects)
    for end in ends:
        if end.pod is None:
            continue
        namespace, name = _name(end).split("/")
        pod: Any = copy.deepcopy(found["Pod", namespace, end.pod.workload.name])
        pod["metadata"]["name"] = name
        text = format_address(*end.address)
        if text not in {item["ip"] for item in pod["status"]["podIPs"]}:
            pod["status"]["podIPs"] = [{"ip": text}]
        found["Pod", namespace, name] = pod
    return found


def _answer(
    objects: Objects,
    versions: Versions,
    course: Course,
    history: History,
    state: Counts,
    flow: Mapping[str, Any],
) -> bool:
    found = dict(objects)
    for kind, numbers in _contents(course, history, state).items():
        for key, number in zip(course.written[kind][0].keys, numbers, strict=True):
            manifest = versions.manifests[number]
            if manifest is None:
                found.pop(key, None)
            else:
                found[key] = manifest
    return bool(answer_flow(read_cluster(found.values()), flow)["verdict"] == "allow")

"""What must hold of a plan that only observes; each function raises AssertionError where it does not.

Three judges see to the log: packet sets of all pairs, single flows with the trace of their rules, and the obvious
evaluator, which knows nothing of the engine. A flow that lives is logged exactly if the enforced set cuts it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from generator.calico.objects import Identity
from generator.packets.addresses import FAMILIES
from generator.packets.transport import TransportPacket
from generator.plan.model import Manifest
from generator.plan.plan_file import read_plan, write_plan
from generator.reach.columns import Columns
from generator.reach.decision import Verdict
from generator.reach.ends import resolve_end
from generator.reach.engine import Engine
from generator.reach.find_places import find_places
from generator.reach.flow import Flow, evaluate_flow
from generator.reach.model import Action
from generator.reach.pairs import Pairs
from generator.reach.rows import subtract
from generator.snapshot.model import Snapshot
from tests.obvious import Cluster, answer_flow, read_cluster
from tests.plan import laws
from tests.plan.observing_worlds import CLUSTER_KINDS, World, end_of
from tests.plan.worlds import Planned, manifests_of
from tests.plan_oracle import check_steps, read_plan_file, scene_of_snapshot, way_back

Objects = Mapping[Identity, Manifest]
PORTS = (53, 8080, 9090)
OUTSIDE = ("ip:198.51.100.7", "ip:203.0.113.9", "ip:169.254.169.254", "ip:10.96.0.10", "ip:8.8.8.8")


def check_observing_plan(planned: Planned, snapshot: Snapshot) -> None:
    """Check all that needs no second plan: the laws of every plan, and that no flow fares otherwise in any state."""
    plan = planned.plan
    assert not plan.errored, plan.unresolved
    assert plan.effects == ()
    laws.rolls_back_from_every_step(planned)
    laws.touches_nothing_foreign(planned, frozenset())
    laws.tier_holds_its_policies(planned)
    laws.waits_between_stages(planned)
    laws.stages_are_in_order(planned)
    laws.writes_valid_objects(planned)
    assert read_plan(write_plan(plan), "plan.json") == plan
    assert flows_that_fare_otherwise(planned, snapshot) == []


def flows_that_fare_otherwise(planned: Planned, snapshot: Snapshot) -> list[str]:
    """Return what the checker of plans finds on the way there and back, where both ends are what is live."""
    steps = read_plan_file(write_plan(planned.plan)).steps
    scene = scene_of_snapshot(snapshot, planned.plan.scope)
    return [str(item) for item in check_steps(scene, [*steps, *way_back(steps, len(steps))], back=None)]


def sets_of_logged_and_cut(snapshot: Snapshot, observing: Objects, enforced: Objects) -> Iterator[tuple[Any, Any]]:
    """Yield for each family and place what lives and is logged, and what lives and is cut, as rows of packet sets."""
    if not any(item.kind == "Pod" for item in snapshot.workloads):
        snapshot = replace(snapshot, complete=False)  # then the pods that workloads will have are asked about
    engines = [engine_of(snapshot, objects) for objects in (observing, denying(observing), enforced)]
    assert engines[0].inventory.pods
    for family in FAMILIES:
        places = find_places(engines, family)
        columns = [Columns(Pairs(engine, found)) for engine, found in zip(engines, places, strict=True)]
        for there in zip(*(found.places for found in places), strict=True):
            lives, unlogged, after = (
                column.allowed_into(place)[0] for column, place in zip(columns, there, strict=True)
            )
            yield subtract(lives, unlogged), subtract(lives, after)


def engine_of(snapshot: Snapshot, objects: Objects) -> Engine:
    policies = tuple(laws.object_at(identity, objects[identity]) for identity in sorted(objects))
    return Engine(replace(snapshot, policies=policies))


def denying(objects: Objects) -> dict[Identity, Manifest]:
    """Return the objects with a Deny for each Log of ours: what was logged is gone then, and nothing else."""
    found: dict[Identity, Manifest] = {}
    for identity, manifest in objects.items():
        changed: dict[str, Any] = copy.deepcopy(dict(manifest))
        if "ringfence/intent" in laws.labels_of(identity, manifest):
            for rule in (*changed["spec"].get("ingress", ()), *changed["spec"].get("egress", ())):
                rule["action"] = "Deny" if rule["action"] == "Log" else rule["action"]
        found[identity] = changed
    return found


@dataclass(frozen=True)
class Told:
    """What became of one flow: whether it lives while observing, meets a Log rule, and lives once enforced."""

    flow: Mapping[str, Any]
    lives: bool
    logged: bool
    after: bool

    @property
    def fits(self) -> bool:
        """Tell whether a flow that lives is logged exactly if it is cut."""
        return not self.lives or self.logged is not self.after


def flows_of(snapshot: Snapshot) -> list[Mapping[str, Any]]:
    pods = sorted(f"{item.namespace}/{item.name}" for item in snapshot.workloads if item.kind == "Pod")
    ends = [(one, other) for one, other in product([*pods, *OUTSIDE], repeat=2) if one in pods or other in pods]
    return [
        {"family": 4, "protocol": protocol, "sport": 40000, "dport": port, "src": source, "dst": destination}
        for source, destination in ends
        if source != destination
        for protocol, port in ((6, PORTS[1]), (6, PORTS[2]), (17, PORTS[0]))
    ]


def told_by_traces(snapshot: Snapshot, observing: Objects, enforced: Objects) -> Iterator[Told]:
    """Follow single flows through the engine; a Log rule counts that a packet meets before it is decided."""
    first, last = engine_of(snapshot, observing), engine_of(snapshot, enforced)
    for flow in flows_of(snapshot):
        now = evaluate_flow(first, _asked(first, flow), trace=True)
        then = evaluate_flow(last, _asked(last, flow))
        met = (*now.egress_trace, *now.ingress_trace)
        logged = any(item.rule.action is Action.LOG and item.mismatch is None for item in met)
        yield Told(flow, now.verdict is Verdict.ALLOW, logged, then.verdict is Verdict.ALLOW)


def _asked(engine: Engine, flow: Mapping[str, Any]) -> Flow:
    source, destination = (resolve_end(engine, flow[side], 4) for side in ("src", "dst"))
    return Flow(source, destination, TransportPacket(flow["protocol"], flow["sport"], flow["dport"]))


def told_by_the_obvious(world: World, snapshot: Snapshot, observing: Objects, enforced: Objects) -> Iterator[Told]:
    """Ask the obvious evaluator, with a Deny for each Log."""
    cluster = [item for item in world if item["kind"] in CLUSTER_KINDS]

    def read(objects: Objects) -> Cluster:
        return read_cluster([*cluster, *manifests_of(objects)])

    clusters = [read(objects) for objects in (observing, denying(observing), enforced)]
    for flow in flows_of(snapshot):
        now, unlogged, then = (answer_flow(cluster, flow)["verdict"] == "allow" for cluster in clusters)
        yield Told(flow, now, now and not unlogged, then)


def check_log(world: World, snapshot: Snapshot, observing: Planned, enforced: Planned) -> int:
    """Check that what is logged is what is cut, with all three judges; return how many flows were logged."""
    first, last = end_of(observing), end_of(enforced)
    for logged, cut in sets_of_logged_and_cut(snapshot, first, last):
        assert logged == cut
    told = [*told_by_traces(snapshot, first, last), *told_by_the_obvious(world, snapshot, first, last)]
    assert [item for item in told if not item.fits] == []
    return sum(item.lives and item.logged for item in told)

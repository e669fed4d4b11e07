"""What a run needs, for tests: a cluster with its objects, a plan for it, and everything around a run of that plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generator.apply.events import Event
from generator.apply.executor import World
from generator.apply.lease import LeaseFence
from generator.apply.ports import NO_FAULTS, Certainty, FaultPoints, NodeWait, Tell, WaitResult, Watch
from generator.apply.run import Call
from generator.apply.state_copy import ClusterStateCopy
from generator.apply.stopping import StopFlag
from generator.calico.objects import Identity
from generator.cluster.access import Connection
from generator.cluster.backoff import Patience
from generator.cluster.clock import Clock
from generator.plan.model import Manifest, Plan, WaitStep
from generator.plan.plan_file import write_plan
from generator.snapshot.model import Snapshot
from tests.plan.worlds import Shape, plan_of, pod, snapshot_of, space
from tests.testbed.client import Client

STATE = "ringfence"
QUICK = Patience(0.02, 0.2, 5.0)
CALICO_KINDS = ("Tier", "GlobalNetworkPolicy", "NetworkPolicy", "GlobalNetworkSet", "NetworkSet")


@dataclass
class FewWaits:
    """Waits that are over at once; `answer` may be changed by a test."""

    certainty: Certainty = Certainty.GUESSED
    seen: list[str] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None

    def confirm(self, step: WaitStep, tell: Tell) -> WaitResult:
        self.seen.append(step.id)
        self.meanwhile()
        return WaitResult((NodeWait("", self.certainty, "a test does not wait"),))


@dataclass
class CalmWatch:
    """Nodes that never restart, unless a test says so."""

    found: tuple[str, ...] = ()

    def remember(self) -> None:
        pass

    def troubles(self) -> tuple[str, ...]:
        return self.found


@dataclass
class Told:
    """Everything that a run told."""

    events: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


def world_of(
    connection: Connection,
    clock: Clock,
    read: Callable[[], Snapshot],
    intent: str,
    told: Told,
    *,
    holder: str = "test",
    faults: FaultPoints = NO_FAULTS,
    waits: FewWaits | None = None,
    watch: Watch | None = None,
    flag: StopFlag | None = None,
    patience: Patience = QUICK,
    duration: int = 15,
) -> World:
    return World(
        connection=connection,
        clock=clock,
        fence=LeaseFence(connection, clock, STATE, intent, holder, duration),
        state=ClusterStateCopy(connection, clock, STATE, intent),
        waits=waits or FewWaits(),
        watch=watch or CalmWatch(),
        read=read,
        tell=told,
        flag=flag or StopFlag(),
        faults=faults,
        patience=patience,
    )


def call_of(
    plan: Plan,
    folder: Path,
    *,
    until: str = "",
    namespaces: tuple[str, ...] = (),
    accepted: tuple[str, ...] = (),
    yes: bool = True,
) -> Call:
    return Call(
        plan=plan,
        text=write_plan(plan),
        folder=folder,
        who="test",
        ask=lambda question: yes,
        go_on_words="apply --continue",
        go_back_words="rollback",
        until=until,
        namespaces=namespaces,
        accepted=accepted,
    )


def shop_objects(*namespaces: str) -> list[dict[str, Any]]:
    """Return the objects of a small cluster: in each namespace a server and its client."""
    found: list[dict[str, Any]] = []
    for number, name in enumerate(namespaces, 1):
        found.append(space(name))
        for place, app in enumerate(("web", "db"), 1):
            made = pod(name, app)
            made["status"] = {"phase": "Running", "podIP": f"10.65.{number}.{place}"}
            found.append(made)
    return found


def shop_shape(*namespaces: str, intent: str = "shop", **more: Any) -> Shape:
    services = tuple((name, app) for name in namespaces for app in ("web", "db"))
    return Shape(namespaces=namespaces, services=services, intent=intent, tier=f"ringfence-{intent}", **more)


def shop_plan(live: Iterable[Mapping[str, Any]], shape: Shape | None, **more: Any) -> Plan:
    plan = plan_of(live, shape, **more).plan
    assert plan.applyable, plan.unresolved
    return plan


def put_into(client: Client, manifests: Iterable[Mapping[str, Any]]) -> None:
    """Make objects on a server, with their status."""
    for manifest in manifests:
        client.create({key: value for key, value in manifest.items() if key != "status"})
        if "status" in manifest:
            client.merge(manifest, {"status": manifest["status"]}, "/status")


def read_objects(client: Client, api_version: str, namespaces: Iterable[str]) -> list[dict[str, Any]]:
    """Return what a snapshot of some namespaces holds, read by the tests' own client."""
    names = tuple(namespaces)
    found = [item for item in client.objects("v1", "Namespace") if item["metadata"]["name"] in names]
    for kind in ("Pod", "Service", "ServiceAccount"):
        found += [item for item in client.objects("v1", kind) if item["metadata"]["namespace"] in names]
    for kind in CALICO_KINDS:
        found += client.objects(api_version, kind)
    found += client.objects("networking.k8s.io/v1", "NetworkPolicy")
    return found


def reader(client: Client, api_version: str, namespaces: Iterable[str]) -> Callable[[], Snapshot]:
    names = tuple(namespaces)
    return lambda: snapshot_of(read_objects(client, api_version, names))


def policies(client: Client, api_version: str) -> dict[str, dict[str, Any]]:
    """Return all policy objects by kind and name, without what only a server sets."""
    found = {}
    for kind in (*CALICO_KINDS, "KubernetesNetworkPolicy"):
        if kind == "Tier" and not _has_tiers(client, api_version):
            continue
        group = "networking.k8s.io/v1" if kind == "KubernetesNetworkPolicy" else api_version
        for item in client.objects(group, kind.removeprefix("Kubernetes")):
            found[f"{kind}/{item['metadata'].get('namespace', '')}/{item['metadata']['name']}"] = stripped(item)
    return found


def _has_tiers(client: Client, api_version: str) -> bool:
    rows = client.ask("GET", f"/apis/{api_version}").body["resources"]
    return any(row["name"] == "tiers" for row in rows)


def stripped(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest without what only a server sets."""
    drop = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink")
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in drop}
    return {**manifest, "metadata": metadata}


def contents(plan: Plan) -> dict[Identity, list[Manifest | None]]:
    """Return each object's contents in the course of a plan, in order."""
    found: dict[Identity, list[Manifest | None]] = {}
    for step in plan.writes:
        found.setdefault(step.write.identity, [step.write.before]).append(step.write.after)
    return found

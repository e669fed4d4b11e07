"""A small cluster for table tests, and one flow in it asked through all three doors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from generator.foundation.source import SourceMap
from generator.foundation.yaml_reader import Document
from generator.packets.transport import TransportPacket
from generator.reach.differential import Differential
from generator.reach.ends import resolve_end
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.flow import End, Flow, FlowVerdict, evaluate_flow
from generator.reach.lower import POLICY_KINDS
from generator.reach.pairs import compute_pairs
from generator.snapshot.build import build_snapshot
from generator.snapshot.model import Snapshot

Manifest = Mapping[str, Any]
TCP, UDP, ICMP, ICMPV6, UDPLITE = 6, 17, 1, 58, 136


def manifest(kind: str, name: str, namespace: str = "", api: str = "v1", **more: Any) -> dict[str, Any]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {}) | more.pop("metadata", {})
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **more}


def pod(name: str, addresses: Sequence[str], node: str = "n1", **spec: Any) -> dict[str, Any]:
    """Return a running pod `namespace/name` with the label `app: name`."""
    namespace, _, short = name.partition("/")
    return manifest(
        "Pod",
        short,
        namespace,
        metadata={"labels": {"app": short}},
        spec={"nodeName": node, "serviceAccountName": "default", "containers": [{"name": "c"}], **spec},
        status={"phase": "Running", "podIP": addresses[0], "podIPs": [{"ip": one} for one in addresses]},
    )


def node(name: str, addresses: Sequence[str], labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    status = {"addresses": [{"type": "InternalIP", "address": one} for one in addresses]}
    return manifest("Node", name, metadata={"labels": dict(labels or {})}, status=status)


def calico(kind: str, name: str, namespace: str = "", **spec: Any) -> dict[str, Any]:
    return manifest(kind, name, namespace, api="projectcalico.org/v3", spec=spec)


def kubernetes(name: str, namespace: str, **spec: Any) -> dict[str, Any]:
    """Return a Kubernetes NetworkPolicy about all pods of its namespace."""
    return manifest("NetworkPolicy", name, namespace, api="networking.k8s.io/v1", spec={"podSelector": {}, **spec})


DEPLOYMENT = manifest(
    "Deployment",
    "api",
    "shop",
    api="apps/v1",
    spec={
        "selector": {"matchLabels": {"app": "api"}},
        "template": {"metadata": {"labels": {"app": "api"}}, "spec": {"containers": [{"name": "c"}]}},
    },
)

CLUSTER: tuple[Manifest, ...] = (
    *(
        manifest("Namespace", name, metadata={"labels": {"kubernetes.io/metadata.name": name}})
        for name in ("shop", "apps")
    ),
    *(manifest("ServiceAccount", "default", name) for name in ("shop", "apps")),
    node("n1", ["10.0.0.1", "fd00:1::1"]),
    node("n2", ["10.0.0.2", "fd00:1::2"]),
    pod("shop/web", ["192.168.0.1", "fd00::1"]),
    pod("shop/db", ["192.168.1.1", "fd00::1:1"], "n2"),
    pod("apps/front", ["192.168.1.2", "fd00::1:2"], "n2"),
)


def snapshot_of(objects: Iterable[Manifest], *, complete: bool = True) -> Snapshot:
    documents = [Document(dict(item), SourceMap("test.yaml", "{}")) for item in objects]
    snapshot, problems = build_snapshot(documents, namespace="default", complete=complete, origin="test")
    assert not problems, problems
    return snapshot


def engine_of(objects: Iterable[Manifest], environment: Environment | None = None, *, complete: bool = True) -> Engine:
    return Engine(snapshot_of(objects, complete=complete), environment or Environment(interface="eth0"))


def packet(protocol: int = TCP, port: int = 80, type: int = 0, code: int = 0) -> TransportPacket:
    if protocol in (ICMP, ICMPV6):
        return TransportPacket(protocol, icmp_type=type, icmp_code=code)
    return TransportPacket(protocol, 40000, port)


def ask(engine: Engine, source: str, destination: str, transport: TransportPacket, family: int = 4) -> FlowVerdict:
    """Return the verdict on one flow."""
    ends = [resolve_end(engine, name, family) for name in (source, destination)]
    return evaluate_flow(engine, Flow(ends[0], ends[1], transport))


def through_all_doors(
    engine: Engine, snapshot: Snapshot, source: str, destination: str, transport: TransportPacket, family: int = 4
) -> str:
    """Return the verdict on which one flow, all pairs and the differential agree; AssertionError if they do not."""
    found = str(ask(engine, source, destination, transport, family).verdict)
    ends = [resolve_end(engine, name, family) for name in (source, destination)]
    assert in_pairs(engine, ends, transport, family) == found
    bare = replace(snapshot, policies=tuple(obj for obj in snapshot.policies if obj.kind not in POLICY_KINDS))
    assert in_differential(Engine(bare, engine.environment), engine, (source, destination), transport, family) == found
    return found


def in_pairs(engine: Engine, ends: Sequence[End], transport: TransportPacket, family: int) -> str:
    fate = compute_pairs(engine, family).between(ends[0], ends[1])
    if fate.unknown.contains(transport):
        return "unknown"
    return "allow" if fate.allowed.contains(transport) else "deny"


def in_differential(
    before: Engine, after: Engine, names: Sequence[str], transport: TransportPacket, family: int
) -> str:
    source, destination = (tuple(resolve_end(engine, name, family) for engine in (before, after)) for name in names)
    change = Differential(before, after, family).between((source[0], source[1]), (destination[0], destination[1]))
    if change.unknown.contains(transport):
        return "unknown"
    was = str(evaluate_flow(before, Flow(source[0], destination[0], transport)).verdict)
    if change.newly_allowed.contains(transport):
        assert was == "deny"
        return "allow"
    if change.newly_denied.contains(transport):
        assert was == "allow"
        return "deny"
    return was


def verdict(
    objects: Iterable[Manifest],
    transport: TransportPacket,
    *,
    environment: Environment | None = None,
    source: str = "shop/web",
    destination: str = "shop/db",
    family: int = 4,
) -> str:
    """Return what becomes of a flow of the small cluster with more objects in it, asked through all three doors."""
    snapshot = snapshot_of((*CLUSTER, *objects))
    engine = Engine(snapshot, environment or Environment(interface="eth0"))
    return through_all_doors(engine, snapshot, source, destination, transport, family)

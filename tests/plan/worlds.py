"""Small worlds for the planner: a cluster as YAML or by hand, and a rendered set in the shape that layers give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.calico.manifest import write_manifest
from generator.calico.names import identity_of
from generator.calico.normalize import normalize_object
from generator.calico.objects import ApiObject, Identity
from generator.compare import compute_diff
from generator.compare.model import ObjectDiff
from generator.foundation.diagnostics import Place
from generator.foundation.digest import digest_value
from generator.foundation.source import SourceMap
from generator.foundation.yaml_writer import write_documents
from generator.intent.model import ClusterFacts, Intent, Isolation, Layout, Origin, Replaced, TierSettings
from generator.layers.model import ManifestSet, RenderedObject, Target
from generator.layers.scope import cluster_scope, scope_parts
from generator.plan import make_plan
from generator.plan.model import Manifest, Plan
from generator.snapshot import load_snapshot
from generator.snapshot.model import Snapshot
from tests.support.objects import api_object

PODS = "projectcalico.org/orchestrator == 'k8s'"
SYSTEM = ("kube-system", "calico-*")


def intent_of(name: str = "shop", replaces: Sequence[str] = ()) -> Intent:
    origin = Origin("replaces[0]", Place("intent.yaml", 1, 1))
    return Intent(
        name=name,
        file="intent.yaml",
        platform="generic",
        calico=None,
        layout=None,
        owns=(),
        owns_cluster=False,
        services={},
        externals={},
        shared={},
        feeds={},
        exceptions=(),
        isolation=Isolation.STRICT,
        tier=TierSettings(),
        layers={},
        labels=(),
        name_prefix="ringfence",
        api_group=None,
        cluster=ClusterFacts(),
        lock_file="",
        replaces=tuple(_replaced(text, origin) for text in replaces),
        expectations=(),
        digest="sha256:intent",
    )


def _replaced(text: str, origin: Origin) -> Replaced:
    return Replaced("", text, origin) if "=" in text else Replaced(text, "", origin)


@dataclass(frozen=True)
class Shape:
    """What of a set varies: its namespaces, services (namespace, app), feed addresses, layout, form."""

    namespaces: tuple[str, ...] = ("shop",)
    services: tuple[tuple[str, str], ...] = (("shop", "web"),)
    nets: tuple[str, ...] = ("198.51.100.0/24",)
    layout: Layout = Layout.TIERS
    guardrails: bool = True
    port: int = 8080
    cluster: bool = False
    group: str = "projectcalico.org/v3"
    version: str = "3.32"
    tier: str = "ringfence"
    intent: str = "shop"
    peers: tuple[str, ...] = ()
    order: int = 1000


def rendered(shape: Shape) -> ManifestSet:
    """Return the set of a shape, as the layers room would."""
    own = shape.layout is Layout.TIERS
    tier = shape.tier if own else "default"
    objects: list[tuple[str, dict[str, Any]]] = []
    if own:
        objects.append(("tier", _head("Tier", tier, "tier", shape) | {"spec": {"order": 900, "defaultAction": "Pass"}}))
    name = (lambda part: f"{tier}.{part}") if own else (lambda part: f"ringfence-{part}")
    parts = cluster_scope(SYSTEM) if shape.cluster else scope_parts(shape.namespaces)
    if shape.nets:
        manifest = _head("GlobalNetworkSet", f"ringfence-{shape.intent}-feed-1", "sets", shape)
        manifest["metadata"]["labels"]["ringfence/set"] = "feed"
        objects.append(("sets", manifest | {"spec": {"nets": list(shape.nets)}}))
    for part in parts:
        suffix = f"-{part.number}" if part.number > 1 else ""
        scope = {"selector": PODS, "namespaceSelector": part.namespace_selector}
        if shape.guardrails:
            rule = {"action": "Deny", "destination": {"nets": ["169.254.0.0/16"]}}
            spec = {"tier": tier, "order": 40, **scope, "types": ["Egress"], "egress": [rule]}
            objects.append(_policy("guardrails", name(f"{shape.intent}-guardrails{suffix}"), spec, shape))
        if shape.nets:
            peer = {"selector": "ringfence/set == 'feed'", "namespaceSelector": "global()"}
            spec = {"tier": tier, "order": 50, **scope, "types": ["Ingress", "Egress"]}
            spec |= {
                "ingress": [{"action": "Deny", "source": peer}],
                "egress": [{"action": "Deny", "destination": peer}],
            }
            objects.append(_policy("threat-feeds", name(f"{shape.intent}-threat-feeds{suffix}"), spec, shape))
        dns = {"action": "Allow", "protocol": "UDP", "destination": {"ports": [53], "nets": ["10.96.0.10/32"]}}
        spec = {"tier": tier, "order": 100, **scope, "types": ["Egress"], "egress": [dns]}
        objects.append(_policy("dns", name(f"{shape.intent}-dns{suffix}"), spec, shape))
        for direction in ("Ingress", "Egress"):
            spec = {"tier": tier, "order": shape.order, **scope, "types": [direction]}
            if own:
                spec[direction.lower()] = [{"action": "Deny"}]
            title = f"{shape.intent}-default-deny-{direction.lower()}{suffix}"
            objects.append(_policy("default-deny", name(title), spec, shape))
    for namespace, app in shape.services:
        if namespace in shape.namespaces:
            peers = shape.peers or ("web",)
            rules = [
                {
                    "action": "Allow",
                    "protocol": "TCP",
                    "source": {"selector": f"app == '{peer}' && {PODS}"},
                    "destination": {"ports": [shape.port]},
                }
                for peer in peers
            ]
            spec = {"tier": tier, "order": 200, "selector": f"app == '{app}'", "types": ["Ingress", "Egress"]}
            objects.append(_policy("workloads", name(app), spec | {"ingress": rules}, shape, namespace))
    target = Target(shape.version, shape.group, shape.layout, tier)
    listed = []
    for layer, manifest in objects:
        v3 = api_object(manifest)
        written = write_manifest(manifest, shape.group, shape.version)
        listed.append(RenderedObject(identity_of(v3), layer, ApiObject(v3.kind, written, v3.source), ()))
    return ManifestSet(
        intent=shape.intent,
        target=target,
        scope=tuple(sorted(shape.namespaces)),
        objects=tuple(listed),
        files={},
        notes=(),
        digest=digest_value([item.object.manifest for item in listed]),
        templates_digest="sha256:templates",
        profile_digest="sha256:profile",
        intent_digest="sha256:intent",
    )


def _head(kind: str, name: str, layer: str, shape: Shape, namespace: str = "") -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    metadata["labels"] = {"ringfence/intent": shape.intent, "ringfence/layer": layer}
    return {"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": metadata}


def _policy(
    layer: str, name: str, spec: dict[str, Any], shape: Shape, namespace: str = ""
) -> tuple[str, dict[str, Any]]:
    kind = "NetworkPolicy" if namespace else "GlobalNetworkPolicy"
    return layer, _head(kind, name, layer, shape, namespace) | {"spec": spec}


def pod(namespace: str, app: str, **labels: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": app, "namespace": namespace, "labels": {"app": app, **labels}},
        "spec": {"containers": [{"name": "main", "image": "example"}]},
    }


def space(name: str, **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "labels": {"kubernetes.io/metadata.name": name, **labels}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def kubernetes_policy(namespace: str, name: str, selector: Mapping[str, Any], *types: str) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace, "labels": {"team": "old"}},
        "spec": {"podSelector": dict(selector), "policyTypes": list(types) or ["Ingress"]},
    }


def snapshot_of(manifests: Iterable[Mapping[str, Any]], *, complete: bool = True) -> Snapshot:
    snapshot, problems = load_snapshot(["-"], complete=complete, stdin=write_documents(manifests))
    assert not [item for item in problems if item.severity == "error"], problems
    return snapshot


@dataclass(frozen=True)
class Planned:
    """A plan with what it was made from."""

    plan: Plan
    diff: ObjectDiff
    set: ManifestSet | None
    start: dict[Identity, Manifest]


def plan_of(
    live: Iterable[Mapping[str, Any]],
    shape: Shape | None,
    *,
    complete: bool = True,
    to_none: bool = False,
    replaces: Sequence[str] = (),
    replace: Sequence[str] = (),
    accept: Sequence[str] = (),
    intent: str = "",
) -> Planned:
    intent = intent or (shape.intent if shape is not None else "shop")
    snapshot = snapshot_of(live, complete=complete)
    manifests = rendered(shape) if shape is not None else None
    intended = [item.object for item in manifests.objects] if manifests is not None else []
    diff = compute_diff(intended, snapshot.policies, intent)
    plan = make_plan(
        manifests, snapshot, intent_of(intent, replaces), diff, to_none=to_none, replace=replace, accept=accept
    )
    return Planned(plan, diff, manifests, start_of(diff))


def start_of(diff: ObjectDiff) -> dict[Identity, Manifest]:
    return {change.identity: change.live.manifest for change in diff.changes if change.live is not None}


def meaning(objects: Mapping[Identity, Manifest]) -> dict[Identity, dict[str, Any]]:
    """Return each object in comparison form."""
    source = SourceMap("", "")
    return {
        identity: normalize_object(ApiObject(identity.kind, manifest, source)) for identity, manifest in objects.items()
    }


def manifests_of(objects: Mapping[Identity, Manifest]) -> list[Manifest]:
    return [objects[identity] for identity in sorted(objects)]

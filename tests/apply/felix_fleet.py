"""Nodes whose Felix follows each kind by a watch of its own, over the API server in memory (dataplane.md 7 to 9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.cluster.access import NoAnswer, Request, Response
from tests.apply.memory_api import MemoryApi

V3 = "/apis/projectcalico.org/v3"
POLICIES = (f"{V3}/networkpolicies", f"{V3}/globalnetworkpolicies", "/apis/networking.k8s.io/v1/networkpolicies")
TIERS = f"{V3}/tiers"
SETS = (f"{V3}/networksets", f"{V3}/globalnetworksets")
KINDS = (*POLICIES, TIERS, *SETS)
CONFIGURATIONS = f"{V3}/felixconfigurations"


@dataclass
class FakeNode:
    """One Felix: how far it is in each kind, and what its dataplane has still to do.

    `held` are kinds whose watch stands still; `pace` says how many events of a kind it takes in at each look. With
    `coalesces` what waits to be taken in waits as Felix's does (`libcalico-go/.../dedupebuffer`): of several events of
    one object the last, at the place of the first; one that came and went meanwhile, not at all.
    """

    name: str
    started: float = 100.0
    taken: Counter[str] = field(default_factory=Counter)
    held: set[str] = field(default_factory=set)
    pace: Callable[[str], int] = lambda kind: 1_000_000
    policies: set[str] = field(default_factory=set)
    tiers: set[str] = field(default_factory=set)
    sets: set[str] = field(default_factory=set)
    set_updates: int = 0
    outputs: int = 10
    messages: int = 10
    dataplane_pace: int = 1_000_000
    answers: bool = True
    restarts: int = 0
    port: int = 9091  # at which its metrics are
    environment: dict[str, str] = field(default_factory=dict)
    answers_instead: Response | None = None  # somebody else at its place
    coalesces: bool = False
    arrived: Counter[str] = field(default_factory=Counter)
    waiting: dict[tuple[str, str], tuple[int, str, dict[str, Any]]] = field(default_factory=dict)


@dataclass
class FleetApi(MemoryApi):
    """The API server with nodes behind it; each look at a node's metrics is a moment in which it goes on."""

    nodes: dict[str, FakeNode] = field(default_factory=dict)
    windows: set[str] = field(default_factory=set)
    refuses: Callable[[Mapping[str, Any]], bool] = lambda manifest: False  # what Felix does not take
    on_look: Callable[[], None] = lambda: None  # what others do meanwhile

    def answer(self, request: Request) -> Response:
        path = request.path.replace("/https:", "/")
        if path.endswith("/proxy/metrics"):
            kind = "pods/proxy" if "/pods/" in path else "nodes/proxy"
            if ("GET", kind) in self.forbidden:
                about = {"kind": kind.partition("/")[0]}
                return Response(403, {"kind": "Status", "code": 403, "reason": "Forbidden", "details": about})
            name = path.split("/pods/calico-node-")[1] if "/pods/" in path else path.split("/nodes/")[1]
            self.on_look()
            node = self.nodes[name.split(":")[0]]
            if f":{node.port}/" not in path:
                refused = {
                    "kind": "Status",
                    "code": 503,
                    "reason": "ServiceUnavailable",
                    "message": "dial tcp: refused",
                }
                return Response(503, refused)
            if node.answers_instead is not None:
                return node.answers_instead
            if not node.answers:
                raise NoAnswer("no answer came in time", sent=True)
            self.advance(node)
            return Response(200, metrics_of(node))
        if path == "/api/v1/nodes":
            return Response(200, {"metadata": {}, "items": [self._node(name) for name in sorted(self.nodes)]})
        if path == "/api/v1/pods":
            typha = ("labelSelector", "k8s-app=calico-typha") in request.query
            running = [] if typha else [name for name in sorted(self.nodes) if name not in self.windows]
            return Response(200, {"metadata": {}, "items": [_pod(self.nodes[name]) for name in running]})
        return super().answer(request)

    def advance(self, node: FakeNode) -> None:
        """Let a node take in what its watches give it, and program some of it."""
        for kind in KINDS:
            if kind not in node.held:
                self.take(node, kind, node.pace(kind))
        node.messages = min(node.outputs, node.messages + node.dataplane_pace)

    def take(self, node: FakeNode, kind: str, most: int) -> None:
        events = [(event, stored) for _, where, event, stored in self.log if where == kind]
        if node.coalesces:
            self._take_from_queue(node, kind, events, most)
            return
        for event, stored in events[node.taken[kind] : node.taken[kind] + most]:
            node.taken[kind] += 1
            self._take_one(node, kind, event, stored)
        node.arrived[kind] = node.taken[kind]

    def _take_from_queue(self, node: FakeNode, kind: str, events: list[tuple[str, dict[str, Any]]], most: int) -> None:
        known = {TIERS: node.tiers, **dict.fromkeys(SETS, node.sets)}.get(kind, node.policies)
        for number in range(node.arrived[kind], len(events)):
            event, stored = events[number]
            key = (kind, _name_of(kind, stored))
            first = node.waiting[key][0] if key in node.waiting else number
            if event == "DELETED" and key in node.waiting and key[1] not in known:
                del node.waiting[key]
            else:
                node.waiting[key] = (first, event, stored)
        node.arrived[kind] = len(events)
        for key in [key for key in node.waiting if key[0] == kind][:most]:
            _, event, stored = node.waiting.pop(key)
            self._take_one(node, kind, event, stored)
        left = [first for (where, _), (first, _, _) in node.waiting.items() if where == kind]
        node.taken[kind] = min(left, default=len(events))

    def _take_one(self, node: FakeNode, kind: str, event: str, stored: dict[str, Any]) -> None:
        node.outputs += 0 if "ringfence/canary" in (stored["metadata"].get("labels") or {}) else 1
        node.set_updates += kind in SETS
        known = {TIERS: node.tiers, **dict.fromkeys(SETS, node.sets)}.get(kind, node.policies)
        if event == "DELETED" or self.refuses(stored):
            known.discard(_name_of(kind, stored))
        else:
            known.add(_name_of(kind, stored))

    def events_of(self, kind: str, *, canaries: bool = False) -> int:
        """How many events of a kind there are, those of canaries at the end left out."""
        found = [stored for _, where, _, stored in self.log if where == kind]
        while not canaries and found and "ringfence/canary" in (found[-1]["metadata"].get("labels") or {}):
            found.pop()
        return len(found)

    def restart(self, node: FakeNode) -> None:
        node.started += 50
        node.restarts += 1
        node.set_updates = 0

    def _node(self, name: str) -> dict[str, Any]:
        system = "windows" if name in self.windows else "linux"
        return {"metadata": {"name": name, "labels": {"kubernetes.io/os": system}}}


def fleet_api(*names: str, **more: Any) -> FleetApi:
    """Nodes that have everything, in a cluster with a few policies."""
    api = FleetApi(nodes={name: FakeNode(name) for name in names}, **more)
    for kind, namespace in ((POLICIES[0], "shop"), (POLICIES[2], "shop"), (POLICIES[1], ""), (TIERS, "")):
        write(api, kind, namespace, "there-before", {"selector": "all()"})
    configure(api, "default", prometheusMetricsEnabled=True)
    for node in api.nodes.values():
        api.advance(node)
    return api


def configure(api: MemoryApi, name: str, **spec: Any) -> None:
    """Write a FelixConfiguration."""
    key = (CONFIGURATIONS, f"/{name}")
    body = {
        "apiVersion": "projectcalico.org/v3",
        "kind": "FelixConfiguration",
        "metadata": {"name": name, "labels": {}},
        "spec": spec,
    }
    api.put(key, body, "MODIFIED" if key in api.objects else "ADDED")


def write(api: MemoryApi, kind: str, namespace: str, name: str, spec: Mapping[str, Any], intent: str = "") -> None:
    """Create or change an object, past the run's own writes."""
    key = (kind, f"{namespace}/{name}")
    kinds = {"networkpolicies": "NetworkPolicy", "globalnetworkpolicies": "GlobalNetworkPolicy", "tiers": "Tier"}
    kinds |= {"networksets": "NetworkSet", "globalnetworksets": "GlobalNetworkSet"}
    root, _, plural = kind.rpartition("/")
    metadata: dict[str, Any] = {"name": name, "labels": {"ringfence/intent": intent} if intent else {}}
    if namespace:
        metadata["namespace"] = namespace
    body = {"apiVersion": root.removeprefix("/apis/"), "kind": kinds[plural], "metadata": metadata, "spec": dict(spec)}
    api.put(key, body, "MODIFIED" if key in api.objects else "ADDED")


def remove(api: MemoryApi, kind: str, namespace: str, name: str) -> None:
    api.remove((kind, f"{namespace}/{name}"))


def _name_of(kind: str, stored: Mapping[str, Any]) -> str:
    metadata = stored["metadata"]
    return f"{kind}/{metadata.get('namespace', '')}/{metadata['name']}"


def metrics_of(node: FakeNode) -> str:
    return f"""# HELP felix_cluster_num_policies Total number of policies cluster-wide.
# TYPE felix_cluster_num_policies gauge
felix_cluster_num_policies {len(node.policies)}
felix_cluster_num_tiers {len(node.tiers)}
felix_calc_graph_updates_processed{{type="PolicyKey"}} {sum(node.taken[kind] for kind in POLICIES)}
felix_calc_graph_updates_processed{{type="NetworkSetKey"}} {node.set_updates}
felix_calc_graph_output_events {node.outputs}
felix_int_dataplane_messages{{type="ActivePolicyUpdate"}} {node.messages - 2}
felix_int_dataplane_messages{{type="WorkloadEndpointUpdate"}} 2
felix_int_dataplane_msg_batch_size_count {node.messages // 2}
felix_int_dataplane_msg_batch_size{{quantile="0.5"}} NaN
felix_int_dataplane_failures 0
felix_resync_state 3
process_start_time_seconds {node.started:.2e}
"""


def _pod(node: FakeNode) -> dict[str, Any]:
    return {
        "metadata": {"name": f"calico-node-{node.name}", "namespace": "calico-system", "uid": f"pod-{node.name}"},
        "spec": {
            "nodeName": node.name,
            "containers": [
                {
                    "name": "calico-node",
                    "env": [{"name": key, "value": value} for key, value in node.environment.items()],
                }
            ],
        },
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"restartCount": node.restarts}],
        },
    }

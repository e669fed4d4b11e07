"""Worlds judged by hand from calico.md, in the form of the vectors: features that stand together in no shared world.

A row is a claim with its section, the objects beside those of `BASE`, and flows as `SRC -> DST PROTOCOL:PORT` with what
becomes of them: `VERDICT`, then what decided at the source, at hosts and at the destination.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Manifest = dict[str, Any]
V3 = "projectcalico.org/v3"


def plain(kind: str, name: str, namespace: str = "", labels: Mapping[str, str] | None = None, **more: Any) -> Manifest:
    metadata: Manifest = {"name": name, "labels": dict(labels or {})}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": more.pop("api", "v1"), "kind": kind, "metadata": metadata, **more}


def calico(kind: str, name: str, namespace: str = "", labels: Mapping[str, str] | None = None, **spec: Any) -> Manifest:
    return plain(kind, name, namespace, labels, api=V3, spec=spec)


def pod(name: str, node: str, *addresses: str, ports: list[Manifest] | None = None, **spec: Any) -> Manifest:
    """Return a running pod `namespace/name` with the label `app: name`."""
    namespace, _, short = name.partition("/")
    status = {"phase": "Running", "podIP": addresses[0], "podIPs": [{"ip": text} for text in addresses]}
    full = {"nodeName": node, "serviceAccountName": short, "containers": [{"name": "c", "ports": ports or []}], **spec}
    return plain("Pod", short, namespace, {"app": short}, spec=full, status=status)


def node(name: str, *addresses: str) -> Manifest:
    return plain("Node", name, status={"addresses": [{"type": "InternalIP", "address": text} for text in addresses]})


def namespace(name: str, **labels: str) -> Manifest:
    return plain("Namespace", name, labels={"kubernetes.io/metadata.name": name, **labels})


HTTP = [{"name": "http", "containerPort": 8080, "protocol": "TCP"}]
# alpha/web and alpha/db are on n1; beta/api, beta/six (IPv6 alone) and beta/agent (on the host's network) on n2.
BASE: tuple[Manifest, ...] = (
    namespace("alpha", team="red"),
    namespace("beta", team="blue"),
    plain("ServiceAccount", "web", "alpha", {"power": "high"}),
    plain("ServiceAccount", "db", "alpha", {"power": "high"}),
    node("n1", "10.0.0.1", "fd00::1"),
    node("n2", "10.0.0.2", "fd00::2"),
    pod("alpha/web", "n1", "192.168.1.10", "fd10::1:10"),
    pod("alpha/db", "n1", "192.168.1.11", "fd10::1:11", ports=[{"name": "http", "containerPort": 80}]),
    pod("beta/api", "n2", "192.168.2.10", "fd10::2:10", ports=HTTP),
    pod("beta/six", "n2", "fd10::2:66"),
    pod("beta/agent", "n2", "10.0.0.2", "fd00::2", hostNetwork=True),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One flow and the whole expected entry."""

    flow: str
    verdict: str
    egress: Manifest | None = None
    ingress: Manifest | None = None
    host: tuple[Manifest, ...] = ()
    note: str = ""


def profile(name: str, verdict: str = "allow") -> Manifest:
    return {"verdict": verdict, "reason": "profile", "profile": f"kns.{name}"}


ALPHA, BETA = profile("alpha"), profile("beta")
ENCAP = {"verdict": "deny", "reason": "encap"}


def rule(verdict: str, policy: str, index: int | None = 0, tier: str = "default") -> Manifest:
    found: Manifest = {"verdict": verdict, "reason": "rule", "tier": tier, "policy": policy}
    return found if index is None else found | {"rule": index}


def end(tier: str = "default") -> Manifest:
    return {"verdict": "deny", "reason": "end-of-tier", "tier": tier}


def at(decision: Manifest, stage: str, host: str = "h2", on: str = "n2") -> Manifest:
    return decision | {"endpoint": f"HostEndpoint/{host}", "stage": stage, "node": on}


def forwarded(stage: str, host: str = "h2", on: str = "n2") -> Manifest:
    return at({"verdict": "allow", "reason": "forward-default"}, stage, host, on)


def failsafe(host: str = "h2", on: str = "n2") -> Manifest:
    return at({"verdict": "allow", "reason": "failsafe"}, "normal", host, on)


def host_endpoint(name: str = "h2", on: str = "n2", labels: Mapping[str, str] | None = None, **spec: Any) -> Manifest:
    full = {"node": on, "interfaceName": "eth0", **spec}
    return calico("HostEndpoint", name, "", labels or {"host": on}, **full)


def on_hosts(name: str, rules: list[Manifest], **spec: Any) -> Manifest:
    """Return an ingress policy of all host endpoints."""
    full: Manifest = {"selector": "has(host)", "types": ["Ingress"], "ingress": rules, **spec}
    return calico("GlobalNetworkPolicy", name, **full)


def flow_of(text: str) -> Manifest:
    """Read `SRC -> DST PROTOCOL:PORT`; an ICMP port is `TYPE/CODE`; a last word `v6` says the family."""
    source, _, target, what, *more = text.split()
    protocol, _, port = what.partition(":")
    flow: Manifest = {"src": source, "dst": target, "family": 6 if more == ["v6"] else 4}
    flow["protocol"] = int(protocol) if protocol.isdigit() else protocol
    if "/" in port:
        kind, _, code = port.partition("/")
        return flow | {"icmpType": int(kind), "icmpCode": int(code)}
    return flow | ({"sport": 40000, "dport": int(port)} if port else {})


def entry_of(asked: Asked) -> Manifest:
    """Return the expected entry of a flow."""
    entry: Manifest = {"verdict": asked.verdict, "egress": asked.egress, "ingress": asked.ingress}
    if asked.host:
        entry["host"] = list(asked.host)
    return entry | ({"note": asked.note} if asked.note else {})


def world_of(claim: str, objects: list[Manifest], asked: list[Asked]) -> Manifest:
    """Return a row as a line of the vectors' files."""
    return {
        "id": claim.partition(":")[0],
        "claim": claim,
        "features": [],
        "objects": [*BASE, *objects],
        "flows": [flow_of(item.flow) for item in asked],
        "expected": [entry_of(item) for item in asked],
    }

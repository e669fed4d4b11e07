"""Looks for a flow on which two sets differ, with the obvious evaluator alone, in a world that no proof has made.

The pods are all combinations of namespaces and of the terms that stand in selectors of either set; addresses are the
ends of each net and their neighbours, ports the ends of each range and theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address, ip_network
from itertools import combinations, islice
from random import Random
from typing import Any, Final

from generator.layers.model import ManifestSet
from tests.obvious import Cluster, answer_flow, read_cluster

Manifest = Mapping[str, Any]
_TERM = re.compile(r"([\w./-]+)\s*==\s*'([^']*)'")
_LIST = re.compile(r"([\w./-]+)\s+(?:not )?in\s+\{([^}]*)\}")
ACCOUNT: Final = "projectcalico.org/serviceaccount"
SPACES: Final = ("projectcalico.org/name", "projectcalico.org/namespace")
_NODE: Final = "192.168.10.7"
_EVERY_PORT: Final = (53, 1, 65535)


def find_flow(right: ManifestSet, wrong: ManifestSet, most: int) -> Mapping[str, Any] | None:
    """Return a flow that one end of which is decided differently, or None if none of so many is."""
    old, new = _manifests(right), _manifests(wrong)
    changed = [item for item in old if item not in new] + [item for item in new if item not in old]
    world = list(_world([*old, *new]))
    before, after = read_cluster([*world, *old]), read_cluster([*world, *new])
    for flow in _flows(before, after, changed, [*old, *new], most):
        if _ends(before, flow) != _ends(after, flow):
            return flow
    return None


def _ends(cluster: Cluster, flow: Mapping[str, Any]) -> tuple[str, str]:
    answer = answer_flow(cluster, flow)
    egress, ingress = ("" if answer[way] is None else answer[way]["verdict"] for way in ("egress", "ingress"))
    return egress, ingress


def _manifests(rendered: ManifestSet) -> list[Manifest]:
    return [item.object.manifest for item in rendered.objects]


def _world(manifests: list[Manifest]) -> Iterator[Manifest]:
    texts = sorted(set(selectors_of(manifests)))
    found = [terms_of(text) for text in texts]
    spaces = {value for terms in found for key, value in terms if key in SPACES}
    spaces |= {item["metadata"]["namespace"] for item in manifests if "namespace" in item["metadata"]}
    spaces |= {"nobody-s", "kube-system"}
    kinds = dict.fromkeys(kind for terms in found for kind in _kinds(terms))
    names = sorted({port for item in manifests for port in ports_of(item) if isinstance(port, str) and ":" not in port})
    ports = [
        {"name": name, "protocol": protocol, "containerPort": 30000 + 10 * number + place}
        for number, name in enumerate(names)
        for place, protocol in enumerate(("TCP", "UDP"))
    ]
    for space in sorted(spaces):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}}
    for number, (space, kind) in enumerate((space, kind) for space in sorted(spaces) for kind in kinds):
        yield _pod(number, space, dict(kind), ports)
    address = [{"type": "InternalIP", "address": _NODE}, {"type": "InternalIP", "address": "fd00:77::7"}]
    yield {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node"}, "status": {"addresses": address}}
    for number, name in enumerate(sorted({name for item in manifests for name in services_of(item)})):
        yield _slice(number, *name)
    yield from _sets(kinds)


def _kinds(terms: list[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], ...]]:
    labels = [term for term in dict.fromkeys(terms) if term[0] not in SPACES and not term[0].startswith("ringfence/")]
    labels = [term for term in labels if term[0] != "projectcalico.org/orchestrator"]
    yield ()
    for size in range(1, min(len(labels), 3) + 1):
        for chosen in islice(combinations(labels, size), 12):
            if len({key for key, _ in chosen}) == size:
                yield chosen


def _sets(kinds: Iterable[tuple[tuple[str, str], ...]]) -> Iterator[Manifest]:
    """Give network sets with the labels of pods."""
    for number, kind in enumerate(kinds):
        meta = {"name": f"set-of-somebody-{number}", "labels": dict(kind)}
        yield {"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet", "metadata": meta,
               "spec": {"nets": [f"192.0.2.{number % 200}/32", f"2001:db8:77::{number:x}/128"]}}  # fmt: skip


def _pod(number: int, space: str, labels: dict[str, str], ports: list[dict[str, Any]]) -> Manifest:
    account = labels.pop(ACCOUNT, "default")
    address = f"10.244.{number // 250}.{number % 250 + 1}"
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": f"p{number}", "namespace": space, "labels": labels},
        "spec": {"nodeName": "elsewhere", "serviceAccountName": account, "containers": [{"name": "a", "ports": ports}]},
        "status": {"phase": "Running", "podIP": address,
                   "podIPs": [{"ip": address}, {"ip": f"fd00:244::{number + 1:x}"}]},
    }  # fmt: skip


def _slice(number: int, namespace: str, name: str) -> Manifest:
    meta = {"name": f"s{number}", "namespace": namespace, "labels": {"kubernetes.io/service-name": name}}
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": meta,
            "endpoints": [{"addresses": [f"198.51.100.{240 + number}"]}],
            "ports": [{"protocol": "TCP", "port": 6443}, {"protocol": "UDP", "port": 53}]}  # fmt: skip


def _flows(
    before: Cluster, after: Cluster, changed: list[Manifest], every: list[Manifest], most: int
) -> Iterator[Mapping[str, Any]]:
    random = Random(7)
    sets = any(item["kind"] == "GlobalNetworkSet" for item in changed)
    near = every if sets or any(item["kind"] == "Tier" for item in changed) else changed
    governed = _governed(before, near) | _governed(after, near) if near is changed else set(before.pods)
    pods = sorted(governed) or sorted(before.pods)
    others = sorted(before.pods)
    addresses = sorted(set(_addresses(changed))) or sorted(set(_addresses(every)))
    plain = sorted({*_numbers(near), *_EVERY_PORT, *(port for port in _container_ports(before))})
    for _ in range(most):
        pod = random.choice(pods)
        peer = random.choice(addresses) if random.random() < 0.5 else random.choice(others)
        family = (6 if ":" in peer else 4) if peer.startswith("ip:") else random.choice((4, 6))
        packet: dict[str, Any] = {"family": family, "protocol": random.choice((6, 6, 6, 17, 17, 132, 1, 47))}
        if packet["protocol"] in (6, 17, 132):
            packet |= {"sport": 40000, "dport": random.choice(plain)}
        else:
            packet |= {"protocol": 58 if family == 6 else 1, "icmpType": 8, "icmpCode": 0}
        ends = (pod, peer) if random.random() < 0.5 else (peer, pod)
        yield {"src": ends[0], "dst": ends[1], **packet}


def _governed(cluster: Cluster, changed: list[Manifest]) -> set[str]:
    names = {item["metadata"]["name"] for item in changed}
    policies = [
        policy for tier in cluster.tiers for policy in tier.policies if str(policy.shown).split("/")[-1] in names
    ]
    return {
        key
        for key, thing in cluster.endpoints.items()
        if any(cluster.selects(policy.selector, thing) for policy in policies)
    }


def _addresses(manifests: Iterable[Manifest]) -> Iterator[str]:
    yield from (f"ip:{text}" for text in ("8.8.8.8", "2600::8", _NODE, "198.51.100.240", "192.0.2.1"))
    for text in _find(manifests, ("nets", "notNets")):
        net = ip_network(text)
        for number in {int(net[0]) - 1, int(net[0]), int(net[-1]), int(net[-1]) + 1}:
            top = (1 << (32 if net.version == 4 else 128)) - 1
            if 0 < number < top:
                address = type(net[0])(number)
                yield f"ip:{ip_address(str(address))}"


def _find(value: Any, keys: tuple[str, ...]) -> Iterator[Any]:
    match value:
        case Mapping():
            for key, inner in value.items():
                if key in keys and isinstance(inner, list):
                    yield from inner
                else:
                    yield from _find(inner, keys)
        case list() | tuple():
            for inner in value:
                yield from _find(inner, keys)
        case _:
            pass


def ports_of(item: Manifest) -> Iterator[Any]:
    yield from _find(item, ("ports", "notPorts"))


def _numbers(manifests: Iterable[Manifest]) -> Iterator[int]:
    for item in manifests:
        for port in ports_of(item):
            for part in str(port).split(":"):
                if part.isdigit():
                    yield from (number for number in (int(part) - 1, int(part), int(part) + 1) if 0 < number < 65536)


def _container_ports(cluster: Cluster) -> Iterator[int]:
    pod = next(iter(cluster.pods.values()))
    yield from (port["containerPort"] for port in pod["spec"]["containers"][0]["ports"])


def services_of(value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case {"services": {"name": name, **rest}}:
            yield str(rest.get("namespace", "")), name
        case Mapping():
            for inner in value.values():
                yield from services_of(inner)
        case list():
            for inner in value:
                yield from services_of(inner)


def selectors_of(value: Any) -> Iterator[str]:
    match value:
        case Mapping():
            for key, inner in value.items():
                if key.lower().endswith("selector") and isinstance(inner, str):
                    yield inner
                else:
                    yield from selectors_of(inner)
        case list():
            for inner in value:
                yield from selectors_of(inner)


def terms_of(text: str) -> list[tuple[str, str]]:
    found = list(_TERM.findall(text))
    for key, values in _LIST.findall(text):
        found += [(key, value.strip().strip("'\"")) for value in values.split(",")]
    return found

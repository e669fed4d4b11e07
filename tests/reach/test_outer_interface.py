"""Which host endpoint governs a node's outer interface where nobody says how that is called (calico.md 2.6).

Each way in which it may be called is asked of the engine with a name that is known, as the vectors have it: where all
say the same that is the verdict, and else it is unknown.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product

import pytest

from generator.reach.differential import Differential
from generator.reach.ends import resolve_end
from generator.reach.environment import Environment
from generator.reach.unknown import UnknownReason
from tests.conformance.reach_doors import transport_of
from tests.faults import outer_interface as faults
from tests.reach.random_worlds import CALICO, NODE_ADDRESSES, Builder, Manifest
from tests.reach.small_world import CLUSTER, ask, calico, engine_of, in_pairs, packet

KNOWN = Environment(interface="eth0")
NOT_KNOWN = Environment()
SEEDS = range(120)
NAMED = ("eth0", "ens5")


def host(name: str, **spec: object) -> Manifest:
    return calico("HostEndpoint", name, **{"node": "n2", **spec}) | {"metadata": {"name": name, "labels": {"h": "y"}}}


DENY = {"action": "Deny", "protocol": "TCP", "destination": {"ports": [80]}}
NO_WEB = calico("GlobalNetworkPolicy", "p", selector="has(h)", types=["Ingress"], ingress=[DENY, {"action": "Allow"}])
ADDRESS = {"expectedIPs": ["10.0.0.2"]}
ROWS: list[tuple[str, list[Manifest], str]] = [
    ("no host endpoint", [], "allow"),
    ("an interface that nobody knows", [host("a", interfaceName="eth0")], "unknown"),
    ("all interfaces", [host("a", interfaceName="*")], "deny"),
    ("all interfaces, and one of them by name", [host("a", interfaceName="*"), host("b", interfaceName="x")], "deny"),
    ("the interface of an address", [host("a", **ADDRESS)], "deny"),
    ("the interface of an address of nobody", [host("a", expectedIPs=["10.9.9.9"])], "allow"),
    ("a name with the node's address", [host("a", interfaceName="eth0", **ADDRESS)], "deny"),
    ("the other name has the node's address",
     [host("a", interfaceName="eth0"), host("b", interfaceName="ens5", profiles=["projectcalico-default-allow"],
                                            **ADDRESS)], "deny"),
    ("two names with the node's address",
     [host("a", interfaceName="eth0", **ADDRESS), host("b", interfaceName="ens5", **ADDRESS)], "unknown"),
    ("any name, and its address", [host("a", interfaceName="eth0"), host("b", **ADDRESS)], "deny"),
    ("another node's", [host("a", interfaceName="eth0", node="n1")], "allow"),
]  # fmt: skip


@pytest.mark.parametrize(("objects", "said"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_row(objects: list[Manifest], said: str) -> None:
    check_row(objects, said)


def check_row(objects: Sequence[Manifest], said: str) -> None:
    engine = engine_of([*CLUSTER, NO_WEB, *objects], NOT_KNOWN)
    found = ask(engine, "shop/web", "host:n2", packet())
    assert found.verdict == said
    assert found.unknown == ((UnknownReason.NODE_INTERFACE,) if said == "unknown" else ())
    ends = [resolve_end(engine, name, 4) for name in ("shop/web", "host:n2")]
    assert in_pairs(engine, ends, packet(), 4) == said


def test_manifests_without_a_node_object_have_the_host_that_a_host_endpoint_expects() -> None:
    objects = [*CLUSTER, NO_WEB, host("a", node="n9", interfaceName="eth0", expectedIPs=["10.0.0.9"])]
    for complete, said in ((False, "deny"), (True, "allow")):
        assert ask(engine_of(objects, complete=complete), "shop/web", "ip:10.0.0.9", packet()).verdict == said
    engine = engine_of(objects, NOT_KNOWN, complete=False)
    assert ask(engine, "shop/web", "host:n9", packet()).verdict == "deny"


def with_hosts(objects: Sequence[Manifest], chance: random.Random) -> list[Manifest]:
    """Return a world with host endpoints of all forms, several on a node."""
    found = [item for item in objects if item["kind"] != "HostEndpoint"]
    for node, addresses in NODE_ADDRESSES.items():
        for number in range(chance.choice((0, 1, 1, 2, 2, 3))):
            spec: Manifest = {"node": node, "interfaceName": chance.choice(("*", "", *NAMED, *NAMED))}
            if chance.random() < 0.3:
                spec["expectedIPs"] = chance.choice((list(addresses), [addresses[1]], ["192.0.2.1"]))
            if chance.random() < 0.3:
                spec["profiles"] = ["projectcalico-default-allow"]
            metadata = {"name": f"h{number}-{node}", "labels": {"host": chance.choice(("yes", "no"))}}
            found.append({"apiVersion": CALICO, "kind": "HostEndpoint", "metadata": metadata, "spec": spec})
    return found


def ways(objects: Sequence[Manifest]) -> Iterable[list[Manifest]]:
    """Yield the world once for each interface that may be the outer one of each node; there it is called eth0."""
    for chosen in product(*(_names(objects, node) for node in NODE_ADDRESSES)):
        outer = dict(zip(NODE_ADDRESSES, chosen, strict=True))
        yield [_called(item, outer) if item["kind"] == "HostEndpoint" else item for item in objects]


def _names(objects: Sequence[Manifest], node: str) -> Sequence[str]:
    hosts = [item["spec"] for item in objects if item["kind"] == "HostEndpoint" and item["spec"]["node"] == node]
    told = {spec["interfaceName"] for spec in hosts if set(spec.get("expectedIPs", ())) & set(NODE_ADDRESSES[node])}
    return sorted(told & set(NAMED)) if len(told & set(NAMED)) == 1 else ("none", *NAMED)


def _called(item: Manifest, outer: Mapping[str, str]) -> Manifest:
    spec = item["spec"]
    if spec["interfaceName"] not in NAMED:
        return item
    name = "eth0" if spec["interfaceName"] == outer[spec["node"]] else "another"
    return {**item, "spec": {**spec, "interfaceName": name}}


def check_seed(seed: int, counts: Counter[str]) -> None:
    builder = Builder(seed)
    objects = with_hosts(builder.build(), random.Random(seed))
    engine = engine_of(objects, NOT_KNOWN)
    known = [engine_of(world, KNOWN) for world in ways(objects)]
    differentials = {family: Differential(engine, engine, family) for family in (4, 6)}
    for flow in builder.flows(12):
        transport, family = transport_of(flow), flow["family"]
        names = flow["src"], flow["dst"]
        said = {str(ask(one, *names, transport, family).verdict) for one in known}
        found = ask(engine, *names, transport, family)
        expected = said.pop() if len(said) == 1 else "unknown"
        assert found.verdict == expected, (seed, flow)
        if expected == "unknown":
            assert UnknownReason.NODE_INTERFACE in found.unknown
        ends = [resolve_end(engine, name, family) for name in names]
        assert in_pairs(engine, ends, transport, family) == expected, (seed, flow)
        change = differentials[family].between((ends[0], ends[0]), (ends[1], ends[1]))
        assert change.unknown.contains(transport) == (expected == "unknown")
        counts[expected] += 1


def test_the_verdict_is_that_of_every_interface_that_it_may_be() -> None:
    counts: Counter[str] = Counter()
    for seed in SEEDS:
        check_seed(seed, counts)
    assert min(counts[word] for word in ("allow", "deny", "unknown")) >= 50, counts


@pytest.mark.parametrize("fault", faults.ALL, ids=lambda fault: fault.__name__)
def test_planted_fault_is_found(fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_all()


def check_all() -> None:
    for _, objects, said in ROWS:
        check_row(objects, said)
    for seed in SEEDS:
        check_seed(seed, Counter())

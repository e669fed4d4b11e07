"""A slow twin of the proof: every state of a short list of writes, every flow, each asked of `tests/obvious.py`.

The lists are drawn at random and come from no planner: policies, sets and tiers that come, change and go, with waits
anywhere. Rules name few ports and nets, so that the flows asked here are all that any rule can tell apart.
"""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Final

from tests.obvious import Cluster, read_cluster
from tests.obvious_parts.path import Place, Way
from tests.obvious_parts.rules import Packet
from tests.obvious_parts.things import TCP, UDP
from tests.plan.worlds import space
from tests.plan_oracle import Step, Wait, Write

Manifest = Mapping[str, Any]
CALICO: Final = "projectcalico.org/v3"
PODS: Final = {"a/web": "10.244.0.1", "a/db": "10.244.1.1", "b/web": "10.244.1.2"}
# The same pods come again where the others are, which matters only to rules with the net of one of the two places.
PODS_NET: Final = "10.244.1.0/24"
AGAIN: Final = {"a/web-again": "10.244.1.11", "a/db-again": "10.244.0.12", "b/web-again": "10.244.0.13"}
OUTSIDE: Final = ("192.0.2.1", "192.0.2.200", "8.8.8.8", "10.244.1.99")
NETS: Final = ("192.0.2.0/24", "192.0.2.0/25", PODS_NET)
SORTS: Final = ((TCP, 80), (TCP, 443), (UDP, 80))
KINDS: Final = ("GlobalNetworkPolicy", "GlobalNetworkSet", "NetworkPolicy", "Tier")
WAYS: Final = ("egress", "ingress")


@dataclass(frozen=True)
class Course:
    """A cluster at the start and the steps from there."""

    world: tuple[Manifest, ...]
    steps: tuple[Step, ...]


def draw(seed: int) -> Course:
    """Return a list of writes and waits; equal seeds give equal lists."""
    return _Drawing(seed).course()


class _Drawing:
    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        # Some lists are all allows or all denies, where one write alone often widens or narrows.
        self._actions = self._one((("Allow",), ("Allow",), ("Deny",), ("Allow", "Deny"), ("Allow", "Deny", "Pass")))
        self._waits = self._one((0.0, 0.3, 0.6))
        # One sort of thing changes in many lists, for lists of all sorts are seldom safe.
        self._sorts = self._one(
            (("policy",), ("set",), ("tier", "policy"), ("policy", "set"), ("policy", "set", "tier"))
        )

    def course(self) -> Course:
        objects = {self._key(item): item for item in self._start()}
        world = [*_cluster(), *objects.values()]
        steps: list[Step] = []
        for number in range(self._random.randint(2, 5)):
            step = self._write(f"step-{number}", objects)
            steps.append(step)
            if self._often(self._waits):
                one = frozenset({self._one(KINDS)}) if self._often(0.3) else None
                steps.append(Wait(f"wait-{number}", one))
        return Course(tuple(world), tuple(steps))

    def _write(self, name: str, objects: dict[tuple[str, str], Manifest]) -> Write:
        wanted = self._one(self._sorts)
        there = [key for key, item in objects.items() if _sort_of(item) == wanted]
        if there and self._often(0.65):
            key = self._one(there)
            before = objects.pop(key)
            if self._often(0.45):
                return Write(name, before, None)
            objects[key] = self._changed(before)
            return Write(name, before, objects[key])
        after = self._new(wanted, name)
        if self._key(after) in objects:
            before = objects[self._key(after)]
            objects[self._key(after)] = after
            return Write(name, before, after)
        objects[self._key(after)] = after
        return Write(name, None, after)

    def _new(self, wanted: str, name: str) -> Manifest:
        match wanted:
            case "set":
                return self._set(name)
            case "tier":
                return self._tier()
            case _:
                return self._policy(name)

    def _changed(self, before: Manifest) -> Manifest:
        match _sort_of(before):
            case "set":
                return {**self._set("x"), "metadata": self._relabelled(before)}
            case "tier":
                return self._tier()
            case _:
                return {**before, "spec": self._spec(before["spec"].get("tier", "default"), before)}

    def _relabelled(self, before: Manifest) -> Manifest:
        labels = {"kind": self._one(("x", "y"))} if self._often(0.2) else before["metadata"]["labels"]
        return {**before["metadata"], "labels": labels}

    def _start(self) -> Iterator[Manifest]:
        yield {"apiVersion": CALICO, "kind": "Tier", "metadata": {"name": "default"}, "spec": {"defaultAction": "Deny"}}
        if self._often(0.7):
            yield self._tier()
        for number in range(self._random.randint(1, 3)):
            yield self._policy(f"old-{number}")
        for number in range(self._random.randint(0, 2)):
            yield self._set(f"set-{number}")

    def _tier(self) -> Manifest:
        spec = {"order": self._one((100, 2000000)), "defaultAction": self._one(("Deny", "Pass"))}
        return {"apiVersion": CALICO, "kind": "Tier", "metadata": {"name": "own"}, "spec": spec}

    def _set(self, name: str) -> Manifest:
        metadata = {"name": name, "labels": {"kind": self._one(("x", "y"))}}
        nets = self._random.sample(NETS, self._random.randint(0, 2))
        return {"apiVersion": CALICO, "kind": "GlobalNetworkSet", "metadata": metadata, "spec": {"nets": nets}}

    def _policy(self, name: str) -> Manifest:
        tier = self._one(("default", "default", "own"))
        full = name if tier == "default" else f"own.{name}"
        metadata: dict[str, Any] = {"name": full}
        if self._often(0.5):
            metadata["namespace"] = self._one(("a", "b"))
        kind = "NetworkPolicy" if "namespace" in metadata else "GlobalNetworkPolicy"
        return {"apiVersion": CALICO, "kind": kind, "metadata": metadata, "spec": self._spec(tier, None)}

    def _spec(self, tier: str, before: Manifest | None) -> Manifest:
        spec: dict[str, Any] = {
            "tier": tier,
            "order": self._one((10, 20, 30)),
            "selector": self._one(("all()", "app == 'web'", "app == 'db'")),
        }
        types = self._one((["Ingress"], ["Egress"], ["Ingress", "Egress"]))
        if before is not None and self._often(0.7):
            # Rules come or go, and the rest stays.
            spec, types = dict(before["spec"]), list(before["spec"]["types"])
        for way in types:
            rules = list(spec.get(way.lower(), ()))
            if before is not None and rules and self._often(0.4):
                rules.pop(self._random.randrange(len(rules)))
            else:
                rules += [self._rule(way) for _ in range(self._random.randint(0, 2))]
            spec[way.lower()] = rules
        return spec | {"types": types}

    def _rule(self, way: str) -> Manifest:
        peer = self._one(
            (
                {"selector": "kind == 'x'", "namespaceSelector": "global()"},
                {"selector": "kind == 'y'", "namespaceSelector": "global()"},
                {"notSelector": "kind == 'x'"},
                {"selector": "app == 'web'"},
                {"nets": [self._one(NETS)]},
                {},
            )
        )
        rule: dict[str, Any] = {"action": self._one(self._actions)}
        side = "source" if way == "Ingress" else "destination"
        if peer:
            rule[side] = dict(peer)
        if self._often(0.5):
            rule["protocol"] = "TCP"
            rule["destination"] = {**rule.get("destination", {}), "ports": [self._one((80, 443))]}
        return rule

    def _key(self, item: Manifest) -> tuple[str, str]:
        return str(item["kind"]), f"{item['metadata'].get('namespace', '')}/{item['metadata']['name']}"

    def _often(self, chance: float) -> bool:
        return self._random.random() < chance

    def _one(self, values: Sequence[Any]) -> Any:
        return self._random.choice(values)


def _sort_of(item: Manifest) -> str:
    if item["kind"] == "Tier":
        return "tier" if item["metadata"]["name"] != "default" else "the default tier"
    return "set" if item["kind"].endswith("Set") else "policy"


def _cluster() -> Iterator[Manifest]:
    for number in (1, 2):
        status = {"addresses": [{"type": "InternalIP", "address": f"10.0.0.{number}"}]}
        yield {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"node-{number}"}, "status": status}
    for name in ("a", "b"):
        yield space(name)
        yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"namespace": name, "name": "default"}}
    yield from _pods(PODS)


def _pods(addresses: Mapping[str, str]) -> Iterator[Manifest]:
    for number, (key, address) in enumerate(addresses.items()):
        namespace, name = key.split("/")
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace, "labels": {"app": name.removesuffix("-again")}},
            "spec": {"nodeName": f"node-{number % 2 + 1}", "containers": [{"name": "main"}]},
            "status": {"phase": "Running", "podIPs": [{"ip": address}]},
        }


Counts = tuple[int, ...]  # of each lane, how many of its writes a node has


@dataclass
class Twin:
    """Answers for one list of steps by asking about every flow in every state."""

    course: Course
    any_order: bool = False  # the order of two objects is not known, save of two tiers
    alone: set[tuple[str, ...]] = field(default_factory=set)  # objects whose place among others is not known
    _known: dict[object, dict[str, frozenset[tuple[str, str, int]]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.writes = [step for step in self.course.steps if isinstance(step, Write)]
        waiting: dict[tuple[str, ...], bool] = {}  # with whether it was there before
        for step in self.course.steps:
            if isinstance(step, Wait):
                kept = [name for name in waiting if step.kinds is not None and name[0] not in step.kinds]
                waiting = {name: waiting[name] for name in kept}
            elif isinstance(step, Write):
                name = _object(step)
                again = name in waiting and (waiting[name] or step.after is not None)
                if again or name[0].endswith("Set") or _says_something_else(step):
                    self.alone.add(name)
                waiting.setdefault(name, step.before is not None)
        self.lanes = sorted({self._lane(step) for step in self.writes})
        self.pods = {**PODS, **(AGAIN if PODS_NET in str(self.course) else {})}

    def harms(self) -> bool:
        """Tell whether any state that can occur, forward or back from any step, cuts or opens what it must not."""
        none = (0,) * len(self.lanes)
        before, after = self._lives(none), self._lives(self._count(len(self.course.steps)))
        return any(self._harmed(low, high, before, after) for low, high in {*self._forward(), *self._back()})

    def _harmed(self, low: Counts, high: Counts, before: frozenset[Any], after: frozenset[Any]) -> bool:
        found = [self._ends(state) for state in product(*map(_range, low, high))]
        least = frozenset.intersection(*(item["egress"] for item in found))
        least &= frozenset.intersection(*(item["ingress"] for item in found))
        most = frozenset[Any]().union(*(item["egress"] for item in found))
        most &= frozenset[Any]().union(*(item["ingress"] for item in found))
        return bool((before & after) - least or most - before - after)

    def _lives(self, state: Counts) -> frozenset[Any]:
        ends = self._ends(state)
        return ends["egress"] & ends["ingress"]

    def _count(self, done: int) -> Counts:
        writes = [step for step in self.course.steps[:done] if isinstance(step, Write)]
        return tuple(sum(self._lane(step) == lane for step in writes) for lane in self.lanes)

    def _lane(self, write: Write) -> tuple[str, ...]:
        """Return what is counted: the writes of a kind, or those of an object whose place among others is not known."""
        name = _object(write)
        return name if name in self.alone or (self.any_order and write.kind != "Tier") else (write.kind,)

    def _forward(self) -> Iterator[tuple[Counts, Counts]]:
        low = self._count(0)
        for done, step in enumerate(self.course.steps, start=1):
            high = self._count(done)
            if isinstance(step, Wait):
                confirmed = [step.kinds is None or lane[0] in step.kinds for lane in self.lanes]
                low = tuple(new if sure else old for old, new, sure in zip(low, high, confirmed, strict=True))
            yield low, high

    def _back(self) -> Iterator[tuple[Counts, Counts]]:
        """Give what a node can have on the way back from each step, which begins with a wait and keeps all waits."""
        for start in range(1, len(self.course.steps) + 1):
            high = self._count(start)
            for done in range(start - 1, -1, -1):
                if isinstance(self.course.steps[done], Wait):
                    high = self._count(done)
                yield self._count(done), high

    def _ends(self, state: Counts) -> dict[str, frozenset[tuple[str, str, int]]]:
        objects = {_identity(item): item for item in (*self.course.world, *_pods(self.pods))}
        left = dict(zip(self.lanes, state, strict=True))
        for write in self.writes:
            if left[self._lane(write)]:
                left[self._lane(write)] -= 1
                if write.after is None:
                    del objects[_object(write)]
                else:
                    objects[_object(write)] = write.after
        if state not in self._known:
            self._known[state] = _ask(read_cluster(objects.values()), self.pods)
        return self._known[state]


def _says_something_else(write: Write) -> bool:
    """Tell whether a policy is changed in place, and not only in whom it selects and when."""
    if write.before is None or write.after is None or write.kind == "Tier":
        return False
    rules = ("types", "ingress", "egress")
    return [write.before["spec"].get(key) for key in rules] != [write.after["spec"].get(key) for key in rules]


def _range(low: int, high: int) -> range:
    return range(low, high + 1)


def _object(write: Write) -> tuple[str, str, str]:
    one = write.after if write.after is not None else write.before
    assert one is not None
    return _identity(one)


def _identity(item: Manifest) -> tuple[str, str, str]:
    return str(item["kind"]), str(item["metadata"].get("namespace", "")), str(item["metadata"]["name"])


def _ask(cluster: Cluster, pods: Mapping[str, str]) -> dict[str, frozenset[tuple[str, str, int]]]:
    """Return the flows (from, to, sort) that sources let leave, and those that destinations let in."""
    found: dict[str, set[tuple[str, str, int]]] = {way: set() for way in WAYS}
    names = {address: name for name, address in pods.items()}
    ends = (*names, *OUTSIDE)
    for source, destination, sort in product(ends, ends, range(len(SORTS))):
        if source in OUTSIDE and destination in OUTSIDE:
            continue
        for way in WAYS:
            if _passes(cluster, names, source, destination, sort, way):
                found[way].add((source, destination, sort))
    return {way: frozenset(flows) for way, flows in found.items()}


def _passes(cluster: Cluster, names: Mapping[str, str], source: str, destination: str, sort: int, way: str) -> bool:
    """Ask the end of one side alone; an end outside lets everything through."""
    own = source if way == "egress" else destination
    if own in OUTSIDE:
        return True
    name = names[own]
    place = Place(ipaddress.ip_address(own), f"node-of-{name}", cluster.endpoints[name])
    other = Place(ipaddress.ip_address(destination if way == "egress" else source))
    ends = (place, other) if way == "egress" else (other, place)
    protocol, port = SORTS[sort]
    walk = Way(cluster, Packet(4, protocol, ends[0].address, ends[1].address, 40000, port, None, None), *ends)
    walk.walk()
    return all(one["verdict"] == "allow" for one in (walk.egress, walk.ingress) if one is not None)

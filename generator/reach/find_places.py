"""Finds the places of one snapshot, or of several at once with the same numbers, so that they can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from generator.packets.addresses import AddressSet
from generator.packets.intervals import Intervals
from generator.reach.engine import Engine
from generator.reach.failsafes import failsafe_nets
from generator.reach.inventory import UNKNOWN_ADDRESS, Pod
from generator.reach.model import SideView
from generator.reach.places import BackendEntry, Carrier, Places, Signature
from generator.reach.program import profile_ops
from generator.reach.zones import Zone, ZoneMap

NO_ADDRESSES = AddressSet.nothing()
NO_BACKENDS: Final[frozenset[BackendEntry]] = frozenset()


def find_places(engines: Sequence[Engine], family: int, zones: ZoneMap | None = None) -> list[Places]:
    """Return the places of one family, the same numbers for each snapshot; what any of them tells apart is apart.

    Pods and nodes that are not in all of them are left out. `zones` are those of all nets of the engines.
    """
    return _Finder(engines, zones or zones_of(engines, family)).find()


def zones_of(engines: Iterable[Engine], family: int) -> ZoneMap:
    """Return the zones that the nets of all engines make."""
    return ZoneMap(family, (nets for engine in engines for nets in nets_of(engine)))


def sides_of(engine: Engine) -> Iterator[SideView]:
    """Go through both sides of every rule that is enforced."""
    for tier in engine.lowered.tiers:
        for policy in tier.policies:
            if not policy.staged:
                for rule in (*policy.ingress, *policy.egress):
                    yield rule.source
                    yield rule.destination


def nets_of(engine: Engine) -> Iterator[AddressSet]:
    """Go through the nets of all rules, sets and failsafe ports."""
    yield from failsafe_nets(engine.environment)
    for side in sides_of(engine):
        yield from (nets for nets in (side.nets, side.not_nets) if nets is not None)
    yield from (group.nets for group in engine.inventory.groups)


class _Signatures:
    """What tells addresses apart in one snapshot, or in several that differ in their policies alone."""

    def __init__(self, engines: Sequence[Engine], zones: ZoneMap) -> None:
        self._zones = zones
        self._known: dict[tuple[Zone, tuple[Carrier, ...], frozenset[BackendEntry]], Signature] = {}
        self.carriers: dict[int, set[Carrier]] = {}
        self.backends: dict[int, set[BackendEntry]] = {}
        engine = engines[0]
        sides = [side for other in engines for side in sides_of(other)]
        names = {name for side in sides for name in (*side.port_names, *side.not_port_names)}
        for endpoint, label_class in engine.directory.endpoints():
            ports = tuple(sorted(entry for entry in endpoint.ports if entry[0] in names)) if endpoint.ports else ()
            for kind, number in endpoint.addresses:
                if kind == zones.family:
                    self.carriers.setdefault(number, set()).add((label_class, ports))
        self._note_backends(engine, sides)

    def _note_backends(self, engine: Engine, sides: Sequence[SideView]) -> None:
        family = self._zones.family
        for service in {side.service for side in sides if side.service is not None}:
            found = engine.directory.backends(service)
            for kind, number in found.addresses:
                if kind == family:
                    self.backends.setdefault(number, set()).add((service, 0, 0))
            for kind, number, protocol, port in found.with_ports:
                if kind == family:
                    self.backends.setdefault(number, set()).add((service, protocol, port))

    def of(self, number: int) -> Signature:
        """Return the signature of an address, the same object for equal ones."""
        carriers = self.carriers.get(number, ())
        in_order = tuple(carriers) if len(carriers) < 2 else tuple(sorted(carriers))
        backends = self.backends.get(number)
        key = (self._zones.zone_of(number), in_order, frozenset(backends) if backends else NO_BACKENDS)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Signature(*key)
        return found


class _Finder:
    def __init__(self, engines: Sequence[Engine], zones: ZoneMap) -> None:
        self._engines = engines
        self._family = family = zones.family
        self._decided: dict[tuple[Engine, tuple[str, ...]], tuple[bool, ...]] = {}  # by profiles
        self._of_node: dict[tuple[Engine, str], tuple[object, ...]] = {}  # what tells its pods from others
        self._counting: dict[str, str] = {}  # by node: itself where it matters on which node a pod is, else ""
        self._zones = zones
        if all(engine.directory is engines[0].directory for engine in engines):
            # One cluster under several policies: one set of places, told apart by the rules of all of them.
            self._signatures = [_Signatures(engines, self._zones)] * len(engines)
            self._found = [Places(family, self._zones)]
        else:
            self._signatures = [_Signatures([engine], self._zones) for engine in engines]
            self._found = [Places(family, self._zones) for _ in engines]

    def find(self) -> list[Places]:
        used = set(self._addresses_used())
        self._add_pods()
        self._add_nodes()
        self._add_outside(used)
        return self._found if len(self._found) > 1 else self._found * len(self._engines)

    def _addresses_used(self) -> Iterator[int]:
        """Go through the addresses that are none outside: those of pods and nodes are places of their own.

        What is sent to a Service's address arrives at the pods behind it, so that this is no place at all.
        """
        for engine in self._engines:
            yield from (number for kind, number in engine.inventory.fronts.by_address if kind == self._family)
            for pod in engine.inventory.pods.values():
                yield from (number for kind, number in pod.addresses if kind == self._family)
            for addresses in engine.inventory.nodes.values():
                yield from [number for kind, number in addresses if kind == self._family][:1]

    def _add(
        self,
        signatures: Sequence[Signature],
        pods: Sequence[tuple[Pod, ...]] = (),
        node: str = "",
        outside: AddressSet = NO_ADDRESSES,
    ) -> int:
        number = 0
        for position, places in enumerate(self._found):
            own = pods[position] if pods else ()
            number = places.add(signatures[position], own, self._node_of(own) if own else node, outside)
        return number

    def _node_of(self, pods: Sequence[Pod]) -> str:
        """Return the node of a place of pods, where it matters; a pod that moved has another one in each snapshot."""
        return self._node_that_counts(pods[0].node)

    def _node_that_counts(self, node: str) -> str:
        found = self._counting.get(node)
        if found is None:
            counts = any(engine.stages_on(node) for engine in self._engines)
            found = self._counting[node] = node if counts else ""
        return found

    def _add_pods(self) -> None:
        groups: dict[tuple[object, ...], tuple[tuple[Signature, ...], list[tuple[Pod, ...]]]] = {}
        others = [engine.inventory.pods for engine in self._engines[1:]]
        for key, pod in self._engines[0].inventory.pods.items():
            pods = (pod, *[theirs[key] for theirs in others if key in theirs]) if others else (pod,)
            known = [address[1] for pod in pods if (address := pod.address(self._family)) is not None]
            if len(known) < len(self._engines):
                continue
            found = self._signatures_of(known)
            # Signatures as objects: equal ones are the same.
            group = (*map(id, found), *map(self._told_apart, self._engines, pods))
            members = groups.get(group)
            if members is None:
                members = groups[group] = (found, [])
            members[1].append(pods)
        for signatures, alike in groups.values():
            number = self._add(signatures, list(zip(*alike, strict=True)))
            for places in self._found:
                places.of_pod.update((pods[0].key, number) for pods in alike)

    def _signatures_of(self, numbers: Sequence[int]) -> tuple[Signature, ...]:
        if len(self._found) < len(self._signatures):
            return (self._signatures[0].of(numbers[0]),)
        return tuple([of.of(number) for of, number in zip(self._signatures, numbers, strict=True)])

    def _told_apart(self, engine: Engine, pod: Pod) -> tuple[object, ...]:
        node = pod.node
        of_node = self._of_node.get((engine, node))
        if of_node is None:
            inventory = engine.inventory
            of_node = (self._node_that_counts(node), node in inventory.windows, node in inventory.settings, not node)
            self._of_node[engine, node] = of_node
        return engine.class_of(pod.key), self._allowed_by(engine, pod.profiles), of_node

    def _allowed_by(self, engine: Engine, profiles: tuple[str, ...]) -> tuple[bool, ...]:
        """Return what profiles decide, which is all that they are told apart by."""
        found = self._decided.get((engine, profiles))
        if found is None:
            ops = profile_ops(profiles, engine.inventory.profiles.__contains__)
            found = self._decided[engine, profiles] = tuple(op.allows for op in ops)
        return found

    def _add_nodes(self) -> None:
        for node in self._engines[0].inventory.nodes:
            own: list[int] = []
            for engine in self._engines:
                addresses = engine.inventory.nodes.get(node, ())
                own += [number for kind, number in addresses if kind == self._family][:1]
            if len(own) < len(self._engines):
                continue
            number = self._add([of.of(one) for of, one in zip(self._signatures, own, strict=True)], node=node)
            for places in self._found:
                places.of_node[node] = number

    def _add_outside(self, used: set[int]) -> None:
        points = {number for of in self._signatures for number in (*of.carriers, *of.backends)} - used
        known = sorted(number for number in points if number < UNKNOWN_ADDRESS)
        groups: dict[tuple[Signature, ...], list[int]] = {}
        for number in known:
            groups.setdefault(tuple(of.of(number) for of in self._signatures), []).append(number)
        for signatures, numbers in groups.items():
            outside = AddressSet.of_intervals(self._family, Intervals.of_numbers(numbers))
            place = self._add(signatures, outside=outside)
            for places in self._found:
                places.points.update(dict.fromkeys(numbers, place))
        taken = Intervals.of_numbers([*known, *(number for number in used if number < UNKNOWN_ADDRESS)])
        for zone in range(self._zones.count):
            region = self._zones.region(zone) - taken
            if region:
                plain = [Signature(zone, (), frozenset())] * len(self._engines)
                self._add(plain, outside=AddressSet.of_intervals(self._family, region))

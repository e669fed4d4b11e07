"""What each pod may send and get as far as an intent has a say: for each place the exact set of packets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from generator.intent.model import PortSpec
from generator.meaning.model import Backends, Denial, Grant, Meaning, Pods, Ports, SelectedPods, Way
from generator.meaning.world import Mask, PodFace, Spot, World, numbers_in
from generator.packets.intervals import Intervals
from generator.packets.transport import SCTP, TCP, UDP, TransportPacket, TransportSet

Row = dict[TransportSet, Mask]  # disjoint sets of places, each with the packets that go with it

_PROTOCOLS: Final = {"TCP": TCP, "UDP": UDP, "SCTP": SCTP}
_IPIP: Final = 4
_VXLAN_PORT: Final = 4789
# Calico drops what a pod encapsulates itself, whatever policy says (calico.md 2.5): no intent can mean that it leaves.
ENCAPSULATED: Final = TransportSet.of_protocols([_IPIP]) | TransportSet.of_ports(
    UDP, None, Intervals.single(_VXLAN_PORT)
)
EVERY_PACKET: Final = TransportSet.all()
NO_PACKET: Final = TransportSet.nothing()


class Rows:
    """The rows of one meaning in one world; each is worked out when it is asked for."""

    def __init__(self, meaning: Meaning, world: World) -> None:
        self.world = world
        self._by_pods: dict[tuple[Pods, Way], list[Grant]] = {}
        for grant in meaning.grants:
            self._by_pods.setdefault((grant.pods, grant.way), []).append(grant)
        self._of_place: dict[int, list[Pods]] = {}
        for pods in dict.fromkeys(pods for pods, _ in self._by_pods):
            for number in numbers_in(world.mask(pods)):
                self._of_place.setdefault(number, []).append(pods)
        self._denials = {way: [item for item in meaning.denials if item.way is way] for way in Way}
        self._denied = {way: self._deny(self._denials[way]) for way in Way}
        self._parts: dict[tuple[object, ...], Row] = {}
        self._rows: dict[tuple[object, ...], Row] = {}

    def row(self, spot: Spot, way: Way) -> Row:
        """Return what a pod may send to each place, or get from it; places with no packets are left out."""
        assert spot.pod is not None
        if not self.world.owned >> spot.number & 1:
            whole = EVERY_PACKET - ENCAPSULATED if way is Way.LEAVING else EVERY_PACKET
            return {whole: self.world.all}
        kinds = tuple(self._of_place.get(spot.number, ()))
        ports = spot.pod.ports if way is Way.ARRIVING else ()
        if any(isinstance(pods, SelectedPods) for pods in kinds):
            return self._united(kinds, way, spot.pod)  # of few pods, so not kept
        key = (kinds, way, ports)
        found = self._rows.get(key)
        if found is None:
            found = self._rows[key] = self._united(kinds, way, spot.pod)
        return found

    def _united(self, kinds: Iterable[Pods], way: Way, face: PodFace) -> Row:
        found: Row = {}
        for pods in kinds:
            for packets, mask in self._part(pods, way, face).items():
                _add(found, packets, mask)
        found = _without(found, self._denied[way])
        return _without(found, {ENCAPSULATED: self.world.all}) if way is Way.LEAVING else found

    def _part(self, pods: Pods, way: Way, face: PodFace) -> Row:
        """Return what the grants of one group of pods come to; named ports of what arrives are the pod's own."""
        key = (pods, way, face.ports if way is Way.ARRIVING else ())
        found = self._parts.get(key)
        if found is None:
            merged: dict[TransportSet, Mask] = {}
            for grant in self._by_pods.get((pods, way), ()):
                for packets, mask in self._entries(grant, face):
                    merged[packets] = merged.get(packets, 0) | mask
            found = {}
            for packets, mask in merged.items():
                _add(found, packets, mask)
            if not isinstance(pods, SelectedPods):
                self._parts[key] = found
        return found

    def _entries(self, grant: Grant, face: PodFace) -> Iterator[tuple[TransportSet, Mask]]:
        mask = self.world.mask(grant.peer)
        if isinstance(grant.peer, Backends):
            service = (grant.peer.namespace, grant.peer.name)
            for number in numbers_in(mask):
                ends = self.world.spots[number].backends[service]
                yield TransportSet.union(_to_port(protocol, port, port) for protocol, port in ends), 1 << number
            return
        if grant.ports is None:
            yield EVERY_PACKET, mask
            return
        yield _numbered(grant.ports), mask
        names = [port for port in grant.ports if port.name]
        if names and grant.way is Way.ARRIVING:
            yield _named(names, face), mask
        elif names:
            for number in numbers_in(mask):
                pod = self.world.spots[number].pod
                if pod is not None:
                    yield _named(names, pod), 1 << number

    def _deny(self, denials: Iterable[Denial]) -> Row:
        found: Row = {}
        for denial in denials:
            open_ports: Row = {}
            mask = self.world.mask(denial.peer)
            for nets, ports in denial.exempt:
                _add(open_ports, _numbered(ports), self.world.within(nets) & mask)
            for packets, places in open_ports.items():
                _add(found, EVERY_PACKET - packets, places)
                mask &= ~places
            _add(found, EVERY_PACKET, mask)
        return found

    def grants_for(self, spot: Spot, way: Way, other: Spot, packet: TransportPacket) -> list[Grant]:
        """Return the grants that admit a packet between two places."""
        assert spot.pod is not None
        return [
            grant
            for pods in self._of_place.get(spot.number, ())
            for grant in self._by_pods.get((pods, way), ())
            if any(
                mask >> other.number & 1 and packets.contains(packet)
                for packets, mask in self._entries(grant, spot.pod)
            )
        ]

    def denials_for(self, way: Way, other: Spot, packet: TransportPacket) -> list[Denial]:
        """Return the denials that forbid a packet between an owned pod and a place."""
        return [item for item in self._denials[way] if at(self._deny([item]), other.number).contains(packet)]


def at(row: Row, number: int) -> TransportSet:
    """Return the packets that go with one place."""
    return next((packets for packets, mask in row.items() if mask >> number & 1), NO_PACKET)


def _add(row: Row, packets: TransportSet, mask: Mask) -> None:
    """Add packets to some places of a row, in place."""
    if not packets or not mask:
        return
    more: Row = {}
    for old, places in list(row.items()):
        both = places & mask
        if not both:
            continue
        mask &= ~both
        merged = old | packets
        if merged == old:
            continue
        if places == both:
            del row[old]
        else:
            row[old] = places & ~both
        more[merged] = more.get(merged, 0) | both
    if mask:
        more[packets] = more.get(packets, 0) | mask
    for new, places in more.items():
        row[new] = row.get(new, 0) | places


def _without(row: Row, less: Row) -> Row:
    """Return a row without the packets of another."""
    found: Row = {}
    for packets, mask in row.items():
        for denied, places in less.items():
            both = mask & places
            if both:
                left = packets - denied
                if left:
                    found[left] = found.get(left, 0) | both
                mask &= ~both
        if mask:
            found[packets] = found.get(packets, 0) | mask
    return found


@lru_cache(maxsize=1 << 14)
def _numbered(ports: Ports) -> TransportSet:
    if ports is None:
        return EVERY_PACKET
    return TransportSet.union(_to_port(port.protocol, port.first, port.last) for port in ports if not port.name)


def _to_port(protocol: str, first: int, last: int) -> TransportSet:
    return TransportSet.of_ports(_PROTOCOLS[protocol], None, Intervals.of((first, last)))


def _named(ports: Iterable[PortSpec], pod: PodFace) -> TransportSet:
    """Return the ports that a pod has under these names; a name that it does not have stands for none."""
    wanted = {(port.name, port.protocol) for port in ports}
    return TransportSet.union(
        _to_port(protocol, number, number) for name, protocol, number in pod.ports if (name, protocol) in wanted
    )

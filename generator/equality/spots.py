"""The engine's places as those that a meaning is told of."""

from __future__ import annotations

from generator.equality.proof_world import Ends, ProofWorld
from generator.meaning.model import Meaning
from generator.meaning.world import PodFace, Spot, World
from generator.packets.addresses import parse_address
from generator.packets.intervals import Intervals
from generator.reach.inventory import Pod
from generator.reach.places import Place, Places

_Backends = dict[int, dict[tuple[str, str], tuple[tuple[str, int], ...]]]


def world_of(meaning: Meaning, world: ProofWorld, places: Places) -> World:
    """Return the places of one family with what an intent can say of each; numbers are those of the places."""
    backends = _by_address(world.backends, places.family)
    faces: dict[str, PodFace] = {}
    spots = [_spot(place, world, places.family, backends, faces) for place in places.places]
    return World(meaning, places.family, spots, world.domains, world.feeds)


def _spot(place: Place, world: ProofWorld, family: int, backends: _Backends, faces: dict[str, PodFace]) -> Spot:
    if place.pods:
        numbers = [address[1] for pod in place.pods if (address := pod.address(family)) is not None]
        region = Intervals.of_numbers(numbers)
        return Spot(place.number, _face(place.pods[0]), region, backends.get(numbers[0], {}))
    if place.node:
        number = next(value for kind, value in world.engine.inventory.nodes[place.node] if kind == family)
        return Spot(place.number, None, Intervals.single(number), backends.get(number, {}))
    region = place.outside.family(family)
    return Spot(place.number, None, region, backends.get(region.lowest(), {}) if backends else {})


def _face(pod: Pod) -> PodFace:
    workload = pod.workload
    ports = tuple(
        (port.name, port.port.protocol, port.port.first)
        for container in workload.containers
        for port in container.ports
        if port.name
    )
    return PodFace(workload.namespace, dict(workload.labels), workload.service_account, ports)


def _by_address(ends: Ends, family: int) -> _Backends:
    found: _Backends = {}
    for service, by_address in ends.items():
        for text, ports in by_address.items():
            kind, number = parse_address(text)
            if kind == family:
                found.setdefault(number, {})[service] = ports
    return found

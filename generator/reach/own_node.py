"""What pods send to the node that each of them is on, place by place (calico.md 2.5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from generator.packets.transport import TransportSet
from generator.reach.inventory import Pod
from generator.reach.pairs import Pairs
from generator.reach.places import Mask, numbers_in


@dataclass(slots=True)
class ToOwnNode:
    """Pods that send the same to their own node: whole places of them, and single ones by name."""

    packets: TransportSet
    known: bool
    example: Pod
    places: Mask = 0
    pods: list[str] = field(default_factory=list)


def send_to_own_nodes(pairs: Pairs, senders: Mask) -> list[ToOwnNode]:
    """Return what the pods of some places get through to their own nodes; pods without a node send to none."""
    found: dict[tuple[TransportSet, bool], ToOwnNode] = {}
    for number in numbers_in(senders & pairs.places.pods):
        place = pairs.places.places[number]
        pods = [pod for pod in place.pods if pod.node in pairs.places.of_node]
        parts = {node: tuple(_parts(pairs, number, node)) for node in dict.fromkeys(pod.node for pod in pods)}
        alike = len(pods) == len(place.pods) and len(set(parts.values())) == 1
        for pod in pods[:1] if alike else pods:
            for packets, known in parts[pod.node]:
                row = found.setdefault((packets, known), ToOwnNode(packets, known, pod))
                if alike:
                    row.places |= place.bit
                else:
                    row.pods.append(pod.key)
    return list(found.values())


def _parts(pairs: Pairs, number: int, node: str) -> Iterator[tuple[TransportSet, bool]]:
    fate = pairs.to_own_node(pairs.places.places[number], node)
    for packets, known in ((fate.allowed, True), (fate.unknown, False)):
        if packets:
            yield packets, known

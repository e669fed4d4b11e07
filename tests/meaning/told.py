"""A small world in which an intent's meaning is asked: pods, nodes and addresses by name, no engine and no policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

from generator.intent import load_intent, parse_port
from generator.meaning.mean import mean
from generator.meaning.model import Way
from generator.meaning.rows import Rows, at
from generator.meaning.world import PodFace, Spot, World
from generator.packets.addresses import AddressSet, parse_address
from generator.packets.intervals import Intervals
from generator.packets.transport import TransportPacket
from generator.platforms import load_profile

PROTOCOLS = {"TCP": 6, "UDP": 17, "SCTP": 132}


@dataclass(frozen=True)
class P:
    """A pod, as `namespace`, `app=web,tier=x`, an account, and named ports."""

    namespace: str
    labels: str = ""
    account: str = "default"
    ports: tuple[tuple[str, str, int], ...] = ()

    def face(self) -> PodFace:
        labels = dict(item.split("=") for item in self.labels.split(",") if item)
        return PodFace(self.namespace, labels, self.account, self.ports)


@dataclass
class Told:
    """An intent's meaning over some pods and addresses of one family; ends are keys of `pods` or addresses."""

    text: str
    pods: Mapping[str, P] = field(default_factory=dict)
    addresses: Sequence[str] = ()
    platform: str = "generic"
    files: Mapping[str, str] = field(default_factory=dict)
    backends: Mapping[str, tuple[str, str, str, int]] = field(default_factory=dict)  # address → Service, its port
    family: int = 4

    def __post_init__(self) -> None:
        head = "version: 1\nname: shop\nplatform: generic\nnamespace: shop\n"
        with TemporaryDirectory() as folder:
            path = Path(folder) / "intent.yaml"
            path.write_text(head + dedent(self.text), encoding="utf-8")
            for name, content in self.files.items():
                (Path(folder) / name).write_text(content, encoding="utf-8")
            meaning = mean(load_intent([str(path)]).intent, load_profile(self.platform))
        self.numbers: dict[str, int] = {}
        spots = []
        for number, (name, pod) in enumerate(self.pods.items()):
            self.numbers[name] = number
            own = parse_address(f"10.99.0.{number}" if self.family == 4 else f"fd00:99::{number:x}")[1]
            spots.append(Spot(number, pod.face(), Intervals.single(own)))
        for number, text in enumerate(self.addresses, start=len(spots)):
            self.numbers[text] = number
            behind = self.backends.get(text)
            ends = {behind[:2]: (behind[2:],)} if behind is not None else {}
            spots.append(Spot(number, None, Intervals.single(parse_address(text)[1]), ends))
        domains = {"*.cards.example": AddressSet.of_cidrs(["198.18.0.1"])}
        feeds = {("platform-team", "other"): AddressSet.of_cidrs(["45.1.1.1"])}
        self.rows = Rows(meaning, World(meaning, self.family, spots, domains, feeds))

    def at_ends(self, source: str, destination: str, port: str) -> str:
        """Tell at which ends the intent lets a packet through: `out`, `in`, both, or neither.

        Of pods that are not owned and of addresses nothing is said, so they let everything through.
        """
        packet = _packet(port)
        first, last = self.numbers[source], self.numbers[destination]
        leaves = self._lets(first, Way.LEAVING, last, packet)
        arrives = self._lets(last, Way.ARRIVING, first, packet)
        return " ".join(word for word, lets in (("out", leaves), ("in", arrives)) if lets)

    def _lets(self, number: int, way: Way, other: int, packet: TransportPacket) -> bool:
        spot = self.rows.world.spots[number]
        return spot.pod is None or at(self.rows.row(spot, way), other).contains(packet)


def _packet(text: str) -> TransportPacket:
    if text == "ping":
        return TransportPacket(1, icmp_type=8)
    if text.isdigit() and text == "47":
        return TransportPacket(47)
    port = parse_port(text)
    return TransportPacket(PROTOCOLS[port.protocol], source_port=40000, destination_port=port.first)

"""Lines of logs as Whisker and the kernel write them, and the small cluster that they are about."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from generator.flows.interfaces import interface_of
from generator.flows.model import Observations
from generator.flows.read import read_flows
from generator.snapshot import load_snapshot
from generator.snapshot.model import Snapshot

WORLD = Path(__file__).parent / "world"
KERNEL, WHISKER = str(WORLD / "kernel.log"), str(WORLD / "whisker.jsonl")
WEB = "web-574ff6d9fd-*"
AT = "2026-11-20T08:00:00.000000+00:00"


@cache
def world() -> Snapshot:
    snapshot, problems = load_snapshot([str(WORLD / "live.yaml")], complete=True)
    assert not problems
    return snapshot


def packet(source: str, destination: str, port: int = 80, **more: Any) -> str:
    """Return a line of a Log rule; `into` and `out` are its interfaces, `spt` the source port, `at` the time."""
    protocol = more.get("protocol", "TCP")
    ports = more.get("fields", f"SPT={more.get('spt', 41000)} DPT={port} WINDOW=64860 RES=0x00 SYN URGP=0 ")
    return (
        f"{more.get('at', AT)} node-1 kernel: {more.get('prefix', 'calico-packet: ')}"
        f"IN={more.get('into', 'eth0')} OUT={more.get('out', 'eth0')} MAC=ee:ee:ee:ee:ee:ee:1e:0a:36:33:f5:09:08:00 "
        f"SRC={source} DST={destination} LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=4711 DF PROTO={protocol} {ports}\n"
    )


def record(source: str, destination: str, port: int = 80, **more: Any) -> str:
    """Return a flow of Whisker between two `namespace/name`; no namespace before a slash that is not there."""
    ends: dict[str, str] = {}
    for side, name in (("source", source), ("dest", destination)):
        namespace, slash, rest = name.partition("/")
        ends |= {f"{side}_namespace": namespace if slash else "-", f"{side}_name": rest if slash else name}
        ends[f"{side}_labels"] = ""
    value: dict[str, Any] = {
        "start_time": "2026-11-21T08:00:00Z",
        "end_time": "2026-11-21T08:00:15Z",
        "action": "Allow",
        **ends,
        "protocol": "tcp",
        "dest_port": port,
        "reporter": "Dst",
        "policies": {"enforced": None, "pending": []},
        **more,
    }
    return json.dumps({key: item for key, item in value.items() if item is not None}) + "\n"


def observe(folder: Path, *lines: str, **more: Any) -> Observations:
    """Return what is read from these lines."""
    path = folder / "flows.log"
    path.write_text("".join(lines), encoding="utf-8")
    return read_flows([str(path)], **more)[0]


def interface(pod: str) -> str:
    """Return the interface of a pod `namespace/name`."""
    return interface_of(*pod.split("/"))


def told(found: Iterable[Any]) -> list[str]:
    """Return judged flows in short."""
    return [f"{item.outcome.fate} {item.source} -> {item.destination} {item.packets}" for item in found]

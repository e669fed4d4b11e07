"""From the words of a call (`shop/web`, `shop/cart:7070`, `ip:10.0.0.1:53/UDP`) to one flow, and its verdict."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from generator.cli.called_hints import hint_end, hint_port, named_port, note_service_port
from generator.cli.codes import USAGE
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.errors import InputError
from generator.foundation.spelling import did_you_mean
from generator.packets.addresses import parse_address
from generator.packets.transport import SCTP, TCP, UDP, UDPLITE, TransportPacket
from generator.reach.ends import NoSuchEnd, resolve_end
from generator.reach.engine import Engine
from generator.reach.flow import End, Flow
from generator.reach.inventory import Pod
from generator.reach.packet import ICMP_OF_FAMILY
from generator.snapshot.model import Snapshot

_PORT_FORMS: Final = "write :PORT, :PORT/TCP, /UDP, /SCTP or /UDPLITE, :icmp or :icmp:TYPE/CODE after the destination"
_IN_BRACKETS: Final = "with a port an IPv6 address stands in brackets: [ADDRESS]:PORT"
_PROTOCOLS: Final = {"TCP": TCP, "UDP": UDP, "SCTP": SCTP, "UDPLITE": UDPLITE}
_ECHO: Final = {4: 8, 6: 128}
_BRACKETS: Final = re.compile(r"\[([^\]]*)\](?::(.*))?", re.DOTALL)
_PORT: Final = re.compile(r"([0-9]{1,5})(?:/(.*))?", re.DOTALL)
_ICMP: Final = re.compile(r"icmp(?::([0-9]{1,3})(?:/([0-9]{1,3}))?)?", re.IGNORECASE)
UNPLACED: Final = "the verdict hangs on the node of a pod, which is not in the snapshot"


@dataclass(frozen=True, slots=True)
class CalledFlow:
    """The flow that was asked for; `notes` say which pod stands for a workload that has several."""

    flow: Flow
    notes: tuple[str, ...] = ()


def read_flow(
    engine: Engine, snapshot: Snapshot, source: str, destination: str, *, ipv6: bool, source_port: int
) -> CalledFlow:
    """Return the flow that two words name; InputError with all that is wrong with them.

    An address given as such chooses the family too. A workload whose pods are live stands for one of them.
    """
    problems: list[Diagnostic] = []
    with _collecting(problems):
        name, port = _split(source)
        if port is not None:
            raise _wrong(
                f"the source '{source}' has a port", "the port stands after the destination; see --source-port"
            )
    with _collecting(problems):
        other, port = _split(destination)
    if problems:
        raise InputError(problems)
    family = 6 if ipv6 or 6 in (_family_of(name), _family_of(other)) else 4
    notes: list[str] = []
    ends: list[End] = []
    for position, text in enumerate((name, other)):
        with _collecting(problems):
            ends.append(_find_end(engine, snapshot, text, family, position, notes))
    pod = ends[-1].pod if len(ends) > 1 else None
    with _collecting(problems):
        packet = _read_packet(port, destination, family, source_port, pod, notes)
    if problems:
        raise InputError(problems)
    notes.extend(filter(None, [note_service_port(snapshot, pod, packet)]))
    return CalledFlow(Flow(ends[0], ends[1], packet), tuple(notes))


@contextmanager
def _collecting(problems: list[Diagnostic]) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        problems.extend(error.diagnostics)


def _wrong(summary: str, hint: str) -> InputError:
    return InputError([problem(USAGE, summary, hint=hint)])


def _split(text: str) -> tuple[str, str | None]:
    """Part an end from what follows it; a bare IPv6 address is all address, with a port it stands in brackets."""
    if text.startswith("node:"):
        raise _wrong(f"'{text}' is no pod and no node", f"a node is written host:{text.removeprefix('node:')}")
    prefix = next((known for known in ("host:", "ip:") if text.startswith(known)), "")
    rest = text.removeprefix(prefix)
    if rest.startswith("["):
        found = _BRACKETS.fullmatch(rest)
        if found is None:
            raise _wrong(f"'{text}' is not closed as it should be", "write [ADDRESS]:PORT")
        return f"ip:{found[1]}", found[2]
    if _family_of(rest):
        return f"ip:{rest}", None
    name, colon, after = rest.partition(":")
    if _family_of(rest.rpartition(":")[0]) == 6:
        raise _wrong(f"'{text}' is no address", _IN_BRACKETS)
    if not prefix and _family_of(name):
        prefix = "ip:"
    return f"{prefix}{name}", after if colon else None


def _family_of(text: str) -> int:
    """Return the family of an address, 0 for anything else."""
    try:
        return parse_address(text.removeprefix("ip:"))[0]
    except ValueError:
        return 0


def _find_end(engine: Engine, snapshot: Snapshot, text: str, family: int, position: int, notes: list[str]) -> End:
    pods = _live_pods(engine, text)
    chosen = text
    if pods:
        chosen = pods[min(position, len(pods) - 1)]  # two ends in one workload are two of its pods, if it has them
        if chosen != text:
            others = f" (one of {len(pods)})" if len(pods) > 1 else ""
            notes.append(f"{chosen} stands for {text}{others}")
    try:
        end = resolve_end(engine, chosen, family)
    except NoSuchEnd as error:
        raise _wrong(str(error), hint_end(engine, snapshot, text)) from None
    if end.address[0] != family:
        raise _wrong(f"'{text}' is no IPv{family} address", "both ends are of one family")
    return end


def _live_pods(engine: Engine, text: str) -> Sequence[str]:
    """Return the live pods of a workload `namespace/name`, none where it has none or a live pod has that very name."""
    exact = engine.inventory.pods.get(text)
    if exact is not None and exact.live:
        return ()
    namespace, _, name = text.partition("/")
    found = {
        key: pod.workload.owner
        for key, pod in sorted(engine.inventory.pods.items())
        if pod.namespace == namespace and pod.live and pod.workload.owner.partition("/")[2] == name
    }
    owners = sorted(set(found.values()))
    if len(owners) > 1:
        raise _wrong(f"'{text}' is {' and '.join(owners)}", f"name one of the pods, such as '{next(iter(found))}'")
    return tuple(found)


def _read_packet(
    text: str | None, destination: str, family: int, source_port: int, pod: Pod | None, notes: list[str]
) -> TransportPacket:
    if not text:
        forms = _IN_BRACKETS if _family_of(destination) == 6 else hint_port(pod, _PORT_FORMS)
        raise _wrong(f"the destination '{destination}' has no port", forms)
    icmp = _ICMP.fullmatch(text)
    if icmp is not None:
        kind = int(icmp[1]) if icmp[1] else _ECHO[family]
        code = int(icmp[2] or 0)
        if kind > 255 or code > 255:
            raise _wrong(f"'{text}' is no ICMP type and code", "both go from 0 to 255")
        return TransportPacket(ICMP_OF_FAMILY[family], icmp_type=kind, icmp_code=code)
    found = _PORT.fullmatch(text)
    if found is None:
        named = named_port(pod, text)
        if pod is not None and named is not None:
            notes.append(f"'{text}' is port {named[1]} of {pod.key}")
            return TransportPacket(named[0], source_port, named[1])
        names = [name for name, _, _ in pod.ports] if pod is not None else []
        raise _wrong(f"'{text}' is no port", did_you_mean(text, ("icmp", *names)) or hint_port(pod, _PORT_FORMS))
    word = "TCP" if found[2] is None else found[2]
    protocol = _PROTOCOLS.get(word.upper())
    if protocol is None:
        raise _wrong(f"'{word}' is no protocol with ports", did_you_mean(word, _PROTOCOLS) or _PORT_FORMS)
    port = int(found[1])
    if not 1 <= port <= 65535:
        raise _wrong(f"there is no port {port}", "ports go from 1 to 65535")
    return TransportPacket(protocol, source_port, port)

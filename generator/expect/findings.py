"""What is wrong with a judgement, as problems with the place of the expectation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from generator.expect.codes import NOT_KNOWN, OPEN_TO_NEW_PODS, UNMET_NOW, VACUOUS, VIOLATED
from generator.expect.model import Breach, Judged, Outcome
from generator.expect.strangers import Openness
from generator.foundation.diagnostics import NOWHERE, Diagnostic, Place, Severity, problem
from generator.packets.addresses import format_address
from generator.packets.intervals import Intervals
from generator.packets.printing import describe_transport
from generator.packets.transport import PORT_PROTOCOLS, TransportPacket, TransportSet
from generator.reach.flow import End, Flow
from generator.reach.inventory import UNKNOWN_ADDRESS

_WITH_THE_SET = " with the set in place"


def expectation_problems(now: Sequence[Judged], then: Sequence[Judged] | None = None) -> list[Diagnostic]:
    """Return a problem for each expectation that is not met; `then` are the same ones with the set in place.

    What is only not met as it is now is a warning of its own: the set mends it.
    """
    if then is None:
        return [_unmet(item, "") for item in now if not item.met]
    found: list[Diagnostic] = []
    for before, after in zip(now, then, strict=True):
        if not after.met:
            found.append(_unmet(after, "" if after.outcome is Outcome.VACUOUS else _WITH_THE_SET))
        elif not before.met:
            origin = before.expectation.origin
            summary = f"'{before.expectation}' is not met as it is now, and is with the set in place"
            found.append(problem(UNMET_NOW, summary, place=origin.place, path=origin.path, hint=_hint(before)))
    return found


def target_problems(judged: Iterable[Judged]) -> list[Diagnostic]:
    """Return a warning for each expectation that is not met where a plan leads: the plan itself can be carried out."""
    return [
        replace(_unmet(item, " where the plan leads"), severity=Severity.WARNING) for item in judged if not item.met
    ]


def _unmet(item: Judged, where: str) -> Diagnostic:
    origin = item.expectation.origin
    match item.outcome:
        case Outcome.VACUOUS:
            code, summary = VACUOUS, f"'{item.expectation}' states nothing{where}"
        case Outcome.UNKNOWN:
            code, summary = NOT_KNOWN, f"whether '{item.expectation}' holds is not known{where}"
        case _:
            code, summary = VIOLATED, f"'{item.expectation}' is violated{where}"
    return problem(code, summary, place=origin.place, path=origin.path, hint=_hint(item))


def _hint(item: Judged) -> str:
    if not item.breaches or item.outcome is Outcome.VACUOUS:
        return item.why
    breach = item.breaches[0]
    return example(breach) + (f": {breach.why}" if breach.why else "")


def example(breach: Breach) -> str:
    """Write the witness of a breach in one line."""
    flow = breach.witness
    family = " (IPv6)" if flow.packet.family == 6 else ""
    verdict = "is not known" if breach.outcome is Outcome.UNKNOWN else _FATE[breach.verdict.verdict.value]
    return f"{_ends(flow)} {packet_text(flow.transport)}{family} {verdict}"


_FATE: Mapping[str, str] = {"allow": "is allowed", "deny": "is denied", "unknown": "is not known"}


def _ends(flow: Flow) -> str:
    return f"{_name(flow.source)} -> {_name(flow.destination)}"


def _name(end: End) -> str:
    if end.name or end.address[1] >= UNKNOWN_ADDRESS:
        return end.name
    return format_address(*end.address)


def packet_text(packet: TransportPacket) -> str:
    """Return one packet in words, without its source port."""
    if packet.protocol not in PORT_PROTOCOLS:
        return describe_transport(TransportSet.of_packet(packet))
    port = Intervals.single(packet.destination_port)
    return describe_transport(TransportSet.of_ports(packet.protocol, None, port))


def openness_problems(
    now: Sequence[Openness], then: Sequence[Openness] | None, place: Place = NOWHERE
) -> list[Diagnostic]:
    """Return a problem for each owned namespace that is open to pods that come; only a note where the set closes it."""
    after = now if then is None else then
    found = [_open(item, place, now=False) for item in after]
    still = {item.namespace for item in after}
    return found + [_open(item, place, now=True) for item in now if item.namespace not in still]


def _open(item: Openness, place: Place, *, now: bool) -> Diagnostic:
    sure = [one for one in item.found if one.outcome is Outcome.VIOLATED]
    shown = sure or list(item.found)
    said = ", ".join(str(one.expectation).replace(" must not reach ", " can reach ") for one in shown[:2])
    more = f" and {len(shown) - 2} more" if len(shown) > 2 else ""
    when = "is now" if now else "is" if sure else "may be"
    summary = f"namespace '{item.namespace}' {when} open to pods that nobody wrote a policy for: {said}{more}"
    severity = Severity.WARNING if sure and not now else Severity.NOTE
    hint = f"{_hint(shown[0])}; `ringfence reach --new-pod {item.namespace}` shows all of it"
    return problem(
        OPEN_TO_NEW_PODS, summary, place=place, path="owns" if place.line else "", hint=hint, severity=severity
    )

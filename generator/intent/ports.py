"""Ports as people write them: `8080`, `53/UDP`, `8000-8010/TCP`, or the name of a container's port (`metrics`)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from generator.foundation.spelling import did_you_mean
from generator.intent.codes import PORT, PROTOCOL
from generator.intent.model import PortSpec
from generator.intent.problems import ValueProblem, describe_value, show

PROTOCOLS: Final = ("TCP", "UDP", "SCTP")
FORMS: Final = "write 8080, 53/UDP, 8000-8010/TCP or a port's name such as metrics or metrics/UDP"

_RANGE: Final = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?", re.ASCII)
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?")


def parse_port(value: object) -> PortSpec:
    """Read one port; without a protocol it is TCP. ValueProblem for anything that is no port."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueProblem(PORT, f"{describe_value(value)} is no port", FORMS)
    return _parse(str(value))


@lru_cache(maxsize=4096)
def _parse(text: str) -> PortSpec:
    number, slash, protocol = text.partition("/")
    if slash and protocol not in PROTOCOLS:
        hint = did_you_mean(protocol, PROTOCOLS)
        permitted = f"permitted: {', '.join(PROTOCOLS)}"
        raise ValueProblem(
            PROTOCOL, f"{show(protocol)} in {show(text)} is no protocol with ports", f"{hint} {permitted}".strip()
        )
    found = _RANGE.fullmatch(number)
    if found is None:
        _check_name(number, text)
        return PortSpec(protocol or "TCP", 0, 0, number)
    first = int(found[1])
    last = int(found[2]) if found[2] else first
    for port in (first, last):
        if not 1 <= port <= 65535:
            where = "" if text == str(port) else f" in {show(text)}"
            raise ValueProblem(PORT, f"port {port}{where} is out of range", "permitted: 1 to 65535")
    if last < first:
        raise ValueProblem(PORT, f"the range {show(text)} runs backwards", f"write {last}-{first}{slash}{protocol}")
    return PortSpec(protocol or "TCP", first, last)


def _check_name(name: str, text: str) -> None:
    """Hold a name against Kubernetes' rule for names of container ports (IANA service names; calico.md V14)."""
    legal = _NAME.fullmatch(name) and "--" not in name and any(letter.isalpha() for letter in name)
    if legal:
        return
    if re.fullmatch(r"[0-9]+[:,][0-9]+", name):
        hint = "a range is written 8000-8010; several ports are a list: [8000, 8010]"
    elif re.fullmatch(r"[a-z0-9-]{16,}", name):
        hint = "the name of a port has at most 15 characters"
    elif not name:
        hint = FORMS
    else:
        hint = f"{FORMS}; a name has lower-case letters, digits and '-'"
    raise ValueProblem(PORT, f"{show(text)} is no port", hint)


def print_ports(ports: Iterable[PortSpec]) -> str:
    """List ports for people, sorted."""
    return ", ".join(str(port) for port in sorted(ports))


def missing_ports(wanted: Iterable[PortSpec], offered: Iterable[PortSpec]) -> list[PortSpec]:
    """Return those of `wanted` that do not lie wholly within `offered`; a name is offered only under that name."""
    offers = tuple(offered)
    return sorted(port for port in set(wanted) if not _is_offered(port, offers))


def _is_offered(port: PortSpec, offers: tuple[PortSpec, ...]) -> bool:
    if port.name:
        return port in offers
    need = port.first
    # Ranges that touch add up: 80-85 lies within 80-82 and 83-90.
    for first, last in sorted((o.first, o.last) for o in offers if not o.name and o.protocol == port.protocol):
        if first <= need <= last:
            need = last + 1
    return need > port.last

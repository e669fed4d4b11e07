"""A profile's facts as rows for people, and the facts that nobody has verified."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from generator.foundation.diagnostics import Diagnostic, problem
from generator.intent.model import PortSpec
from generator.platforms.codes import UNVERIFIED
from generator.platforms.model import Capability, CapabilityPeer, PlatformProfile, PodFacts


def profile_rows(profile: PlatformProfile) -> list[tuple[str, str, str, str]]:
    """Return a row for each fact: its path, value, source, and whether it is verified."""
    return [
        (fact.path, print_value(fact.value), fact.source, "yes" if fact.verified else "no") for fact in profile.facts
    ]


def unverified_facts(profile: PlatformProfile) -> list[Diagnostic]:
    """Return a note for each fact that nobody has verified."""
    return [
        problem(
            UNVERIFIED,
            f"platform '{profile.name}': {fact.path} is {print_value(fact.value)}, unverified ({fact.source})",
            place=fact.place,
            path=f"platform.{fact.path}",
        )
        for fact in profile.facts
        if not fact.verified
    ]


def print_value(value: Any) -> str:
    """Write the value of a fact in one line."""
    match value:
        case Capability(title=title, peers=peers):
            return f"{title}: {', '.join(_peer(peer) for peer in peers)}"
        case PodFacts(namespace=namespace, labels=labels, ports=ports, host_network=host):
            text = f"{namespace}: {', '.join(f'{key}={item}' for key, item in labels)}"
            text += f" ({', '.join(str(port) for port in ports)})" if ports else ""
            return f"{text}, host network" if host else text
        case tuple() if not value:
            return "none"
        case (str(namespace), str(name)) if not isinstance(value, StrEnum) and "." not in namespace:
            return f"{namespace}, {name}"
        case (address, PortSpec() as port) if not isinstance(address, PortSpec):
            return f"{address} {port}"
        case tuple():
            return ", ".join(print_value(item) for item in value)
        case _:
            return str(value)


def _peer(peer: CapabilityPeer) -> str:
    ports = f" {', '.join(str(port) for port in peer.ports)}" if peer.ports else ""
    if peer.service is not None:
        return f"Service {peer.service[0]}/{peer.service[1]}{ports}"
    if peer.pods is not None:
        return print_value(peer.pods)
    if peer.nodes:
        return f"nodes{ports}"
    return f"{', '.join(str(net) for net in peer.networks)}{ports}"

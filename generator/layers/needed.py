"""What the services of an intent need of the outside, and of the platform, each once."""

from __future__ import annotations

from generator.intent.model import CapabilityNeed, ExternalNeed, Intent


def needed_externals(intent: Intent) -> list[str]:
    """Return the names of externals that some service needs, and of those that are a needed one's proxy, sorted."""
    found: set[str] = set()
    waiting = [
        need.external
        for service in intent.services.values()
        for need in service.needs
        if isinstance(need, ExternalNeed)
    ]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        proxy = intent.externals[name].proxy
        if proxy in intent.externals and proxy not in intent.services:  # a service of that name goes first
            waiting.append(proxy)
    return sorted(found)


def needed_capabilities(intent: Intent) -> set[str]:
    """Return the capabilities of the platform that some service needs."""
    return {
        need.capability
        for service in intent.services.values()
        for need in service.needs
        if isinstance(need, CapabilityNeed)
    }

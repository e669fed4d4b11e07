"""From an intent and its platform to what they mean."""

from __future__ import annotations

from collections.abc import Iterator

from generator.intent.model import CapabilityNeed, Intent, Isolation
from generator.intent.namespaces import is_listed
from generator.meaning import beside, denials, platform, services
from generator.meaning.model import Grant, Meaning, Ownership
from generator.meaning.outside import Outside
from generator.platforms.effective import EffectiveFacts, effective_facts
from generator.platforms.model import PlatformProfile
from generator.snapshot.model import Snapshot


def mean(intent: Intent, profile: PlatformProfile, snapshot: Snapshot | None = None) -> Meaning:
    """Return what an intent means on a platform; `Unreadable` if a file that it names makes no sense.

    The snapshot is asked only which namespaces there are, for an intent that owns the cluster.
    """
    needed = {
        need.capability
        for service in intent.services.values()
        for need in service.needs
        if isinstance(need, CapabilityNeed)
    }
    facts = effective_facts(profile, intent.cluster, needed)
    ownership = _ownership(intent, facts, snapshot)
    silent = {service.pods for service in intent.services.values() if not service.dns}
    return Meaning(
        ownership,
        tuple(_grants(intent, profile, facts, ownership)),
        (*denials.guardrails(intent, facts), *denials.threat_feeds(intent, facts)),
        tuple(sorted(silent, key=str)),
    )


def _ownership(intent: Intent, facts: EffectiveFacts, snapshot: Snapshot | None) -> Ownership:
    known = set(intent.owns)
    if intent.owns_cluster and snapshot is not None:
        known.update(name for name in snapshot.namespaces if not is_listed(name, facts.system_namespaces))
    return Ownership(frozenset(known), intent.owns_cluster, facts.system_namespaces)


def _grants(intent: Intent, profile: PlatformProfile, facts: EffectiveFacts, ownership: Ownership) -> Iterator[Grant]:
    yield from platform.dns(facts)
    yield from platform.webhooks(profile, facts, ownership)
    outside = Outside(intent, facts)
    for service in intent.services.values():
        yield from platform.capabilities_of(service, profile, facts, ownership)
        yield from services.needs_of(intent, service, ownership, outside)
        yield from services.exposures_of(service, facts, ownership)
    for shared in intent.shared.values():
        yield from beside.shared_service(intent, shared, ownership)
    for item in intent.exceptions:
        yield from beside.exception(intent, item, ownership)
    if intent.isolation is Isolation.NAMESPACE:
        yield from beside.inside_namespaces(ownership.namespaces)

"""All checks of an intent against a snapshot, in one list."""

from __future__ import annotations

from generator.checks.divergent import check_divergent
from generator.checks.dns import check_dns
from generator.checks.exposure import check_exposure
from generator.checks.matching import Matching
from generator.checks.peers import check_peers
from generator.checks.pod_resolvers import check_pod_resolvers
from generator.checks.ports import check_ports
from generator.checks.selections import check_selections
from generator.foundation.diagnostics import Diagnostic, sort_diagnostics
from generator.intent.model import Intent
from generator.platforms.model import PlatformProfile
from generator.snapshot.model import Snapshot


def check_against_snapshot(intent: Intent, profile: PlatformProfile, snapshot: Snapshot) -> list[Diagnostic]:
    """Return what the intent says and the snapshot contradicts, sorted; a partial snapshot gives notes, not errors."""
    matching = Matching(snapshot)
    found = [
        *check_selections(intent, profile, snapshot, matching),
        *check_ports(intent, matching),
        *check_dns(profile, intent.cluster, snapshot),
        *check_pod_resolvers(intent, profile, snapshot, matching),
        *check_peers(intent, snapshot, matching),
        *check_exposure(intent, matching),
        *check_divergent(snapshot),
    ]
    return sort_diagnostics(found)

"""Is DNS where the profile says? Without it every other verdict is beside the point (field-notes P1, P3)."""

from __future__ import annotations

from generator.checks.codes import DNS_NOT_FOUND, NOT_IN_SNAPSHOT
from generator.checks.matching import holds_workloads_of, labels_match
from generator.foundation.diagnostics import Diagnostic, problem
from generator.platforms.model import PlatformProfile
from generator.snapshot.model import Snapshot


def check_dns(profile: PlatformProfile, snapshot: Snapshot) -> list[Diagnostic]:
    """Report a profile whose DNS pods the snapshot does not hold; a partial snapshot may simply not show them."""
    fact = profile.dns.pods
    if fact is None:
        return []
    pods = fact.value
    if any(item.namespace == pods.namespace and labels_match(pods.labels, item.labels) for item in snapshot.workloads):
        return []
    labels = ", ".join(f"{key}={value}" for key, value in pods.labels)
    if not snapshot.complete and not holds_workloads_of(snapshot, pods.namespace):
        summary = f"DNS pods ({labels} in '{pods.namespace}') are not in the snapshot"
        return [problem(NOT_IN_SNAPSHOT, summary, path="platform.dns.pods")]
    return [
        problem(
            DNS_NOT_FOUND,
            f"platform '{profile.name}' expects DNS pods with {labels} in '{pods.namespace}'; there are none",
            path="platform.dns.pods",
            hint="choose the right platform, or give a profile of your own",
        )
    ]

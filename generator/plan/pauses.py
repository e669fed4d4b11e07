"""Pause and resume as data: for each namespace and direction the write that takes it out of enforcement, and back.

In a tier of ours that is the default deny without the namespace: what the tier does not decide falls through to what
was there before. In tier `default` it is a bridge for the namespace's pods, which passes last in the tier. Either
write changes one direction of its ends alone. So whatever the two nodes of a flow have of it, the flow fares as before
the write or as after it, and no order or wait is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from generator.calico.kinds import Kind
from generator.calico.names import DEFAULT_TIER
from generator.calico.objects import Identity
from generator.layers.names import Names
from generator.plan.bridge_selectors import selectors_for_pods
from generator.plan.bridge_way import DIRECTIONS, bridge_manifest
from generator.plan.model import Pause, Write
from generator.plan.scoped import Reach, ScopedPolicy, with_names
from generator.plan.subject import Subject
from generator.plan.tiers_way import own_tier_denies

_STAYS_ISOLATED = "policies of others isolate these pods too, so pausing changes nothing while those stand"
_PARTLY = "pods that policies of others isolate stay isolated"


def find_pauses(subject: Subject) -> tuple[Pause, ...]:
    """Return the pauses of the state that a plan leads to, by namespace and direction; none with `--to none`."""
    found = _in_own_tier(subject) if subject.target.tier != DEFAULT_TIER else _over_a_bridge(subject)
    return tuple(sorted(found, key=lambda item: (item.namespace, item.direction)))


def _in_own_tier(subject: Subject) -> Iterator[Pause]:
    for policy in own_tier_denies(subject):
        if policy.target is None or not policy.direction or policy.target_reach.rest:
            continue
        settled = replace(policy, live=None, live_reach=Reach(), keep_empty=True)
        for namespace in sorted(policy.target_reach.spaces):
            yield Pause(namespace, policy.direction, _narrowed(settled, namespace), "")


def _narrowed(policy: ScopedPolicy, namespace: str) -> tuple[Write, ...]:
    before = policy.objects_at(policy.target_reach)
    after = policy.objects_at(Reach(policy.target_reach.spaces - {namespace}))
    return tuple(
        Write(identity, before.get(identity), after.get(identity))
        for identity in sorted({*before, *after})
        if before.get(identity) != after.get(identity)
    )


def _over_a_bridge(subject: Subject) -> Iterator[Pause]:
    names = Names(subject.intent.name, subject.intent.name_prefix, "")
    for namespace in subject.scope:
        for direction in DIRECTIONS:
            if subject.after.pods(namespace, direction) is False:
                continue
            isolated = subject.by_others.pods(namespace, direction)
            writes = []
            for number, selector in enumerate(
                selectors_for_pods(subject.cluster, namespace, isolated, direction, []), start=1
            ):
                name = names.cluster_wide(f"pause-{direction.lower()}-{namespace}", number)
                manifest = with_names(bridge_manifest(subject, name, direction, selector), [namespace])
                identity = Identity(Kind.GLOBAL_NETWORK_POLICY, "", name)
                writes.append(Write(identity, None, subject.form.write(manifest)))
            note = _STAYS_ISOLATED if not writes else _PARTLY if isolated is not False else ""
            yield Pause(namespace, direction, tuple(writes), note)


def resume(pause: Pause) -> tuple[Write, ...]:
    """Return the writes that end a pause: what was written is put back byte for byte."""
    return tuple(write.inverse() for write in reversed(pause.writes))

"""Proves steps of a saved plan, or made of it, on a snapshot, by all that the plan itself was judged by."""

from __future__ import annotations

from collections.abc import Sequence

from generator.calico.names import identity_of
from generator.calico.objects import ApiObject, Identity
from generator.calico.versions import parse_version
from generator.packets.addresses import AddressSet
from generator.plan.model import Plan, Step
from generator.plan.proof.breach_names import is_breach_name
from generator.plan.proving import Judged, judge_steps
from generator.plan.record import Order
from generator.reach.environment import Environment
from generator.snapshot.model import Snapshot


def judge_again(
    plan: Plan, steps: Sequence[Step], snapshot: Snapshot, *, order: Order | None = None, any_order: bool = False
) -> Judged:
    """Prove the steps on what a snapshot holds; `order` is the plan's by default, `any_order` as of `prove`."""
    accepted = frozenset(filter(is_breach_name, plan.accepted))
    return judge_steps(
        steps,
        objects_for(plan, snapshot),
        snapshot,
        environment_for(plan),
        order or plan.proof.order,
        plan.scope,
        accepted,
        system=plan.system_namespaces,
        any_order=any_order,
    )


def objects_for(plan: Plan, snapshot: Snapshot) -> dict[Identity, ApiObject]:
    """Return the policy objects of a snapshot by their identity in the plan's version."""
    return {identity_of(obj, plan.target.version): obj for obj in snapshot.policies}


def environment_for(plan: Plan) -> Environment:
    """Return what verdicts hang on besides objects, as it was when the plan was made."""
    ranges = AddressSet.of_cidrs(plan.pod_ranges)
    return Environment(version=parse_version(plan.target.version), pod_ranges=ranges)

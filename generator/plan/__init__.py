"""Ordered steps from what is live to the policy set, each with its way back (product.md 6).

Every state that nodes can be in between two waits is proven to be safe, forward and back (`plan/proof`).
"""

from generator.plan.claims import find_claims
from generator.plan.model import CheckStep, Plan, Step, WaitStep, Write, WriteStep
from generator.plan.planner import find_overridden, make_plan
from generator.plan.replace import find_replaced

__all__ = [
    "CheckStep",
    "Plan",
    "Step",
    "WaitStep",
    "Write",
    "WriteStep",
    "find_claims",
    "find_overridden",
    "find_replaced",
    "make_plan",
]

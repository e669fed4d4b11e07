"""A small migration for exports: one namespace, an old policy that is handed over."""

from __future__ import annotations

from generator.intent.model import Layout
from tests.plan.worlds import Planned, Shape, kubernetes_policy, plan_of, pod, snapshot_of, space

LIVE = [
    space("shop"),
    pod("shop", "web"),
    kubernetes_policy("shop", "old", {"matchLabels": {"app": "web"}}, "Ingress"),
]
SMALL_LIVE = snapshot_of(LIVE)


def small(layout: Layout, group: str = "projectcalico.org/v3") -> Planned:
    """Return a plan of about ten writes."""
    return plan_of(LIVE, Shape(layout=layout, group=group), replaces=["KubernetesNetworkPolicy/shop/old"])

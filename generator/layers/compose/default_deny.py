"""Default deny: two policies, one a direction (product.md 3).

In tier `default` they hold no rules: the end of the tier denies, and a Kubernetes policy at order 1000 never ties
with a Deny of ours (field-notes L1, L2). In a tier of ours, which passes, they deny explicitly and come last.
"""

from __future__ import annotations

from generator.intent.model import Layout
from generator.layers.context import Composed, LayerContext


def compose(context: LayerContext) -> Composed:
    """Return the scope's parts and whether the denial is written out."""
    return Composed({"parts": list(context.scope), "explicit": context.target.layout is Layout.TIERS})

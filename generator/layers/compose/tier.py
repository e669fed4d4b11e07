"""The tier of layout `tiers`; default action Pass, so that what it does not decide meets what was there before."""

from __future__ import annotations

from generator.intent.model import Layout
from generator.layers.context import Composed, LayerContext


def compose(context: LayerContext) -> Composed:
    """Return the tier, or nothing where there is none or another intent renders it."""
    tier = context.intent.tier
    if context.target.layout is not Layout.TIERS or tier.owned_by:
        return Composed()
    return Composed({"tier_name": tier.name, "tier_order": tier.order})

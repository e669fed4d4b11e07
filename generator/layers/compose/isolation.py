"""Isolation by namespace: pods of one namespace may talk to each other; a namespaced policy for each namespace."""

from __future__ import annotations

from generator.foundation.diagnostics import problem
from generator.intent.model import Isolation
from generator.layers.codes import NAMESPACES_UNKNOWN
from generator.layers.context import Composed, LayerContext
from generator.layers.peers import PODS_ONLY, Peer


def compose(context: LayerContext) -> Composed:
    """Return the namespaces; nothing with strict isolation."""
    if context.intent.isolation is not Isolation.NAMESPACE:
        return Composed()
    if not context.namespaces_known:
        found = problem(
            NAMESPACES_UNKNOWN,
            "isolation by namespace needs the namespaces by name",
            path="isolation",
            hint="list them under owns: in place of `cluster`, or give --live with the cluster's namespaces",
        )
        return Composed(problems=(found,))
    return Composed({"namespaces": list(context.namespaces), "peer": Peer(selector=PODS_ONLY)})

"""No two objects of one name, and none with more rules than Calico takes, whatever the items of an intent are called.

Names are made of the items' names, so that people know them again; that can give one name twice: service `x-system`
beside what service `x` needs of the system. The service keeps the plain name; the others get a digest behind theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from generator.intent.model import Isolation
from generator.layers.context import Composed, LayerContext
from generator.layers.views import ExposedView, GlobalView, PolicyView

MAX_RULES: Final = 1024  # of one direction (calico.md 1.1)
View = PolicyView | GlobalView | ExposedView

_FIELDS: Final = ("policies", "controllers", "everywhere", "exposures")
# Whose names stay plain: services first, because theirs are seen most; the rest in the order of evaluation.
_PRECEDENCE: Final = ("workloads", "system", "shared", "exceptions")


def make_distinct(composed: Mapping[str, Composed], context: LayerContext) -> dict[str, Composed]:
    """Return the composed layers with long policies split and every policy's name its own."""
    result = dict(composed)
    taken = set(_reserved(context))
    for layer in _PRECEDENCE:
        data = dict(composed[layer].data)
        for field in _FIELDS:
            if field in data:
                data[field] = _distinct(data[field], layer, taken, context)
        result[layer] = replace(composed[layer], data=data)
    return result


def _reserved(context: LayerContext) -> Iterator[tuple[str, str]]:
    """Give the names, each with its namespace, that templates make for one-of-a-kind policies."""
    parts = ("guardrails", "threat-feeds", "dns", "default-deny-ingress", "default-deny-egress")
    for part in parts:
        yield from (("", context.names.cluster_wide(part, piece.number)) for piece in context.scope)
    if context.intent.isolation is Isolation.NAMESPACE:
        yield from ((namespace, context.names.namespaced("same-namespace")) for namespace in context.namespaces)


def _distinct(views: Sequence[View], layer: str, taken: set[tuple[str, str]], context: LayerContext) -> list[View]:
    found: list[View] = []
    later: list[tuple[View, int]] = []
    for view in views:
        first, *rest = _pieces(view)
        found.append(_named(first, 1, layer, taken, context))
        later.extend((piece, number) for number, piece in enumerate(rest, start=2))
    found.extend(_named(piece, number, layer, taken, context) for piece, number in later)
    return found


def _named(view: View, number: int, layer: str, taken: set[tuple[str, str]], context: LayerContext) -> View:
    """Return the view under a name that is not taken yet, and take it."""
    namespace, selector = (view.namespace, view.selector) if isinstance(view, PolicyView) else ("", "")
    key = f"{layer} {view.why} {view.name} {selector} {number}"
    name = view.name if number == 1 else context.names.distinct(view.name, key)
    if (namespace, name) in taken:
        name = context.names.distinct(view.name, key)
    taken.add((namespace, name))
    return replace(view, name=name)


def _pieces(view: View) -> list[View]:
    """Cut a policy with too many rules: all rules of these layers allow, so it does not matter where."""
    if not isinstance(view, PolicyView) or max(len(view.ingress), len(view.egress)) <= MAX_RULES:
        return [view]
    starts = range(0, max(len(view.ingress), len(view.egress)), MAX_RULES)
    return [
        replace(view, ingress=view.ingress[at : at + MAX_RULES], egress=view.egress[at : at + MAX_RULES])
        for at in starts
    ]

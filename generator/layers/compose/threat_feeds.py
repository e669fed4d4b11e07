"""Threat feeds: deny to and from the addresses of each feed, kept in global network sets (product.md 3)."""

from __future__ import annotations

from generator.layers.context import Composed, LayerContext, SetView
from generator.layers.names import set_label
from generator.layers.peers import Peer, set_peer


def compose(context: LayerContext) -> Composed:
    """Return one peer for each feed, and the sets with its addresses unless another intent owns them."""
    settings = context.intent.layers.get("threat-feeds")
    if not context.intent.feeds or (settings is not None and not settings.enabled):
        return Composed()
    peers: list[tuple[Peer, str]] = []
    sets: list[SetView] = []
    for name, feed in sorted(context.intent.feeds.items()):
        label = set_label(f"feed-{name}")
        peers.append((set_peer(label, feed.owned_by or context.intent.name), feed.origin.path))
        if feed.owned_by:
            continue
        for number, shard in enumerate(context.feeds[name].shards, start=1):
            nets = tuple(str(net) for net in shard)
            sets.append(SetView(context.names.network_set(label, number), label, nets, feed.origin.path))
    return Composed({"peers": peers}, tuple(sets))

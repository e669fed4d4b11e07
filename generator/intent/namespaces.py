"""Lists of namespaces in which an entry that ends in `*` is a prefix, as platforms state their system namespaces."""

from __future__ import annotations

from collections.abc import Iterable


def is_listed(namespace: str, entries: Iterable[str]) -> bool:
    """Tell whether a namespace is in such a list."""
    return any(namespace.startswith(entry[:-1]) if entry.endswith("*") else namespace == entry for entry in entries)

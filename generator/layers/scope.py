"""Which pods the layers may select: those of the owned namespaces, in as many policies as their selectors need."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

MAX_SELECTOR: Final = 1024  # characters; enforced by the CRDs from 3.33 on, kept for every version (calico.md 1.2)


@dataclass(frozen=True, slots=True)
class ScopePart:
    """The namespaces that one global policy of a layer selects; parts never overlap.

    `namespaces` is empty where the intent owns the cluster and the selector names what is left out.
    """

    number: int
    namespaces: tuple[str, ...]
    namespace_selector: str


def scope_parts(namespaces: Sequence[str]) -> tuple[ScopePart, ...]:
    """Split owned namespaces so that no selector grows past 1,024 characters; the split depends on names alone."""
    parts: list[ScopePart] = []
    batch: list[str] = []
    for namespace in sorted(set(namespaces)):
        if batch and len(namespace_selector([*batch, namespace])) > MAX_SELECTOR:
            parts.append(ScopePart(len(parts) + 1, tuple(batch), namespace_selector(batch)))
            batch = []
        batch.append(namespace)
    if batch:
        parts.append(ScopePart(len(parts) + 1, tuple(batch), namespace_selector(batch)))
    return tuple(parts)


def cluster_scope(system_namespaces: Iterable[str]) -> tuple[ScopePart, ...]:
    """Return the scope of an intent that owns the cluster: every namespace but the system ones.

    A name that ends in `*` is a prefix. The test for the name's presence keeps host endpoints out, which have none
    (calico.md 2.7).
    """
    whole = sorted({name for name in system_namespaces if not name.endswith("*")})
    prefixes = sorted({name[:-1] for name in system_namespaces if name.endswith("*")})
    terms = ["has(projectcalico.org/name)"]
    if whole:
        terms.append(f"projectcalico.org/name not in {_quoted_set(whole)}")
    terms.extend(f"!projectcalico.org/name starts with '{prefix}'" for prefix in prefixes)
    return (ScopePart(1, (), " && ".join(terms)),)


def without(part: ScopePart, namespaces: Collection[str]) -> ScopePart:
    """Return a part without some namespaces; its selector is empty if nothing is left."""
    if not part.namespaces:
        terms = [part.namespace_selector]
        if namespaces:
            terms.append(f"projectcalico.org/name not in {_quoted_set(sorted(namespaces))}")
        return ScopePart(part.number, (), " && ".join(terms))
    left = tuple(name for name in part.namespaces if name not in namespaces)
    return ScopePart(part.number, left, namespace_selector(left) if left else "")


def namespace_selector(namespaces: Sequence[str]) -> str:
    """Return the selector of these namespaces by name."""
    if len(namespaces) == 1:
        return f"projectcalico.org/name == '{namespaces[0]}'"
    return f"projectcalico.org/name in {_quoted_set(namespaces)}"


def _quoted_set(names: Sequence[str]) -> str:
    return "{" + ", ".join(f"'{name}'" for name in names) + "}"

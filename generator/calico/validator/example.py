"""What an example is: a YAML text with one fault, and the edit that repairs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import indent
from typing import Any


@dataclass(frozen=True, slots=True)
class Example:
    """A check by its number, the objects that trigger it, and `repair`: the text to replace and what to write instead.

    `context` holds what differs from the plain `ValidationContext`.
    """

    check: int
    trigger: str
    repair: tuple[str, str]
    context: dict[str, Any] = field(default_factory=dict)

    @property
    def repaired(self) -> str:
        """Return the objects without the fault."""
        old, new = self.repair
        if self.trigger.count(old) != 1:
            raise ValueError(f"the repair of V{self.check} does not fit its trigger")
        return self.trigger.replace(old, new)


def document(kind: str, body: str, *, name: str = "web", namespace: str = "", metadata: str = "") -> str:
    """Write one document of Calico's API; `body` is what stands below spec, `metadata` what stands beside the name."""
    lines = f"apiVersion: projectcalico.org/v3\nkind: {kind}\nmetadata:\n  name: {name}\n"
    if namespace:
        lines += f"  namespace: {namespace}\n"
    if metadata:
        lines += indent(metadata.strip("\n"), "  ") + "\n"
    return lines + "spec:\n" + indent(body.strip("\n"), "  ") + "\n"


def policy(rules: str, *, name: str = "web", head: str = "", metadata: str = "") -> str:
    """Write a NetworkPolicy of namespace shop around ingress rules."""
    head = head or "order: 100\nselector: app == 'web'\ntypes: [Ingress]"
    body = f"{head}\ningress:\n{rules.strip(chr(10))}" if rules else head
    return document("NetworkPolicy", body, name=name, namespace="shop", metadata=metadata)


def global_policy(body: str, *, name: str = "guard") -> str:
    """Write a GlobalNetworkPolicy."""
    return document("GlobalNetworkPolicy", body, name=name)


def stream(*documents: str) -> str:
    """Join documents to one YAML stream."""
    return "---\n".join(documents)

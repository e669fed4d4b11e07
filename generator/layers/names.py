"""Names of rendered objects, in the form that is legal in every version (calico.md 1.6)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

MAX_LABEL = 63


@dataclass(frozen=True, slots=True)
class Names:
    """Gives names for one intent: `<tier>.<part>` in a tier of ours, `<prefix>-<part>` in tier `default`.

    Global objects carry the intent's name, so that two intents never meet; namespaced ones need not, a namespace has
    one owner.
    """

    intent: str
    prefix: str
    own_tier: str  # "" in layout single-tier

    def namespaced(self, part: str) -> str:
        """Return the name of a namespaced policy."""
        return self._policy(part)

    def cluster_wide(self, part: str, number: int = 1) -> str:
        """Return the name of a global policy; number 2 and up get a suffix."""
        suffix = f"-{number}" if number > 1 else ""
        return self._policy(f"{self.intent}-{part}{suffix}")

    def network_set(self, part: str, number: int = 1) -> str:
        """Return the name of a global network set."""
        return _fit(f"{self.prefix}-{self.intent}-{part}-{number}")

    def distinct(self, name: str, key: str) -> str:
        """Return another name for a policy whose own is taken; `key` tells it from all others that would have it."""
        head, dot, label = name.rpartition(".")
        digest = hashlib.sha256(key.encode()).hexdigest()[:8]
        return f"{head}{dot}{label[: MAX_LABEL - 9].rstrip('-')}-{digest}"

    def _policy(self, part: str) -> str:
        if self.own_tier:
            return f"{self.own_tier}.{_fit(part)}"
        return _fit(f"{self.prefix}-{part}")


def set_label(part: str) -> str:
    """Return the value of the label by which rules ask for a network set: a label's value has 63 characters too."""
    return _fit(part)


def canary_prefix(intent: str) -> str:
    """Return what the names of an intent's canaries begin with; a number of up to five digits follows."""
    return f"{_fit(f'ringfence-canary-{intent}', MAX_LABEL - 6)}-"


def _fit(label: str, most: int = MAX_LABEL) -> str:
    """Keep a name within one DNS label; a long one ends in a digest of itself, so that no two become the same."""
    label = label.lower().replace(".", "-").replace("_", "-")
    if len(label) <= most:
        return label
    return f"{label[: most - 9].rstrip('-')}-{hashlib.sha256(label.encode()).hexdigest()[:8]}"

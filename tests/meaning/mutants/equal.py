"""Why a mutant may decide as the right set does: each reason with a change that shows it, by source and its words.

Every mutant that the comparison lets pass is held against the right set exactly when all are judged.
"""

from __future__ import annotations

from typing import Final

EQUAL: Final[dict[str, tuple[str, str]]] = {
    "a rule that stands twice decides once": ("dns", "line 16 stands twice"),
    "rules of one action may stand in any order": ("dns", "rows[::-1]"),
    "a Log decides nothing": ("dns", "first - action: Log"),
    "layers that allow may come in any order among each other": ("dns", "{{ order }} is 165"),
    "layers that deny may come in any order among each other": ("guardrails", "{{ order }} is 165"),
    "nobody may send there anyway, and the default deny stands": ("guardrails", "denied[:-1]"),
    "host endpoints are in no namespace that the policy names": ("guardrails", "pods_only is all()"),
    "the namespaces hold nobody that the rule could mean": (
        "dns", "peer.namespace_selector is ({0}) && projectcalico.org/name != 'shop'"
    ),
    "nobody who is left out may send there anyway": ("threat-feeds", "pods_only is has(app)"),
}  # fmt: skip

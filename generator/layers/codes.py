"""Diagnostic codes of the layers room (RF30xx, RF31xx)."""

from __future__ import annotations

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

TEMPLATE_FAILED = register(
    "RF3001",
    "template cannot be rendered",
    Severity.ERROR,
    "Jinja refuses the template, or it names a value not given.",
)
TEMPLATE_OUTPUT = register(
    "RF3002", "template wrote something else", Severity.ERROR,
    "What a template wrote is no policy object, or one of another intent, layer, tier or namespace than asked for.",
)  # fmt: skip
INVALID_OUTPUT = register(
    "RF3003", "rendered object is not valid", Severity.ERROR,
    "The validator refuses an object that a template wrote; nothing is written.",
)  # fmt: skip
OPEN_ALLOW = register(
    "RF3004", "Allow rule without a peer", Severity.ERROR,
    "An Allow rule admits anything, which the intent nowhere asks for: an empty list of addresses must never mean any.",
)  # fmt: skip
DUPLICATE_OBJECT = register(
    "RF3005", "two objects of one name", Severity.ERROR, "Two items of the intent give objects of the same identity."
)
UNKNOWN_TEMPLATE = register(
    "RF3006", "unknown template", Severity.ERROR, "The folder given with --templates holds a file that no layer uses."
)
FACT_MISSING = register(
    "RF3010", "the platform does not know", Severity.ERROR,
    "The intent needs a fact of the cluster that neither it nor the platform profile states.",
)  # fmt: skip
NAMED_PORT_ALONE = register(
    "RF3011", "named port without pods", Severity.ERROR,
    "A named port means those pods that have it, so it cannot be asked of addresses outside the cluster.",
)  # fmt: skip
NAMESPACES_UNKNOWN = register(
    "RF3012", "namespaces are not known", Severity.ERROR,
    "`owns: cluster` together with this layer needs the list of namespaces: name them, or give a snapshot.",
)  # fmt: skip
LAYOUT_VERSION = register(
    "RF3013", "layout needs a newer Calico", Severity.ERROR, "A tier of one's own exists from Calico 3.29 on."
)
SCOPE_TOO_LONG = register(
    "RF3014", "selector too long", Severity.ERROR, "A selector of one item alone is longer than 1,024 characters."
)
UNVERIFIED_FACT = register(
    "RF3016", "unverified fact used", Severity.NOTE, "A fact of the platform profile that nobody has verified was used."
)
SYSTEM_NAMESPACE = register(
    "RF3017", "owned namespace is a system namespace", Severity.ERROR,
    "No layer may select pods of a system namespace; a default deny there can cut DNS and Calico itself.",
)  # fmt: skip

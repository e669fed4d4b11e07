"""Diagnostic codes of threat feeds, lock files and published ranges (RF32xx)."""

from __future__ import annotations

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

FEED_LINE = register(
    "RF3201", "feed has another format", Severity.ERROR,
    "A line is no address and no range; a feed is a netset or a plain list, and half of one is never used.",
)  # fmt: skip
FEED_EMPTY = register(
    "RF3202", "feed is empty", Severity.ERROR, "A feed without an address is a failed download, not an empty list."
)
FEED_CUT = register(
    "RF3203", "own ranges cut out of a feed", Severity.NOTE,
    "Entries that lie in private or special ranges, or in the cluster's own, are left out, or they would cut it off.",
)  # fmt: skip
FEED_CUT_TOO_MUCH = register(
    "RF3204", "feed lists the cluster itself", Severity.ERROR,
    "More than half of a feed's public IPv4 or IPv6 addresses are the cluster's own or its externals'; it is not used.",
)  # fmt: skip
FEED_ALL_SPECIAL = register(
    "RF3205", "nothing is left of a feed", Severity.ERROR,
    "All that the feed lists is private or special: it is no list of hosts on the internet, and would be an empty set.",
)  # fmt: skip
WHOLE_SPACE = register(
    "RF3206", "list covers the whole address space", Severity.ERROR,
    "A feed like that cuts off everything, and published ranges like that open everything; it is not used.",
)  # fmt: skip
LOCK_SHAPE = register("RF3210", "lock file is not well-formed", Severity.ERROR, "The lock file has another shape.")
DOMAIN_WITHOUT_ADDRESS = register(
    "RF3211", "domain without an address", Severity.ERROR,
    "A domain has no usable address; an empty set or a dropped rule would cut the flow in silence.",
)  # fmt: skip
ADDRESS_IS_SPECIAL = register(
    "RF3212", "domain with a private address", Severity.WARNING,
    "A public name that leads to a private or special address is usually an inside name.",
)  # fmt: skip
ADDRESS_IS_OLD = register(
    "RF3213",
    "address not seen lately",
    Severity.WARNING,
    "The address was last seen over 30 days before the day given.",
)
ADDRESS_IS_OWN = register(
    "RF3214", "domain with an address of the cluster", Severity.WARNING,
    "A public name that leads into the cluster itself is usually an inside name, or an answer that was tampered with.",
)  # fmt: skip
ADDRESS_IS_NO_HOST = register(
    "RF3215", "domain with an address that no host has", Severity.WARNING,
    "A resolver that blocks a name answers with 0.0.0.0 or the like; the address is left out.",
)  # fmt: skip
RANGES_SHAPE = register(
    "RF3220", "ranges cannot be read", Severity.ERROR, "The file of published ranges holds no list of ranges."
)
RANGES_ARE_SPECIAL = register(
    "RF3221", "published ranges with private ones", Severity.WARNING,
    "A provider's ranges reach into private or special addresses, which the rules then open.",
)  # fmt: skip

"""Diagnostic codes of the validator: RF4001 to RF4048 are V1 to V48 of its checklist, RF4101 and up the schema's."""

from __future__ import annotations

from typing import Final

from generator.foundation.codes import Code, register
from generator.foundation.diagnostics import Severity

_E, _W = Severity.ERROR, Severity.WARNING

_CHECKS: Final[tuple[tuple[int, str, Severity, str], ...]] = (
    (1, "name not allowed", _E, "Each kind has its own form of name, and up to 3.31 the name carries the tier."),
    (
        2,
        "tier does not exist",
        _E,
        "A policy in a missing tier is enforced last and ends in deny; a tier name is one label without dots.",
    ),
    (
        3,
        "built-in tier changed",
        _E,
        "The built-in tiers have a fixed order and default action; write both, and leave the operator's tier alone.",
    ),
    (
        4,
        "tier order not unique",
        _W,
        "A tier without order gets 1000000, the order of tier default; of equal orders the name decides.",
    ),
    (
        5,
        "policy order not explicit or not unique",
        _W,
        "Policies of equal order are sorted by name, differently from 3.32 on; equal orders are safe only "
        "between policies that cannot disagree.",
    ),
    (
        6,
        "types missing or wrong",
        _E,
        "Types left out are guessed from the rules, differently on each write path; allowed are Ingress and "
        "Egress, once each.",
    ),
    (
        7,
        "rules of a direction that is not governed",
        _W,
        "Rules for a direction that types does not list are silently unused.",
    ),
    (
        8,
        "empty rule list",
        _W,
        "An explicit empty list governs its direction in native CRDs when types is left out, and not in calicoctl.",
    ),
    (
        9,
        "unknown action",
        _E,
        "An action is Allow, Deny, Log or Pass, in exactly this case; a rule stored without one acts as Allow.",
    ),
    (
        10,
        "selector does not parse",
        _E,
        "A policy with a broken selector counts as absent, so a deny is open; some broken selectors are "
        "dropped and widen the policy.",
    ),
    (11, "global() in the wrong place", _E, "global() may only be the whole namespaceSelector of a rule."),
    (12, "unknown protocol", _E, "A protocol is TCP, UDP, ICMP, ICMPv6, SCTP, UDPLite or a number from 1 to 255."),
    (
        13,
        "ports without a protocol that has ports",
        _E,
        "Ports need TCP, UDP or SCTP; without a protocol only named ports are allowed, and not before 3.32.",
    ),
    (
        14,
        "port not valid",
        _E,
        "A port is 1 to 65535, a range a:b, or a name of at most 15 lower-case letters, digits and - with a letter.",
    ),
    (
        15,
        "too many entries",
        _E,
        "A policy holds at most 1024 rules a direction, an entity 256 nets and 50 ports, a selector 1024 "
        "characters; enforced from 3.33 on.",
    ),
    (
        16,
        "not a network",
        _E,
        "A network of a rule is a CIDR with length and without host bits; a list with no network that can be "
        "read matches everything.",
    ),
    (
        17,
        "IP families mixed",
        _E,
        "All networks of a rule, of both sides, are of one IP family, which ipVersion names if it is given.",
    ),
    (18, "everything excluded", _E, "notNets with 0.0.0.0/0 or ::/0 leaves nothing, so the rule never matches."),
    (
        19,
        "notNets cover one IP family only",
        _W,
        "A rule with notNets of one IP family never matches packets of the other; it needs a twin.",
    ),
    (
        20,
        "ICMP fields without an ICMP protocol",
        _E,
        "icmp and notICMP need protocol ICMP or ICMPv6 by name, code needs type; without a protocol the "
        "kernel refuses the whole table.",
    ),
    (
        21,
        "protocol name unknown to eBPF",
        _W,
        "The eBPF dataplane never matches ICMPv6 or UDPLite by name; use the numbers 58 and 136.",
    ),
    (
        22,
        "services misplaced",
        _E,
        "services stands alone on its side, in an egress destination or ingress source, with name and namespace.",
    ),
    (
        23,
        "http misplaced",
        _E,
        "http goes with ingress, Allow and TCP, and without the application layer the rule matches as if it "
        "were not there.",
    ),
    (
        24,
        "host policy flags contradict",
        _E,
        "doNotTrack and preDNAT exclude each other, each needs applyOnForward, and preDNAT has no egress.",
    ),
    (
        25,
        "host policy reaches no host or one direction",
        _W,
        "doNotTrack and preDNAT act on host endpoints only; doNotTrack needs rules in both directions.",
    ),
    (
        26,
        "policy selects host endpoints",
        _W,
        "Without a positive namespace test a global policy selects host endpoints too, also with a negative "
        "namespaceSelector.",
    ),
    (
        27,
        "app label without a namespace",
        _W,
        "In a global policy's rule an app label alone trusts any pod, host endpoint or set of the cluster "
        "that wears it.",
    ),
    (
        28,
        "peer outside the namespace",
        _W,
        "Without namespaceSelector a rule of a namespaced policy sees only its own namespace; global sets and "
        "hosts need global().",
    ),
    (
        29,
        "notSelector on its own",
        _W,
        "In a namespaced policy a lone notSelector means the own namespace except those, not everyone except those.",
    ),
    (
        30,
        "network set not valid",
        _E,
        "The nets of a set are addresses or CIDRs, and its label projectcalico.org/namespace is reserved.",
    ),
    (
        31,
        "host endpoint not valid",
        _E,
        "A host endpoint names its node, and an interface of at most 15 characters or expected IPs.",
    ),
    (32, "staged deletion with content", _E, "With stagedAction Delete the spec may hold nothing else but the tier."),
    (
        33,
        "field of Calico Enterprise",
        _E,
        "Open-source Calico drops domains and allowedEgressDomains, and the rule then matches everything.",
    ),
    (34, "Pass or Log in a profile", _W, "The dataplanes disagree on Pass and Log in the rules of a profile."),
    (
        35,
        "default deny in a tier that passes",
        _W,
        "A policy without rules denies by the end of its tier; where the tier passes it denies nothing.",
    ),
    (
        36,
        "label or annotation not allowed",
        _E,
        "Labels and annotations follow the syntax of Kubernetes; annotations hold at most 256 KiB in total.",
    ),
    (
        37,
        "rule skipped on Windows",
        _W,
        "Windows nodes silently skip rules with negative matches, named ports, ICMP details, IPv6 or Log, "
        "also Deny rules.",
    ),
    (38, "template text in a selector", _W, "Calico has no templates: text in braces is compared as it stands."),
    (
        39,
        "default deny cuts cluster services",
        _W,
        "A default deny for all pods needs rules that let DNS and the API server through.",
    ),
    (
        40,
        "unknown field",
        _E,
        "calicoctl refuses fields it does not know; kube-apiserver drops them, and the rule becomes broader.",
    ),
    (
        41,
        "rule broader than written",
        _W,
        "iptables and nftables do not test the third and fourth block of multi-valued matches of a rule; split it.",
    ),
    (
        42,
        "value that blinds all readers",
        _E,
        "Calico cannot decode this value; stored natively it stops every reader of the kind in the whole cluster.",
    ),
    (
        43,
        "service account name not valid",
        _E,
        "The names are pasted into a selector unchecked: one with a quote drops the test, and the rule "
        "becomes broader.",
    ),
    (
        44,
        "labels that pose as a namespace",
        _W,
        "Host endpoints and global sets with labels or profiles of a namespace pass for members of it.",
    ),
    (
        45,
        "unsupported peer",
        _E,
        "One nodes or domainNames peer breaks its rule: an Accept rule vanishes, a Deny or Pass rule denies all.",
    ),
    (
        46,
        "host policy polices pod traffic",
        _W,
        "applyOnForward and preDNAT policies on a * host endpoint also police traffic of local pods.",
    ),
    (
        47,
        "namespace unknown",
        _W,
        "A pod whose Namespace object is missing has no profile: where no policy decides, it is denied.",
    ),
    (
        48,
        "protocol and notProtocol in one rule",
        _E,
        "iptables refuses such a rule and Felix restarts in a loop on every node with a selected pod.",
    ),
)

_CODES: Final[dict[int, Code]] = {
    number: register(f"RF{4000 + number}", title, severity, meaning) for number, title, severity, meaning in _CHECKS
}


def check_code(number: int) -> Code:
    """Return the code of a check by its number in the checklist: 1 for V1, which is RF4001."""
    return _CODES[number]


WRONG_TYPE = register(
    "RF4101", "value of another type", _E, "The API expects another type here; the object is refused or not decoded."
)
MISSING_FIELD = register("RF4102", "required field missing", _E, "The API requires this field.")
NOT_PERMITTED = register("RF4103", "value not permitted", _E, "The API permits only certain values here.")
REPEATED_VALUE = register(
    "RF4104", "value repeated", _E, "The list is a set: from 3.32 on the API refuses a value that stands twice."
)
OUT_OF_RANGE = register("RF4105", "value too large or too small", _E, "The API limits the value or its length.")
NOT_IN_EDITION = register(
    "RF4106", "kind not in this version", _E, "The kind does not exist in the version or edition that is written for."
)

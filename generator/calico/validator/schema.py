"""The fields of Calico's kinds at 3.32.1, their types and limits, as data (calico.md 1.1, 1.2, 1.7)."""

from __future__ import annotations

from typing import Final

from generator.calico.kinds import Kind
from generator.calico.validator.shape import (
    Anything,
    Fields,
    Flag,
    Many,
    Number,
    Port,
    PortOrName,
    Protocol,
    Shape,
    Text,
    Texts,
    Whole,
)

ACTIONS: Final = ("Allow", "Deny", "Log", "Pass")
TYPES: Final = ("Ingress", "Egress")
STAGED_ACTIONS: Final = ("Set", "Delete", "Learn", "Ignore")
TIER_ACTIONS: Final = ("Pass", "Deny")
HINTS: Final = ("AssumeNeededOnEveryNode",)

_TEXT: Final = Text()
_FLAG: Final = Flag()

_ENTITY: Final = Fields(
    {
        "nets": Many(_TEXT, unique=True),
        "notNets": Many(_TEXT),
        "selector": _TEXT,
        "notSelector": _TEXT,
        "namespaceSelector": _TEXT,
        "ports": Many(Port()),
        "notPorts": Many(Port()),
        "serviceAccounts": Fields({"names": Many(_TEXT, unique=True), "selector": _TEXT}),
        "services": Fields({"name": _TEXT, "namespace": _TEXT}),
    }
)
_ICMP: Final = Fields({"type": Whole(low=0, high=254), "code": Whole(low=0, high=255)})
_PATH: Final = Fields({"exact": Text(longest=1024), "prefix": Text(longest=1024)})
_RULE: Final = Fields(
    {
        "action": Text(words=ACTIONS),
        "ipVersion": Whole(words=(4, 6)),
        "protocol": Protocol(),
        "notProtocol": Protocol(),
        "icmp": _ICMP,
        "notICMP": _ICMP,
        "source": _ENTITY,
        "destination": _ENTITY,
        "http": Fields({"methods": Many(_TEXT, most=20), "paths": Many(_PATH, most=20)}),
        "metadata": Fields({"annotations": Texts()}),
    },
    required=("action",),
)
_RULES: Final = Many(_RULE)

_POLICY: Final[dict[str, Shape]] = {
    "tier": _TEXT,
    "order": Number(),
    "ingress": _RULES,
    "egress": _RULES,
    "selector": _TEXT,
    "types": Many(Text(words=TYPES), unique=True, least=1, most=2),
    "serviceAccountSelector": _TEXT,
    "performanceHints": Many(Text(words=HINTS)),
}
_GLOBAL: Final[dict[str, Shape]] = {
    **_POLICY,
    "namespaceSelector": _TEXT,
    "doNotTrack": _FLAG,
    "preDNAT": _FLAG,
    "applyOnForward": _FLAG,
}
_STAGED: Final[dict[str, Shape]] = {"stagedAction": Text(words=STAGED_ACTIONS)}

_EXPRESSION: Final = Fields({"key": _TEXT, "operator": _TEXT, "values": Many(_TEXT)}, required=("key", "operator"))
LABEL_SELECTOR: Final = Fields({"matchLabels": Texts(), "matchExpressions": Many(_EXPRESSION)})
_PEER: Final = Fields(
    {
        "ipBlock": Fields({"cidr": _TEXT, "except": Many(_TEXT)}, required=("cidr",)),
        "namespaceSelector": LABEL_SELECTOR,
        "podSelector": LABEL_SELECTOR,
    }
)
_KUBERNETES_PORT: Final = Fields(
    {"port": PortOrName(), "endPort": Whole(smallest=-(2**31), most=2**31 - 1, formatted=True), "protocol": _TEXT}
)
KUBERNETES_FIELDS: Final[dict[str, Shape]] = {
    "podSelector": LABEL_SELECTOR,
    "ingress": Many(Fields({"from": Many(_PEER), "ports": Many(_KUBERNETES_PORT)})),
    "egress": Many(Fields({"to": Many(_PEER), "ports": Many(_KUBERNETES_PORT)})),
    "policyTypes": Many(_TEXT, unique=True, least=1, most=2),
}

_PODS: Final = Fields({"namespaceSelector": LABEL_SELECTOR, "podSelector": LABEL_SELECTOR}, required=("podSelector",))
_SUBJECT: Final[dict[str, Shape]] = {"namespaces": LABEL_SELECTOR, "pods": _PODS}
# What Calico cannot convert is known to the API all the same (V45).
_CLUSTER_PEER: Final = Fields({**_SUBJECT, "networks": Many(_TEXT), "nodes": Anything(), "domainNames": Anything()})


def _cluster_rule(peers: str) -> Fields:
    action = Text(words=("Accept", "Deny", "Pass"))
    fields: dict[str, Shape] = {"action": action, "name": Text(longest=100), "protocols": Many(Anything(), most=25)}
    return Fields({**fields, peers: Many(_CLUSTER_PEER, least=1, most=25)}, required=("action", peers))


_CLUSTER_POLICY: Final = Fields(
    {
        "tier": Text(words=("Admin", "Baseline")),
        "priority": Whole(low=0, high=1000),
        "subject": Fields(_SUBJECT),
        "ingress": Many(_cluster_rule("from"), most=25),
        "egress": Many(_cluster_rule("to"), most=25),
    },
    required=("tier", "priority", "subject"),
)

_NETS: Final = Fields({"nets": Many(_TEXT, unique=True)})
_ENDPOINT_PORT: Final = Fields(
    {"name": _TEXT, "protocol": Protocol(), "port": Whole(low=1, high=65535, smallest=0, most=65535)},
    required=("name", "port", "protocol"),
)
_HOST_ENDPOINT: Final = Fields(
    {
        "node": Text(longest=253),
        "interfaceName": Text(longest=15),
        "expectedIPs": Many(_TEXT, unique=True),
        "profiles": Many(_TEXT, unique=True),
        "ports": Many(_ENDPOINT_PORT),
    }
)
_TIER: Final = Fields({"order": Number(), "defaultAction": Text(words=TIER_ACTIONS)})
_PROFILE: Final = Fields({"ingress": _RULES, "egress": _RULES, "labelsToApply": Texts()})

SPECS: Final[dict[Kind, Fields]] = {
    Kind.NETWORK_POLICY: Fields(_POLICY),
    Kind.GLOBAL_NETWORK_POLICY: Fields(_GLOBAL),
    Kind.STAGED_NETWORK_POLICY: Fields({**_POLICY, **_STAGED}),
    Kind.STAGED_GLOBAL_NETWORK_POLICY: Fields({**_GLOBAL, **_STAGED}),
    Kind.STAGED_KUBERNETES_NETWORK_POLICY: Fields({**KUBERNETES_FIELDS, **_STAGED}),
    Kind.NETWORK_SET: _NETS,
    Kind.GLOBAL_NETWORK_SET: _NETS,
    Kind.TIER: _TIER,
    Kind.HOST_ENDPOINT: _HOST_ENDPOINT,
    Kind.PROFILE: _PROFILE,
    Kind.KUBERNETES_NETWORK_POLICY: Fields(KUBERNETES_FIELDS),
    Kind.CLUSTER_NETWORK_POLICY: _CLUSTER_POLICY,
}

POLICY_KINDS: Final = frozenset(
    [
        Kind.NETWORK_POLICY,
        Kind.GLOBAL_NETWORK_POLICY,
        Kind.STAGED_NETWORK_POLICY,
        Kind.STAGED_GLOBAL_NETWORK_POLICY,
    ]
)
GLOBAL_POLICY_KINDS: Final = frozenset([Kind.GLOBAL_NETWORK_POLICY, Kind.STAGED_GLOBAL_NETWORK_POLICY])
STAGED_KINDS: Final = frozenset(
    [Kind.STAGED_NETWORK_POLICY, Kind.STAGED_GLOBAL_NETWORK_POLICY, Kind.STAGED_KUBERNETES_NETWORK_POLICY]
)

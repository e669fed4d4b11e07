"""Examples of the checks of whole objects: V1 to V8, V24, V30 to V33, V36, V40, V44, V45."""

from __future__ import annotations

from typing import Final

from generator.calico.validator.example import Example, document, global_policy, policy, stream

_RULE: Final = "- {action: Allow, source: {selector: app == 'api'}}"
_TIER: Final = document("Tier", "order: 200\ndefaultAction: Deny", name="platform")
_CLUSTER_POLICY: Final = """\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata:
  name: egress
spec:
  tier: Admin
  priority: 10
  subject:
    namespaces: {matchLabels: {team: shop}}
  egress:
  - action: Accept
    to:
    - networks: [10.0.0.0/8]
    - domainNames: [example.com]
"""

OBJECT_EXAMPLES: Final[tuple[Example, ...]] = (
    Example(1, policy(_RULE, name="Web_Policy"), ("Web_Policy", "web-policy")),
    Example(1, policy(_RULE, name="sec.web"), ("sec.web", "web"), {"version": "3.28"}),
    Example(
        2,
        stream(_TIER, policy(_RULE, head="tier: platfrom\norder: 1\nselector: app == 'web'\ntypes: [Ingress]")),
        ("platfrom", "platform"),
    ),
    Example(2, policy(_RULE, head="tier: a.b\norder: 1\nselector: app == 'web'\ntypes: [Ingress]"), ("a.b", "default")),
    Example(3, document("Tier", "order: 5\ndefaultAction: Deny", name="default"), ("5", "1000000")),
    Example(3, document("Tier", "order: 1000", name="kube-admin"), ("1000", "1000\n  defaultAction: Pass")),
    Example(
        4, document("Tier", "defaultAction: Deny", name="platform"), ("defaultAction", "order: 200\n  defaultAction")
    ),
    Example(
        4,
        stream(_TIER, document("Tier", "order: 200.0\ndefaultAction: Pass", name="teams")),
        ("200.0", "300"),
    ),
    Example(5, policy(_RULE, head="selector: app == 'web'\ntypes: [Ingress]"), ("spec:\n", "spec:\n  order: 100\n")),
    Example(
        5,
        stream(
            policy(_RULE),
            policy("- {action: Deny, source: {selector: app == 'batch'}}", name="no-batch").replace("100", "1e2"),
        ),
        ("1e2", "90"),
    ),
    Example(
        6,
        policy(_RULE, head="order: 100\nselector: app == 'web'"),
        ("  selector: app == 'web'", "  selector: app == 'web'\n  types: [Ingress]"),
    ),
    Example(6, policy(_RULE).replace("[Ingress]", "[Ingress, Ingress]"), ("[Ingress, Ingress]", "[Ingress]")),
    Example(
        7,
        policy("", head="order: 100\nselector: app == 'web'\ntypes: [Ingress]\negress:\n- {action: Pass}"),
        ("[Ingress]", "[Ingress, Egress]"),
    ),
    Example(8, policy(_RULE) + "  egress: []\n", ("  egress: []\n", "")),
    Example(
        24,
        global_policy(
            "order: 10\nselector: has(host)\ntypes: [Ingress]\npreDNAT: true\ningress:\n- {action: Deny, protocol: UDP}"
        ),
        ("preDNAT: true", "preDNAT: true\n  applyOnForward: true"),
    ),
    Example(
        30,
        document("NetworkSet", "nets: [10.0.0.0/8, example.com]", name="peers", namespace="shop"),
        ("example.com", "192.0.2.7"),
    ),
    Example(
        30,
        document(
            "GlobalNetworkSet",
            "nets: [10.0.0.0/8]",
            name="peers",
            metadata="labels: {projectcalico.org/namespace: shop}",
        ),
        ("projectcalico.org/namespace", "zone"),
    ),
    Example(
        31,
        document("HostEndpoint", "node: node-1", name="node-1-eth0"),
        ("node: node-1\n", "node: node-1\n  interfaceName: eth0\n"),
    ),
    Example(
        32,
        document(
            "StagedNetworkPolicy", "tier: default\nstagedAction: Delete\norder: 100", name="web", namespace="shop"
        ),
        ("  order: 100\n", ""),
    ),
    Example(
        33,
        policy(
            "",
            head="order: 1\nselector: app == 'web'\ntypes: [Egress]\n"
            "egress:\n- {action: Allow, destination: {domains: [example.com]}}",
        ),
        ("domains: [example.com]", "nets: [192.0.2.7/32]"),
    ),
    Example(36, policy(_RULE, metadata="labels: {team: 'shop & co'}"), ("shop & co", "shop")),
    Example(
        40,
        policy("- action: Allow\n  source:\n    nameSpaceSelector: projectcalico.org/name == 'billing'"),
        ("nameSpaceSelector", "namespaceSelector"),
    ),
    Example(
        44,
        document(
            "HostEndpoint",
            "node: node-1\ninterfaceName: eth0",
            name="node-1-eth0",
            metadata="labels: {projectcalico.org/namespace: shop}",
        ),
        ("projectcalico.org/namespace", "zone"),
    ),
    Example(
        44,
        document("GlobalNetworkSet", "nets: [10.0.0.0/8]", name="peers", metadata="labels: {pcns.team: shop}"),
        ("pcns.team", "team"),
    ),
    Example(45, _CLUSTER_POLICY, ("    - domainNames: [example.com]\n", "")),
    Example(
        45,
        _CLUSTER_POLICY.replace(
            "domainNames: [example.com]",
            "namespaces: {matchExpressions: [{key: team, operator: NotIn, values: [shop]}]}",
        ),
        ("operator: NotIn", "operator: In"),
    ),
)

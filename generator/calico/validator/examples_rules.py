"""Examples of the checks of rules: V9 to V23, V28, V29, V37, V38, V41 to V43, V48."""

from __future__ import annotations

from typing import Final

from generator.calico.validator.example import Example, document, policy


def _ingress(rule: str) -> str:
    return policy(f"- {rule}")


RULE_EXAMPLES: Final[tuple[Example, ...]] = (
    Example(9, _ingress("{action: allow, source: {selector: app == 'api'}}"), ("allow", "Allow")),
    Example(10, policy("- action: Allow\n  source:\n    selector: app = 'api'"), ("app = 'api'", "app == 'api'")),
    Example(
        10,
        policy("- action: Allow\n  source:\n    selector: |\n      app == 'api'"),
        ("selector: |", "selector: >-"),
    ),
    Example(
        11,
        policy("- action: Allow\n  source:\n    selector: global()"),
        ("selector: global()", "namespaceSelector: global()"),
    ),
    Example(12, _ingress("{action: Allow, protocol: tcp}"), ("protocol: tcp", "protocol: TCP")),
    Example(
        13,
        _ingress("{action: Allow, destination: {ports: [8080]}}"),
        ("Allow, destination", "Allow, protocol: TCP, destination"),
    ),
    Example(
        14,
        _ingress("{action: Allow, protocol: TCP, destination: {ports: ['80-90']}}"),
        ("'80-90'", "'80:90'"),
    ),
    Example(
        15,
        _ingress("{action: Allow, protocol: TCP, destination: {ports: [" + ", ".join(map(str, range(1, 52))) + "]}}"),
        (", ".join(map(str, range(1, 52))), "'1:51'"),
    ),
    Example(16, _ingress("{action: Allow, source: {nets: [10.0.0.1/24]}}"), ("10.0.0.1/24", "10.0.0.0/24")),
    Example(
        17,
        _ingress("{action: Allow, source: {nets: [10.0.0.0/8, 'fd00::/8']}}"),
        ("[10.0.0.0/8, 'fd00::/8']", "[10.0.0.0/8]"),
    ),
    Example(
        18,
        _ingress("{action: Allow, ipVersion: 4, source: {notNets: [0.0.0.0/0]}}"),
        ("0.0.0.0/0", "10.0.0.0/8"),
    ),
    Example(
        19,
        _ingress("{action: Allow, source: {notNets: [10.0.0.0/8]}}"),
        (
            "- {action: Allow, source: {notNets: [10.0.0.0/8]}}",
            "- {action: Allow, source: {notNets: [10.0.0.0/8]}}\n  - {action: Allow, source: {notNets: ['fd00::/8']}}",
        ),
    ),
    Example(20, _ingress("{action: Allow, icmp: {type: 8}}"), ("Allow, icmp", "Allow, protocol: ICMP, icmp")),
    Example(20, _ingress("{action: Deny, notICMP: {type: 8}}"), ("Deny, notICMP", "Deny, protocol: ICMP, notICMP")),
    Example(21, _ingress("{action: Allow, protocol: ICMPv6}"), ("ICMPv6", "58"), {"dataplane": "ebpf"}),
    Example(
        22,
        _ingress("{action: Allow, source: {services: {name: api}}}"),
        ("{name: api}", "{name: api, namespace: shop}"),
    ),
    Example(
        23,
        _ingress("{action: Deny, protocol: TCP, http: {methods: [GET]}}"),
        ("Deny", "Allow"),
        {"application_layer": True},
    ),
    Example(
        28,
        policy("- action: Allow\n  source:\n    selector: projectcalico.org/namespace == 'billing'"),
        (
            "selector: projectcalico.org/namespace == 'billing'",
            "namespaceSelector: projectcalico.org/name == 'billing'",
        ),
    ),
    Example(
        29,
        policy("- action: Allow\n  source:\n    notSelector: app == 'batch'"),
        ("notSelector: app == 'batch'", "selector: app != 'batch'"),
    ),
    Example(
        37,
        _ingress("{action: Allow, protocol: TCP, destination: {ports: [http]}}"),
        ("[http]", "[8080]"),
        {"dataplane": "windows"},
    ),
    Example(
        38,
        policy("- action: Allow\n  source:\n    selector: app == '{{ .Values.app }}'"),
        ("{{ .Values.app }}", "api"),
    ),
    Example(
        41,
        _ingress(
            "{action: Allow, protocol: TCP, source: {nets: [10.1.0.0/16, 10.2.0.0/16]}, "
            "destination: {nets: [10.3.0.0/16, 10.4.0.0/16], ports: [80, http]}}"
        ),
        ("[80, http]", "[80, 8080]"),
    ),
    Example(42, _ingress("{action: Allow, protocol: 300}"), ("300", "17")),
    Example(
        42,
        _ingress("{action: Allow, protocol: TCP, destination: {ports: ['90:80']}}"),
        ("'90:80'", "'80:90'"),
    ),
    Example(
        43,
        _ingress('{action: Allow, source: {serviceAccounts: {names: ["it\'s"]}}}'),
        ('"it\'s"', "its"),
    ),
    Example(48, _ingress("{action: Allow, protocol: TCP, notProtocol: UDP}"), (", notProtocol: UDP", "")),
    Example(
        34,
        document("Profile", "ingress:\n- {action: Pass}", name="legacy"),
        ("Pass", "Allow"),
    ),
)

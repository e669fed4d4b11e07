"""Examples of the checks of scope and of sets: V25 to V27, V28, V35, V39, V46, V47."""

from __future__ import annotations

from typing import Final

from generator.calico.validator.example import Example, document, global_policy, policy, stream

_DENY_ALL: Final = (
    "order: 1000\nselector: all()\nnamespaceSelector: has(projectcalico.org/name)\ntypes: [Ingress, Egress]"
)
_HOST: Final = document(
    "HostEndpoint", "node: node-1\ninterfaceName: '*'", name="node-1-auto-hep", metadata="labels: {role: worker}"
)
_NAMED_HOST: Final = document(
    "HostEndpoint", "node: node-1\ninterfaceName: eth0", name="node-1-eth0", metadata="labels: {role: worker}"
)
_FORWARD: Final = (
    "order: 10\nselector: role == 'worker'\ntypes: [Ingress]\napplyOnForward: true\n"
    "ingress:\n- {action: Deny, protocol: UDP}"
)
_TO_CLUSTER: Final = """\
order: 100
selector: all()
namespaceSelector: has(projectcalico.org/name)
types: [Egress]
egress:
- action: Allow
  protocol: UDP
  destination:
    namespaceSelector: projectcalico.org/name == 'kube-system'
    selector: k8s-app == 'kube-dns'
    ports: [53]
- action: Allow
  protocol: TCP
  destination:
    services: {name: kubernetes, namespace: default}
"""

SCOPE_EXAMPLES: Final[tuple[Example, ...]] = (
    Example(
        25,
        global_policy(
            "order: 10\nselector: has(host)\ntypes: [Ingress]\ndoNotTrack: true\napplyOnForward: true\n"
            "ingress:\n- {action: Allow, protocol: UDP}"
        ),
        ("types: [Ingress]", "types: [Ingress, Egress]"),
    ),
    Example(
        25,
        global_policy(
            "order: 10\ntypes: [Ingress]\npreDNAT: true\napplyOnForward: true\n"
            "ingress:\n- {action: Deny, protocol: UDP}"
        ),
        ("order: 10", "order: 10\n  selector: has(host)"),
    ),
    Example(
        26,
        global_policy(
            "order: 1000\nnamespaceSelector: projectcalico.org/name not in {'kube-system'}\ntypes: [Ingress]"
        ),
        ("order: 1000", "order: 1000\n  selector: all()"),
    ),
    Example(
        26,
        stream(_NAMED_HOST, global_policy("order: 10\nselector: role == 'worker'\ntypes: [Ingress]")),
        ("selector: role == 'worker'", "selector: role == 'worker'\n  namespaceSelector: has(team)"),
    ),
    Example(
        27,
        global_policy(
            "order: 10\nselector: all()\nnamespaceSelector: has(projectcalico.org/name)\ntypes: [Ingress]\n"
            "ingress:\n- action: Allow\n  source:\n    selector: app == 'prometheus'"
        ),
        (
            "    selector: app == 'prometheus'",
            "    selector: app == 'prometheus'\n      namespaceSelector: projectcalico.org/name == 'monitoring'",
        ),
    ),
    Example(
        28,
        stream(
            document("GlobalNetworkSet", "nets: [192.0.2.0/24]", name="bank", metadata="labels: {partner: bank}"),
            policy("- action: Allow\n  source:\n    selector: partner == 'bank'"),
        ),
        ("selector: partner == 'bank'", "selector: partner == 'bank'\n      namespaceSelector: global()"),
    ),
    Example(
        35,
        stream(
            document("Tier", "order: 500\ndefaultAction: Pass", name="teams"),
            global_policy(_DENY_ALL.replace("order", "tier: teams\norder").replace(", Egress", "")),
        ),
        ("defaultAction: Pass", "defaultAction: Deny"),
    ),
    Example(
        39,
        stream(
            global_policy(_DENY_ALL, name="default-deny"),
            global_policy(_TO_CLUSTER, name="to-cluster").replace("UDP", "SCTP"),
        ),
        ("SCTP", "UDP"),
    ),
    Example(46, stream(_HOST, global_policy(_FORWARD)), ("interfaceName: '*'", "interfaceName: eth0")),
    Example(
        47,
        policy("- {action: Allow, source: {selector: app == 'api'}}"),
        ("namespace: shop", "namespace: billing"),
        {"namespaces": {"billing": {}}},
    ),
)

"""Diagnostic codes of the checks against a snapshot (RF56xx)."""

from __future__ import annotations

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

NO_PODS = register(
    "RF5601", "selects no pods", Severity.ERROR,
    "The service selects no pod of the snapshot, so its rules protect and admit nothing.",
)  # fmt: skip
NOT_IN_SNAPSHOT = register(
    "RF5602", "not in the snapshot", Severity.NOTE,
    "A partial snapshot does not hold this, so it could not be checked.",
)  # fmt: skip
SHARED_PODS = register(
    "RF5603", "pods of two services", Severity.WARNING,
    "Two services of the intent select the same pods; each pod then has the rules of both.",
)  # fmt: skip
UNCOVERED = register(
    "RF5604", "workload without a service", Severity.WARNING,
    "A workload in an owned namespace is selected by no service: the default deny will cut it off.",
)  # fmt: skip
PORT_IS_SERVICE_PORT = register(
    "RF5605", "Service port instead of pod port", Severity.ERROR,
    "Policy sees packets after the Service's address is translated, so only the port of the pod counts.",
)  # fmt: skip
NO_NAMED_PORT = register(
    "RF5606", "no pod has this named port", Severity.ERROR, "A named port means those pods that have it; none has it."
)
PORT_NOT_DECLARED = register(
    "RF5607", "port is declared by no container", Severity.WARNING,
    "A container may listen on a port that it does not declare, but more often the number is wrong.",
)  # fmt: skip
DNS_NOT_FOUND = register(
    "RF5608", "DNS is not where the profile says", Severity.ERROR,
    "No pod of the snapshot answers to the profile's DNS selector: the default deny would cut name resolution.",
)  # fmt: skip
CALLEE_ELSEWHERE = register(
    "RF5609", "callee belongs to somebody else", Severity.NOTE,
    "The callee's namespace is not owned by this intent; its owner must admit the caller.",
)  # fmt: skip
HIDDEN_CLIENT = register(
    "RF5610", "clients are hidden", Severity.ERROR,
    "The Service's traffic arrives with a node's address, so a rule on client ranges would never match.",
)  # fmt: skip
FARES_OTHERWISE = register(
    "RF5611", "flow that fares otherwise than is written", Severity.WARNING,
    "A rule with three or more blocks of several ports or nets is broader on nodes with iptables or nftables.",
)  # fmt: skip
NO_CALICO = register(
    "RF5612", "no Calico", Severity.WARNING, "The cluster serves none of Calico's kinds, so Calico enforces nothing."
)
FELIX_NOT_READY = register(
    "RF5613", "calico-node is not ready", Severity.WARNING,
    "A node whose Felix is not ready may still enforce older rules, or none for new pods.",
)  # fmt: skip
OTHER_CONTROLLER = register(
    "RF5614", "another policy controller", Severity.WARNING,
    "Something beside Calico enforces network policies. A flow needs both; verdicts are of Calico alone.",
)  # fmt: skip
MESH = register(
    "RF5615", "a mesh carries the ports", Severity.WARNING,
    "Sidecars or node proxies wrap connections, so that a policy sees the mesh's ports and not those of the services.",
)  # fmt: skip
NODE_SETTINGS = register(
    "RF5616", "a node with settings of its own", Severity.WARNING,
    "A FelixConfiguration for one node changes what verdicts hang on there.",
)  # fmt: skip
RULES_BEFORE = register(
    "RF5619", "rules before Calico's", Severity.WARNING,
    "With chainInsertMode Append the rules that a node has already go first, and may accept what a policy denies.",
)  # fmt: skip
OTHER_NAME_SERVERS = register(
    "RF5618", "pods ask other name servers", Severity.WARNING,
    "A pod whose name servers no rule opens loses every name with the default deny.",
)  # fmt: skip
FACT_CONTRADICTED = register(
    "RF5617", "the cluster shows something else", Severity.WARNING,
    "What the intent or its platform profile says of the cluster is not what the cluster shows of itself.",
)  # fmt: skip
NEEDED_BY_NOBODY = register(
    "RF5620", "needed by nobody", Severity.NOTE,
    "The service has ports, but nothing of the intent lets anybody reach them: perhaps a need was forgotten.",
)  # fmt: skip
NO_SUCH_KIND = register(
    "RF5621", "policy of no known kind", Severity.WARNING,
    "The API group of the policy has no such kind, most likely because it is misspelt; nothing enforces it.",
)  # fmt: skip
NOT_CALICOS = register(
    "RF5622", "policy of something else", Severity.NOTE,
    "The policy is of another network plugin. Calico does not read it; verdicts are of Calico alone.",
)  # fmt: skip
REFUSED_BY_FELIX = register(
    "RF5623", "policy that Felix refuses", Severity.WARNING,
    "Felix takes a policy that it cannot read for one that is not there. What it was to close stays open.",
)  # fmt: skip

"""Why a verdict is unknown: the closed list, each member with its words for people (product.md 5)."""

from __future__ import annotations

from enum import StrEnum


class UnknownReason(StrEnum):
    """What a snapshot does not tell. Every unknown verdict carries one of these; the value is the text for people."""

    POD_ADDRESS = "the pod's address is not in the snapshot"
    POD_NODE = "the verdict hangs on the node of a pod, which is not in the snapshot"
    NODE_INTERFACE = (
        "host endpoints name interfaces of a node, and none expects its address: which one carries it is not known"
    )
    HOST_SOURCE = "from which of its addresses a node sends to pods of other nodes is up to its routes and tunnels"
    RULE_SERVICE = "a rule names a Service, and what stands behind it is not in the snapshot"
    SERVICE_BACKENDS = "it is sent on to a pod behind the Service, and those are not in the snapshot"
    SERVICE_CHOICE = "it is sent on to one of the pods behind the Service, and they do not all say the same"
    SERVICE_PORT = "what becomes of a packet to a port that the Service does not have is up to its implementation"
    BEFORE_TRANSLATION = "host endpoints police it before the Service's address is replaced"
    HOST_PORT = "a pod may take this port of its node for itself (hostPort), and then its own policy is asked"
    SERVICE_IMPLEMENTATION = "whether the nodes send it on or the load balancer itself does is up to the implementation"
    NODE_LOCAL_DNS = "a DNS cache on the pod's node may answer at this address, and the snapshot does not tell"
    SOURCE_TRANSLATION = "a node may replace the source address before the pod is asked"
    DOMAINS = "a rule names domains: Calico Enterprise resolves them, other editions drop the field"
    UNREAD = "the cluster refused to show a kind on which verdicts hang"
    UNDECODABLE = "an object that Calico cannot decode stops all of its kind"
    ADMIN_POLICY = "how this version reads that part of an AdminNetworkPolicy rule is not known"
    EBPF_ICMP = "eBPF compares ICMP fields of other protocols' packets with bytes of their ports"
    HOST_INPUT = "Felix returns it to the node's own INPUT rules, which are not in the snapshot"
    NODE_SETTINGS = "the node has Felix settings of its own, and verdicts are by those of the whole cluster"
    WINDOWS = "Windows nodes skip some rules without a word, so that policy there is not as written"
    FAILSAFE_FAMILY = "whether a failsafe port for a net of one address family counts for the other is not known here"

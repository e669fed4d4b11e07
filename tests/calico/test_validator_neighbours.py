"""Cases beside those of the vectors: what Calico's parsers and its schema make of values nobody should write."""

from __future__ import annotations

from typing import Any

import pytest

from generator.calico.validator import judge_crd, judge_go

ACCEPT, REJECT = False, True


def make(kind: str, spec: Any, *, name: str = "p", **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": {"name": name, **metadata}, "spec": spec}


def rule(**fields: Any) -> dict[str, Any]:
    return make("NetworkPolicy", {"types": ["Ingress"], "ingress": [{"action": "Allow", **fields}]})


def ports(*values: Any) -> dict[str, Any]:
    return rule(protocol="TCP", destination={"ports": list(values)})


def nets(*values: Any) -> dict[str, Any]:
    return rule(source={"nets": list(values)})


def staged(kind: str, **spec: Any) -> dict[str, Any]:
    return make(kind, {"stagedAction": "Delete", **spec})


def kubernetes_port(**port: Any) -> dict[str, Any]:
    return make("StagedKubernetesNetworkPolicy", {"podSelector": {}, "ingress": [{"ports": [port]}]})


def host(**spec: Any) -> dict[str, Any]:
    return make("HostEndpoint", {"node": "n", "interfaceName": "eth0", **spec})


def undecodable(**fields: Any) -> dict[str, Any]:
    """A rule that Calico's decoder refuses for its port, and the schema does not."""
    return rule(source={"ports": ["90:80"]}, **fields)


def expression(operator: str, **fields: Any) -> dict[str, Any]:
    selector = {"matchExpressions": [{"operator": operator, "key": "a", **fields}]}
    return make("StagedKubernetesNetworkPolicy", {"podSelector": selector})


_LABELLED = {"podSelector": {"matchLabels": {"a": None}}}

CASES: list[tuple[str, dict[str, Any], bool, bool]] = [
    # text, manifest, refused by Go, refused by the CRD
    ("a null field is absent to Go, and kube-apiserver drops it", rule(source=None, protocol=None), ACCEPT, ACCEPT),
    ("a null label of a selector", make("StagedKubernetesNetworkPolicy", _LABELLED), ACCEPT, ACCEPT),
    ("a null action is none", rule(action=None), REJECT, REJECT),
    ("a null in a list stays", rule(http={"methods": [None]}), ACCEPT, REJECT),
    ("null in a list of rules is a rule without action", make("NetworkPolicy", {"ingress": [None]}), REJECT, REJECT),
    ("a null tier is filled in", make("NetworkPolicy", {"tier": None}), ACCEPT, ACCEPT),
    ("a null order is no order", make("NetworkPolicy", {"order": None}), ACCEPT, ACCEPT),
    ("a null spec", make("NetworkPolicy", None), ACCEPT, REJECT),
    ("4.0 is sent as 4", rule(ipVersion=4.0, protocol="TCP", destination={"ports": [80.0]}), ACCEPT, ACCEPT),
    ("a broken number is none", rule(ipVersion=4.5), REJECT, REJECT),
    ("a number of more than 64 bits is inexact", ports(2**63), REJECT, REJECT),
    ("a protocol number as text", rule(protocol="6", destination={"ports": [80]}), ACCEPT, ACCEPT),
    ("a protocol number too large, as text, is a wrong name", rule(protocol="300"), REJECT, ACCEPT),
    ("a protocol as a whole float", rule(protocol=6.0), ACCEPT, ACCEPT),
    ("a protocol number with many zeros", rule(protocol="0" * 30 + "6", destination={"ports": [80]}), ACCEPT, ACCEPT),
    ("a protocol of many digits is a wrong name", rule(protocol="9" * 30), REJECT, ACCEPT),
    ("notProtocol 0", rule(notProtocol=0), REJECT, ACCEPT),
    ("protocol and notProtocol pass both", rule(protocol="TCP", notProtocol="UDP"), ACCEPT, ACCEPT),
    ("ports with a lower-case protocol fail for its name only", rule(protocol="tcp"), REJECT, ACCEPT),
    ("a port with leading zeros", ports("080"), ACCEPT, ACCEPT),
    ("a port with many zeros", ports("0" * 30 + "80", "0000000001:0000065535"), ACCEPT, ACCEPT),
    ("a range too large with zeros", ports("1:0000065536"), REJECT, ACCEPT),
    ("a port of the largest number", ports(65535, "65535", "1:65535"), ACCEPT, ACCEPT),
    ("a port of many digits", ports("9" * 30), REJECT, ACCEPT),
    ("a port with a sign is a name", ports("-80"), REJECT, ACCEPT),
    ("a port name of digits and a letter", ports("80a"), ACCEPT, ACCEPT),
    ("a port name with two dashes in a row", ports("a--b"), REJECT, ACCEPT),
    ("a port name that ends in a dash", ports("a-"), REJECT, ACCEPT),
    ("a port name with a blank cannot be decoded", ports("a b"), REJECT, ACCEPT),
    ("a null port is port 0", ports(None), REJECT, REJECT),
    ("a range of one port", ports("80:80"), ACCEPT, ACCEPT),
    ("Arabic digits are no digits", ports("٨٠"), REJECT, ACCEPT),
    ("a port name of 128 characters decodes and is too long", ports("a" * 128), REJECT, ACCEPT),
    ("a net with a zero before its length", nets("10.0.0.0/08"), ACCEPT, ACCEPT),
    ("a net with many", nets(f"10.0.0.0/{'0' * 30}8"), ACCEPT, ACCEPT),
    ("a net with a length of many digits", nets(f"10.0.0.0/{'9' * 30}"), REJECT, ACCEPT),
    ("a net with zeros before an octet", nets("10.0.0.010/32"), REJECT, ACCEPT),
    ("a net with a netmask", nets("10.0.0.0/255.0.0.0"), REJECT, ACCEPT),
    ("a net with a zone", nets("fe80::1%eth0/128"), REJECT, ACCEPT),
    ("an IPv4 net in IPv6 notation is IPv4", nets("::ffff:10.0.0.0/104", "10.0.0.0/8"), ACCEPT, ACCEPT),
    ("an IPv4 net in IPv6 notation beside IPv6", nets("::ffff:10.0.0.0/104", "fd00::/8"), REJECT, ACCEPT),
    ("an IPv6 net in capitals", nets("FD00::/8"), ACCEPT, ACCEPT),
    ("one net spelt twice is no repeat", nets("fd00::/8", "FD00::/8"), ACCEPT, ACCEPT),
    ("a repeat among notNets", rule(source={"notNets": ["10.0.0.0/8", "10.0.0.0/8"]}), ACCEPT, ACCEPT),
    ("everything excluded, spelt otherwise, passes", rule(source={"notNets": ["0.0.0.0/00"]}), ACCEPT, ACCEPT),
    ("everything excluded of IPv6, spelt otherwise", rule(source={"notNets": ["0::/0"]}), REJECT, ACCEPT),
    ("ipVersion and a net of the other family", rule(ipVersion=6, source={"nets": ["10.0.0.0/8"]}), REJECT, ACCEPT),
    ("global() with a blank inside passes Go's test", make("NetworkPolicy", {"selector": "global( )"}), ACCEPT, ACCEPT),
    ("negated global() is not alone", rule(source={"namespaceSelector": "!global()"}), REJECT, ACCEPT),
    ("twice negated neither", rule(source={"namespaceSelector": "!!global()"}), REJECT, ACCEPT),
    ("global() in parentheses neither", rule(source={"namespaceSelector": "(global())"}), REJECT, ACCEPT),
    ("global() among blanks is", rule(source={"namespaceSelector": "\tglobal( ) "}), ACCEPT, ACCEPT),
    ("a value with the text global(", rule(source={"namespaceSelector": "a == 'global('"}), REJECT, ACCEPT),
    ("a value with the text global", rule(source={"namespaceSelector": "a == 'global'"}), ACCEPT, ACCEPT),
    ("global() before an or", rule(source={"namespaceSelector": "global() || has(a)"}), REJECT, ACCEPT),
    ("negated global() after an and", rule(source={"namespaceSelector": "has(a) && !global()"}), REJECT, ACCEPT),
    ("the text global() in a value", make("NetworkPolicy", {"selector": "a == 'global()'"}), REJECT, ACCEPT),
    ("CEL sees what Calico cannot decode", undecodable(action="Deny", http={}), REJECT, REJECT),
    ("CEL sees nothing wrong there", undecodable(), REJECT, ACCEPT),
    ("the text global() in a value of an expression", expression("In", values=["global()"]), REJECT, ACCEPT),
    ("an operator that the conversion does not know", expression("Gt", values=["global()"]), ACCEPT, ACCEPT),
    ("values that the conversion drops", expression("Exists", values=["global()"]), ACCEPT, ACCEPT),
    ("the text global() out of two", expression("Exists", key="global("), REJECT, ACCEPT),
    ("blanks are an empty selector", make("NetworkPolicy", {"selector": " \t"}), ACCEPT, ACCEPT),
    ("notICMP with TCP", rule(protocol="TCP", notICMP={"type": 8}), ACCEPT, ACCEPT),
    ("icmp with ICMPv6", rule(protocol="ICMPv6", icmp={"type": 128, "code": 0}), ACCEPT, ACCEPT),
    ("empty icmp still needs its protocol", rule(icmp={}), REJECT, ACCEPT),
    ("a notICMP code without type", rule(protocol="ICMP", notICMP={"code": 1}), REJECT, REJECT),
    ("notProtocol ICMP and ipVersion 6", rule(notProtocol="ICMP", ipVersion=6), REJECT, ACCEPT),
    ("protocol 1 and ipVersion 6", rule(protocol=1, ipVersion=6), ACCEPT, ACCEPT),
    ("empty services need a name", rule(source={"services": {}}), REJECT, ACCEPT),
    ("services with a name in capitals", rule(source={"services": {"name": "Api", "namespace": "n"}}), REJECT, ACCEPT),
    (
        "services and source ports",
        rule(protocol="TCP", source={"services": {"name": "a"}, "ports": [80]}),
        ACCEPT,
        ACCEPT,
    ),
    (
        "services and empty serviceAccounts",
        rule(source={"services": {"name": "a"}, "serviceAccounts": {}}),
        REJECT,
        ACCEPT,
    ),
    ("services and empty nets", rule(source={"services": {"name": "a"}, "nets": []}), ACCEPT, ACCEPT),
    ("http with protocol 6 by number", rule(protocol=6, http={"methods": ["GET"]}), REJECT, ACCEPT),
    ("http with protocol 6 as text", rule(protocol="6", http={"methods": ["GET"]}), REJECT, REJECT),
    ("http of 21 methods", rule(http={"methods": [f"M{i}" for i in range(21)]}), ACCEPT, REJECT),
    ("http with a path of 1025 characters", rule(http={"paths": [{"exact": "/" + "a" * 1024}]}), ACCEPT, REJECT),
    ("http with exact and prefix", rule(http={"paths": [{"exact": "/a", "prefix": "/b"}]}), REJECT, ACCEPT),
    ("empty http with Deny", rule(action="Deny", http={}), REJECT, REJECT),
    ("an annotation of a rule in capitals", rule(metadata={"annotations": {"Team": "x"}}), ACCEPT, ACCEPT),
    ("a Turkish capital is i to Go", rule(metadata={"annotations": {"\u0130x": "x"}}), ACCEPT, ACCEPT),
    ("an annotation of a rule that is no text", rule(metadata={"annotations": {"team": 5}}), REJECT, REJECT),
    ("types three times", make("NetworkPolicy", {"types": ["Ingress", "Egress", "Egress"]}), REJECT, REJECT),
    ("types as text", make("NetworkPolicy", {"types": "Ingress"}), REJECT, REJECT),
    ("a tier name with dots is a DNS name", make("NetworkPolicy", {"tier": "a.b"}), ACCEPT, ACCEPT),
    (
        "the label of the tier is written anew",
        make("NetworkPolicy", {}, labels={"projectcalico.org/tier": "a b"}),
        ACCEPT,
        ACCEPT,
    ),
    ("a label that is no text", make("NetworkPolicy", {}, labels={"a": 1}), REJECT, ACCEPT),
    ("preDNAT as text", make("GlobalNetworkPolicy", {"preDNAT": "true"}), REJECT, REJECT),
    ("preDNAT of a namespaced policy is unknown", make("NetworkPolicy", {"preDNAT": True}), ACCEPT, ACCEPT),
    ("a name of 253 characters", make("NetworkPolicy", {}, name="a" * 253), ACCEPT, ACCEPT),
    ("a name that ends in a newline", make("NetworkPolicy", {}, name="a\n"), REJECT, ACCEPT),
    ("a knp name of a global policy", make("GlobalNetworkPolicy", {}, name="knp.default.a"), REJECT, ACCEPT),
    ("a staged deletion with an empty list", staged("StagedNetworkPolicy", ingress=[]), REJECT, ACCEPT),
    ("a staged deletion with a false flag", staged("StagedGlobalNetworkPolicy", preDNAT=False), ACCEPT, ACCEPT),
    ("a staged deletion with types", staged("StagedGlobalNetworkPolicy", types=["Ingress"]), REJECT, ACCEPT),
    ("a staged deletion with contradicting flags", staged("StagedGlobalNetworkPolicy", preDNAT=True), REJECT, REJECT),
    ("a staged deletion with a null selector", staged("StagedNetworkPolicy", selector=None), ACCEPT, ACCEPT),
    ("a staged deletion with an unknown field", staged("StagedNetworkPolicy", selektor="x"), ACCEPT, ACCEPT),
    (
        "a staged deletion with an empty podSelector",
        staged("StagedKubernetesNetworkPolicy", podSelector={}),
        ACCEPT,
        ACCEPT,
    ),
    ("a Kubernetes port by number and end", kubernetes_port(port=80, endPort=90), ACCEPT, ACCEPT),
    ("an endPort of more than 32 bits", kubernetes_port(port=80, endPort=2**31), REJECT, REJECT),
    ("a Kubernetes port range backwards", kubernetes_port(port=90, endPort=80), REJECT, ACCEPT),
    ("a Kubernetes port name with an end", kubernetes_port(port="http", endPort=80), REJECT, ACCEPT),
    ("a Kubernetes port that is negative reads as a name", kubernetes_port(port=-1), ACCEPT, ACCEPT),
    ("a Kubernetes port beyond 32 bits", kubernetes_port(port=2**31), REJECT, ACCEPT),
    ("a Kubernetes endPort without a port", kubernetes_port(endPort=80), ACCEPT, ACCEPT),
    (
        "a Kubernetes policy of three types",
        make("StagedKubernetesNetworkPolicy", {"policyTypes": ["a", "b", "c"]}),
        ACCEPT,
        REJECT,
    ),
    ("a host by address only", make("HostEndpoint", {"node": "n", "expectedIPs": ["fd00::1"]}), ACCEPT, ACCEPT),
    ("a host with an empty address", host(expectedIPs=[""]), REJECT, ACCEPT),
    ("a host with a network for an address", host(expectedIPs=["10.0.0.0/8"]), REJECT, ACCEPT),
    ("a host of a node in capitals", host(node="Node1"), REJECT, ACCEPT),
    ("a host of a node of 254 characters", host(node="a" * 254), ACCEPT, REJECT),
    ("a host with a profile twice", host(profiles=["a", "a"]), ACCEPT, REJECT),
    ("a host port without protocol", host(ports=[{"name": "a", "port": 80}]), REJECT, REJECT),
    ("a host port with protocol 17", host(ports=[{"name": "a", "port": 80, "protocol": 17}]), ACCEPT, ACCEPT),
    ("a host port of 65536", host(ports=[{"name": "a", "port": 65536, "protocol": "TCP"}]), REJECT, REJECT),
    ("an empty net in a set passes Go's parser", make("GlobalNetworkSet", {"nets": [""]}), ACCEPT, ACCEPT),
    ("a net twice in a set", make("NetworkSet", {"nets": ["10.0.0.1", "10.0.0.1"]}), ACCEPT, REJECT),
    (
        "the reserved label on a host",
        make("HostEndpoint", {"node": "n", "interfaceName": "*"}, labels={"projectcalico.org/namespace": "a"}),
        ACCEPT,
        ACCEPT,
    ),
    ("a tier with a null action", make("Tier", {"order": 1, "defaultAction": None}), ACCEPT, ACCEPT),
    (
        "tier kube-admin with a null action",
        make("Tier", {"order": 1000, "defaultAction": None}, name="kube-admin"),
        ACCEPT,
        REJECT,
    ),
    ("tier default without anything", make("Tier", {}, name="default"), ACCEPT, ACCEPT),
    ("a tier with a text for its order", make("Tier", {"order": "1"}), REJECT, REJECT),
    ("an unknown field beside", make("Tier", {"order": 1, "priority": 1}), ACCEPT, ACCEPT),
]


@pytest.mark.parametrize(("manifest", "go", "crd"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_verdicts(manifest: dict[str, Any], go: bool, crd: bool) -> None:
    assert bool(judge_go(manifest)) is go, judge_go(manifest)
    assert bool(judge_crd(manifest)) is crd, judge_crd(manifest)


def test_missing_metadata() -> None:
    manifest = {"apiVersion": "projectcalico.org/v3", "kind": "NetworkSet", "spec": {}}
    assert judge_go(manifest)
    assert [finding.crd for finding in judge_crd(manifest)] == ["metadata"]


def test_a_value_that_cannot_be_decoded_is_all_that_go_says() -> None:
    manifest = rule(protocol=300, source={"selector": "a = 'b'"})
    assert [finding.go for finding in judge_go(manifest)] == [""]

"""Rows about pods; how to read one stands in `hand_judged`."""

from __future__ import annotations

from typing import Any, Final

from tests.conformance.hand_judged import (
    ALPHA,
    BETA,
    ENCAP,
    Asked,
    Manifest,
    at,
    calico,
    end,
    forwarded,
    host_endpoint,
    plain,
    pod,
    profile,
    rule,
)

Row = tuple[str, list[Manifest], list[Asked]]


def policy(name: str, where: str, app: str, **spec: Any) -> Manifest:
    """Return a NetworkPolicy about one app, of the directions for which it has rules."""
    types = [way.title() for way in ("ingress", "egress") if way in spec]
    return calico("NetworkPolicy", name, where, **{"selector": f"app == '{app}'", "types": types, **spec})


def allow(**fields: Any) -> Manifest:
    return {"action": "Allow", **fields}


def deny(**fields: Any) -> Manifest:
    return {"action": "Deny", **fields}


def cluster(name: str, tier: str, priority: int, **rules: Any) -> Manifest:
    spec = {"tier": tier, "priority": priority, "subject": {"namespaces": {}}, **rules}
    return plain("ClusterNetworkPolicy", name, api="policy.networking.k8s.io/v1alpha2", spec=spec)


def kubernetes(name: str, where: str, app: str, **spec: Any) -> Manifest:
    full = {"podSelector": {"matchLabels": {"app": app}}, **spec}
    return plain("NetworkPolicy", name, where, api="networking.k8s.io/v1", spec=full)


def port_of_blue(not_in: str) -> Manifest:
    peer = {"namespaceSelector": "team == 'blue'", "notNets": [not_in], "ports": ["http"]}
    return policy("p", "alpha", "web", egress=[allow(protocol="TCP", destination=peer)])


def slice_of(service: str, where: str, address: str, port: int) -> Manifest:
    return plain(
        "EndpointSlice", f"{service}-1", where, {"kubernetes.io/service-name": service},
        api="discovery.k8s.io/v1", addressType="IPv4", ports=[{"port": port, "protocol": "TCP"}],
        endpoints=[{"addresses": [address], "conditions": {"ready": False}}],
    )  # fmt: skip


def of_accounts(*names: str) -> Manifest:
    accounts = {"names": list(names), "selector": "power == 'high'"}
    source = {"serviceAccounts": accounts, "namespaceSelector": "all()"}
    return policy("p", "beta", "api", ingress=[allow(source=source)])


SETS: Final = [
    calico("GlobalNetworkSet", "g", "", {"zone": "x"}, nets=["203.0.113.0/24"]),
    calico("NetworkSet", "n", "alpha", {"zone": "x"}, nets=["198.51.100.0/24"]),
]
P, API = "NetworkPolicy/alpha/p", "alpha/web -> beta/api"
BROAD: Final = [
    calico("NetworkSet", "plain", "beta", nets=["198.51.100.0/24"]),
    host_endpoint(expectedIPs=["10.0.0.2"], profiles=["projectcalico-default-allow"]),
]
OPEN_HOST = at({"verdict": "allow", "reason": "profile", "profile": "projectcalico-default-allow"}, "normal")
TWO_PORTS: Final = [{"destinationNamedPort": "http"}, {"tcp": {"destinationPort": {"number": 443}}}]
TO_BOTH: Final = [{"networks": ["203.0.113.0/24"]}, {"namespaces": {"matchLabels": {"team": "blue"}}}]
FIRST: Final = cluster("first", "Admin", 3, egress=[{"action": "Accept", "to": TO_BOTH, "protocols": TWO_PORTS[1:]}])
SECOND: Final = cluster("second", "Admin", 5, egress=[{"action": "Deny", "to": TO_BOTH, "protocols": TWO_PORTS}])


def by_cluster(verdict: str, name: str) -> Manifest:
    return rule(verdict, f"KubernetesClusterNetworkPolicy/{name}", None, "kube-admin")


ROWS: Final[list[Row]] = [
    ("4.3 with 3.5 and 4.5: a named port, a namespaceSelector and notNets that hold the pod", [
        port_of_blue("192.168.2.0/28")], [
        Asked(f"{API} TCP:8080", "deny", end(), BETA)]),
    ("4.3 with 3.5 and 4.5: notNets of one family take the rule from the other", [port_of_blue("192.168.2.16/28")], [
        Asked(f"{API} TCP:8080", "allow", rule("allow", P), BETA),
        Asked(f"{API} TCP:8081", "deny", end(), BETA),
        Asked(f"{API} TCP:8080 v6", "deny", end(), BETA)]),
    ("6.2: a staged deletion takes nothing away", [
        policy("p", "alpha", "db", ingress=[deny()]),
        calico("StagedNetworkPolicy", "p", "alpha", stagedAction="Delete"),
        calico("Tier", "sec", order=5),
        calico("StagedNetworkPolicy", "sec.p", "alpha", tier="sec", selector="app == 'db'", ingress=[allow()])], [
        Asked("alpha/web -> alpha/db TCP:80", "deny", ALPHA, rule("deny", P))]),
    ("1.3: a tier of no order and no default action is beside default and denies", [
        calico("Tier", "aaa"), policy("aaa.p", "alpha", "db", tier="aaa", ingress=[{"action": "Log"}]),
        policy("p", "alpha", "db", ingress=[allow()])], [
        Asked("alpha/web -> alpha/db TCP:80", "deny", ALPHA, end("aaa"))]),
    ("1.3: after default where its name is", [
        calico("Tier", "zzz"), policy("zzz.p", "alpha", "db", tier="zzz", ingress=[{"action": "Log"}]),
        policy("p", "alpha", "db", ingress=[allow(protocol="TCP"), {"action": "Pass"}])], [
        Asked("alpha/web -> alpha/db TCP:80", "allow", ALPHA, rule("allow", P)),
        Asked("alpha/web -> alpha/db UDP:80", "deny", ALPHA, end("zzz"))]),
    ("4.2 with 4.3: notProtocol alone beside a named port", [
        policy("p", "alpha", "web", egress=[allow(notProtocol="UDP", destination={"ports": ["http"]})])], [
        Asked(f"{API} TCP:8080", "allow", rule("allow", P), BETA),
        Asked(f"{API} UDP:8080", "deny", end(), BETA),
        Asked("alpha/web -> alpha/db TCP:80", "allow", rule("allow", P), ALPHA)]),
    ("4.2 with 4.3: notProtocol of the port's own protocol", [
        policy("p", "alpha", "web", egress=[allow(notProtocol="TCP", destination={"ports": ["http"]})])], [
        Asked(f"{API} TCP:8080", "deny", end(), BETA)]),
    ("4.4: a type without a code is all its codes", [
        policy("p", "alpha", "web", egress=[allow(protocol="ICMP", icmp={"type": 3}),
                                            allow(protocol="ICMPv6", notICMP={"type": 128})])], [
        Asked(f"{API} ICMP:3/0", "allow", rule("allow", P), BETA),
        Asked(f"{API} ICMP:3/13", "allow", rule("allow", P), BETA),
        Asked(f"{API} ICMP:8/0", "deny", end(), BETA),
        Asked(f"{API} ICMPv6:129/0 v6", "allow", rule("allow", P, 1), BETA),
        Asked(f"{API} ICMPv6:128/1 v6", "deny", end(), BETA)]),
    ("1.5: a pod of IPv6 alone is selected as any other", [
        calico("GlobalNetworkPolicy", "g", selector="app == 'six'", types=["Ingress"],
               ingress=[allow(source={"selector": "app == 'web'"})])], [
        Asked("alpha/web -> beta/six TCP:80 v6", "allow", ALPHA, rule("allow", "GlobalNetworkPolicy/g")),
        Asked("alpha/db -> beta/six TCP:80 v6", "deny", ALPHA, end())]),
    ("5.1: an ipBlock of one family lets nothing of the other in", [
        kubernetes("k", "beta", "six", ingress=[{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}])], [
        Asked("alpha/web -> beta/six TCP:80 v6", "deny", ALPHA, end())]),
    ("4.6: a slice made by hand, of an address outside, not ready", [
        slice_of("ext", "beta", "203.0.113.7", 5432),
        policy("p", "alpha", "web", egress=[allow(destination={"services": {"name": "ext", "namespace": "beta"}})])], [
        Asked("alpha/web -> ip:203.0.113.7 TCP:5432", "allow", rule("allow", P)),
        Asked("alpha/web -> ip:203.0.113.7 TCP:5433", "deny", end()),
        Asked("alpha/web -> ip:203.0.113.7 UDP:5432", "deny", end())]),
    ("3.5: service accounts by name and by label, both", [of_accounts("web", "six")], [
        Asked(f"{API} TCP:80", "allow", ALPHA, rule("allow", "NetworkPolicy/beta/p")),
        Asked("alpha/db -> beta/api TCP:80", "deny", ALPHA, end()),
        Asked("beta/six -> beta/api TCP:80 v6", "deny", BETA, end())]),
    ("3.5: a name with a quote takes the labels with it", [of_accounts("it's")], [
        Asked("beta/six -> beta/api TCP:80 v6", "allow", BETA, rule("allow", "NetworkPolicy/beta/p")),
        Asked("ip:203.0.113.7 -> beta/api TCP:80", "deny", None, end())]),
    ("3.5: global() beside a selector", [*SETS,
        policy("p", "alpha", "web", egress=[
            allow(destination={"selector": "zone == 'x'", "namespaceSelector": "global()"})])], [
        Asked("alpha/web -> ip:203.0.113.7 TCP:80", "allow", rule("allow", P)),
        Asked("alpha/web -> ip:198.51.100.7 TCP:80", "deny", end())]),
    ("3.5: and without it the own namespace's set", [*SETS,
        policy("p", "alpha", "web", egress=[allow(destination={"selector": "zone == 'x'"})])], [
        Asked("alpha/web -> ip:203.0.113.7 TCP:80", "deny", end()),
        Asked("alpha/web -> ip:198.51.100.7 TCP:80", "allow", rule("allow", P))]),
    ("2.1: no order is last, and of equal names the cluster's is first", [
        policy("p", "alpha", "db", ingress=[deny()]),
        calico("GlobalNetworkPolicy", "p", selector="app == 'db'", types=["Ingress"], ingress=[allow(protocol="TCP")]),
        policy("z", "alpha", "db", order=5, ingress=[allow(protocol="UDP")])], [
        Asked("alpha/web -> alpha/db UDP:80", "allow", ALPHA, rule("allow", "NetworkPolicy/alpha/z")),
        Asked("alpha/web -> alpha/db TCP:80", "allow", ALPHA, rule("allow", "GlobalNetworkPolicy/p")),
        Asked("alpha/web -> alpha/db SCTP:80", "deny", ALPHA, rule("deny", P))]),
    ("5.2: networks beside namespaces, a named port beside a number", [SECOND], [
        Asked(f"{API} TCP:8080", "deny", by_cluster("deny", "second"), BETA),
        Asked(f"{API} TCP:443", "deny", by_cluster("deny", "second"), BETA),
        Asked("alpha/web -> ip:203.0.113.7 TCP:443", "deny", by_cluster("deny", "second")),
        Asked("alpha/web -> ip:203.0.113.7 TCP:8080", "allow", ALPHA),
        Asked(f"{API} UDP:8080", "allow", ALPHA, BETA)]),
    ("5.2: the smaller priority first", [SECOND, FIRST], [
        Asked(f"{API} TCP:443", "allow", by_cluster("allow", "first"), BETA),
        Asked(f"{API} TCP:8080", "deny", by_cluster("deny", "second"), BETA)]),
    ("5.1: endPort beside a named port, except inside a block", [
        kubernetes("k", "beta", "api", ingress=[{
            "from": [{"ipBlock": {"cidr": "192.168.0.0/16", "except": ["192.168.1.11/32"]}}],
            "ports": [{"protocol": "TCP", "port": "http"}, {"protocol": "TCP", "port": 9000, "endPort": 9010}]}])], [
        Asked(f"{API} TCP:8080", "allow", ALPHA, rule("allow", "KubernetesNetworkPolicy/beta/k", None)),
        Asked(f"{API} TCP:9010", "allow", ALPHA, rule("allow", "KubernetesNetworkPolicy/beta/k", None)),
        Asked(f"{API} TCP:9011", "deny", ALPHA, end()),
        Asked("alpha/db -> beta/api TCP:8080", "deny", ALPHA, end())]),
    ("1.4: lists that are empty are lists that are not there", [
        policy("p", "alpha", "web", types=[], ingress=[], egress=[allow(protocol="TCP")])], [
        Asked(f"{API} TCP:80", "allow", rule("allow", P), BETA),
        Asked(f"{API} UDP:80", "deny", end(), BETA),
        Asked("alpha/db -> alpha/web UDP:80", "allow", ALPHA, ALPHA)]),
    ("3.5: a label that is missing is missing at sets and host endpoints too", [*BROAD,
        policy("p", "alpha", "db", ingress=[
            deny(source={"selector": "!has(app)", "namespaceSelector": "team != 'red'"}), allow()])], [
        Asked("ip:198.51.100.7 -> alpha/db TCP:80", "deny", None, rule("deny", P)),
        Asked("host:n2 -> alpha/db TCP:80", "deny", OPEN_HOST, rule("deny", P)),
        Asked("ip:203.0.113.7 -> alpha/db TCP:80", "allow", None, rule("allow", P, 1)),
        Asked("beta/api -> alpha/db TCP:80", "allow", BETA, rule("allow", P, 1), (forwarded("forward-egress"),))]),
    ("2.5: encapsulated packets do not leave a pod, and may come to one", [], [
        Asked(f"{API} 4", "deny", ENCAP, BETA),
        Asked(f"{API} UDP:4789", "deny", ENCAP, BETA),
        Asked("alpha/web -> host:n1 UDP:4789", "deny", ENCAP),
        Asked("host:n1 -> beta/api UDP:4789", "allow", None, BETA),
        Asked("beta/agent -> alpha/web UDP:4789", "allow", None, ALPHA),
        Asked("ip:203.0.113.7 -> beta/api 4", "allow", None, BETA)]),
    ("1.5: a pod whose Namespace is not there", [pod("gamma/x", "n1", "192.168.1.99"),
        calico("NetworkPolicy", "p", "gamma", types=["Ingress"], ingress=[allow(protocol="UDP")])], [
        Asked("alpha/web -> gamma/x UDP:80", "allow", ALPHA, rule("allow", "NetworkPolicy/gamma/p")),
        Asked("gamma/x -> alpha/web TCP:80", "deny", profile("gamma", "deny"), ALPHA)]),
    ("3.5: three selectors of one policy are ANDed", [
        calico("GlobalNetworkPolicy", "g", selector="all()", namespaceSelector="team == 'red'",
               serviceAccountSelector="power == 'high'", types=["Egress"], egress=[deny()])], [
        Asked(f"{API} TCP:80", "deny", rule("deny", "GlobalNetworkPolicy/g"), BETA),
        Asked("beta/api -> alpha/web TCP:80", "allow", BETA, ALPHA)]),
    ("4.3: a named port that is not asked for, whoever exposes it", [
        policy("p", "alpha", "web", egress=[deny(protocol="TCP", destination={"notPorts": ["http"]}), allow()])], [
        Asked(f"{API} TCP:8080", "allow", rule("allow", P, 1), BETA),
        Asked(f"{API} TCP:80", "deny", rule("deny", P), BETA),
        Asked("alpha/web -> alpha/db TCP:80", "allow", rule("allow", P, 1), ALPHA),
        Asked("alpha/web -> ip:203.0.113.7 TCP:8080", "deny", rule("deny", P))]),
    ("4.3 with 3.5: a lone notSelector beside a named port in a global policy", [
        calico("GlobalNetworkPolicy", "g", selector="app == 'web'", types=["Egress"], egress=[
            allow(protocol="TCP", destination={"notSelector": "app == 'db'", "ports": ["http"]})])], [
        Asked(f"{API} TCP:8080", "allow", rule("allow", "GlobalNetworkPolicy/g"), BETA),
        Asked("alpha/web -> alpha/db TCP:80", "deny", end(), ALPHA),
        Asked("alpha/web -> ip:203.0.113.7 TCP:80", "deny", end())]),
    ("2.2 with 2.1: a tier that is not there is after one of any order, and denies", [
        calico("Tier", "late", order=20000000, defaultAction="Pass"),
        policy("gone.p", "alpha", "db", tier="gone", order=1, ingress=[allow(protocol="TCP")]),
        policy("late.p", "alpha", "db", tier="late", order=9, ingress=[deny(protocol="TCP")])], [
        Asked("alpha/web -> alpha/db TCP:80", "deny", ALPHA, rule("deny", "NetworkPolicy/alpha/late.p", 0, "late")),
        Asked("alpha/web -> alpha/db UDP:80", "deny", ALPHA, end("gone"))]),
    ("4.4: a type with a code is that code", [
        policy("p", "alpha", "web", egress=[allow(protocol="ICMP", icmp={"type": 3, "code": 1}),
                                            allow(protocol="ICMP", notICMP={"type": 3, "code": 4})])], [
        Asked(f"{API} ICMP:3/1", "allow", rule("allow", P), BETA),
        Asked(f"{API} ICMP:3/0", "allow", rule("allow", P, 1), BETA),
        Asked(f"{API} ICMP:3/4", "deny", end(), BETA)]),
    ("4.4: a type is asked of the family's own ICMP alone, by number too", [
        policy("p", "alpha", "web", egress=[allow(protocol=1, icmp={"type": 8}),
                                            allow(protocol=58, notICMP={"type": 128})])], [
        Asked(f"{API} 1:8/0", "allow", rule("allow", P), BETA),
        Asked(f"{API} 1:8/0 v6", "deny", end(), BETA),
        Asked(f"{API} 58:129/0 v6", "allow", rule("allow", P, 1), BETA),
        Asked(f"{API} 58:129/0", "deny", end(), BETA)]),
    ("2.1: of equal orders the name, then the namespace", [
        policy("b", "alpha", "db", order=1, ingress=[allow(protocol="TCP")]),
        calico("GlobalNetworkPolicy", "c", selector="app == 'db'", order=1, types=["Ingress"], ingress=[deny()])], [
        Asked("alpha/web -> alpha/db TCP:80", "allow", ALPHA, rule("allow", "NetworkPolicy/alpha/b")),
        Asked("alpha/web -> alpha/db UDP:80", "deny", ALPHA, rule("deny", "GlobalNetworkPolicy/c"))]),
    ("4.3 with 3.5: a set lends its address to a selector, not the pod's ports", [
        calico("NetworkSet", "s", "alpha", {"app": "other"}, nets=["192.168.1.11/32"]),
        policy("p", "alpha", "web", egress=[
            allow(protocol="TCP", destination={"selector": "app == 'other'", "ports": ["http"]}),
            allow(protocol="TCP", destination={"selector": "app == 'other'", "ports": [81]})])], [
        Asked("alpha/web -> alpha/db TCP:80", "deny", end(), ALPHA),
        Asked("alpha/web -> alpha/db TCP:81", "allow", rule("allow", P, 1), ALPHA)]),
    ("2.3: Pass after Log leaves the tier, whatever stands behind it", [
        calico("Tier", "sec", order=5),
        policy("sec.a", "alpha", "db", tier="sec", order=1, ingress=[{"action": "Log"}, {"action": "Pass"}]),
        policy("sec.b", "alpha", "db", tier="sec", order=2, ingress=[deny()]),
        policy("p", "alpha", "db", ingress=[allow(protocol="TCP")])], [
        Asked("alpha/web -> alpha/db TCP:80", "allow", ALPHA, rule("allow", P)),
        Asked("alpha/web -> alpha/db UDP:80", "deny", ALPHA, end())]),
]  # fmt: skip

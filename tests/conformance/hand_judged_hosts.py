"""Rows about host endpoints; how to read one stands in `hand_judged`."""

from __future__ import annotations

from typing import Final

from tests.conformance.hand_judged import (
    ALPHA,
    BETA,
    Asked,
    at,
    calico,
    end,
    failsafe,
    forwarded,
    host_endpoint,
    on_hosts,
    rule,
)
from tests.conformance.hand_judged_pods import Row, allow, deny, policy

NAMED: Final = allow(protocol="TCP", destination={"ports": ["http"]})
OUT: Final = "ip:203.0.113.7"
OPEN: Final = ["projectcalico-default-allow"]
BY_DEFAULT = at({"verdict": "allow", "reason": "profile", "profile": OPEN[0]}, "normal")
NOTHING_ALLOWS = at({"verdict": "deny", "reason": "no-profile"}, "normal")
PORTS: Final = [{"name": "http", "protocol": "TCP", "port": 8080}]


def of_hosts(
    verdict: str, name: str, stage: str, index: int = 0, host: str = "h2", on: str = "n2"
) -> dict[str, object]:
    return at(rule(verdict, f"GlobalNetworkPolicy/{name}", index), stage, host, on)


ROWS: Final[list[Row]] = [
    ("2.6: failsafe ports pass preDNAT policy on the way to a pod too", [
        host_endpoint(), on_hosts("p", [deny()], preDNAT=True, applyOnForward=True)], [
        Asked(f"{OUT} -> beta/api TCP:22", "allow", None, BETA, (forwarded("forward-ingress"),)),
        Asked(f"{OUT} -> beta/api TCP:80", "deny", None, BETA, (of_hosts("deny", "p", "preDNAT"),))]),
    ("2.6 with 4.3: named ports of pods in policy on what is forwarded", [
        host_endpoint(), on_hosts("f", [NAMED], applyOnForward=True)], [
        Asked(f"{OUT} -> beta/api TCP:8080", "allow", None, BETA, (of_hosts("allow", "f", "forward-ingress"),)),
        Asked(f"{OUT} -> beta/api TCP:8081", "deny", None, BETA, (at(end(), "forward-ingress"),)),
        Asked(f"{OUT} -> host:n2 TCP:8080", "deny", None, at(end(), "normal"))]),
    ("2.6 with 4.3: and of the host endpoint itself", [
        host_endpoint(expectedIPs=["10.0.0.2"], ports=PORTS), on_hosts("f", [NAMED], applyOnForward=True)], [
        Asked(f"{OUT} -> host:n2 TCP:8080", "allow", None, of_hosts("allow", "f", "normal")),
        Asked(f"{OUT} -> beta/agent TCP:8080", "allow", None, of_hosts("allow", "f", "normal")),
        Asked(f"{OUT} -> host:n2 UDP:8080", "deny", None, at(end(), "normal"))]),
    ("2.6: what preDNAT policy allows is not asked what is forwarded", [
        host_endpoint(), on_hosts("p", [NAMED], preDNAT=True, applyOnForward=True),
        on_hosts("f", [], applyOnForward=True)], [
        Asked(f"{OUT} -> beta/api TCP:8080", "allow", None, BETA, (of_hosts("allow", "p", "preDNAT"),)),
        Asked(f"{OUT} -> beta/api TCP:8081", "deny", None, BETA, (at(end(), "forward-ingress"),))]),
    ("2.6: preDNAT and forward policy, a staged one between them, and the pod's own", [
        host_endpoint(), on_hosts("p", [NAMED], preDNAT=True, applyOnForward=True),
        calico("StagedGlobalNetworkPolicy", "a", selector="all()", types=["Ingress"], ingress=[deny()]),
        policy("q", "beta", "api", ingress=[deny(protocol="TCP", destination={"ports": ["http"]}), allow()])], [
        Asked(f"{OUT} -> beta/api TCP:8080", "deny", None, rule("deny", "NetworkPolicy/beta/q"),
              (of_hosts("allow", "p", "preDNAT"),)),
        Asked(f"{OUT} -> beta/api TCP:8081", "allow", None, rule("allow", "NetworkPolicy/beta/q", 1),
              (forwarded("forward-ingress"),))]),
    ("2.6: untracked policy lets through what is forwarded, the pod is asked all the same", [
        host_endpoint(), on_hosts("u", [NAMED], doNotTrack=True, applyOnForward=True),
        on_hosts("f", [], applyOnForward=True)], [
        Asked(f"{OUT} -> beta/api TCP:8080", "allow", None, BETA, (of_hosts("allow", "u", "untracked-ingress"),)),
        Asked(f"{OUT} -> beta/api TCP:81", "deny", None, BETA, (at(end(), "forward-ingress"),))]),
    ("2.6: by one endpoint in, by another out", [
        host_endpoint("star", "n1", interfaceName="*"), host_endpoint("outer", "n1"),
        on_hosts("f", [allow(protocol="UDP"), allow()], applyOnForward=True, types=["Ingress", "Egress"],
                 egress=[deny(protocol="UDP"), allow()])], [
        Asked(f"alpha/web -> {OUT} TCP:80", "allow", ALPHA, None,
              (of_hosts("allow", "f", "forward-ingress", 1, "star", "n1"),
               of_hosts("allow", "f", "forward-egress", 1, "outer", "n1"))),
        Asked("alpha/web -> alpha/db UDP:80", "deny", ALPHA, ALPHA,
              (of_hosts("allow", "f", "forward-ingress", 0, "star", "n1"),
               of_hosts("deny", "f", "forward-egress", 0, "star", "n1")))]),
    ("2.5: a pod on the host's network is its node", [host_endpoint()], [
        Asked("beta/agent -> alpha/web TCP:80", "deny", NOTHING_ALLOWS, ALPHA),
        Asked("beta/agent -> beta/api TCP:80", "allow", note="host-to-local-pod"),
        Asked(f"{OUT} -> beta/agent TCP:22", "allow", None, failsafe()),
        Asked("beta/api -> beta/agent TCP:80", "allow", BETA)]),
    ("2.6: failsafe ports of the way out", [host_endpoint()], [
        Asked(f"host:n2 -> {OUT} UDP:53", "allow", failsafe()),
        Asked(f"host:n2 -> {OUT} TCP:53", "deny", NOTHING_ALLOWS)]),
    ("3.5: a host endpoint that poses as one of a namespace", [
        host_endpoint(labels={"host": "n2", "projectcalico.org/namespace": "alpha"}, expectedIPs=["10.0.0.2"],
                      profiles=OPEN),
        policy("p", "alpha", "web", ingress=[allow(source={"selector": "host == 'n2'"})])], [
        Asked("host:n2 -> alpha/web TCP:80", "allow", BY_DEFAULT, rule("allow", "NetworkPolicy/alpha/p"))]),
    ("3.5: and one that does not", [
        host_endpoint(expectedIPs=["10.0.0.2"], profiles=OPEN),
        policy("p", "alpha", "web", ingress=[allow(source={"selector": "host == 'n2'"})])], [
        Asked("host:n2 -> alpha/web TCP:80", "deny", BY_DEFAULT, end())]),
    ("3.5: a namespace's profile brings its labels, and policy by them", [
        host_endpoint(profiles=["kns.alpha"]),
        calico("GlobalNetworkPolicy", "g", namespaceSelector="team == 'red'", types=["Ingress"],
               ingress=[deny(protocol="TCP"), {"action": "Pass"}])], [
        Asked(f"{OUT} -> host:n2 TCP:80", "deny", None, of_hosts("deny", "g", "normal")),
        Asked(f"{OUT} -> host:n2 TCP:22", "allow", None, failsafe()),
        Asked(f"{OUT} -> host:n2 UDP:80", "allow", None, at(ALPHA, "normal"))]),
    ("2.6: preDNAT policy of all interfaces asks what a pod sends to its own node", [
        host_endpoint(interfaceName="*"), on_hosts("p", [deny()], preDNAT=True, applyOnForward=True)], [
        Asked("beta/api -> host:n2 TCP:80", "deny", BETA, None, (of_hosts("deny", "p", "preDNAT"),)),
        Asked("beta/api -> host:n2 TCP:22", "allow", BETA)]),
    ("2.6: one policy at the host endpoint and at the pod", [
        host_endpoint(),
        calico("GlobalNetworkPolicy", "g", selector="all()", applyOnForward=True, types=["Ingress"],
               ingress=[allow(source={"nets": ["203.0.113.0/24"]})])], [
        Asked(f"{OUT} -> beta/api TCP:80", "allow", None, rule("allow", "GlobalNetworkPolicy/g"),
              (of_hosts("allow", "g", "forward-ingress"),)),
        Asked("alpha/web -> beta/api TCP:80", "deny", ALPHA, end(), (at(end(), "forward-ingress"),))]),
    ("2.6: untracked policy of the way out", [
        host_endpoint(profiles=OPEN),
        on_hosts("u", [], doNotTrack=True, applyOnForward=True, types=["Egress"], egress=[deny(protocol="TCP")])], [
        Asked(f"host:n2 -> {OUT} TCP:80", "deny", None, None, (of_hosts("deny", "u", "untracked-egress"),)),
        Asked(f"host:n2 -> {OUT} UDP:80", "allow", BY_DEFAULT)]),
    ("2.6: forward policy of one direction leaves the other to the kernel", [
        host_endpoint(),
        on_hosts("f", [], applyOnForward=True, types=["Egress"], egress=[allow(protocol="TCP")])], [
        Asked(f"{OUT} -> beta/api UDP:53", "allow", None, BETA),
        Asked(f"beta/api -> {OUT} UDP:53", "deny", BETA, None, (at(end(), "forward-egress"),)),
        Asked(f"beta/api -> {OUT} TCP:53", "allow", BETA, None, (of_hosts("allow", "f", "forward-egress"),))]),
]  # fmt: skip

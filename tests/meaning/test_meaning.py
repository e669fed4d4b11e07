"""What an intent means, sentence by sentence of the product's description; no policy and no engine takes part."""

from __future__ import annotations

import pytest

from tests.meaning.told import P, Told

WEB, CART, OTHER = P("shop", "app=web"), P("shop", "app=cart"), P("shop", "app=other")
PODS = {
    "web": WEB,
    "cart": CART,
    "other": OTHER,
    "elsewhere": P("far", "app=web"),
    "cart elsewhere": P("far", "app=cart"),
}
NEEDS = """
    services:
      web: {ports: [8080], needs: [cart, {service: orders, namespace: billing, ports: [8443]}]}
      cart: {ports: [7070, 53/UDP]}
"""
BOTH, OUT, IN, NEITHER = "out in", "out", "in", ""
Question = tuple[str, str, str, str]


def check(told: Told, *questions: Question) -> None:
    found = [(*question[:3], told.at_ends(*question[:3])) for question in questions]
    assert found == list(questions)


def test_a_need_is_allowed_at_both_ends_and_nothing_else_is() -> None:
    told = Told(NEEDS, {**PODS, "orders": P("billing", "app=orders"), "other orders": P("billing", "app=other")})
    check(
        told,
        ("web", "cart", "7070", BOTH),
        ("web", "cart", "53/UDP", BOTH),
        ("web", "cart", "53", NEITHER),
        ("web", "cart", "7071", NEITHER),
        ("cart", "web", "8080", NEITHER),
        ("other", "cart", "7070", NEITHER),
        ("web", "cart", "ping", NEITHER),
        ("elsewhere", "cart", "7070", OUT),  # of a pod that is not owned nothing is said
        ("web", "cart elsewhere", "7070", IN),
        ("web", "orders", "8443", BOTH),  # the callee is elsewhere: only the caller's end is the intent's
        ("web", "orders", "8444", IN),
        ("web", "other orders", "8443", IN),
    )


def test_self_and_service_accounts() -> None:
    pods = {"a": P("shop", "app=web", "x"), "b": P("shop", "app=web", "x"), "c": P("shop", "app=web", "y")}
    told = Told("services: {web: {ports: [1], needs: [self], serviceAccount: x}}", pods)
    check(told, ("a", "b", "1", BOTH), ("a", "a", "1", BOTH), ("a", "c", "1", NEITHER), ("c", "a", "1", NEITHER))


def test_a_named_port_means_the_pods_that_have_it() -> None:
    text = "services: {web: {needs: [cart]}, cart: {ports: [metrics, dns/UDP]}}"
    pods = {
        "web": WEB,
        "one": P("shop", "app=cart", ports=(("metrics", "TCP", 9100),)),
        "two": P("shop", "app=cart", ports=(("metrics", "TCP", 9200), ("dns", "UDP", 53))),
        "udp": P("shop", "app=cart", ports=(("metrics", "UDP", 9100),)),
        "none": CART,
    }
    check(
        Told(text, pods),
        ("web", "one", "9100", BOTH),
        ("web", "one", "9200", NEITHER),
        ("web", "two", "9200", BOTH),
        ("web", "two", "53/UDP", BOTH),
        ("web", "two", "53", NEITHER),
        ("web", "udp", "9100", NEITHER),
        ("web", "udp", "9100/UDP", NEITHER),
        ("web", "none", "9100", NEITHER),
    )


EXPOSED = """
    services:
      web: {{ports: [8080, 9090], exposed: {exposed}}}
    owns: [entry]
    cluster:
      ingress: {{namespace: entry, select: {{app: door}}}}
      nodes: [192.168.10.0/24]
      apiServer: [192.168.11.5]
"""


@pytest.mark.parametrize(
    ("exposed", "door", "public", "named", "node", "api_server"),
    [
        ("{by: ingress, ports: [8080]}", BOTH, OUT, OUT, OUT, OUT),
        ("{by: loadbalancer, ports: [8080]}", NEITHER, BOTH, BOTH, BOTH, BOTH),
        ("{by: nodeport, cidrs: [192.0.2.0/24], ports: [8080]}", NEITHER, OUT, BOTH, OUT, OUT),
        ("{by: cidrs, cidrs: [192.0.2.0/24], ports: [8080]}", NEITHER, OUT, BOTH, OUT, OUT),
        ("{by: apiserver, ports: [8080]}", NEITHER, OUT, OUT, BOTH, BOTH),
        ("{by: apiserver, from: {namespace: entry, select: {app: door}}, ports: [8080]}", BOTH, OUT, OUT, OUT, OUT),
    ],
)
def test_who_reaches_an_exposed_service(
    exposed: str, door: str, public: str, named: str, node: str, api_server: str
) -> None:
    told = Told(
        EXPOSED.format(exposed=exposed),
        {"web": WEB, "door": P("entry", "app=door"), "same elsewhere": P("far", "app=door")},
        ["198.51.100.1", "192.0.2.1", "192.168.10.7", "192.168.11.5"],
    )
    check(
        told,
        ("door", "web", "8080", door),
        ("198.51.100.1", "web", "8080", public),
        ("192.0.2.1", "web", "8080", named),
        ("192.168.10.7", "web", "8080", node),
        ("192.168.11.5", "web", "8080", api_server),
        ("same elsewhere", "web", "8080", OUT),
        ("198.51.100.1", "web", "9090", OUT),
    )


EXTERNALS = """
    services:
      web: {{needs: [it]}}
      squid: {{ports: [3128]}}
    externals:
      it: {it}
      way-out: {{cidrs: [10.8.8.8/32], ports: [8888]}}
    lock: lock.yaml
    cluster: {{pods: [20.0.0.0/8]}}
"""
LOCK = """
version: 1
domains:
  API.cards.example.:
    addresses:
    - {address: 52.0.0.1, firstSeen: 2026-01-01, lastSeen: 2026-01-02}
    - {address: 127.0.0.1, firstSeen: 2026-01-01, lastSeen: 2026-01-02}
"""
ADDRESSES = (
    "52.0.0.1", "52.0.0.2", "127.0.0.1", "10.1.2.3", "20.1.2.3", "169.254.169.254", "53.1.2.3", "10.8.8.8",
    "198.18.0.1",
)  # fmt: skip


@pytest.mark.parametrize(
    ("it", "reached"),
    [
        ("{cidrs: [52.0.0.0/31], ports: [443]}", {"52.0.0.1"}),
        ("{anywhere: true, ports: [443]}", {"52.0.0.1", "52.0.0.2", "53.1.2.3", "198.18.0.1"}),
        ("{domains: [api.cards.example], ports: [443]}", {"52.0.0.1"}),
        (
            "{domains: [api.cards.example], cidrs: [10.1.2.3/32], ports: [443], strategy: lock}",
            {"52.0.0.1", "10.1.2.3"},
        ),
        ("{domains: [api.cards.example], ports: [443], strategy: ranges, ranges: list.txt}", {"52.0.0.2", "53.1.2.3"}),
        ("{domains: [api.cards.example], ports: [443], strategy: ranges, ranges: list.json}", {"52.0.0.2", "53.1.2.3"}),
        ('{domains: ["*.cards.example"], ports: [443], strategy: enterprise}', {"198.18.0.1"}),
        ("{domains: [a.example], cidrs: [52.0.0.2/32], ports: [443], strategy: proxy, proxy: squid}", {"52.0.0.2"}),
        ("{domains: [a.example], ports: [443], strategy: proxy, proxy: way-out}", set()),
    ],
)
def test_what_an_external_stands_for(it: str, reached: set[str]) -> None:
    files = {
        "lock.yaml": LOCK,
        "list.txt": "# ranges\n52.0.0.2 ; one\n53.1.0.0-53.1.255.255\n",
        "list.json": '{"v": "1.2.3.4", "prefixes": [{"ip": "52.0.0.2/32"}], "more": ["53.1.2.3", {"a": "52.0.0.1"}]}',
    }
    told = Told(EXTERNALS.format(it=it), {"web": WEB, "squid": P("shop", "app=squid")}, ADDRESSES, files=files)
    assert {text for text in ADDRESSES if told.at_ends("web", text, "443") == BOTH} == reached
    by_service, by_external = "proxy: squid" in it, "proxy: way-out" in it
    check(
        told,
        ("web", "squid", "3128", BOTH if by_service else NEITHER),
        ("web", "squid", "443", NEITHER),
        ("web", "10.8.8.8", "8888", BOTH if by_external else IN),
        ("web", "10.8.8.8", "443", IN),
    )


def test_shared_services_exceptions_and_isolation() -> None:
    text = """
        services: {web: {}, cart: {namespace: goods, ports: [7070]}}
        owns: [tools]
        shared:
          scraper: {from: {namespace: tools, select: {app: scraper}}, to: all, ports: [9100]}
          backup: {from: {namespace: far, select: {app: backup}}, to: [cart], ports: [22]}
        exceptions:
        - {from: web, to: {namespace: tools, select: {app: old}}, ports: [1], owner: a, until: 2020-01-01, reason: b}
        - {from: web, to: cart, owner: a, until: 2099-01-01, reason: b}
        - {from: web, to: {cidrs: [10.1.1.0/24]}, ports: [2], owner: a, until: 2099-01-01, reason: b}
        isolation: namespace
    """
    pods = {
        "web": WEB, "cart": P("goods", "app=cart"), "any": P("goods"), "scraper": P("tools", "app=scraper"),
        "backup": P("far", "app=backup"), "old": P("tools", "app=old"), "far": P("far"),
    }  # fmt: skip
    check(
        Told(text, pods, ["10.1.1.9"]),
        ("scraper", "web", "9100", BOTH),
        ("scraper", "any", "9100", BOTH),
        ("scraper", "any", "9101", NEITHER),
        ("scraper", "far", "9100", IN),
        ("backup", "cart", "22", BOTH),
        ("backup", "any", "22", OUT),
        ("web", "old", "1", BOTH),  # expired, and still in the intent
        ("web", "cart", "7070", BOTH),
        ("web", "10.1.1.9", "2", BOTH),
        ("any", "cart", "ping", BOTH),  # inside one namespace everything may talk
        ("cart", "any", "47", BOTH),
        ("web", "any", "9100", NEITHER),
    )


def test_dns_and_who_asks_for_it() -> None:
    text = """
        services: {web: {}, cart: {dns: false}}
        cluster: {nodeLocalDns: [169.254.20.10], dns: [10.96.0.10]}
    """
    pods = {**PODS, "dns": P("kube-system", "k8s-app=kube-dns"), "false friend": P("shop", "k8s-app=kube-dns")}
    told = Told(text, pods, ["169.254.20.10", "10.96.0.10", "10.96.0.11"])
    for asking, found in (("web", BOTH), ("other", BOTH), ("cart", IN)):
        check(
            told,
            (asking, "dns", "53/UDP", found),
            (asking, "dns", "53", found),
            (asking, "dns", "54", IN),
            (asking, "169.254.20.10", "53/UDP", found),
            (asking, "10.96.0.10", "53/UDP", found),
            (asking, "10.96.0.11", "53/UDP", IN),
            (asking, "false friend", "53/UDP", NEITHER),
        )


def test_a_resolver_on_the_nodes_network_is_known_by_its_service() -> None:
    backends = {"192.168.1.1": ("default", "kubernetes", "TCP", 6443)}
    told = Told("services: {web: {needs: [kubernetes-api]}}", PODS, ["192.168.1.1"], backends=backends)
    check(
        told,
        ("web", "192.168.1.1", "6443", BOTH),
        ("web", "192.168.1.1", "443", IN),
        ("other", "192.168.1.1", "6443", IN),
    )


def test_guardrails_and_what_is_left_open() -> None:
    text = """
        services: {web: {needs: [wide, named]}, cart: {needs: [wide]}, other: {needs: [inside]}}
        externals:
          wide: {cidrs: [169.0.0.0/8], ports: [80, 81]}
          named: {cidrs: [169.254.1.0/24], ports: [80]}
          unused: {cidrs: [169.254.3.1/32], ports: [80]}
          inside: {cidrs: [169.254.2.2/32], ports: [80]}
    """
    told = Told(text, PODS, ["169.1.1.1", "169.254.1.9", "169.254.3.1", "169.254.2.2"])
    check(
        told,
        ("web", "169.1.1.1", "80", BOTH),
        ("web", "169.254.1.9", "80", BOTH),
        ("web", "169.254.1.9", "81", IN),  # open is the port that was named, no other
        ("web", "169.254.3.1", "80", IN),  # nobody needs what would name it
        ("other", "169.254.2.2", "80", BOTH),
    )
    off = Told(text + "\n        layers: {guardrails: off}", PODS, ["169.254.3.1"])
    check(off, ("web", "169.254.3.1", "80", BOTH))


def test_threat_feeds_both_ways_and_what_they_never_hold() -> None:
    text = """
        services:
          web: {ports: [8080], exposed: {by: loadbalancer}, needs: [out, own]}
        externals:
          out: {anywhere: true, ports: [443]}
          own: {cidrs: [46.9.9.9/32], ports: [443]}
        threatFeeds: {list: {file: list.netset}, other: {ownedBy: platform-team}}
        cluster: {nodes: [46.8.8.0/24]}
    """
    files = {"list.netset": "# bad\n46.0.0.0/8\n10.0.0.0/8\n"}
    told = Told(text, PODS, ["46.1.1.1", "46.9.9.9", "46.8.8.8", "45.1.1.1", "45.1.1.2", "10.1.1.1"], files=files)
    check(
        told,
        ("web", "46.1.1.1", "443", IN),
        ("46.1.1.1", "web", "8080", OUT),
        ("web", "46.9.9.9", "443", BOTH),  # what the intent names is never denied by a feed
        ("46.8.8.8", "web", "8080", BOTH),
        ("web", "45.1.1.1", "443", IN),
        ("web", "45.1.1.2", "443", BOTH),
        ("10.1.1.1", "web", "8080", BOTH),
    )


def test_what_a_pod_encapsulates_itself_never_leaves() -> None:
    told = Told("services: {web: {needs: [cart]}, cart: {ports: [4789/UDP, 4789]}}", PODS)
    check(told, ("web", "cart", "4789/UDP", IN), ("web", "cart", "4789", BOTH))


def test_the_cluster_is_every_namespace_but_the_platforms() -> None:
    text = "owns: cluster\nservices: {web: {}}"
    told = Told(text, {**PODS, "system": P("kube-system")})
    check(told, ("elsewhere", "web", "1", NEITHER), ("system", "web", "1", OUT), ("elsewhere", "system", "1", IN))


def test_both_families() -> None:
    text = "services: {web: {needs: [it]}}\nexternals: {it: {anywhere: true, ports: [443]}}"
    told = Told(text, PODS, ["2001:db8::1", "fd00::1", "fe80::1"], family=6)
    check(
        told,
        ("web", "2001:db8::1", "443", BOTH),
        ("web", "fd00::1", "443", IN),
        ("web", "fe80::1", "443", IN),
    )

"""Corners that no vector decides, each with its opposite: a fault planted there passes all of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.obvious import answer_flow, read_cluster

V3 = "projectcalico.org/v3"
WEB, API, NODE = "10.1.0.1", "10.1.0.2", "192.0.2.1"


def pod(name: str, ip: str, *ports: dict[str, Any], **labels: str) -> dict[str, Any]:
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "labels": labels},
        "spec": {
            "nodeName": "n1",
            "serviceAccountName": "default",
            "containers": [{"name": "c", "ports": list(ports)}],
        },
        "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}]},
    }


def calico(
    kind: str, name: str, namespace: str = "", labels: dict[str, str] | None = None, **spec: Any
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "labels": labels or {}}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": V3, "kind": kind, "metadata": metadata, "spec": spec}


BASE = [
    {"kind": "Node", "metadata": {"name": "n1"}, "status": {"addresses": [{"type": "InternalIP", "address": NODE}]}},
    {"kind": "Namespace", "metadata": {"name": "shop", "labels": {}}},
    {"kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "shop"}},
    pod("web", WEB, {"name": "http", "containerPort": 8080}, app="web"),
    pod("api", API, app="api"),
]


def ask(objects: list[dict[str, Any]], src: str, dst: str, port: int = 80, protocol: str = "TCP") -> dict[str, Any]:
    flow = {"src": src, "dst": dst, "family": 4, "protocol": protocol, "sport": 40000, "dport": port}
    return answer_flow(read_cluster([*BASE, *objects]), flow)


def host_endpoint(name: str = "h", labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return calico("HostEndpoint", name, labels=labels or {"h": "y"}, **{"node": "n1", "interfaceName": "eth0", **spec})


@pytest.mark.parametrize(("app", "verdict"), [("web", "allow"), ("other", "deny")])
def test_a_named_port_is_that_of_the_selected_object_and_not_of_another_with_its_address(
    app: str, verdict: str
) -> None:
    """calico.md 4.3: the endpoint must satisfy the selector and expose the port, though both have the address."""
    rule = {"action": "Allow", "protocol": "TCP", "destination": {"selector": f"app == '{app}'", "ports": ["http"]}}
    objects = [
        calico("NetworkSet", "s", "shop", {"app": "other"}, nets=[f"{WEB}/32"]),
        calico("NetworkPolicy", "p", "shop", selector="app == 'api'", types=["Egress"], egress=[rule]),
    ]
    assert ask(objects, "shop/api", "shop/web", 8080)["verdict"] == verdict


@pytest.mark.parametrize(
    ("profiles", "verdict", "reason"),
    [
        (["kns.shop"], "allow", "profile"),
        (["ksa.shop.default"], "deny", "no-profile"),
        (["ksa.shop.default", "projectcalico-default-allow"], "allow", "profile"),
        (["ksa.shop.absent", "projectcalico-default-allow"], "deny", "profile"),
        ([], "deny", "no-profile"),
    ],
)
def test_profiles_of_a_host_endpoint(profiles: list[str], verdict: str, reason: str) -> None:
    """calico.md 1.5: a service account's profile has no rules; for a missing one Felix takes one that denies."""
    ingress = ask([host_endpoint(profiles=profiles)], "ip:203.0.113.7", "host:n1")["ingress"]
    assert (ingress["verdict"], ingress["reason"]) == (verdict, reason)


@pytest.mark.parametrize(("both", "stage"), [(True, "untracked-ingress"), (False, "preDNAT")])
def test_do_not_track_goes_before_pre_dnat_in_one_policy(both: bool, stage: str) -> None:
    """calico.md 2.6: exactly one class."""
    spec: dict[str, Any] = {"selector": "h == 'y'", "preDNAT": True, "applyOnForward": True, "types": ["Ingress"]}
    policy = calico("GlobalNetworkPolicy", "p", **spec, doNotTrack=both, ingress=[{"action": "Deny"}])
    answer = ask([host_endpoint(), policy], "ip:203.0.113.7", "host:n1")
    assert [found["stage"] for found in answer["host"]] == [stage]


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_of_two_host_endpoints_the_lowest_name_governs_whatever_the_order_of_objects(names: tuple[str, str]) -> None:
    answer = ask([host_endpoint(name) for name in names], "ip:203.0.113.7", "host:n1")
    assert answer["ingress"]["endpoint"] == "HostEndpoint/a"


@pytest.mark.parametrize(
    ("rule", "absent"),
    [
        ({"protocol": "TCP", "destination": {"ports": ["http"]}}, False),
        ({"protocol": "TCP", "destination": {"ports": ["p80-90"]}}, False),
        ({"protocol": "TCP", "destination": {"ports": ["80-90"]}}, True),
        ({"protocol": "TCP", "destination": {"ports": ["HTTP"]}}, True),
        ({"protocol": "TCP", "destination": {"ports": ["sixteen-letters-"]}}, True),
        ({"protocol": "TCP", "destination": {"ports": [0]}}, True),
        ({"protocol": "TCP", "source": {"notPorts": ["0:5"]}}, True),
        ({"protocol": "TPC"}, True),
        ({"notProtocol": "TPC"}, True),
        ({"protocol": "ICMP", "destination": {"ports": ["http"]}}, True),
        ({"destination": {"notPorts": [80]}}, True),
        ({"destination": {"notPorts": ["http"]}}, False),
        ({"source": {"notSelector": "a = 'b'"}}, True),
        ({"source": {"nets": ["10.0.0.1/8", "fd00::1", "example.com"]}}, False),
        ({"source": {"serviceAccounts": {"names": ["it's"]}}}, False),
    ],
)
def test_what_felix_refuses_leaves_the_pod_open(rule: dict[str, Any], absent: bool) -> None:
    """calico.md 7.3 and dataplane.md 3: the policy counts as absent, so its end of tier denies nothing."""
    policy = calico("NetworkPolicy", "p", "shop", types=["Egress"], egress=[{"action": "Log", **rule}])
    cluster = read_cluster([*BASE, policy])
    assert cluster.absent == (("NetworkPolicy/shop/p",) if absent else ())
    egress = ask([policy], "shop/web", "ip:203.0.113.7")["egress"]
    assert egress["reason"] == ("profile" if absent else "end-of-tier")


@pytest.mark.parametrize(("applies", "stages"), [(True, ["forward-ingress"]), (False, [])])
def test_a_namespaced_policy_that_selects_a_posing_host_endpoint_polices_what_is_forwarded(
    applies: bool, stages: list[str]
) -> None:
    """calico.md 3.5: the label poses as a namespace; conversion gives namespaced policies applyOnForward."""
    objects = [
        host_endpoint(labels={"projectcalico.org/namespace": "shop" if applies else "other"}),
        calico("NetworkPolicy", "p", "shop", selector="!has(app)", types=["Ingress"]),
    ]
    answer = ask(objects, "ip:203.0.113.7", "shop/web")
    found = [stage["stage"] for stage in answer.get("host", ()) if stage["reason"] != "forward-default"]
    assert found == stages


def test_inside_a_node_only_a_host_endpoint_of_all_interfaces_governs() -> None:
    """dataplane.md 3: `*` includes the loopback."""
    deny = calico("GlobalNetworkPolicy", "p", selector="h == 'y'", types=["Ingress"])
    allowed = ["projectcalico-default-allow"]
    for interface, verdict in (("*", "deny"), ("eth0", "allow")):
        objects = [deny, host_endpoint(interfaceName=interface, profiles=allowed)]
        assert ask(objects, "host:n1", "host:n1")["verdict"] == verdict


def test_an_object_that_calico_cannot_decode_gives_no_verdict_at_all() -> None:
    policy = calico("NetworkPolicy", "p", "shop", egress=[{"action": "Deny", "protocol": 300}])
    with pytest.raises(ValueError, match="300"):
        read_cluster([*BASE, policy])


@pytest.mark.parametrize("end", ["shop/absent", "host:absent"])
def test_an_end_that_does_not_exist_gives_no_verdict(end: str) -> None:
    with pytest.raises(ValueError, match=r"no pod|no address"):
        ask([], end, "shop/web")

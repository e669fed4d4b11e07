"""What a partial snapshot does not tell is unknown, never met, and each reason is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.expect.addresses import Addresses
from generator.packets.addresses import AddressSet
from generator.packets.intervals import Intervals
from generator.packets.transport import TCP, TransportSet
from tests.expect.small_worlds import NODES, deployment, judged, outcomes, policy
from tests.faults.expect import FAULTS_OF_THE_UNKNOWN, Fault, each

WEB, CART, DB = (deployment(name) for name in ("web", "cart", "db"))
WEB_TO = "{from: {namespace: shop, select: {app: web}}, to: %s}"
NETS = """[{action: Allow, source: {nets: ["10.0.0.0/8", "fd00::/8"]}}]"""
FROM_NETS = policy("from-nets", f"{{selector: app == 'cart', ingress: {NETS}}}")
HOSTS = """
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: h1, labels: {host: "yes"}}
spec: {node: n1, expectedIPs: [10.0.0.1]}
---"""
HOST_DENIES = """
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: hosts}
spec: {selector: has(host), types: [Ingress], ingress: [{action: Deny}]}
---"""
ON_FORWARD = HOST_DENIES.replace("types:", "applyOnForward: true, types:").replace("Deny}", "Allow}")


def an_unknown_address_behind_a_rule(folder: Path) -> None:
    for key in ("must", "mustNot"):
        ends = WEB_TO % "{namespace: shop, select: {app: cart}}, ports: [8080]"
        (found,) = judged(folder, WEB + CART + FROM_NETS, f"{{{key}: [{ends}]}}")
        assert found.outcome == "unknown"
        assert "address" in found.why
        assert found.breaches[0].verdict.verdict == "unknown"


def an_unknown_address_in_a_range(folder: Path) -> None:
    ends = WEB_TO % "10.0.0.0/8, exceptTo: [outside]"
    (found,) = judged(folder, WEB + CART, f"{{mustNot: [{ends}]}}")
    assert found.outcome == "unknown"
    assert "may or may not lie in the range" in found.why
    stated = Addresses(pods=AddressSet.of_cidrs(["192.168.0.0/16"]))
    assert outcomes(folder, WEB + CART, f"{{mustNot: [{ends}]}}", stated) == ["vacuous"]
    inside = Addresses(pods=AddressSet.of_cidrs(["10.1.0.0/16"]))
    assert outcomes(folder, WEB + CART, f"{{mustNot: [{ends}]}}", inside) == ["violated"]


def what_must_be_reached_in_a_range_is_outside(folder: Path) -> None:
    """The pods may have such addresses too, but nobody names pods that way where no address of theirs is known."""
    closed = policy("closed", "{selector: app == 'cart', types: [Ingress]}")
    ends = WEB_TO % "10.20.0.0/16, ports: [5432]"
    assert outcomes(folder, WEB + CART + closed, f"{{must: [{ends}]}}") == ["holds"]


def a_node_that_may_be_the_own_one(folder: Path) -> None:
    text = WEB + NODES + HOSTS + HOST_DENIES
    ends = WEB_TO % "nodes, ports: [10250]"
    for key in ("must", "mustNot"):
        (found,) = judged(folder, text, f"{{{key}: [{ends}]}}")
        n1 = [item.outcome for item in found.breaches if "host:n1" in item.destinations]
        assert n1 == ["unknown"], key
    assert outcomes(folder, WEB + NODES, f"{{must: [{ends}]}}") == ["holds"]


def a_host_endpoint_on_the_way(folder: Path) -> None:
    text = WEB + CART + NODES + HOSTS + ON_FORWARD
    for key in ("must", "mustNot"):
        ends = WEB_TO % "{namespace: shop, select: {app: cart}}, ports: [8080]"
        (found,) = judged(folder, text, f"{{{key}: [{ends}]}}")
        assert (found.outcome, "node" in found.why) == ("unknown", True)


NODE_PORT = """
apiVersion: v1
kind: Service
metadata: {namespace: shop, name: web}
spec:
  {type: NodePort, selector: {app: web}, clusterIP: 10.96.0.7, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}
---"""


def what_leads_to_pods_behind_a_service(folder: Path) -> None:
    text = WEB + NODES + NODE_PORT
    (found,) = judged(folder, text, "{must: [{from: internet, to: nodes, ports: [30080]}]}")
    assert found.outcome == "unknown"
    (found,) = judged(folder, text, "{mustNot: [{from: internet, to: nodes}]}")
    assert found.outcome == "violated"
    assert all(not item.packets & TransportSet.of_ports(TCP, None, Intervals.single(30080)) for item in found.breaches)
    assert "NodePort" in found.notes[0]
    (found,) = judged(folder, text, "{must: [{from: {namespace: shop}, to: 10.96.0.7, ports: [80]}]}")
    assert (found.outcome, "address of a Service" in found.notes[0]) == ("vacuous", True)


CASES = (
    an_unknown_address_behind_a_rule,
    an_unknown_address_in_a_range,
    what_must_be_reached_in_a_range_is_outside,
    a_node_that_may_be_the_own_one,
    a_host_endpoint_on_the_way,
    what_leads_to_pods_behind_a_service,
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_unknown(case: Callable[[Path], None], tmp_path: Path) -> None:
    case(tmp_path)


@pytest.mark.parametrize("fault", each(FAULTS_OF_THE_UNKNOWN))
def test_each_fault_is_found(fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    assert any(not _passes(case, tmp_path) for case in CASES)


def _passes(case: Callable[[Path], None], folder: Path) -> bool:
    try:
        case(folder)
    except Exception:
        return False
    return True


def test_an_object_that_cannot_be_decoded_leaves_nothing_known(tmp_path: Path) -> None:
    broken = policy("broken", "{selector: all(), order: first}")
    (found,) = judged(tmp_path, WEB + CART + broken, "{mustNot: [{from: internet, to: pods}]}")
    assert (found.outcome, "cannot decode" in found.why) == ("unknown", True)


def test_pods_on_the_network_of_a_host_that_is_not_known_are_said(tmp_path: Path) -> None:
    agent = deployment("agent", "hostNetwork: true")
    (found,) = judged(tmp_path, WEB + agent, "{must: [{from: {namespace: shop}, to: internet, ports: [443]}]}")
    assert (found.outcome, found.notes) == (
        "holds",
        ("left out: shop/agent on the host's network, on a node that is not in the snapshot",),
    )


def test_vacuous_in_words(tmp_path: Path) -> None:
    text = WEB + CART
    found = judged(
        tmp_path,
        text,
        """{mustNot: [
          {from: {namespace: shop, select: {app: wbe}}, to: pods},
          {from: pods, to: {selector: "app == 'crat'"}},
          {from: pods, to: pods, ports: [metrics]},
          {from: internet, to: outside},
          {from: nodes, to: pods}]}""",
    )
    assert sorted((str(item.outcome), item.why) for item in found) == [
        ("vacuous", "'app == \"crat\"' selects nothing in the snapshot"),
        ("vacuous", "'nodes' selects nothing in the snapshot"),
        ("vacuous", "'shop/app=wbe' selects nothing in the snapshot"),
        ("vacuous", "no pod of 'pods' has a port named metrics"),
        (
            "vacuous",
            "there is no flow between its ends: one pod alone, no family in common, or nobody inside the cluster",
        ),
    ]

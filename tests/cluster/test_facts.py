"""What a cluster tells of itself: from Calico's own notes, from images, from kubeadm, from the state of its pods."""

from __future__ import annotations

from typing import Any

import pytest

from generator.cluster.access import Request, Response
from generator.cluster.calico_api import ApiMode, CalicoApi
from generator.cluster.facts import find_facts
from generator.cluster.kept import content, keep
from generator.cluster.reading import Reader
from generator.cluster.served import Resource
from generator.snapshot.facts import Seen
from tests.cluster.looking import NoWaiting

_POLICIES = Resource("projectcalico.org", "v3", "globalnetworkpolicies", "GlobalNetworkPolicy", False)


class Answers:
    """Knows the version and, perhaps, what kubeadm has noted; the rest is forbidden."""

    def __init__(self, kubeadm: str | None = None) -> None:
        self.kubeadm = kubeadm

    def send(self, request: Request) -> Response:
        if request.path == "/version":
            return Response(200, {"gitVersion": "v1.33.1"})
        if request.path.endswith("/kubeadm-config") and self.kubeadm is not None:
            return Response(200, {"data": {"ClusterConfiguration": self.kubeadm}})
        return Response(403, {"kind": "Status", "reason": "Forbidden"})


def facts(*objects: dict[str, Any], kubeadm: str | None = None, mode: ApiMode = ApiMode.NATIVE) -> Seen:
    connection = Answers(kubeadm)
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for item in objects:
        by_kind.setdefault(item["kind"], []).append(item)
    api = CalicoApi("projectcalico.org", mode)
    return find_facts(connection, by_kind, api, _POLICIES, Reader(connection, NoWaiting()).backoff)


def noted(**spec: str) -> dict[str, Any]:
    return {"kind": "ClusterInformation", "metadata": {"name": "default"}, "spec": spec}


def agent(image: str) -> dict[str, Any]:
    containers = [{"name": "calico-node", "image": image}]
    return {
        "kind": "DaemonSet",
        "metadata": {"name": "calico-node"},
        "spec": {"template": {"spec": {"containers": containers}}},
    }


@pytest.mark.parametrize(
    ("objects", "version", "edition"),
    [
        ([noted(calicoVersion="v3.32.1")], "3.32.1", "open source"),
        ([noted(calicoVersion="v3.30.0-0.dev-12-gabc")], "3.30.0-0.dev-12-gabc", "open source"),
        ([noted(calicoVersion="v3.30.4", cnxVersion="v3.22.0")], "3.30.4", "enterprise"),
        ([noted(calicoVersion="master")], "", ""),
        ([noted(), agent("quay.io/calico/node:v3.31.2")], "3.31.2", "open source"),
        ([agent("registry.example.com:5000/calico/node:v3.31.2@sha256:00")], "3.31.2", "open source"),
        ([agent("quay.io/tigera/cnx-node:v3.22.0")], "", "enterprise"),
        ([agent("quay.io/calico/node@sha256:00")], "", ""),
        ([], "", ""),
    ],
)
def test_version_and_edition_of_calico(objects: list[dict[str, Any]], version: str, edition: str) -> None:
    found = facts(*objects)
    assert (found.calico, found.edition) == (version, edition)


def test_ranges_of_services_are_objects_or_what_kubeadm_noted() -> None:
    object_of = {
        "kind": "ServiceCIDR",
        "metadata": {"name": "kubernetes"},
        "spec": {"cidrs": ["10.96.0.0/16", "fd00::/112"]},
    }
    kubeadm = "networking:\n  serviceSubnet: 172.20.0.0/16, fd01::/112\n"
    assert facts(object_of, kubeadm=kubeadm).service_cidrs == ("10.96.0.0/16", "fd00::/112")
    assert facts(kubeadm=kubeadm).service_cidrs == ("172.20.0.0/16", "fd01::/112")
    for odd in (None, "", "- 1", "networking: 7", "networking: {serviceSubnet: nonsense}", "a: [", "networking:\n"):
        assert facts(kubeadm=odd).service_cidrs == ()


def test_what_else_is_seen() -> None:
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"calico-node-{number}", "labels": {"k8s-app": "calico-node"}},
            "spec": {"nodeName": f"n{number}"},
            "status": {"conditions": [{"type": "Ready", "status": ready}]},
        }
        for number, ready in enumerate(("True", "False"))
    ]
    other = {**pods[1], "metadata": {"name": "web", "labels": {"app": "web"}}}
    felix = [
        {"kind": "FelixConfiguration", "metadata": {"name": name}, "spec": spec}
        for name, spec in (
            ("default", {"bpfEnabled": False}),
            ("node.n1", {"bpfEnabled": True, "logSeverityScreen": "Debug"}),
            ("node.n2", {"logSeverityScreen": "Debug"}),
        )
    ]
    found = facts(*map(keep, [*pods, other]), *felix)
    assert found.not_ready == ("calico-node-1 on n1",)
    assert found.felix_nodes == {"n1": {"bpfEnabled": True}}
    assert (found.kubernetes, found.api_group, found.api_mode) == ("v1.33.1", "projectcalico.org/v3", "native")


_COPY = "kubectl.kubernetes.io/last-applied-configuration"


def kept(kind: str, api: str = "v1", **fields: Any) -> dict[str, Any]:
    metadata = {
        "name": "x",
        "uid": "u",
        "resourceVersion": "7",
        "managedFields": [{"manager": "m"}],
        "annotations": {_COPY: "canary", "a": "b"},
    }
    return keep({"apiVersion": api, "kind": kind, "metadata": metadata, **fields})


def test_of_a_policy_all_is_kept_but_who_manages_what() -> None:
    found = kept("GlobalNetworkPolicy", "projectcalico.org/v3", spec={"order": 1}, status={"x": 1})
    assert found["metadata"]["annotations"] == {_COPY: "canary", "a": "b"}  # a rollback puts it back
    assert "managedFields" not in found["metadata"]
    assert found["metadata"]["resourceVersion"] == "7"
    assert found["status"] == {"x": 1}


def test_of_others_copies_status_and_certificates_go() -> None:
    hooks = kept("ValidatingWebhookConfiguration", webhooks=[{"name": "h", "clientConfig": {"caBundle": "canary"}}])
    conversion = {"strategy": "Webhook", "webhook": {"clientConfig": {"caBundle": "canary", "service": {"name": "s"}}}}
    crd = kept(
        "CustomResourceDefinition", spec={"conversion": conversion, "versions": ["canary"]}, status={"c": "canary"}
    )
    others = [kept(kind, status={"c": "canary"}) for kind in ("Deployment", "Node", "Namespace", "Service", "Job")]
    account = kept("ServiceAccount", secrets=[{"name": "canary"}])
    for found in (hooks, crd, account, *others):
        assert "canary" not in str(found), found["kind"]
    assert crd["spec"]["conversion"]["webhook"]["clientConfig"] == {"service": {"name": "s"}}


def test_a_version_alone_is_no_change_of_content() -> None:
    one, other = kept("Service", spec={"type": "ClusterIP"}), kept("Service", spec={"type": "ClusterIP"})
    other["metadata"]["resourceVersion"] = "8"
    assert content(one) == content(other)
    other["spec"]["type"] = "NodePort"
    assert content(one) != content(other)

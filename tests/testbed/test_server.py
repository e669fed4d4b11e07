"""The test bed itself: what it starts is the API server that the other tests take it for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.testbed.client import Manifest
from tests.testbed.crd_sets import CRD_SETS, CrdSet, api_version, crd_objects
from tests.testbed.fixtures import FreshServer, Servers
from tests.testbed.server import ApiServer
from tests.testbed.worlds import World


def policy(crds: CrdSet, name: str = "allow-web") -> Manifest:
    spec: Manifest = {"selector": "app == 'web'", "types": ["Ingress"], "ingress": [{"action": "Allow"}]}
    meta = {"name": name, "namespace": "default"}
    return {"apiVersion": api_version(crds), "kind": "NetworkPolicy", "metadata": meta, "spec": spec}


def test_it_is_the_version_it_says(api_server: ApiServer) -> None:
    version = api_server.client().ask("GET", "/version").body
    assert version["gitVersion"] == "v1.36.3"


@pytest.mark.parametrize("crds", [crds for crds in CRD_SETS if crds != "none"])
def test_each_set_is_served_and_takes_a_policy(servers: Servers, crds: CrdSet) -> None:
    admin = servers.shared(crds).client()
    served = {(version, kind) for version, kind, _ in admin.kinds()}
    for crd in crd_objects(crds):
        if crd["kind"] == "CustomResourceDefinition":
            group, names = crd["spec"]["group"], crd["spec"]["names"]
            assert any((f"{group}/{row['name']}", names["kind"]) in served for row in crd["spec"]["versions"])
    written = policy(crds)
    admin.create(written)
    found = admin.get(api_version(crds), "NetworkPolicy", "allow-web", "default")
    assert found is not None
    assert found["spec"]["selector"] == "app == 'web'"
    assert found["spec"].get("tier") == (None if crds == "crd-v1-3.28" else "default")
    admin.delete(written)
    assert admin.get(api_version(crds), "NetworkPolicy", "allow-web", "default") is None


def test_the_server_reaches_no_network(clean_server: ApiServer) -> None:
    admin = clean_server.client()
    World(admin).write_system()
    [pod, *_] = [item for item in admin.objects("v1", "Pod") if item["spec"].get("hostNetwork")]
    assert pod["status"]["podIP"].startswith("192.168.")
    answer = admin.ask("GET", f"{admin.path_of(pod)}:9091/proxy/metrics")
    assert answer.status == 503
    assert "127.0.0.1:9: connect: connection refused" in str(answer.body)


def test_a_user_has_the_rights_that_were_granted(clean_server: ApiServer) -> None:
    admin, reader = clean_server.client(), clean_server.client("reader")
    path = "/apis/projectcalico.org/v3/networkpolicies"
    assert reader.ask("GET", path).status == 403
    admin.grant("reader", [{"apiGroups": ["projectcalico.org"], "resources": ["*"], "verbs": ["list"]}])
    assert reader.ask("GET", path).status == 200
    assert reader.ask("POST", "/apis/projectcalico.org/v3/namespaces/default/networkpolicies", {}).status == 403


def test_a_clean_server_holds_nothing_of_earlier_tests(servers: Servers) -> None:
    admin = servers.clean().client()
    before = {(version, kind): admin.objects(version, kind) for version, kind, _ in admin.kinds() if kind != "Lease"}
    admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    secured = {"name": "kept", "namespace": "shop", "finalizers": ["example.com/never"]}
    admin.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": secured})
    admin.create(policy("v3-3.32"))
    tier = admin.get("projectcalico.org/v3", "Tier", "default")
    assert tier is not None
    admin.merge(tier, {"metadata": {"labels": {"changed": "yes"}}})
    felix = admin.get("projectcalico.org/v3", "FelixConfiguration", "default")
    assert felix is not None
    admin.delete(felix)
    servers.clean()
    after = {(version, kind): admin.objects(version, kind) for version, kind, _ in admin.kinds() if kind != "Lease"}
    assert [_content(obj) for key in before for obj in before[key]] == [
        _content(obj) for key in before for obj in after[key]
    ]


def _content(obj: Manifest) -> Manifest:
    server_set = ("resourceVersion", "generation", "managedFields", "uid", "creationTimestamp")
    return {**obj, "metadata": {key: value for key, value in obj["metadata"].items() if key not in server_set}}


def test_a_server_survives_being_killed(fresh_server: FreshServer, tmp_path: Path) -> None:
    server = fresh_server()
    admin = server.client()
    admin.create(policy("v3-3.32"))
    server.kill()
    with pytest.raises(OSError, match="refused"):
        admin.ask("GET", "/version")
    server.start()
    assert admin.get("projectcalico.org/v3", "NetworkPolicy", "allow-web", "default") is not None


def test_a_server_whose_etcd_hangs_or_was_gone_answers_again(fresh_server: FreshServer) -> None:
    server = fresh_server("none")
    admin = server.client()
    create = ("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": "one"}}, {"timeout": "1s"})
    server.hang_etcd()
    assert admin.ask(*create).status == 504
    server.wake_etcd()
    server.wait_until_ready()
    assert admin.ask(*create).status in (201, 409)
    server.stop_etcd()
    server.start_etcd()
    server.wait_until_ready()
    assert admin.get("v1", "ConfigMap", "one") is not None


def test_a_kubeconfig_is_what_kubectl_takes(api_server: ApiServer, tmp_path: Path) -> None:
    file = api_server.kubeconfig(tmp_path / "config", "reader")
    assert file.stat().st_mode & 0o777 == 0o600
    kubectl = Path(sys.executable).parent / "kubectl"
    call = [str(kubectl), f"--kubeconfig={file}", "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("reader", 0), done.stderr

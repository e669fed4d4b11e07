"""Reading manifests: files, lists, namespaces, duplicates, workloads and what belongs to what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from generator.foundation.diagnostics import Diagnostic, Severity
from generator.foundation.errors import InputError
from generator.snapshot import load_snapshot
from generator.snapshot.model import Snapshot
from tests.support.shared import shared_folder


def load(text: str, **options: object) -> tuple[Snapshot, list[Diagnostic]]:
    return load_snapshot(["-"], stdin=text, **options)  # type: ignore[arg-type]


def pod(name: str, **metadata: object) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **metadata}, "spec": {"containers": []}}


DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1
        ports: [{containerPort: 8080, name: http}]
        readinessProbe: {httpGet: {port: http}}
"""


def test_walk_is_sorted_hidden_left_out_links_safe(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "one.yml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: from-yml}\n")
    (tmp_path / "a.json").write_text(json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "j"}}))
    (tmp_path / "plain").write_text("kind: Namespace\napiVersion: v1\nmetadata: {name: plain}\n")
    (tmp_path / "2.allow-dns").write_text("kind: Namespace\napiVersion: v1\nmetadata: {name: dotted}\n")
    (tmp_path / "off.yaml.disabled").write_text("kind: Namespace\napiVersion: v1\nmetadata: {name: off}\n")
    (tmp_path / "LICENSE").write_text("Some text: yes\n")
    (tmp_path / "binary").write_bytes(b"\xff\x00\xfe\x80")
    (tmp_path / ".hidden.yaml").write_text("kind: [")
    (tmp_path / "notes.txt").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: no}\n")
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    snapshot, problems = load_snapshot([str(tmp_path)])
    assert sorted(snapshot.namespaces) == ["dotted", "from-yml", "j", "plain"]
    assert problems == []


def test_missing_paths_are_all_named() -> None:
    with pytest.raises(InputError) as caught:
        load_snapshot(["nowhere/a", "nowhere/b"])
    assert [item.place.file for item in caught.value.diagnostics] == ["nowhere/a", "nowhere/b"]


def test_empty_input_is_said() -> None:
    _, problems = load("# nothing\n")
    assert [item.code for item in problems] == ["RF5004"]


def test_lists_are_taken_apart_with_places() -> None:
    text = """
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Namespace
  metadata: {name: a}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicyList
  items:
  - metadata: {name: deny, namespace: a}
    spec: {podSelector: {}}
"""
    snapshot, problems = load(text)
    assert problems == []
    (policy,) = snapshot.policies
    assert (policy.namespace, policy.name) == ("a", "deny")
    assert str(policy.source.place(("spec",))) == "<stdin>:12:11"


def test_not_kubernetes_is_a_note_and_bad_yaml_an_error_beside_good_documents() -> None:
    snapshot, problems = load("services: {}\n---\nkind: [\n---\n" + DEPLOYMENT)
    assert len(snapshot.workloads) == 1
    assert [(item.code, item.severity) for item in problems] == [
        ("RF0001", Severity.ERROR),
        ("RF0006", Severity.NOTE),
    ]


def test_namespaces_default_assumed_and_complete() -> None:
    text = DEPLOYMENT + "---\napiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: p}\nspec: {}\n"
    snapshot, _ = load(text, namespace="shop")
    assert snapshot.workloads[0].namespace == snapshot.policies[0].namespace == "shop"
    assert snapshot.namespaces["shop"].assumed
    assert dict(snapshot.namespaces["shop"].labels) == {"kubernetes.io/metadata.name": "shop"}
    assert load(text, complete=True)[0].namespaces == {}


def test_a_given_namespace_has_its_labels_and_its_name() -> None:
    snapshot, _ = load("apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {team: x}}\n")
    assert snapshot.namespaces["a"].labels == (("kubernetes.io/metadata.name", "a"), ("team", "x"))
    assert not snapshot.namespaces["a"].assumed


def test_same_object_twice() -> None:
    once, problems = load(DEPLOYMENT + "---" + DEPLOYMENT)
    assert len(once.workloads) == 1
    assert problems == []
    changed, problems = load(DEPLOYMENT + "---" + DEPLOYMENT.replace("replicas: 3", "replicas: 5"))
    assert changed.workloads[0].replicas == 5
    (found,) = problems
    assert (found.code, found.severity) == ("RF5003", Severity.WARNING)
    assert "<stdin>:2" in found.summary
    assert found.place.line == 16


def test_knative_service_is_no_service() -> None:
    snapshot, _ = load("apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: a}\nspec: {}\n")
    assert snapshot.services == ()
    assert snapshot.others == {"Service (serving.knative.dev/v1)": 1}


def test_secrets_are_not_kept_at_all() -> None:
    snapshot, problems = load("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: Zm9v}\n---" + DEPLOYMENT)
    assert snapshot.others == {}
    assert problems == []


def test_what_a_controller_makes_is_not_counted_twice() -> None:
    def owned(kind: str, name: str, owner: tuple[str, str], **more: object) -> dict[str, object]:
        reference = {"kind": owner[0], "name": owner[1], "controller": True}
        found = pod(name, namespace="default", ownerReferences=[reference])
        return {**found, "kind": kind, "apiVersion": "apps/v1" if kind == "ReplicaSet" else "v1", **more}

    objects = [
        owned("ReplicaSet", "web-1", ("Deployment", "web"), spec={"template": {}}),
        owned("Pod", "web-1-x", ("ReplicaSet", "web-1"), status={"podIP": "10.0.0.1", "phase": "Running"}),
        owned("Pod", "web-1-y", ("ReplicaSet", "web-1")),
        owned("Pod", "other", ("ReplicaSet", "absent"), status={"podIPs": [{"ip": "10.0.0.2"}]}),
    ]
    text = "---\n".join(json.dumps(item) + "\n" for item in objects)
    snapshot, problems = load(DEPLOYMENT + "---\n" + text)
    assert problems == []
    assert [(item.kind, item.name, item.owner) for item in snapshot.workloads] == [
        ("Deployment", "web", ""),
        ("Pod", "other", ""),
        ("Pod", "web-1-x", "Deployment/web"),
    ]
    assert snapshot.workloads[2].addresses == ("10.0.0.1",)


def test_a_ring_of_owners_ends() -> None:
    ring = [
        {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": name, "ownerReferences": [
            {"kind": "ReplicaSet", "name": other, "controller": True}]}, "spec": {}}
        for name, other in (("a", "b"), ("b", "a"))
    ]  # fmt: skip
    snapshot, _ = load("---\n".join(json.dumps(item) + "\n" for item in ring))
    assert snapshot.workloads == ()


def test_values_of_a_container_as_the_kubelet_merges_them() -> None:
    text = """
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data: {HOST: from-map, PORT: "5432", ONLY: x}
---
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  volumes:
  - {name: files, configMap: {name: c}}
  - {name: some, projected: {sources: [{configMap: {name: d, items: [{key: k, path: k}]}}]}}
  - {name: unused, configMap: {name: e}}
  containers:
  - name: a
    envFrom: [{configMapRef: {name: c}, prefix: X_}, {configMapRef: {name: gone}}]
    env:
    - {name: DB_HOST, value: db}
    - {name: URL, value: "postgres://u:p@$(DB_HOST):$(X_PORT)/x$(MISSING)$$(Y)"}
    - {name: X_HOST, value: own}
    - {name: ONE, valueFrom: {configMapKeyRef: {name: c, key: HOST}}}
    - {name: S, valueFrom: {secretKeyRef: {name: s, key: k}}}
    - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    args: [--redis=$(DB_HOST):6379, --password, hunter2]
    volumeMounts:
    - {name: files, mountPath: /f, subPath: HOST}
    - {name: some, mountPath: /s}
"""
    snapshot, problems = load(text)
    assert [item.code for item in problems] == ["RF5008"]
    (container,) = snapshot.workloads[0].containers
    values = {item.name: item for item in container.values if item.kind != "arg"}
    assert values["URL"].value == "postgres://db:5432/x$(MISSING)$(Y)"
    assert values["X_HOST"].value == "own"
    assert values["X_PORT"].kind == "configmap"
    assert values["ONE"].value == "from-map"
    assert str(values["ONE"].source.place(values["ONE"].path)) == "<stdin>:5:14"
    assert values["S"].redacted
    assert values["IP"].kind == "downward"
    assert [item.value for item in container.values if item.kind == "arg"] == ["--redis=db:6379", "--password", ""]
    assert container.mounts == ("c", "d")
    assert container.mounted_keys == (("c", "HOST"), ("d", "k"))


def test_wrong_types_are_reported_with_their_place_and_the_rest_is_read() -> None:
    text = """
apiVersion: v1
kind: Service
metadata: {name: s, labels: [a]}
spec:
  selector: {app: 1, b: null}
  ports: [{port: many}, 5, {port: 80, protocol: HTTP}, {port: 99999}, {port: 81, targetPort: true}]
"""
    snapshot, problems = load(text)
    assert {item.code for item in problems} == {"RF5001", "RF5007"}
    assert all(item.place.line in (6, 7) for item in problems)
    assert all(item.place.column > 1 for item in problems)
    assert [port.port for port in snapshot.services[0].ports] == [81]


def test_routes_callbacks_grants_nodes() -> None:
    text = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i}
spec:
  defaultBackend: {service: {name: d, port: {name: http}}}
  rules: [{host: a.example, http: {paths: [{backend: {service: {name: w, port: {number: 80}}}}]}}]
---
apiVersion: networking.k8s.io/v1beta1
kind: Ingress
metadata: {name: old}
spec: {rules: [{http: {paths: [{backend: {serviceName: w, servicePort: http}}]}}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: h}
spec:
  parentRefs: [{name: g, namespace: gw}, {kind: Service, name: w}]
  rules: [{backendRefs: [{name: w, port: 80}, {name: x, kind: Other}]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: v}
spec: {http: [{route: [{destination: {host: w.other.svc.cluster.local}}, {destination: {host: www.example.org}}]}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: hook}
webhooks: [{clientConfig: {service: {namespace: a, name: b, port: 9443}}}, {clientConfig: {url: https://x}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: a}
rules: [{apiGroups: [""], resources: [pods]}, {apiGroups: [apps], resources: [deployments]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: rb, namespace: a}
roleRef: {kind: Role, name: r}
subjects: [{kind: ServiceAccount, name: sa}, {kind: User, name: u}]
---
apiVersion: v1
kind: Node
metadata:
  name: n
  annotations: {projectcalico.org/IPv4VXLANTunnelAddr: 10.0.0.5, projectcalico.org/IPv4Address: 1.2.3.4/24}
status: {addresses: [{type: InternalIP, address: 1.2.3.4}, {type: ExternalIP, address: 8.8.8.8}]}
"""
    snapshot, problems = load(text)
    assert problems == []
    by_name = {item.name: item for item in snapshot.routes}
    assert by_name["i"].backends == (("default", "d", "http"), ("default", "w", "80"))
    assert by_name["i"].source.place(by_name["i"].paths[1]).line == 7
    assert by_name["old"].backends == (("default", "w", "http"),)
    assert by_name["h"].backends == (("default", "w", "80"),)
    assert by_name["h"].parents == ("Gateway/gw/g", "Service/default/w")
    assert by_name["v"].backends == (("other", "w", ""),)
    assert by_name["v"].parents == ("mesh",)
    (callback,) = snapshot.callbacks
    assert (callback.namespace, callback.service, callback.port) == ("a", "b", 9443)
    (grant,) = snapshot.grants
    assert (grant.service_account, grant.role) == ("sa", "Role/r")
    assert grant.resources == ("deployments.apps", "pods")
    assert snapshot.nodes[0].addresses == ("1.2.3.4", "10.0.0.5")
    assert set(snapshot.namespaces) == {"a", "default", "other"}


def test_endpoints_stand_in_where_no_slice_is_given() -> None:
    text = """
apiVersion: v1
kind: Endpoints
metadata: {name: db}
subsets: [{addresses: [{ip: 10.1.1.1}], ports: [{port: 5432}]}]
---
apiVersion: v1
kind: Endpoints
metadata: {name: web}
subsets: [{addresses: [{ip: 10.1.1.2}], ports: [{port: 80}]}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints: [{addresses: [10.1.1.3]}]
ports: [{port: 8080}]
"""
    snapshot, _ = load(text)
    assert [(item.service, item.addresses) for item in snapshot.endpoint_slices] == [
        ("db", ("10.1.1.1",)),
        ("web", ("10.1.1.3",)),
    ]


def test_every_application_of_the_corpora_loads() -> None:
    for folder in sorted((shared_folder() / "corpora" / "apps").iterdir()):
        snapshot, problems = load_snapshot([str(folder)])
        assert snapshot.workloads
        assert snapshot.services
        assert not [item for item in problems if item.severity is Severity.ERROR]


def test_places_are_worked_out_only_for_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    composed: list[str] = []
    real = yaml.compose

    def count(text: str, *more: object, **options: object) -> object:
        composed.append(text)
        return real(text, *more, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(yaml, "compose", count)
    text = "---\n".join(DEPLOYMENT.replace("name: web}", f"name: web-{number}}}") for number in range(50))
    _, problems = load(text)
    assert problems == []
    assert composed == []
    _, problems = load(text.replace("replicas: 3", "replicas: x", 1))
    assert len(problems) == len(composed) == 1

"""However a manifest is bent, reading it never raises, and what was read can be saved and read back."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from generator.foundation.yaml_reader import read_documents
from generator.snapshot import load_snapshot, write_snapshot
from tests.snapshot.test_snapshot_load import DEPLOYMENT
from tests.snapshot.test_snapshot_resolve import TEXT as SERVICES

MORE = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: c, annotations: {a: b}, ownerReferences: [{kind: A, name: b, controller: true}]}
spec:
  schedule: "0 * * * *"
  jobTemplate:
    spec:
      template:
        metadata: {labels: {a: b}}
        spec:
          volumes: [{name: v, configMap: {name: m, items: [{key: k, path: p}]}}]
          initContainers: [{name: i, env: [{name: A, value: b}]}]
          containers:
          - name: c
            envFrom: [{configMapRef: {name: m}}, {secretRef: {name: s}}]
            env: [{name: A, valueFrom: {configMapKeyRef: {name: m, key: k}}}]
            args: [a, --b=c]
            volumeMounts: [{name: v, mountPath: /v, subPath: x}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: m}
data: {k: v}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i}
spec: {rules: [{http: {paths: [{backend: {service: {name: w, port: {number: 80}}}}]}}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: h}
spec: {parentRefs: [{name: g}], rules: [{backendRefs: [{name: w, port: 80}]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: v}
spec: {gateways: [g], http: [{route: [{destination: {host: w, port: {number: 1}}}]}]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: e}
spec: {hosts: [a.b], ports: [{number: 80, protocol: HTTP}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: hook}
webhooks: [{clientConfig: {service: {namespace: a, name: b, port: 9443}}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: rb}
roleRef: {kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, name: sa, namespace: n}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules: [{apiGroups: [""], resources: [pods], nonResourceURLs: [/x]}]
---
apiVersion: v1
kind: Node
metadata: {name: n, annotations: {projectcalico.org/IPv4Address: 1.2.3.4/24}}
status: {addresses: [{type: InternalIP, address: 1.2.3.4}]}
---
apiVersion: crd.projectcalico.org/v1
kind: GlobalNetworkPolicy
metadata: {name: default.x, annotations: {projectcalico.org/metadata: '{"name": "y"}'}}
spec: {tier: default, ingress: [{action: Allow}]}
"""

DOCUMENTS = [item.value for item in read_documents(DEPLOYMENT + "---" + SERVICES + "---" + MORE, "x")[0]]
STRANGE = st.sampled_from([None, 0, -1, 1.5, True, "", "x", [], {}, [None], [[]], [{}], {"a": None}, [1, "a"], 70000])


def _ways(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(found for key, item in parts for found in _ways(item, (*way, key)))]


WAYS = [_ways(document)[1:] for document in DOCUMENTS]


@settings(max_examples=300)
@given(st.data())
def test_bent_manifests_never_raise(data: st.DataObject) -> None:
    objects = copy.deepcopy(DOCUMENTS)
    for _ in range(data.draw(st.integers(1, 4))):
        number = data.draw(st.integers(0, len(objects) - 1))
        way = data.draw(st.sampled_from(WAYS[number]))
        at: Any = objects[number]
        for step in way[:-1]:
            at = at[step] if isinstance(at, dict | list) and (isinstance(at, list) or step in at) else None
            if at is None or (isinstance(at, list) and not at):
                break
        if isinstance(at, dict) or (isinstance(at, list) and isinstance(way[-1], int) and way[-1] < len(at)):
            at[way[-1]] = copy.deepcopy(data.draw(STRANGE))
    text = "---\n".join(json.dumps(item) + "\n" for item in objects)
    snapshot, problems = load_snapshot(["-"], stdin=text)
    assert all(item.place.file == "<stdin>" and item.place.line for item in problems)
    assert load_snapshot(["-"], stdin=write_snapshot(snapshot))[0] == snapshot


@settings(max_examples=200)
@given(st.text(max_size=60))
def test_any_text_is_read_without_raising(text: str) -> None:
    load_snapshot(["-"], stdin=text)

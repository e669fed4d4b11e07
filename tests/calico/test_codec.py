from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.calico.codec import RESOURCE_TYPES, Resource, decode_object, encode_resource
from generator.calico.endpoint import HostEndpoint
from generator.calico.kinds import KINDS, Kind
from generator.calico.manifest import read_manifest, write_manifest
from generator.calico.metadata import Metadata
from generator.calico.names import identity_of
from generator.calico.networkset import GlobalNetworkSet
from generator.calico.normalize import normalize_object
from generator.calico.ordering import policy_sort_key
from generator.calico.policy import GlobalNetworkPolicy, NetworkPolicy
from generator.calico.ports import (
    NamedPort,
    Port,
    PortNumber,
    PortRange,
    Protocol,
    ProtocolName,
    ProtocolNumber,
    parse_port,
    parse_protocol,
    write_port,
    write_protocol,
)
from generator.calico.rule import EntityRule, ICMPMatch, Rule, RuleAction
from generator.calico.versions import Version
from generator.foundation.diagnostics import Diagnostic, has_errors
from tests.support.objects import api_object, api_objects

V3 = "projectcalico.org/v3"

_port = st.one_of(
    st.builds(PortNumber, st.integers(0, 65535)),
    st.tuples(st.integers(0, 65534), st.integers(1, 99)).map(lambda p: PortRange(p[0], min(p[0] + p[1], 65535))),
    st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True).map(NamedPort),
)
_protocol = st.one_of(
    st.builds(ProtocolNumber, st.integers(0, 255)), st.sampled_from(["TCP", "ICMPv6", "tcp"]).map(ProtocolName)
)
_text = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=6)


def _value(hint: Any) -> st.SearchStrategy[Any]:
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: _text,
        int: st.integers(-5, 70000),
        bool: st.booleans(),
        float: st.floats(-1e6, 1e6).filter(lambda number: not number.is_integer()),
    }
    if hint in simple:
        return simple[hint]
    if hint is type(None):
        return st.none()
    if hint == Port:
        return _port
    if hint == Protocol:
        return _protocol
    if get_origin(hint) is tuple:
        return st.lists(_value(get_args(hint)[0]), max_size=2).map(tuple)
    if get_origin(hint) is Mapping:
        return st.dictionaries(_text, _text, max_size=2)
    if isinstance(hint, type):
        return _part(hint)
    members = get_args(hint)
    if set(get_args(Port)) <= set(members):
        return st.none() | _port
    if set(get_args(Protocol)) <= set(members):
        return st.none() | _protocol
    return st.one_of([_value(member) for member in members])


def _part(cls: type[Any]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(cls)
    return st.builds(cls, **{field.name: _value(hints[field.name]) for field in dataclasses.fields(cls)})


def _resource(cls: type[Any]) -> st.SearchStrategy[Resource]:
    namespace = "shop" if KINDS[cls.kind].namespaced else ""
    metadata = st.builds(
        Metadata,
        name=st.just("a"),
        namespace=st.just(namespace),
        labels=st.dictionaries(_text, _text, max_size=2),
        annotations=st.dictionaries(_text.filter(lambda t: t != "x"), _text, max_size=2),
    )
    return st.builds(cls, metadata=metadata, spec=_part(get_type_hints(cls)["spec"]), unknown=st.just(()))


@pytest.mark.parametrize("kind", list(Kind))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_written_and_read_back(kind: Kind, data: st.DataObject) -> None:
    resource = data.draw(_resource(RESOURCE_TYPES[kind]))
    manifest = encode_resource(resource)
    again, problems = decode_object(api_object(manifest))
    assert not problems
    assert again == resource
    assert encode_resource(again) == manifest


def test_every_kind_has_its_type() -> None:
    assert set(RESOURCE_TYPES) == set(Kind)
    assert all(cls.kind is kind for kind, cls in RESOURCE_TYPES.items())


def decoded(text: str) -> tuple[Resource | None, list[Diagnostic]]:
    (obj,) = api_objects(text)
    return decode_object(obj)


def test_what_calico_tolerates() -> None:
    resource, problems = decoded(
        """
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: a, creationTimestamp: null}
spec:
  order: 900.0
  selector:
  types: [Ingress]
  ingress:
  - action: allow
    protocol: "6"
    source:
    destination: {ports: ["80", "8000:8010", 443.0, http, "80-90", "080"], selector: ''}
    metadata: {}
  - action: Deny
    protocol: 112
    notProtocol: tcp
    icmp: {}
    ipVersion: 4
  egress: []
"""
    )
    assert problems == []
    assert isinstance(resource, GlobalNetworkPolicy)
    assert resource.spec.order == 900
    assert isinstance(resource.spec.order, int)
    assert resource.spec.egress == ()
    assert resource.spec.ingress is not None
    first, second = resource.spec.ingress
    assert first.protocol == ProtocolNumber(6)
    assert first.source == EntityRule()
    assert first.destination.ports == (
        PortNumber(80), PortRange(8000, 8010), PortNumber(443), NamedPort("http"), NamedPort("80-90"), PortNumber(80),
    )  # fmt: skip
    assert first.action == "allow"
    assert first.known_action is None
    assert second == Rule(
        action="Deny", protocol=ProtocolNumber(112), not_protocol=ProtocolName("tcp"), icmp=ICMPMatch(), ip_version=4
    )
    assert second.known_action is RuleAction.DENY


# calico.md 7.3: these stop every reader of the kind, and the CRD accepts them.
@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("protocol", 300, "spec.ingress[0].protocol"),
        ("protocol", -1, "spec.ingress[0].protocol"),
        ("notProtocol", True, "spec.ingress[0].notProtocol"),
        ("destination", {"ports": [70000]}, "spec.ingress[0].destination.ports[0]"),
        ("destination", {"ports": [80, "90:80"]}, "spec.ingress[0].destination.ports[1]"),
        ("destination", {"ports": [""]}, "spec.ingress[0].destination.ports[0]"),
        ("destination", {"ports": ["80:"]}, "spec.ingress[0].destination.ports[0]"),
        ("destination", {"ports": ["80,90"]}, "spec.ingress[0].destination.ports[0]"),
        ("destination", {"ports": ["65536"]}, "spec.ingress[0].destination.ports[0]"),
        ("destination", {"ports": ["1:65536"]}, "spec.ingress[0].destination.ports[0]"),
        ("destination", {"ports": [-1]}, "spec.ingress[0].destination.ports[0]"),
        ("destination", {"ports": [80.5]}, "spec.ingress[0].destination.ports[0]"),
        ("destination", {"ports": 80}, "spec.ingress[0].destination.ports"),
        ("source", {"notPorts": ["1" * 5000]}, "spec.ingress[0].source.notPorts[0]"),
        ("ipVersion", "4", "spec.ingress[0].ipVersion"),
        ("source", ["x"], "spec.ingress[0].source"),
        ("source", {"nets": "10.0.0.0/8"}, "spec.ingress[0].source.nets"),
        ("source", {"selector": 5}, "spec.ingress[0].source.selector"),
        ("icmp", {"type": "8"}, "spec.ingress[0].icmp.type"),
        ("metadata", {"annotations": {"a": 1}}, "spec.ingress[0].metadata.annotations.a"),
    ],
)
def test_what_calico_cannot_decode(field: str, value: Any, path: str) -> None:
    manifest = {
        "apiVersion": V3,
        "kind": "NetworkPolicy",
        "metadata": {"name": "a"},
        "spec": {"ingress": [{"action": "Allow", field: value}]},
    }
    resource, problems = decode_object(api_object(manifest))
    assert resource is None
    assert [(item.code, item.path) for item in problems] == [("RF4205", path)]
    assert problems[0].place.line > 1


def test_all_problems_at_once_with_their_places() -> None:
    resource, problems = decoded(
        """
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata:
  name: a
  labels: {pci: yes}
spec:
  order: "10"
  doNotTrack: true
  ingress:
  - action: Allow
    destination:
      nameSpaceSelector: x == 'y'
      domains: [example.com]
      ports: [99999]
"""
    )
    assert resource is None
    assert [(item.code, item.place.line, item.path) for item in problems] == [
        ("RF4204", 6, "metadata.labels.pci"),
        ("RF4205", 8, "spec.order"),
        ("RF4206", 9, "spec.doNotTrack"),
        ("RF4206", 13, "spec.ingress[0].destination.nameSpaceSelector"),
        ("RF4206", 14, "spec.ingress[0].destination.domains"),
        ("RF4205", 15, "spec.ingress[0].destination.ports[0]"),
    ]
    assert problems[3].hint == "did you mean 'namespaceSelector'?"
    assert "Enterprise" in problems[4].hint


def test_unknown_fields_are_kept_aside() -> None:
    resource, problems = decoded(
        """
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: {name: a, anotations: {b: c}}
spec: {nets: [192.0.2.1], allowedEgressDomains: [example.com]}
extra: 1
"""
    )
    assert isinstance(resource, GlobalNetworkSet)
    assert not has_errors(problems)
    assert [(field.path, field.value) for field in resource.unknown] == [
        ("metadata.anotations", {"b": "c"}),
        ("extra", 1),
        ("spec.allowedEgressDomains", ["example.com"]),
    ]
    assert "allowedEgressDomains" not in encode_resource(resource)["spec"]


@pytest.mark.parametrize("kind", ["NetworkPolicy", "Tier", "HostEndpoint", "GlobalNetworkSet", "Profile"])
@pytest.mark.parametrize("spec", [[], "x", 1, True])
def test_a_spec_of_the_wrong_shape(kind: str, spec: Any) -> None:
    resource, problems = decode_object(
        api_object({"apiVersion": V3, "kind": kind, "metadata": {"name": "a"}, "spec": spec})
    )
    assert resource is None
    assert [item.path for item in problems] == ["spec"]


def test_without_a_name() -> None:
    for metadata in (None, {}, {"name": ""}):
        resource, problems = decode_object(api_object({"apiVersion": V3, "kind": "Tier", "metadata": metadata}))
        assert resource is None
        assert [item.code for item in problems] == ["RF4208"]


def test_a_stored_object_has_its_v3_metadata() -> None:
    resource, problems = decoded(
        """
apiVersion: crd.projectcalico.org/v1
kind: NetworkPolicy
metadata:
  name: default.web
  namespace: shop
  annotations: {projectcalico.org/metadata: '{"name":"web","labels":{"a":"b"}}'}
spec: {}
"""
    )
    assert not problems
    assert isinstance(resource, NetworkPolicy)
    assert resource.metadata == Metadata("web", "shop", {"a": "b"}, {})


def test_a_null_in_a_list_is_the_empty_value() -> None:
    resource, problems = decode_object(
        api_object(
            {
                "apiVersion": V3,
                "kind": "NetworkPolicy",
                "metadata": {"name": "a"},
                "spec": {"ingress": [None], "types": [None]},
            }
        )
    )
    assert not problems
    assert isinstance(resource, NetworkPolicy)
    assert resource.spec.ingress == (Rule(),)
    assert resource.spec.types == ("",)


def test_host_endpoint_ports() -> None:
    resource, problems = decode_object(
        api_object(
            {
                "apiVersion": V3,
                "kind": "HostEndpoint",
                "metadata": {"name": "n"},
                "spec": {
                    "node": "n",
                    "expectedIPs": ["192.0.2.1"],
                    "ports": [{"name": "a", "protocol": 6, "port": 22}],
                },
            }
        )
    )
    assert not problems
    assert isinstance(resource, HostEndpoint)
    assert resource.spec.expected_ips == ("192.0.2.1",)
    assert resource.spec.ports[0].protocol == ProtocolNumber(6)


@given(_port)
def test_ports_written_and_read(port: Port) -> None:
    assert parse_port(write_port(port)) == port


@given(_protocol)
def test_protocols_written_and_read(protocol: Protocol) -> None:
    assert parse_protocol(write_protocol(protocol)) == protocol


KEYS = [
    "ingress",
    "egress",
    "source",
    "destination",
    "ports",
    "protocol",
    "nets",
    "selector",
    "order",
    "types",
    "metadata",
    "labels",
    "annotations",
    "name",
    "from",
    "podSelector",
    "matchExpressions",
    "serviceAccounts",
    "icmp",
    "http",
    "ipBlock",
    "policyTypes",
    "expectedIPs",
    "tier",
    "subject",
    "pods",
]

_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS) | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=400, deadline=None)
@given(kind=st.sampled_from(list(Kind)), spec=_anything, metadata=_anything)
def test_nothing_that_yaml_can_hold_raises(kind: Kind, spec: Any, metadata: Any) -> None:
    group = V3 if KINDS[kind].calico else "networking.k8s.io/v1"
    if not KINDS[kind].calico and kind is not Kind.KUBERNETES_NETWORK_POLICY:
        group = "policy.networking.k8s.io/v1alpha1"
    manifest = {"apiVersion": group, "kind": KINDS[kind].manifest_kind, "metadata": metadata, "spec": spec}
    obj = api_object(manifest)
    resource, problems = decode_object(obj)
    assert (resource is None) == has_errors(problems)
    form = normalize_object(obj)
    assert form == normalize_object(api_object(copy.deepcopy(manifest)))
    assert policy_sort_key(obj, Version(3, 31)) <= policy_sort_key(obj, Version(3, 31))
    if KINDS[kind].calico:
        stored = copy.deepcopy(manifest) | {"apiVersion": "crd.projectcalico.org/v1"}
        assert identity_of(api_object(stored)).kind is not None
        normalize_object(api_object(stored))
        read_manifest(api_object(stored))
        write_manifest(manifest, "crd.projectcalico.org/v1", "3.32")

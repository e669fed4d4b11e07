"""What the target decides: version, edition, dataplane, whose objects they are, what else exists."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from generator.calico.objects import as_api_object
from generator.calico.validator import ValidationContext, judge_crd, judge_go, validate_object, validate_set
from generator.calico.validator.dataplanes import port_matches
from generator.calico.validator.example import document, global_policy, policy, stream
from generator.calico.validator.examples import all_examples
from generator.foundation.diagnostics import Diagnostic, Severity
from generator.foundation.source import SourceMap
from generator.foundation.yaml_reader import read_documents
from tests.support.objects import api_objects

RULE = "- {action: Allow, source: {selector: app == 'api'}}"


def diagnose(text: str, **context: Any) -> dict[str, Severity]:
    target = ValidationContext(**context)
    objects = api_objects(text)
    found: list[Diagnostic] = [item for obj in objects for item in validate_object(obj, target)]
    return {item.code: item.severity for item in [*found, *validate_set(objects, target)]}


def test_what_only_the_crd_checks_is_a_warning_before_it_did() -> None:
    twice = policy("- {action: Allow, source: {nets: [10.0.0.0/8, 10.0.0.0/8]}}")
    assert diagnose(twice, version="3.31") == {"RF4104": Severity.WARNING}
    assert diagnose(twice, version="3.32") == {"RF4104": Severity.ERROR}


def test_everything_excluded_is_refused_since_three_patch_releases() -> None:
    text = policy("- {action: Allow, ipVersion: 4, source: {notNets: [0.0.0.0/0]}}")
    for version in ("3.28.5", "3.29.5", "3.30.2"):
        assert diagnose(text, version=version)["RF4018"] is Severity.WARNING
    for version in ("3.29.6", "3.30.3", "3.31.0", "3.32", "v3.32.1"):
        assert diagnose(text, version=version)["RF4018"] is Severity.ERROR


def test_named_ports_need_a_protocol_before_3_32() -> None:
    named = policy("- {action: Allow, destination: {ports: [http]}}")
    assert diagnose(named, version="3.31") == {"RF4013": Severity.ERROR}
    assert diagnose(named, version="3.32") == {}
    for said in ("protocol: TCP, destination: {ports: [http]}", "notProtocol: UDP, destination: {nets: [10.0.0.0/8]}"):
        assert diagnose(policy(f"- {{action: Allow, {said}}}"), version="3.31") == {}
    mixed = policy("- {action: Allow, destination: {ports: [http, 80]}}")
    assert diagnose(mixed, version="3.31") == diagnose(mixed, version="3.32") == {"RF4013": Severity.ERROR}


def test_tier_prefix_by_version() -> None:
    head = "tier: sec\norder: 1\nselector: app == 'web'\ntypes: [Ingress]"
    plain, prefixed = policy(RULE, head=head), policy(RULE, head=head, name="sec.web")
    tiers = frozenset(["sec"])
    assert diagnose(plain, version="3.32", tiers=tiers) == {}
    assert diagnose(plain, version="3.31", tiers=tiers) == {"RF4001": Severity.ERROR}
    assert diagnose(prefixed, version="3.31", tiers=tiers) == {}
    assert diagnose(prefixed, version="3.32", tiers=tiers) == {}
    assert diagnose(policy(RULE, name="default.web"), version="3.30") == {}


def test_kinds_by_version_and_edition() -> None:
    tier = document("Tier", "order: 200\ndefaultAction: Deny", name="sec")
    assert diagnose(tier, version="3.28") == {"RF4106": Severity.ERROR}
    assert diagnose(tier, version="3.28", edition="enterprise") == {}
    assert diagnose(tier, version="3.29") == {}


def test_tiers_of_admin_policies_were_fixed_up_to_3_31() -> None:
    tier = document("Tier", "order: 5\ndefaultAction: Deny", name="adminnetworkpolicy")
    assert diagnose(tier, version="3.31") == {"RF4003": Severity.ERROR}
    assert diagnose(tier, version="3.32") == {}


def test_operator_tier_is_left_alone() -> None:
    tier = document("Tier", "order: 5\ndefaultAction: Deny", name="calico-system")
    assert diagnose(tier) == {"RF4003": Severity.WARNING}
    assert diagnose(tier, ours=True) == {"RF4003": Severity.ERROR}
    own = document(
        "Tier",
        "order: 100\ndefaultAction: Deny",
        name="calico-system",
        metadata="labels: {projectcalico.org/system-tier: 'true'}",
    )
    assert diagnose(own) == {}


def test_missing_tier_is_an_error_for_ours() -> None:
    text = policy(RULE, head="tier: sec\norder: 1\nselector: app == 'web'\ntypes: [Ingress]")
    assert diagnose(text) == {"RF4002": Severity.WARNING}
    assert diagnose(text, ours=True) == {"RF4002": Severity.ERROR}
    labelled = text.replace("  namespace: shop", "  namespace: shop\n  labels: {ringfence/intent: shop}")
    assert diagnose(labelled) == {"RF4002": Severity.ERROR}


def test_domains_are_for_egress_that_allows_also_in_enterprise() -> None:
    body = "order: 1\nselector: app == 'web'\ntypes: [Egress]\negress:\n- {action: A, destination: {domains: [a.com]}}"
    for action, codes in (("Allow", set()), ("Deny", {"RF4033"})):
        text = policy("", head=body.replace("action: A", f"action: {action}"))
        assert set(diagnose(text, edition="enterprise")) == codes
        assert set(diagnose(text)) == {"RF4033"}
    sets = document("GlobalNetworkSet", "allowedEgressDomains: [a.com]", name="a")
    assert diagnose(sets, edition="enterprise") == {}


def test_dataplanes_are_told_apart() -> None:
    wide = policy(
        "- {action: Allow, protocol: TCP, source: {nets: [10.1.0.0/16, 10.2.0.0/16]}, "
        "destination: {nets: [10.3.0.0/16, 10.4.0.0/16], ports: [80, http]}}"
    )
    assert set(diagnose(wide, dataplane="nftables")) == {"RF4041"}
    assert set(diagnose(wide, dataplane="ebpf")) == set()
    assert set(diagnose(wide, dataplane="ebpf", windows_nodes=True)) == {"RF4037"}


def test_fifteen_slots_fit_one_match() -> None:
    assert port_matches(list(range(1, 16))) == 1
    assert port_matches(list(range(1, 17))) == 2
    assert port_matches(["1:2"] * 7 + [80]) == 1
    assert port_matches(["1:2"] * 8) == 2
    assert port_matches(["http"]) == 1
    assert port_matches(["http", 80]) == 2
    assert port_matches([]) == 0


def test_auto_host_endpoints_are_star_endpoints() -> None:
    body = (
        "order: 10\nselector: has(projectcalico.org/created-by)\ntypes: [Ingress]\napplyOnForward: true\n"
        "ingress:\n- {action: Deny, protocol: UDP}"
    )
    assert diagnose(global_policy(body)) == {}
    assert diagnose(global_policy(body), auto_host_endpoints=True) == {"RF4046": Severity.WARNING}


def test_orchestrator_test_spares_hosts() -> None:
    body = "order: 10\nselector: projectcalico.org/orchestrator == 'k8s'\ntypes: [Ingress]"
    assert diagnose(global_policy(body)) == {}
    assert set(diagnose(global_policy("order: 10\nselector: all()\ntypes: [Ingress]"))) == {"RF4026"}
    either = "order: 10\nselector: all() || has(host)\nnamespaceSelector: team != 'x'\ntypes: [Ingress]"
    host = document("HostEndpoint", "node: n\ninterfaceName: eth0", name="h", metadata="labels: {host: a}")
    assert set(diagnose(stream(host, global_policy(either)))) == {"RF4026"}


def test_pods_of_unknown_namespaces() -> None:
    assert diagnose(policy(RULE), namespaces={"shop": {}}, pod_namespaces=frozenset(["shop"])) == {}
    found = diagnose(policy(RULE), namespaces={"shop": {}}, pod_namespaces=frozenset(["bank"]))
    assert found == {"RF4047": Severity.WARNING}


def test_services_need_the_kubernetes_datastore() -> None:
    text = policy("- {action: Allow, source: {services: {name: api, namespace: shop}}}")
    assert diagnose(text) == {}
    assert diagnose(text, datastore="etcd") == {"RF4022": Severity.ERROR}


JUNK = st.sampled_from(
    [None, 0, -1, 1.5, 4.0, True, [], {}, "", "x", "\n", "a = b", [None], [[]], {"a": None}, 10**30, float("inf")]
)
SOURCES = [
    document_.value for example in all_examples() for document_ in read_documents(example.trigger, "example.yaml")[0]
]
CONTEXTS = st.builds(
    ValidationContext,
    version=st.sampled_from(["3.28", "3.31.2", "3.32"]),
    dataplane=st.sampled_from(["iptables", "ebpf", "windows"]),
    edition=st.sampled_from(["oss", "enterprise"]),
    ours=st.booleans(),
    auto_host_endpoints=st.booleans(),
    namespaces=st.sampled_from([None, {}]),
)


def ways(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found.extend(ways(item, (*path, key)))
    return found


@settings(max_examples=400)
@given(st.data(), st.sampled_from(SOURCES), CONTEXTS)
def test_no_value_breaks_the_validator(data: st.DataObject, source: Any, context: ValidationContext) -> None:
    manifest = copy.deepcopy(source)
    for _ in range(data.draw(st.integers(1, 3))):
        way = data.draw(st.sampled_from([way for way in ways(manifest) if way not in (("kind",), ("apiVersion",))]))
        below = manifest
        for step in way[:-1]:
            below = below[step]
        below[way[-1]] = copy.deepcopy(data.draw(JUNK))
    before = json.dumps(manifest)
    obj = as_api_object(manifest, SourceMap("junk.yaml", ""))
    assert obj is not None
    found = [*validate_object(obj, context), *validate_set([obj, obj], context)]
    assert all("\n" not in item.summary and not item.summary.endswith(".") for item in found)
    refused = judge_go(manifest) or (judge_crd(manifest) and context.version == "3.32")
    if refused and context.edition == "oss":
        assert any(item.severity is Severity.ERROR for item in found)
    assert json.dumps(manifest) == before

"""The rendered set as a whole: what is in it, whose it is, and that it is the same wherever it is made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from generator.foundation.errors import InputError
from generator.foundation.yaml_reader import read_documents
from generator.layers.model import LABEL_INTENT, LABEL_LAYER
from generator.snapshot import load_snapshot
from tests.layers.rendering import SHOP, manifests, render_text, rules

LAYOUTS = ("tiers", "single-tier")


def with_layout(layout: str, text: str = SHOP) -> str:
    return f"{text}    layout: {layout}\n"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_edge_is_rendered_at_both_ends(layout: str) -> None:
    found = manifests(render_text(with_layout(layout)), "workloads")
    by_name = {m["metadata"]["name"].replace("ringfence-", "").replace("ringfence.", ""): m for m in found}
    egress = [r for r in by_name["web"]["spec"]["egress"] if "cart" in r["destination"].get("selector", "")]
    ingress = [r for r in by_name["cart"]["spec"]["ingress"] if "web" in r["source"]["selector"]]
    assert egress[0]["destination"]["ports"] == [7070] == ingress[0]["destination"]["ports"]
    assert egress[0]["metadata"] == ingress[0]["metadata"] == {
        "annotations": {"ringfence/why": "services.web.needs[cart]"}
    }  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_object_says_whose_it_is(layout: str) -> None:
    found = render_text(with_layout(layout))
    for item in found.objects:
        labels = item.object.metadata["labels"]
        assert labels[LABEL_INTENT] == "shop"
        assert labels[LABEL_LAYER] == item.layer
        assert item.why


@pytest.mark.parametrize("layout", LAYOUTS)
def test_types_are_always_written_and_no_list_is_empty(layout: str) -> None:
    for manifest in manifests(render_text(with_layout(layout))):
        spec = manifest["spec"]
        if "Policy" in manifest["kind"]:
            assert spec["types"]
            for direction in ("ingress", "egress"):
                assert spec.get(direction, ["absent"]) != []
                assert (direction not in spec) or (direction.capitalize() in spec["types"])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_global_policies_select_pods_of_the_scope_alone(layout: str) -> None:
    for manifest in manifests(render_text(with_layout(layout))):
        if manifest["kind"] == "GlobalNetworkPolicy":
            assert "projectcalico.org/orchestrator == 'k8s'" in manifest["spec"]["selector"]
            assert manifest["spec"]["namespaceSelector"] == "projectcalico.org/name == 'shop'"


def test_a_layer_holds_one_action_only() -> None:
    found = render_text(SHOP + "    threatFeeds: {bad: {file: bad}}\n", files={"bad": "203.0.113.9\n"})
    actions: dict[str, set[str]] = {}
    for manifest, _, rule in rules(found):
        actions.setdefault(manifest["metadata"]["labels"][LABEL_LAYER], set()).add(rule["action"])
    assert all(len(words) == 1 for words in actions.values())


def test_dns_is_over_udp_and_tcp_and_never_by_a_label_alone() -> None:
    found = [rule for _, _, rule in rules(render_text(SHOP), "dns")]
    to_pods = [rule for rule in found if "selector" in rule["destination"]]
    assert {rule["protocol"] for rule in to_pods} == {"TCP", "UDP"}
    assert all(rule["destination"]["namespaceSelector"] for rule in to_pods)


def test_dns_false_leaves_a_service_out() -> None:
    text = SHOP.replace("redis: {ports: [6379],", "redis: {ports: [6379], dns: false,")
    (policy,) = manifests(render_text(text), "dns")
    assert "!(projectcalico.org/namespace == 'shop' && app == 'redis')" in policy["spec"]["selector"]


def test_anywhere_is_two_families_without_private_ranges() -> None:
    text = SHOP.replace("{cidrs: [198.51.100.0/24], ports: [443]}", "{anywhere: true, ports: [443]}")
    found = [rule for _, direction, rule in rules(render_text(text), "workloads") if "nets" in rule["destination"]]
    assert [rule["destination"]["nets"] for rule in found] == [["0.0.0.0/0"], ["::/0"]]
    four, six = (set(rule["destination"]["notNets"]) for rule in found)
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= four
    assert {"fc00::/7", "fe80::/10"} <= six


def test_clients_outside_are_whoever_is_no_pod() -> None:
    (policy,) = [m for m in manifests(render_text(SHOP), "workloads") if m["kind"] == "GlobalNetworkPolicy"]
    (rule,) = policy["spec"]["ingress"]
    assert rule["source"] == {"notSelector": "projectcalico.org/orchestrator == 'k8s'"}
    assert rule["destination"]["ports"] == [8080]


def test_the_files_are_the_set() -> None:
    found = render_text(SHOP)
    names = list(found.files)
    assert names == sorted(names)
    assert names[-1].endswith("default-deny.yaml")
    read = [doc.value for text in found.files.values() for doc in read_documents(text, "x")[0]]
    assert read == [dict(item.object.manifest) for item in found.objects]
    assert all("ringfence plan" in text.split("\n")[1] for text in found.files.values())


SCRIPT = """
import sys
from datetime import date
from generator.intent import load_intent
from generator.layers import render_set
from generator.layers.files import stream
from generator.platforms import load_profile
intent = load_intent([sys.argv[1]]).intent
sys.stdout.write(stream(render_set(intent, load_profile(intent.platform), as_of=date(2026, 1, 1))))
"""


def test_same_bytes_under_another_hash_seed_locale_zone_folder_and_order(tmp_path: Path) -> None:
    forward = dedent(SHOP)
    head, body = forward.split("services:\n")
    services, externals = body.split("externals:\n")
    entries = services.split("\n  redis:")
    turned = f"externals:\n{externals}services:\n  redis:{entries[1]}{entries[0]}\n{head}"
    outputs = set()
    for number, (text, seed, locale, zone) in enumerate(
        [(forward, "0", "C", "UTC"), (turned, "77", "C.UTF-8", "Asia/Tokyo"), (forward, "5", "POSIX", "America/Lima")]
    ):
        folder = tmp_path / f"folder{number}"
        folder.mkdir()
        (folder / "intent.yaml").write_text(text)
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": zone}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, "intent.yaml"], cwd=folder, env=environment, capture_output=True, check=True
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert outputs.pop().count(b"kind: NetworkPolicy") >= 3


def override(tmp_path: Path, name: str, text: str) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / name).write_text(text)
    return folder


WRONG_TEMPLATES = {
    "does not parse": ("dns.yaml.j2", "{% for %}", "RF3001"),
    "names a value that is not there": ("dns.yaml.j2", "x: {{ nothing }}", "RF3001"),
    "writes no policy": ("dns.yaml.j2", "---\na: 1\n", "RF3002"),
    "is no YAML": ("dns.yaml.j2", "---\na: [\n", "RF0001"),
    "is a file of no layer": ("dnss.yaml.j2", "", "RF3006"),
    "reaches for what the sandbox forbids": ("dns.yaml.j2", "{{ ''.__class__.__mro__ }}", "RF3001"),
}


@pytest.mark.parametrize("case", WRONG_TEMPLATES)
def test_a_wrong_template_is_an_error_with_its_place(case: str, tmp_path: Path) -> None:
    name, text, code = WRONG_TEMPLATES[case]
    with pytest.raises(InputError) as caught:
        render_text(SHOP, templates=override(tmp_path, name, text))
    assert {item.code for item in caught.value.diagnostics} == {code}
    assert all(name in item.place.file for item in caught.value.diagnostics)


def test_a_template_may_not_write_an_object_of_another_layer(tmp_path: Path) -> None:
    text = (
        '{% from "_policy.yaml.j2" import head with context %}\n---\n{{ head("Tier", "x", "y") }}\nspec: {order: 5}\n'
    )
    with pytest.raises(InputError, match="layer 'dns' writes"):
        render_text(SHOP, templates=override(tmp_path, "dns.yaml.j2", text))


def test_an_overridden_template_is_used(tmp_path: Path) -> None:
    shipped = (Path(__file__).parents[2] / "templates" / "default-deny.yaml.j2").read_text()
    changed = shipped.replace("- action: Deny", "- action: Log\n  - action: Deny")
    found = manifests(render_text(SHOP, templates=override(tmp_path, "default-deny.yaml.j2", changed)), "default-deny")
    assert [rule["action"] for rule in found[0]["spec"]["egress"]] == ["Log", "Deny"]


def test_a_system_namespace_cannot_be_owned() -> None:
    with pytest.raises(InputError, match="system namespace"):
        render_text(SHOP.replace("namespace: shop", "namespace: kube-system"))


def test_tiers_need_calico_3_29() -> None:
    text = SHOP + '    calico: "3.28"\n'
    with pytest.raises(InputError, match=r"3\.28"):
        render_text(text + "    layout: tiers\n")
    assert render_text(text).target.tier == "default"


def test_a_service_without_rules_has_a_policy_only_where_that_denies() -> None:
    """In a tier that passes such a policy would do nothing, and its outside clients are let in elsewhere."""
    text = """
    version: 1
    name: shop
    platform: generic
    namespace: shop
    services:
      quiet: {ports: [80]}
      open: {ports: [81], exposed: {by: loadbalancer}}
      web: {needs: [self], ports: [82]}
"""
    names = {
        layout: {m["metadata"]["name"] for m in manifests(render_text(with_layout(layout, text)), "workloads")}
        for layout in LAYOUTS
    }
    assert names["tiers"] == {"ringfence.web", "ringfence.shop-open-exposed"}
    assert names["single-tier"] == {"ringfence-quiet", "ringfence-open", "ringfence-web", "ringfence-shop-open-exposed"}
    notes = [item for layout in LAYOUTS for item in render_text(with_layout(layout, text)).notes]
    assert "RF4035" not in {item.code for item in notes}
    assert any(m["kind"] == "GlobalNetworkPolicy" for m in manifests(render_text(text), "default-deny"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_isolation_by_namespace_asks_for_namespaces_only_where_none_are_known(layout: str, tmp_path: Path) -> None:
    text = """
    version: 1
    name: whole
    platform: generic
    owns: cluster
    isolation: namespace
    services: {}
"""
    with pytest.raises(InputError, match="needs the namespaces by name"):
        render_text(with_layout(layout, text))
    for seen in ((), ("shop", "kube-system")):
        live = tmp_path / "live.yaml"
        live.write_text("".join(f"---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n" for name in seen))
        known, _ = load_snapshot([str(live)], complete=True)
        found = manifests(render_text(with_layout(layout, text), snapshot=known), "isolation")
        assert [m["metadata"]["namespace"] for m in found] == [name for name in seen if name == "shop"]

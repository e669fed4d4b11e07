"""Loading of profiles: the shipped ones are whole, one's own may extend them, wrong ones are told with their place."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from generator.foundation.errors import InputError
from generator.intent.model import ClusterFacts
from generator.platforms import effective_facts, list_profiles, load_profile, profile_rows, unverified_facts

EXPECTED = {
    "aks", "calico-enterprise", "eks", "generic", "gke", "k3s", "openshift", "rke2", "talos",
}  # fmt: skip


def test_the_shipped_profiles() -> None:
    assert set(list_profiles()) == EXPECTED


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_shipped_profile_is_whole(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    assert all(fact.source for fact in profile.facts)
    assert profile.dns.pods is not None
    assert {port.protocol for port in profile.dns.pods.value.ports} == {"TCP", "UDP"}
    assert profile.enterprise == (name == "calico-enterprise")
    assert {"kubernetes-api", "node-metrics", "metrics-api", "cloud-metadata"} <= set(profile.capabilities)
    assert any(net.version == 4 for net in profile.metadata_addresses.value)
    assert name == "aks" or any(net.version == 6 for net in profile.metadata_addresses.value)
    assert {"calico-apiserver", "metrics-server"} <= {item.name for item in profile.webhooks}
    assert len(unverified_facts(profile)) == sum(1 for row in profile_rows(profile) if row[3] == "no")


def test_openshift_answers_on_5353_in_its_own_namespace() -> None:
    pods = load_profile("openshift").dns.pods
    assert pods is not None
    assert {port.first for port in pods.value.ports} == {5353}
    assert pods.value.namespace == "openshift-dns"


def test_an_unknown_platform_gets_the_nearest_name() -> None:
    with pytest.raises(InputError) as caught:
        load_profile("gkee")
    assert caught.value.diagnostics[0].hint.startswith("did you mean 'gke'? there are aks, calico-enterprise, eks,")


def own(tmp_path: Path, text: str) -> str:
    path = tmp_path / "own.yaml"
    path.write_text(text)
    return str(path)


def test_a_profile_of_ones_own_extends_a_shipped_one(tmp_path: Path) -> None:
    text = (
        "version: 1\nname: lab\ntitle: Lab\nextends: generic\ndns:\n"
        "  serviceAddresses: {value: [10.9.0.10], source: the lab, verified: yes}\n"
    )
    profile = load_profile(own(tmp_path, text))
    assert profile.dns.service_addresses.value == (ip_network("10.9.0.10/32"),)
    assert profile.dns.pods == load_profile("generic").dns.pods
    assert profile.digest != load_profile("generic").digest


WRONG = {
    "name: x\ntitle: y\nextends: generic\nsysNamespaces: 1\n": ("RF2002", 4),
    "name: x\ntitle: y\nextends: generic\nlayout: {value: tier, source: s, verified: no}\n": ("RF2004", 4),
    "name: x\ntitle: y\nextends: generic\nlayout: {value: tiers, verified: no}\n": ("RF2003", 4),
    "name: x\ntitle: y\nextends: generic\nlayout: tiers\n": ("RF2004", 4),
    "name: x\ntitle: y\nextends: generic\npodCidrs: {value: [10.0.0.1/8], source: s, verified: no}\n": ("RF2004", 4),
    "name: x\ntitle: y\nextends: generic\nedition: pro\n": ("RF2004", 4),
    "version: 2\nname: x\ntitle: y\nextends: generic\n": ("RF2004", 1),
    "name: x\ntitle: y\nextends: generic\nmetadata:\n  adresses: {value: [192.0.2.1], source: s, verified: no}\n": (
        "RF2002",
        5,
    ),
    "name: x\ntitle: y\nextends: generic\napiServer: {agnets: {value: [], source: s, verified: no}}\n": ("RF2002", 4),
    "name: x\ntitle: y\nextends: generic\ndns: none\n": ("RF2004", 4),
    "name: x\ntitle: y\nextends: generic\nwebhooks: []\n": ("RF2004", 4),
    "name: x\ntitle: y\nextends: [generic]\n": ("RF2004", 3),
    "name: x\ntitle: y\nextends: genric\n": ("RF2001", 3),
    "- 1\n": ("RF2004", 0),
    "name: [\n": ("RF0001", 2),
    "name: x\ntitle: y\n": ("RF2003", 1),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_profile_is_told_with_its_place(text: str, tmp_path: Path) -> None:
    code, line = WRONG[text]
    with pytest.raises(InputError) as caught:
        load_profile(own(tmp_path, text))
    assert code in {item.code for item in caught.value.diagnostics}
    assert all(item.place.file.endswith("own.yaml") for item in caught.value.diagnostics)
    assert line in {item.place.line for item in caught.value.diagnostics}


def test_a_circle_of_extends_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(f"name: x\ntitle: y\nextends: {path}\n")
    with pytest.raises(InputError, match="circle"):
        load_profile(str(path))


def test_a_path_in_extends_counts_from_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("name: base\ntitle: Base\nextends: k3s\nedition: enterprise\n")
    profile = load_profile(own(tmp_path, "name: x\ntitle: y\nextends: base.yaml\n"))
    assert profile.enterprise
    assert profile.dns.service_addresses.value == (ip_network("10.43.0.10/32"),)


def test_each_fact_is_said_to_be_in_the_file_that_states_it(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(
        "name: base\ntitle: Base\nextends: k3s\npodCidrs: {value: [10.9.0.0/16], source: s, verified: no}\n"
        "dns:\n  resolvers: {value: [192.0.2.53], source: s, verified: no}\n"
    )
    text = "name: x\ntitle: y\nextends: base.yaml\n"
    text += "dns:\n  service: {value: {namespace: a, name: b}, source: s, verified: no}\n"
    files = {
        fact.path: (Path(fact.place.file).name, fact.place.line) for fact in load_profile(own(tmp_path, text)).facts
    }
    assert files["dns.service"] == ("own.yaml", 5)
    assert files["dns.resolvers"] == ("base.yaml", 6)
    assert files["podCidrs"] == ("base.yaml", 4)
    assert files["dns.serviceAddresses"][0] == files["ingress"][0] == "k3s.yaml"
    assert (
        files["dns.nodeLocal"][0]
        == files["kubeletPorts"][0]
        == files["capabilities.kubernetes-api"][0]
        == "generic.yaml"
    )


def test_what_the_intent_states_goes_before_the_profile() -> None:
    profile = load_profile("k3s")
    stated = ClusterFacts(pod_cidrs=(ip_network("10.77.0.0/16"),), dns_service=(ip_network("10.43.7.7/32"),))
    facts = effective_facts(profile, stated)
    assert ip_network("10.77.0.0/16") in facts.own_networks
    assert ip_network("10.42.0.0/16") not in facts.own_networks
    assert facts.dns_addresses == (ip_network("10.43.7.7/32"), ip_network("169.254.20.10/32"))


def test_a_capability_opens_the_guardrail_only_where_it_is_needed() -> None:
    profile = load_profile("eks")
    metadata = ip_network("169.254.169.254/32")
    assert metadata not in {net for net, _ in effective_facts(profile, ClusterFacts()).exemptions}
    assert metadata in {net for net, _ in effective_facts(profile, ClusterFacts(), ["cloud-metadata"]).exemptions}

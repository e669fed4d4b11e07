"""What the words of expectations mean in addresses: the internet, externals, where pods may be."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from generator.cli.judged import meaning_of
from generator.cli.target import Call, Target, read_target
from generator.expect.addresses import Addresses, find_addresses
from generator.expect.judge import judge_expectations
from generator.intent import load_intent
from generator.layers.compose.externals import NOT_ANYWHERE
from generator.packets.addresses import AddressSet, parse_address
from generator.platforms import load_profile
from generator.platforms.effective import effective_facts
from generator.reach.engine import Engine
from tests.expect.small_worlds import deployment, outcomes, policy, snapshot_of

ROOT = Path(__file__).parents[2]
INTENT = """version: 1
name: shop
platform: generic
namespace: shop
cluster: {pods: [11.1.0.0/16], services: [11.2.0.0/16]}
services:
  web: {ports: [8080], needs: [api, mail, world]}
  proxy: {ports: [3128]}
externals:
  api: {domains: [api.example.com], ports: [443]}
  spare: {domains: [spare.example.com], ports: [443]}
  mail: {cidrs: [203.0.113.0/24], ports: [25]}
  world: {anywhere: true, ports: [443]}
  through: {domains: [x.example.com], ports: [443], strategy: proxy, proxy: proxy}
  tagged: {domains: [y.example.com], ports: [443], strategy: enterprise}
expect: {must: [{from: web, to: mail}]}
"""


@pytest.fixture
def addresses(tmp_path: Path) -> Addresses:
    path = tmp_path / "intent.yaml"
    path.write_text(INTENT)
    intent = load_intent([str(path)]).intent
    facts = effective_facts(load_profile("generic"), intent.cluster)
    return find_addresses(intent, facts, {"api": (ip_network("198.51.100.7/32"),)}, intent.cluster.pod_cidrs)


def holds(addresses: AddressSet, text: str) -> bool:
    family, number = parse_address(text)
    return addresses.contains(number, family)


def test_the_internet_is_what_anywhere_means(addresses: Addresses) -> None:
    inside = ("10.0.0.1", "11.1.2.3", "11.2.0.10", "169.254.169.254", "127.0.0.1", "fd00::1", "fe80::1", "224.0.0.1")
    assert not any(holds(addresses.internet, text) for text in inside)
    assert all(holds(addresses.internet, text) for text in ("8.8.8.8", "11.3.0.1", "2600::1", "203.0.113.1"))
    assert addresses.externals["world"] == addresses.internet
    excluded = AddressSet.of_cidrs(str(net) for net in NOT_ANYWHERE)
    assert not addresses.internet & excluded
    assert AddressSet.everything() - Addresses().internet == excluded  # the set is rendered with these very holes


def test_externals(addresses: Addresses) -> None:
    assert addresses.externals["mail"].cidrs() == ("203.0.113.0/24",)
    assert addresses.externals["api"].cidrs() == ("198.51.100.7/32",)
    assert sorted(addresses.unresolved) == ["spare", "tagged", "through"]
    assert "'proxy'" in addresses.unresolved["through"]


def test_pods_are_where_the_intent_says(addresses: Addresses) -> None:
    assert addresses.pods is not None
    assert addresses.pods.cidrs() == ("11.1.0.0/16",)


def target_of(name: str) -> Target:
    return read_target(Call(str(ROOT / "examples" / name / "intent.yaml")))


def test_domains_have_the_addresses_of_the_lock_file() -> None:
    target = target_of("egress")
    found = meaning_of(target)
    resolved = [
        name for name, item in target.loaded.intent.externals.items() if item.domains and name in found.externals
    ]
    assert resolved
    assert all(found.externals[name] for name in resolved)


WEB = deployment("web")
CLOSED = policy("closed", "{selector: all(), types: [Egress], egress: [%s]}")


def test_an_end_that_nobody_can_place_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "intent.yaml"
    path.write_text(INTENT.replace("to: mail}", "to: through}, {from: web, to: mail}"))
    intent = load_intent([str(path)]).intent
    facts = effective_facts(load_profile("generic"), intent.cluster)
    snapshot = snapshot_of(WEB)
    found = judge_expectations(Engine(snapshot), snapshot, intent.expectations, find_addresses(intent, facts, {}, ()))
    assert [(item.outcome.value, item.why) for item in found] == [
        ("holds", ""),
        (
            "unknown",
            "nobody can say where external 'through' is: its domains are reached through 'proxy'; "
            "state the expectation of that",
        ),
    ]


def test_a_range_that_is_partly_allowed_is_violated(tmp_path: Path) -> None:
    allow = "{action: Allow, destination: {nets: [203.0.113.0/25]}}"
    text = WEB + CLOSED % allow
    for net, must, must_not in (
        ("203.0.113.0/24", "violated", "violated"),
        ("203.0.113.0/25", "holds", "violated"),
        ("203.0.113.128/25", "violated", "holds"),
    ):
        ends = f"{{from: pods, to: {net}, ports: [443]}}"
        assert outcomes(tmp_path, text, f"{{must: [{ends}]}}") == [must]
        assert outcomes(tmp_path, text, f"{{mustNot: [{ends}]}}") == [must_not]

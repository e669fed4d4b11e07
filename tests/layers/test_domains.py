"""Domains: out of a lock file or published ranges; one without an address stops everything."""

from __future__ import annotations

import re
from datetime import date, timedelta
from ipaddress import ip_network

import jsonschema
import pytest

from generator.foundation.diagnostics import Place
from generator.foundation.errors import InputError
from generator.foundation.yaml_reader import read_documents
from generator.intent.model import External, Origin
from generator.layers import domains
from generator.layers.domains import read_ranges, resolve_domains
from generator.layers.feeds import collapse
from generator.layers.lock_file import Lock, lock_schema, read_lock
from tests.faults import feeds as faults
from tests.layers.rendering import SHOP, manifests, render_text, rules
from tests.support.shared import shared_folder

LOCK = """
version: 1
domains:
  api.example.com:
    addresses:
    - {address: 198.51.100.7, firstSeen: 2025-12-01, lastSeen: 2026-01-10}
    - {address: "2001:db8::7", firstSeen: 2025-12-01, lastSeen: 2026-01-10, source: a resolver}
"""
WITH_DOMAIN = (
    SHOP.replace("{cidrs: [198.51.100.0/24], ports: [443]}", "{domains: [api.example.com], ports: [443]}")
    + "    lock: domains.lock.yaml\n"
)
FILES = {"domains.lock.yaml": LOCK}


def test_a_domain_becomes_a_set_of_its_locked_addresses() -> None:
    found = render_text(WITH_DOMAIN, files=FILES)
    (one,) = manifests(found, "sets")
    assert one["spec"]["nets"] == ["198.51.100.7/32", "2001:db8::7/128"]
    assert one["metadata"]["labels"]["ringfence/set"] == "external-payments"
    sides = [rule["destination"] for _, _, rule in rules(found, "workloads") if "destination" in rule]
    assert {"selector": "ringfence/set == 'external-payments' && ringfence/intent == 'shop'",
            "namespaceSelector": "global()", "ports": [443]} in sides  # fmt: skip


def check_a_missing_domain_stops_everything() -> None:
    text = WITH_DOMAIN.replace("api.example.com", "api.exampel.com")
    with pytest.raises(InputError) as caught:
        render_text(text, files=FILES)
    (found,) = caught.value.diagnostics
    assert (found.code, found.hint) == ("RF3211", "did you mean 'api.example.com'?")
    assert found.place.line > 1


def test_a_missing_domain_stops_everything() -> None:
    check_a_missing_domain_stops_everything()


@pytest.mark.usefixtures("unproven")
def test_a_domain_dropped_in_silence_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domains, "_without_address", lambda external, domain, lock: domains.problem(
        domains.ADDRESS_IS_OLD, "nothing"))  # fmt: skip
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check_a_missing_domain_stops_everything()


def test_without_a_lock_file_the_hint_says_so() -> None:
    with pytest.raises(InputError, match="has no address"):
        render_text(WITH_DOMAIN.replace("    lock: domains.lock.yaml\n", ""))


def test_an_old_address_and_a_private_one_are_warned_of() -> None:
    text = LOCK.replace("lastSeen: 2026-01-10}", "lastSeen: 2025-12-02}").replace('"2001:db8::7"', "10.1.2.3")
    found = render_text(WITH_DOMAIN, files={"domains.lock.yaml": text})
    assert sorted(item.code for item in found.notes) == ["RF3212", "RF3213"]


WRONG_LOCKS = {
    "version: 2\ndomains: {}\n": 1,
    "version: 1\n": 1,
    "version: 1\ndomains: []\n": 2,
    "version: 1\ndomains:\n  a.example: {}\n": 3,
    "version: 1\ndomains:\n  a.b:\n    addresses: [{address: x, firstSeen: 2026-01-01, lastSeen: 2026-01-02}]\n": 4,
    "version: 1\ndomains:\n  a.example:\n    addresses: [{address: 192.0.2.1, firstSeen: 2026-01-01}]\n": 4,
    "version: 1\ndomains:\n  a.b:\n    addresses: [{address: 192.0.2.1, firstseen: 2026-01-01, lastSeen: 1}]\n": 4,
    "version: 1\ndomains:\n  a.example:\n    addresses:\n    - {address: 192.0.2.1, firstSeen: 2026-02-01, "
    "lastSeen: 2026-01-01}\n": 5,
    "version: 1\ndomains:\n  a.example:\n    addresses:\n    - {address: 0.0.0.0/0, firstSeen: 2026-01-01, "
    "lastSeen: 2026-01-02}\n": 5,
    "version: 1\ndomains:\n  a.example:\n    addresses:\n    - {address: 192.0.2.1, firstSeen: 2026-01-01, "
    "lastSeen: 2026-01-02, ttl: soon}\n": 5,
    "version: 1\ndomains:\n  a.example:\n    addresses: [{address: 192.0.2.1, firstSeen: 2026-01-01, "
    "lastSeen: 2026-01-01}]\n  A.Example.:\n    addresses: []\n": 6,
    "version: [\n": 2,
    "version: true\ndomains: {}\n": 1,
    "version: 1\ndomains:\n  a.b:\n    addresses: [{address: 192.0.2.1, firstSeen: '20260101', "
    "lastSeen: 2026-01-02}]\n": 4,
    "version: 1\ndomains:\n  a.b:\n    addresses: [{address: 192.0.2.1, firstSeen: 2026-W01-5, "
    "lastSeen: 2026-01-02}]\n": 4,
    "version: 1\ndomains:\n  a.b:\n    addresses:\n    - {address: 192.0.2.1, firstSeen: 2026-01-01, "
    "lastSeen: 2026-01-02, ttl: null}\n": 5,
}


@pytest.mark.parametrize("text", WRONG_LOCKS)
def test_a_wrong_lock_file_is_told_with_its_place(text: str) -> None:
    lock, problems = read_lock(text, "lock")
    assert lock is None
    assert WRONG_LOCKS[text] in {item.place.line for item in problems}
    documents, unread = read_documents(text, "lock")
    said_by_the_loader_alone = ("2026-02-01", "address: x", "0.0.0.0/0")
    if not unread and not any(part in text for part in said_by_the_loader_alone):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(documents[0].value, lock_schema())


def test_the_good_lock_file_fits_its_schema() -> None:
    jsonschema.validate(read_documents(LOCK, "lock")[0][0].value, lock_schema())
    lock, problems = read_lock(LOCK, "lock")
    assert problems == []
    assert lock is not None
    assert lock.domains["api.example.com"][0].last_seen == date(2026, 1, 10)


PUBLISHED = {
    "akamai-v4-ip-ranges.txt": 5,
    "aws-ip-ranges.first1500.json": 200,
    "cloudflare-v4-ip-ranges.txt": 10,
    "cloudflare-v6-ip-ranges.txt": 5,
    "fastly-ip-ranges.json": 15,
    "github-ip-ranges.json": 100,
    "google-cloud-ip-ranges.json": 300,
    "ip-ranges-chime-meetings.json": 1,
    "ip-ranges-cloud9.json": 10,
    "ip-ranges-cloudfront.json": 20,
    "ip-ranges-ec2-instance-connect.json": 20,
    "ip-ranges-route53.json": 10,
    "zscaler-cloud-ip-ranges.json": 10,
}
TABLES = ("digitalocean.csv", "linode.txt")  # geofeeds: a range and where it is, in columns


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_ranges_are_read(name: str) -> None:
    text = (shared_folder() / "corpora/feeds/cloud" / name).read_text("utf-8")
    networks, problems = read_ranges(text, name)
    assert problems == []
    assert len(networks) >= PUBLISHED[name]
    # A slow twin finds every range by its form alone: none is lost, none is made up.
    written = {
        ip_network(item)
        for item in re.findall(r"[0-9a-fA-F:.]+/[0-9]+", text.replace("\\/", "/"))
        if re.search(r"[.:]", item)
    }
    assert set(networks) == set(collapse(written))


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_ranges_is_refused(name: str) -> None:
    networks, problems = read_ranges((shared_folder() / "corpora/feeds/cloud" / name).read_text("utf-8"), name)
    assert networks == ()
    assert [(item.code, item.hint[:15]) for item in problems] == [("RF3201", "this is a table")]


def test_every_file_of_published_ranges_is_in_a_table() -> None:
    folder = shared_folder() / "corpora/feeds/cloud"
    assert {path.name for path in folder.iterdir() if path.suffix != ".md"} == {*PUBLISHED, *TABLES}


NO_RANGES = {
    "{}": "RF3220",
    "[1]": "RF3220",
    '{"a": "b.c"}': "RF3220",
    '{"version": "1.2.3.4"}': "RF3220",
    "{": "RF3220",
    "[" * 100_000: "RF3220",
    '["203.0.113.0/24", "198.51.100.9/24"]': "RF3220",  # leaving the second out would cut the provider short
    '["203.0.113.0/24", "198.51.100.0/33"]': "RF3220",
    '["0.0.0.0/0"]': "RF3206",
    '["0.0.0.0/1", "128.0.0.0/1"]': "RF3206",
    "0.0.0.0/0\n": "RF3206",
    "203.0.113.0/24\n::/0\n": "RF3206",
    "": "RF3202",
}


@pytest.mark.parametrize("text", NO_RANGES, ids=lambda text: text[:40])
def test_a_file_without_usable_ranges_is_an_error(text: str) -> None:
    networks, problems = read_ranges(text, "f")
    assert networks == ()
    assert [item.code for item in problems] == [NO_RANGES[text]]


@pytest.mark.parametrize("text", ["10.1.0.0/16\n", "8.0.0.0/5\n", '{"list": ["203.0.113.0/24", "fd00::1"]}'])
def test_published_ranges_with_private_ones_are_warned_of(text: str) -> None:
    networks, problems = read_ranges(text, "f")
    assert networks
    assert [item.code for item in problems] == ["RF3221"]


def test_ranges_become_a_set() -> None:
    text = SHOP.replace(
        "{cidrs: [198.51.100.0/24], ports: [443]}",
        "{domains: [cdn.example.com], strategy: ranges, ranges: cdn.txt, ports: [443]}",
    )
    (one,) = manifests(render_text(text, files={"cdn.txt": "203.0.113.0/25\n203.0.113.128/25\n"}), "sets")
    assert one["spec"]["nets"] == [str(ip_network("203.0.113.0/24"))]


def test_enterprise_writes_domains_and_open_source_refuses_them() -> None:
    text = WITH_DOMAIN.replace("ports: [443]}", "strategy: enterprise, ports: [443]}").replace(
        "    lock: domains.lock.yaml\n", ""
    )
    found = render_text(text, platform="calico-enterprise")
    assert any(rule.get("destination", {}).get("domains") == ["api.example.com"] for _, _, rule in rules(found))
    with pytest.raises(InputError):
        render_text(text, platform="generic")


def external(*names: str) -> External:
    return External("x", names, (), False, (), None, "", "", Origin("externals.x", Place("intent.yaml", 3, 1)))


def lock_of(address: str) -> Lock:
    found, problems = read_lock(LOCK.replace("198.51.100.7", address), "lock")
    assert problems == []
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("address", "code"),
    [("10.77.1.2", "RF3214"), ("203.0.113.5", "RF3214"), ("10.1.2.3", "RF3212"), ("168.0.0.0/7", "RF3212")],
)
def test_a_public_name_that_leads_inside_is_warned_of(address: str, code: str) -> None:
    own = [ip_network("10.77.0.0/16"), ip_network("203.0.113.0/24")]
    networks, problems = resolve_domains(external("api.example.com"), lock=lock_of(address), as_of=date(2026, 1, 10),
                                         own=own)  # fmt: skip
    assert len(networks) == 2
    assert [item.code for item in problems] == [code]
    assert problems[0].place.line == LOCK.split("198.51.100.7")[0].count("\n") + 1


def test_names_are_compared_without_case_and_final_dot() -> None:
    text = LOCK.replace("api.example.com:", "API.Example.com.:")
    lock, problems = read_lock(text, "lock")
    assert problems == []
    networks, problems = resolve_domains(external("Api.Example.COM"), lock=lock, as_of=date(2026, 1, 10))
    assert len(networks) == 2
    assert problems == []


def check_every_domain_has_an_address() -> None:
    text = (
        LOCK
        + """\
  empty.example.com: {addresses: []}
  blocked.example.com: {addresses: [{address: 0.0.0.0, firstSeen: 2026-01-01, lastSeen: 2026-01-02},
                                    {address: "::1", firstSeen: 2026-01-01, lastSeen: 2026-01-02}]}
"""
    )
    lock, _ = read_lock(text, "lock")
    wanted = {"empty.example.com": ["RF3211"], "blocked.example.com": ["RF3211", "RF3215", "RF3215"]}
    for name, codes in wanted.items():
        asked = external("api.example.com", name)
        networks, problems = domains.resolve_domains(asked, lock=lock, as_of=date(2026, 1, 10))
        assert [item.code for item in problems] == codes
        assert (problems[0].severity, problems[0].place) == ("error", asked.origin.place)
        assert name in problems[0].summary
        assert len(networks) == 2


def test_every_domain_has_an_address() -> None:
    check_every_domain_has_an_address()


@pytest.mark.parametrize("fault", [faults.a_domain_without_address_is_dropped, faults.unusable_addresses_count])
def test_a_domain_left_out_would_be_found(fault: faults.Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_every_domain_has_an_address()


def test_an_address_that_no_host_has_is_left_out_and_told() -> None:
    networks, problems = resolve_domains(external("api.example.com"), lock=lock_of("127.0.0.1"),
                                         as_of=date(2026, 1, 10))  # fmt: skip
    assert networks == (ip_network("2001:db8::7/128"),)
    assert [(item.code, item.severity) for item in problems] == [("RF3215", "warning")]


@pytest.mark.parametrize(("days", "told"), [(30, False), (31, True)])
def test_an_address_is_old_after_thirty_days(days: int, told: bool) -> None:
    asked = external("api.example.com.")
    _, problems = resolve_domains(asked, lock=lock_of("198.51.100.7"), as_of=date(2026, 1, 10) + timedelta(days))
    assert [f"{days} days" in item.summary for item in problems] == ([True, True] if told else [])


def test_a_plain_list_of_published_ranges_has_no_host_bits() -> None:
    networks, problems = read_ranges("203.0.113.0/24\n203.0.113.9/8\n", "f")
    assert networks == ()
    assert [(item.code, item.place.line) for item in problems] == [("RF3201", 2)]
    assert "bits set after its prefix" in problems[0].summary

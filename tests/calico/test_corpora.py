"""Every policy file that people published loads: parsed, or a diagnostic with its place; never a traceback.

Which files count is said by the corpora themselves: each folder's SOURCE.md has a table of its files, and README.md
one of how many objects of which sort the folders hold.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from generator.calico.codec import decode_object, encode_resource
from generator.calico.kinds import CALICO_CRD, CALICO_V3, KINDS, Kind
from generator.calico.manifest import read_manifest, write_manifest
from generator.calico.names import STAGED_KINDS, identity_of
from generator.calico.normalize import normalize_object
from generator.calico.objects import ApiObject, as_api_object
from generator.calico.versions import NEWEST
from generator.foundation.diagnostics import Diagnostic, Severity
from generator.foundation.source import SourceMap
from generator.foundation.yaml_reader import decode_text, read_documents
from tests.support.objects import api_object
from tests.support.shared import shared_folder

# What does not load, each with its reason. The first number is the line of the diagnostic.
NOT_LOADED = {
    # A rendered comment became part of the value: `type: 8  Ping request`.
    ("calico/calico-docs/network-policy_policy-rules_icmp-ping.yaml", 38): ("RF4205", "spec.ingress[0].icmp.type"),
    ("calico/calico-docs/network-policy_policy-rules_icmp-ping.yaml", 44): ("RF4205", "spec.ingress[1].icmp.type"),
    ("calico/calico-docs/network-policy_policy-rules_icmp-ping.yaml", 59): ("RF4205", "spec.ingress[0].icmp.type"),
    ("calico/calico-docs/network-policy_policy-rules_icmp-ping.yaml", 60): ("RF4205", "spec.ingress[0].icmp.code"),
    # The line `ingress:` is missing, so rules stand in the list of types.
    ("calico/calico-docs/network-policy_services_services-cluster-ips.yaml", 58): ("RF4205", "spec.types[1]"),
    ("calico/calico-docs/network-policy_services_services-cluster-ips.yaml", 64): ("RF4205", "spec.types[2]"),
    # The one page with tabs, "files no reader takes" in the README: a Pod and no policy.
    ("calico/calico-docs/networking_configuring_qos-controls.yaml", 7): ("RF0001", ""),
    # A template of an operator, which fills in the name.
    ("platforms/openshift/networkpolicy-allow.yaml", 4): ("RF4208", "metadata.name"),
    # Templates: `%{…}%` inside otherwise good files; the other documents of the files load.
    ("platforms/k3s/coredns.yaml", 114): ("RF0001", ""),
    ("platforms/k3s/coredns.yaml", 191): ("RF0001", ""),
    ("platforms/k3s/metrics-server-deployment.yaml", 42): ("RF0001", ""),
}
# Fields of Calico Enterprise, which open-source Calico drops: the objects load, with a warning.
ENTERPRISE = {
    "calico/tigera-aks-workshop/20-egress-access-controls/dns-policy.yaml",
    "calico/tigera-aks-workshop/20-egress-access-controls/netset.external-apis.yaml",
    "calico/tigera-kaas-workshop/dns-egress-control/dns-policy.yaml",
    "calico/tigera-kaas-workshop/dns-egress-control/netset.allowed-dns.yaml",
    "calico/tigera-kaas-workshop/globalnetworkset/tigera-restricted-resource.yaml",
}
SETS = {Kind.NETWORK_SET, Kind.GLOBAL_NETWORK_SET}
ENFORCED_GLOBAL, ENFORCED_NAMESPACED = {Kind.GLOBAL_NETWORK_POLICY}, {Kind.NETWORK_POLICY}
POLICY_FOLDERS = ("calico", "k8s-networkpolicy", "apps", "platforms", "intent-formats")


@dataclass
class Loaded:
    objects: list[ApiObject] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)
    problems: list[Diagnostic] = field(default_factory=list)


def listed_files(folder: Path) -> set[str]:
    """The files in the tables of a SOURCE.md, by their name there."""
    text = (folder / "SOURCE.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+?) \|", text, re.MULTILINE)
    return {row for row in rows if (folder / row).is_file()}


def load(folder: Path, root: Path) -> Loaded:
    result = Loaded()
    for name in sorted(listed_files(folder)):
        path = folder / name
        file = path.relative_to(root).as_posix()
        text, problems = decode_text(path.read_bytes(), file)
        documents, found = read_documents(text, file)
        problems = problems + found
        if problems:
            result.unreadable.add(file)
        for document in documents:
            for value, source in items(document.value, document.source):
                obj = as_api_object(value, source)
                if obj is not None:
                    result.objects.append(obj)
                    problems += decode_object(obj)[1]
        result.problems += problems
    return result


def items(value: object, source: SourceMap) -> Iterator[tuple[object, SourceMap]]:
    if isinstance(value, dict) and str(value.get("kind", "")).endswith("List") and isinstance(value.get("items"), list):
        for number, item in enumerate(value["items"]):
            yield item, source.below("items", number)
    else:
        yield value, source


def folders(root: Path, *parts: str) -> list[Path]:
    return sorted(path.parent for part in parts for path in (root / part).glob("*/SOURCE.md"))


def test_counts_equal_the_table() -> None:
    root = shared_folder() / "corpora"
    readme = (root / "README.md").read_text(encoding="utf-8")
    table = re.findall(
        r"^\| ([\w-]+) \| (\d+) / (\d+) / (\d+) \| (\d+) \| (\d+) \| (\d+) \| ([^|]+) \| (\d+) \|", readme, re.MULTILINE
    )
    assert len(table) == len(folders(root, "calico")) == 11
    calico = policies = 0
    for name, *numbers, form, unread in table:
        loaded = load(root / "calico" / name, root)
        kinds = Counter(obj.kind for obj in loaded.objects if KINDS[obj.kind].calico)
        counted = [
            sum(kinds[kind] for kind in group)
            for group in (
                ENFORCED_GLOBAL, ENFORCED_NAMESPACED, STAGED_KINDS, SETS, {Kind.HOST_ENDPOINT}, {Kind.TIER},
            )
        ]  # fmt: skip
        assert counted == [int(number) for number in numbers], name
        assert len(loaded.unreadable) == int(unread), name
        groups = {obj.api_version for obj in loaded.objects if KINDS[obj.kind].calico}
        assert groups == set(form.strip().split(", ")), name
        calico += kinds.total()
        policies += sum(counted[:3])
    assert (calico, policies) == (403, 341)
    assert "403 Calico objects, 341 of them policies" in readme


def test_what_does_not_load_is_known_and_has_its_place() -> None:
    root = shared_folder() / "corpora"
    found: dict[tuple[str, int], tuple[str, str]] = {}
    warned = set()
    for folder in folders(root, *POLICY_FOLDERS):
        for item in load(folder, root).problems:
            assert item.place.file, item
            assert item.place.line >= 1, item
            if item.severity is Severity.ERROR:
                found[item.place.file, item.place.line] = (item.code, item.path)
            else:
                assert item.code == "RF4206"
                assert "Enterprise" in item.hint
                warned.add(item.place.file)
    assert found == NOT_LOADED
    assert warned == ENTERPRISE


def test_every_file_is_listed_by_its_source_page() -> None:
    """So that none is left out of the tests above."""
    root = shared_folder() / "corpora"
    for folder in folders(root, "calico", "k8s-networkpolicy", "platforms"):
        there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        assert listed_files(folder) == there - {"SOURCE.md"}


def test_kubernetes_policies() -> None:
    root = shared_folder() / "corpora"
    counts = {
        folder.relative_to(root).as_posix(): sum(
            obj.kind is Kind.KUBERNETES_NETWORK_POLICY for obj in load(folder, root).objects
        )
        for folder in folders(root, "k8s-networkpolicy", "apps", "platforms")
    }
    assert {name: number for name, number in counts.items() if number} == {
        "apps/online-boutique": 13,
        "k8s-networkpolicy/recipes": 15,
        "k8s-networkpolicy/tutorial": 8,
        "platforms/calico-apiserver": 1,
        "platforms/openshift": 2,
    }


def test_no_file_at_all_raises() -> None:
    """Feeds, flow records and prose are no manifests; reading them gives documents or diagnostics."""
    root = shared_folder() / "corpora"
    files = [path for path in sorted(root.rglob("*")) if path.is_file() and path.stat().st_size < 200_000]
    assert len(files) > 400
    for path in files:
        text, problems = decode_text(path.read_bytes(), path.name)
        documents, found = read_documents(text, path.name)
        assert all(item.place.line >= 1 for item in problems + found)
        for document in documents:
            as_api_object(document.value, document.source)


def objects_of_all(root: Path) -> list[ApiObject]:
    return [obj for folder in folders(root, *POLICY_FOLDERS) for obj in load(folder, root).objects if obj.name]


def test_published_objects_read_and_written_again_are_the_same() -> None:
    """Decoded and encoded, and written in the stored form and read back, an object has the same comparison form."""
    objects = objects_of_all(shared_folder() / "corpora")
    assert len(objects) > 440
    for obj in objects:
        resource, problems = decode_object(obj)
        before = normalize_object(obj)
        if resource is not None and not problems and obj.api_version != CALICO_CRD:
            assert normalize_object(api_object(encode_resource(resource))) == before
        if not KINDS[obj.kind].calico or (resource is None):
            continue
        v3 = write_manifest(read_manifest(obj), CALICO_V3, "3.32")
        source = normalize_object(api_object(v3))
        for version in ("3.31", str(NEWEST)):
            stored = api_object(write_manifest(v3, CALICO_CRD, version))
            assert identity_of(stored) == identity_of(obj)
            assert normalize_object(stored) == source, obj.source.place()


@pytest.mark.parametrize(
    ("file", "kind", "name"),
    [
        (
            "calico/tigera-cs-quickstart/Policies/3.Platform/2.platform.cluster-dns-allow-all",
            Kind.GLOBAL_NETWORK_POLICY,
            "platform.cluster-dns-allow-all",
        ),
        (
            "calico/tigera-operator-rendered/node_local_dns_dual.json",
            Kind.GLOBAL_NETWORK_POLICY,
            "calico-system.node-local-dns",
        ),
    ],
)
def test_odd_files(file: str, kind: Kind, name: str) -> None:
    """A file without extension, and JSON indented with tabs."""
    path = shared_folder() / "corpora" / file
    documents, problems = read_documents(path.read_text(encoding="utf-8"), file)
    assert not problems
    obj = as_api_object(documents[0].value, documents[0].source)
    assert obj is not None
    assert (obj.kind, obj.name) == (kind, name)
    assert obj.source.place(("metadata", "name")).line > 1

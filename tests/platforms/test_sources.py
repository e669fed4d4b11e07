"""Every fact that claims to be verified is looked up where it says: in a published manifest, or in the reference."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.foundation.yaml_reader import read_documents
from generator.intent.model import PortSpec
from generator.platforms import list_profiles, load_profile
from generator.platforms.model import Capability, Fact, PodFacts, Presence
from tests.support.shared import shared_folder

FACTS = [
    pytest.param(fact, id=f"{name}-{fact.path}")
    for name in list_profiles()
    for fact in load_profile(name).facts
    if fact.verified
]


def objects_of(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a published file; placeholders of templates become text first."""
    text = path.read_text("utf-8")
    if path.suffix == ".json":
        found = [json.loads(text)]
    else:
        filled = re.sub(r"%\{(\w+)\}%", r"\1", text)
        found = [document.value for document in read_documents(filled, path.name)[0]]
    return [item for one in found for item in (one.get("items", [one]) if isinstance(one, dict) else [])]


def walk(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)


def labels_are_in(labels: dict[str, str], objects: list[dict[str, Any]], text: str) -> bool:
    """The labels stand on one pod template, are added to all by kustomize, or stand in the selector of a policy."""
    for item in objects:
        for part in walk(item):
            for key in ("labels", "commonLabels"):
                if isinstance(part.get(key), dict) and labels.items() <= part[key].items():
                    return True
    return all(f"{key} == '{value}'" in text for key, value in labels.items())


def ports_are_in(ports: tuple[PortSpec, ...], objects: list[dict[str, Any]]) -> bool:
    """Each port stands beside its protocol: as a container's, as a Service's, or in a rule (TCP is the default)."""
    found: set[tuple[int, str]] = set()
    for item in objects:
        for part in walk(item):
            protocol = str(part.get("protocol", "TCP"))
            for key in ("containerPort", "port"):
                if isinstance(part.get(key), int):
                    found.add((part[key], protocol))
            for number in (part.get("destination") or {}).get("ports", ()) if "destination" in part else ():
                found.add((number, protocol))
    return all((port.first, port.protocol) in found for port in ports)


def pods_are_in(pods: PodFacts, objects: list[dict[str, Any]], text: str) -> bool:
    """An object stands in the namespace, and its pods (or those that a policy selects) have the labels and ports."""
    namespaces = {item.get("metadata", {}).get("namespace") for item in objects}
    return (
        pods.namespace in namespaces
        and labels_are_in(dict(pods.labels), objects, text)
        and ports_are_in(pods.ports, objects)
    )


def holds(fact: Fact[Any], paths: list[Path]) -> bool:
    """A fact may cite several files (`a + b`), which then hold it together."""
    objects = [item for path in paths for item in objects_of(path)]
    text = "\n".join(path.read_text("utf-8") for path in paths)
    match fact.value:
        case PodFacts() as pods:
            return pods_are_in(pods, objects, text)
        case Capability(peers=peers):
            return all(peer.pods is not None and pods_are_in(peer.pods, objects, text) for peer in peers)
        case (str(namespace), str(name)):
            return any(
                item.get("kind") == "Service"
                and item["metadata"].get("name") == name
                and item["metadata"].get("namespace") == namespace
                for item in objects
            )
        case tuple() as values if values and all(isinstance(item, PortSpec) for item in values):
            return ports_are_in(values, objects)
        case _:
            return False


@pytest.mark.parametrize("fact", [item for item in FACTS if item.values[0].file])
def test_a_published_manifest_holds_the_fact(fact: Fact[Any]) -> None:
    paths = [shared_folder() / "corpora" / name for name in fact.file.split(" + ")]
    assert all(path.is_file() for path in paths), f"{fact.path} cites {fact.file}"
    assert holds(fact, paths), f"{fact.path}: {fact.value} is not in {fact.file}"


def words_of(value: Any) -> list[str]:
    """Return what must stand in the reference for a value to count as said there."""
    match value:
        case Capability(peers=peers):
            found: list[str] = []
            for peer in peers:
                found.extend(peer.service or ())
                found.extend(str(port.first) for port in peer.ports)
            return found
        case PodFacts(namespace=namespace, labels=labels):
            return [namespace, *(item for _, item in labels)]
        case PortSpec(first=first):
            return [str(first)]
        case Presence():
            return []
        case tuple():
            return [word for item in value for word in words_of(item)]
        case _:
            return [re.sub(r"/(32|128)$", "", str(value))]


@pytest.mark.parametrize("fact", [item for item in FACTS if not item.values[0].file])
def test_the_reference_holds_the_fact(fact: Fact[Any]) -> None:
    """A verified fact without a file cites `calico.md SECTION: words`; both the words and the value are there."""
    match = re.fullmatch(r"calico\.md ([\d.]+): (.+)", fact.source)
    assert match, f"{fact.path} is verified, but its source is opened by no test: {fact.source}"
    text = (shared_folder() / "calico.md").read_text("utf-8")
    number = match.group(1)
    start = re.search(rf"^###? {re.escape(number)}[ .]", text, re.MULTILINE)
    assert start, f"no section {number}"
    end = re.search(r"^##", text[start.end() :], re.MULTILINE)
    section = text[start.start() : start.end() + end.start()] if end else text[start.start() :]
    for word in words_of(fact.value):
        if word not in ("tiers",):
            assert word in section, f"{fact.path}: '{word}' is not in section {number}"
    for word in re.findall(r"[A-Za-z0-9.-]{4,}", match.group(2)):
        assert word.lower() in section.lower(), f"{fact.path}: '{word}' of its source is not in section {number}"


def test_a_wrong_value_would_be_found(tmp_path: Path) -> None:
    """The check can fail: another port, another label and another namespace are not in the manifest."""
    path = shared_folder() / "corpora" / "platforms/eks/coredns-1.36.json"
    (fact,) = [item for item in load_profile("eks").facts if item.path == "dns.pods"]
    pods = fact.value
    assert holds(fact, [path])
    (api,) = [item for item in load_profile("generic").facts if item.path == "webhooks.calico-apiserver"]
    assert not holds(api, [path])
    for wrong in (
        PodFacts(pods.namespace, pods.labels, (PortSpec("TCP", 5353, 5353),)),
        PodFacts(pods.namespace, (("k8s-app", "coredns"),), pods.ports),
        PodFacts("openshift-dns", pods.labels, pods.ports),
    ):
        assert not holds(Fact(wrong, fact.source, True), [path])


def test_every_cited_file_is_there_also_for_what_it_does_not_prove() -> None:
    facts = [fact for name in list_profiles() for fact in load_profile(name).facts if fact.file]
    assert len(facts) > 20
    for fact in facts:
        for name in fact.file.split(" + "):
            assert (shared_folder() / "corpora" / name).is_file(), f"{fact.path} cites {name}"


NOTED_AS = {"generic": "kubeadm", "k3s": "k3s", "eks": "eks", "gke": "gke", "aks": "aks", "openshift": "openshift"}


@pytest.mark.parametrize("name", NOTED_AS)
def test_dns_agrees_with_what_was_noted_of_published_objects(name: str) -> None:
    """A selector may ask for fewer labels than the pods have, never for others."""
    text = (shared_folder() / "corpora/platforms/FACTS.yaml").read_text("utf-8")
    noted = read_documents(text, "FACTS.yaml")[0][0].value["dns"][NOTED_AS[name]]
    profile = load_profile(name)
    assert profile.dns.pods is not None
    assert profile.dns.service is not None
    pods = profile.dns.pods.value
    assert pods.namespace == noted["namespace"]
    assert dict(pods.labels).items() <= noted["pod_labels"].items()
    if "service" in noted:
        assert profile.dns.service.value == (noted["namespace"], noted["service"]["name"])
    if "pod_ports" in noted:
        assert {str(port) for port in pods.ports} <= {words.split()[0] for words in noted["pod_ports"]}

"""The schema of profiles and their loader agree: on every shipped file, on wrong ones, and on the words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from generator.foundation.errors import InputError
from generator.foundation.resources import list_data
from generator.foundation.yaml_reader import read_documents
from generator.platforms import list_profiles, load_profile, loader, profile_schema

FIXTURES = Path(__file__).parents[1] / "layers" / "dns"
WHOLE = {item.name: item.read_text("utf-8") for item in list_data("profiles", ".yaml")}
WHOLE |= {path.name: path.read_text("utf-8") for path in FIXTURES.iterdir()}


def read(text: str) -> Any:
    documents, problems = read_documents(text, "profile")
    assert problems == []
    return documents[0].value


def fits(text: str) -> bool:
    return bool(jsonschema.Draft202012Validator(profile_schema()).is_valid(read(text)))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(profile_schema())


@pytest.mark.parametrize("name", WHOLE)
def test_profiles_that_load_fit(name: str) -> None:
    jsonschema.validate(read(WHOLE[name]), profile_schema())


def test_schema_and_loader_know_the_same_words() -> None:
    properties = profile_schema()["properties"]
    assert set(properties) == set(loader._TOP)
    for group, known in loader._GROUPS.items():
        assert set(properties[group]["properties"]) == set(known)


HEAD = "name: x\ntitle: y\nextends: generic\n"
WRONG = {
    "a fact that is missing": "name: x\ntitle: y\n",
    "an unknown key": HEAD + "sysNamespaces: 1\n",
    "an unknown key of a group": HEAD + "metadata: {adresses: {value: [192.0.2.1], source: s, verified: no}}\n",
    "an unknown key of a fact": HEAD + "podCidrs: {value: [10.0.0.0/8], source: s, verified: no, note: z}\n",
    "a value alone": HEAD + "layout: tiers\n",
    "no source": HEAD + "layout: {value: tiers, verified: no}\n",
    "verified as text": HEAD + 'layout: {value: tiers, source: s, verified: "no"}\n',
    "another word": HEAD + "layout: {value: tier, source: s, verified: no}\n",
    "another edition": HEAD + "edition: pro\n",
    "another version": "version: 2\n" + HEAD,
    "pods without labels": HEAD + "ingress: {value: {namespace: a, labels: {}}, source: s, verified: no}\n",
    "a peer of two kinds": HEAD
    + "capabilities: {a: {value: {title: t, peers: [{nodes: true, networks: [192.0.2.1], ports: [1]}]},"
    + " source: s, verified: no}}\n",
    "a capability without peers": HEAD + "capabilities: {a: {value: {title: t, peers: []}, source: s, verified: no}}\n",
}


@pytest.mark.parametrize("case", WRONG)
def test_both_refuse_what_is_wrong(case: str, tmp_path: Path) -> None:
    assert not fits(WRONG[case])
    path = tmp_path / "own.yaml"
    path.write_text(WRONG[case])
    with pytest.raises(InputError):
        load_profile(str(path))


def test_the_loader_alone_knows_addresses(tmp_path: Path) -> None:
    text = HEAD + "podCidrs: {value: [10.0.0.1/8], source: s, verified: no}\n"
    assert fits(text)
    path = tmp_path / "own.yaml"
    path.write_text(text)
    with pytest.raises(InputError):
        load_profile(str(path))


def test_every_shipped_profile_is_looked_at() -> None:
    assert {f"{name}.yaml" for name in list_profiles()} <= set(WHOLE)

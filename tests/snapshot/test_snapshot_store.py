"""A saved snapshot gives back what was saved, places and policies as written included; a broken one is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generator.foundation.errors import InputError
from generator.foundation.json_codec import field_types
from generator.snapshot import load_snapshot, snapshot_schema, write_snapshot
from generator.snapshot.model import Snapshot
from generator.snapshot.store import CODEC
from tests.support.shared import shared_folder

TEXT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: a, env: [{name: A, value: "b:80"}]}]}}}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: p, namespace: x}
spec:
  order: 900.0
  ingress:
  - action: Allow
    source: {nets: ["${VM_IP}"]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data: {k: "db:5432"}
"""


def test_round_trip_with_places(tmp_path: Path) -> None:
    first, _ = load_snapshot(["-"], stdin=TEXT)
    saved = write_snapshot(first)
    (tmp_path / "s.json").write_text(saved)
    second, problems = load_snapshot([str(tmp_path / "s.json")])
    assert problems == []
    assert second == first
    assert write_snapshot(second) == saved
    policy = second.policies[0]
    assert policy.manifest == first.policies[0].manifest
    assert list(policy.manifest["spec"]) == ["order", "ingress"]
    for path in ((), ("spec", "ingress", 0, "action"), ("spec", "ingress", 0, "source", "nets")):
        assert policy.source.place(path).line == first.policies[0].source.place(path).line
    value = second.workloads[0].containers[0].values[0]
    before = first.workloads[0].containers[0].values[0]
    assert value.source.place(value.path) == before.source.place(before.path)


def test_round_trip_of_real_files() -> None:
    for name in ("apps", "calico/calico-docs", "calico/tigera-operator-rendered", "calico/neco-apps"):
        first, _ = load_snapshot([str(shared_folder() / "corpora" / name)])
        saved = write_snapshot(first)
        second, _ = load_snapshot(["-"], stdin=saved)
        assert second == first
        assert write_snapshot(second) == saved


@pytest.mark.parametrize(
    ("change", "due"),
    [
        (lambda value: value.update(version=2), "format version 2"),
        (lambda value: value.pop("snapshot"), "the field 'snapshot' is missing"),
        (lambda value: value["snapshot"].pop("services"), "the field 'snapshot.services' is missing"),
        (lambda value: value["snapshot"].update(servces=[]), "there is no field 'snapshot.servces'"),
        (lambda value: value["snapshot"].update(complete="yes"), "snapshot.complete is not true or false"),
        (lambda value: value["snapshot"]["workloads"][0].update(labels=[["a"]]), "labels[0] is no list of 2"),
        (lambda value: value["snapshot"]["policies"][0]["manifest"].update(kind="X"), "a known policy kind"),
    ],
)
def test_a_changed_file_is_refused_with_its_field(change: object, due: str) -> None:
    value = json.loads(write_snapshot(load_snapshot(["-"], stdin=TEXT)[0]))
    change(value)  # type: ignore[operator]
    with pytest.raises(InputError) as caught:
        load_snapshot(["-"], stdin=json.dumps(value))
    assert due in caught.value.diagnostics[0].summary


def test_a_saved_snapshot_is_read_alone() -> None:
    saved = write_snapshot(load_snapshot(["-"], stdin=TEXT)[0])
    with pytest.raises(InputError) as caught:
        load_snapshot(["-"], stdin=saved + "---\n" + TEXT)
    assert caught.value.diagnostics[0].code == "RF5006"


def test_the_schema_names_every_field_that_is_written() -> None:
    snapshot, _ = load_snapshot(["-"], stdin=TEXT)
    schema = snapshot_schema()
    body = schema["$defs"]["Snapshot"]
    assert list(body["properties"]) == list(field_types(type(snapshot))) == list(CODEC.encode(snapshot, type(snapshot)))
    _check(json.loads(write_snapshot(snapshot)), schema, schema["$defs"])


def _check(value: object, schema: dict[str, object], parts: dict[str, dict[str, object]]) -> None:
    """Walk a value along its schema, as far as the keywords that it uses."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        schema = parts[reference.removeprefix("#/$defs/")]
    types = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}
    if "anyOf" in schema:
        assert any(_fits(value, choice, parts) for choice in schema["anyOf"])  # type: ignore[attr-defined]
    if "type" in schema:
        assert isinstance(value, types[str(schema["type"])]), (value, schema)
    if isinstance(value, dict):
        assert set(schema.get("required", ())) <= set(value)  # type: ignore[call-overload]
        for key, item in value.items():
            below = schema.get("properties", {}).get(key, schema.get("additionalProperties", {}))  # type: ignore[attr-defined]
            assert below is not False, key
            _check(item, below if isinstance(below, dict) else {}, parts)
    if isinstance(value, list):
        for position, item in enumerate(value):
            fixed = schema.get("prefixItems")
            below = fixed[position] if isinstance(fixed, list) else schema.get("items", {})
            _check(item, below, parts)  # type: ignore[arg-type]


def _fits(value: object, schema: dict[str, object], parts: dict[str, dict[str, object]]) -> bool:
    try:
        _check(value, schema, parts)
    except AssertionError:
        return False
    return True


def test_each_object_stands_on_a_line_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "live.yaml").write_text(
        "{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n---\n"
        "{apiVersion: v1, kind: Node, metadata: {name: n1}}\n---\n"
        "{apiVersion: v1, kind: Node, metadata: {name: n2}}\n"
    )
    snapshot, _ = load_snapshot([str(tmp_path / "live.yaml")])
    text = write_snapshot(snapshot)
    assert json.loads(text)["snapshot"].keys() == field_types(Snapshot).keys()
    lines = [line for line in text.splitlines() if '"name": "n' in line]
    assert [json.loads(line.rstrip(","))["name"] for line in lines] == ["n1", "n2"]

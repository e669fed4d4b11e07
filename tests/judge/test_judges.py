"""The judges themselves: they say what the vectors of 3.32.1 say, and what a real API server says."""

from __future__ import annotations

import gzip
import json
from typing import Any

from tests.judge.asking import as_sent, ask_schema
from tests.judge.comparing import Judged, judge_objects, of_this_version
from tests.judge.drawn_objects import NAMESPACED, ObjectDrawing
from tests.support.shared import shared_folder
from tests.testbed.server import ApiServer

HOW_MANY = 120


def vectors() -> list[dict[str, Any]]:
    with gzip.open(shared_folder() / "vectors" / "validator.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def test_they_say_what_the_vectors_say() -> None:
    cases = vectors()
    judged = judge_objects([case["object"] for case in cases])
    assert [case["id"] for case, item in zip(cases, judged, strict=True) if not agree(case, item)] == []


def agree(case: dict[str, Any], item: Judged) -> bool:
    if bool(of_this_version(item.manifest, item.go.fields)) != (case["go"]["verdict"] == "reject"):
        return False
    if item.crd is None:
        return True
    known = item.crd.partly or item.crd.unknown == set(case.get("unknownFields") or [])
    return known and bool(item.crd.fields) == (case["crd"]["verdict"] == "reject")


def test_kube_apiserver_says_what_the_judge_of_crds_says(api_server: ApiServer) -> None:
    """Of objects whose metadata are sound; a tier that cannot be the value of a label is refused for that label."""
    admin = api_server.client()
    objects = [sound(item, number) for number, item in enumerate(drawn())]
    for item, answer in zip(objects, ask_schema(objects), strict=True):
        path = admin.path_of(item, collection=True)
        said = admin.ask("POST", path, item, {"dryRun": "All", "fieldValidation": "Ignore"})
        # 403 is an admission policy that stumbles over values of a wrong type.
        assert said.status in (201, 403, 409, 422), said
        assert (said.status in (403, 422)) is bool(answer.fields), (item, answer, said)
    assert 0.2 * HOW_MANY < sum(bool(answer.fields) for answer in ask_schema(objects)) < 0.8 * HOW_MANY


def drawn() -> list[dict[str, Any]]:
    drawing = ObjectDrawing(2)
    found: list[dict[str, Any]] = []
    while len(found) < HOW_MANY:
        item = drawing.manifest()
        tier = item["spec"].get("tier") if isinstance(item.get("spec"), dict) else None
        if item["kind"] != "Profile" and tier in (None, "", "default", "sec"):
            found.append(as_sent(item))
    return found


def sound(item: dict[str, Any], number: int) -> dict[str, Any]:
    metadata = {"name": f"judged-{number}"}
    if item["kind"] in NAMESPACED:
        metadata["namespace"] = "default"
    return {**item, "metadata": metadata}

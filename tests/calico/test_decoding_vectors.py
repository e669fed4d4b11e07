"""What Calico's own decoder refused, as recorded: exactly that does not decode here either."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from generator.calico.codec import decode_object, encode_resource
from generator.calico.normalize import normalize_object
from generator.calico.objects import ApiObject, as_api_object
from generator.foundation.source import SourceMap
from tests.faults.calico import FAULTS_OF_DECODING, Fault
from tests.support.shared import shared_folder


def lines(name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(shared_folder() / "vectors" / name, "rt", encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def wrapped(manifest: dict[str, Any]) -> ApiObject | None:
    return as_api_object(manifest, SourceMap("vector", ""))


def check_decoding() -> None:
    refused = 0
    for vector in lines("validator.jsonl.gz"):
        obj = wrapped(vector["object"])
        assert obj is not None
        resource, problems = decode_object(obj)
        # An object without a name does decode in Go, and is refused there by the check of names.
        codes = {item.code for item in problems if item.severity.value == "error"} - {"RF4208"}
        expected = "decodeError" in vector
        assert (codes == {"RF4205"}) == expected, vector["id"]
        assert expected or resource is not None or not obj.name, vector["id"]
        refused += expected
        field = re.search(r"Go struct field \w+\.(\S+) of type", vector.get("decodeError", ""))
        if field is not None:
            assert {re.sub(r"\[\d+\]", "", item.path) for item in problems} == {field[1]}, vector["id"]
    assert refused > 30


def test_what_calicos_decoder_refuses() -> None:
    check_decoding()


@pytest.mark.parametrize("fault", FAULTS_OF_DECODING, ids=lambda fault: fault.__name__)
def test_a_decoder_that_takes_too_much_is_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_decoding()


@pytest.mark.parametrize("name", ["handmade.jsonl.gz", "divergent.jsonl.gz", "random-2.jsonl.gz"])
def test_objects_of_the_worlds_survive_the_round_trip(name: str) -> None:
    seen = 0
    for number, world in enumerate(lines(name)):
        if name.startswith("random") and number % 10:
            continue  # one world in ten: the rest is more of the same and takes seconds
        for manifest in world["objects"]:
            obj = wrapped(manifest)
            if obj is None:
                continue
            resource, problems = decode_object(obj)
            assert resource is not None, problems
            written = wrapped(encode_resource(resource))
            assert written is not None
            assert normalize_object(written) == normalize_object(obj)
            assert decode_object(written)[0] == resource
            seen += 1
    assert seen > 5

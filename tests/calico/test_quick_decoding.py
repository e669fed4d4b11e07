"""What is decoded quickly is what the careful decoder makes of it, and it finds nothing odd there."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from generator.calico import codec, shapes
from generator.calico.codec import _decode_carefully, _decode_quickly
from generator.calico.objects import ApiObject
from generator.calico.shapes import OddlyWritten
from tests.calico.test_decoding_vectors import lines, wrapped

ODD: tuple[Any, ...] = (None, True, 7, 1.0, 2.5, "", "7", [], [None], {}, {"a": None}, {"a": 1}, "99999")


STORED: dict[str, Any] = {
    "apiVersion": "crd.projectcalico.org/v1",
    "kind": "NetworkPolicy",
    "metadata": {
        "name": "default.web",
        "namespace": "shop",
        "annotations": {"projectcalico.org/metadata": '{"name": "web", "labels": {"a": "b"}}'},
    },
    "spec": {"selector": "all()"},
}


def objects() -> Iterator[ApiObject]:
    yield from filter(None, [wrapped(STORED)])
    for line in lines("validator.jsonl.gz"):
        yield from filter(None, [wrapped(line["object"])])
    for number, line in enumerate(lines("random-2.jsonl.gz")):
        if number % 40 == 0:
            yield from filter(None, map(wrapped, line["objects"]))


def with_something_odd(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield each way into a manifest with each of the odd values to stand there, and a key that is not known."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in parts:
        yield from (((*way, step), odd) for odd in ODD)
        yield from with_something_odd(part, (*way, step))
    if isinstance(value, dict):
        yield (*way, "unknown"), "x"


def changed(manifest: Any, way: tuple[Any, ...], value: Any) -> Any:
    found = copy.deepcopy(manifest)
    place = found
    for step in way[:-1]:
        place = place[step]
    place[way[-1]] = value
    return found


def check(obj: ApiObject) -> bool:
    """Tell whether an object was decoded quickly; then the careful decoder must say the same of it."""
    try:
        quick = _decode_quickly(obj)
    except OddlyWritten:
        return False
    careful, problems = _decode_carefully(obj)
    assert quick == careful, obj.manifest
    assert problems == [], obj.manifest
    return True


def check_everything() -> tuple[int, int]:
    found = [check(obj) for obj in objects()]
    return sum(found), len(found)


def test_the_objects_of_the_vectors() -> None:
    quick, every = check_everything()
    assert quick > every // 2
    assert quick < every


def test_an_object_with_one_thing_odd() -> None:
    quick = seen = 0
    for number, obj in enumerate(objects()):
        if number % 20:
            continue
        for way, odd in with_something_odd(obj.manifest):
            other = wrapped(changed(obj.manifest, way, odd))
            if other is not None:
                quick += check(other)
                seen += 1
    assert seen > 5000
    assert 500 < quick < seen


def forgets_unknown_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "_TOP_NAMES", codec._TOP_NAMES | {"unknown"})


def takes_any_mapping_for_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "quick_texts", dict)


def takes_the_stored_form_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "is_stored_form", lambda obj: False)
    monkeypatch.setattr(codec, "METADATA_ANNOTATION", "another")


def drops_what_does_not_decode(monkeypatch: pytest.MonkeyPatch) -> None:
    real = shapes.quick_reader

    def reader(cls: type[Any]) -> Any:
        def read(value: Any) -> Any:
            try:
                return real(cls)(value)
            except OddlyWritten:
                return cls()

        return read

    monkeypatch.setattr(codec, "quick_reader", reader)


def check_all() -> None:
    check_everything()
    test_an_object_with_one_thing_odd()


@pytest.mark.parametrize(
    "fault",
    [
        forgets_unknown_fields,
        takes_any_mapping_for_labels,
        takes_the_stored_form_as_written,
        drops_what_does_not_decode,
    ],
)
def test_a_careless_reader_is_caught(fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises((AssertionError, ValueError, TypeError)):
        check_all()

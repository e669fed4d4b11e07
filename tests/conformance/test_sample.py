"""The sample is a fair part of all vectors, and small."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.conformance.sampling import OF_EACH_TAG, samples, tags_of
from tests.conformance.worlds import FILES, SAMPLE, parse_world, read_lines
from tests.support.shared import shared_folder


def count_tags(path: Path) -> Counter[str]:
    return Counter(tag for line in read_lines(path) for tag in tags_of(parse_world(line.text)))


def test_the_sample_is_small() -> None:
    assert sum(file.stat().st_size for file in SAMPLE.iterdir()) <= 3_000_000


def test_the_sample_is_what_sampling_chooses() -> None:
    for name, lines in samples(shared_folder() / "vectors"):
        kept = [line.text.rstrip() for line in read_lines(SAMPLE / f"{name}.jsonl.gz")]
        assert kept == [line.text.rstrip() for line in lines], name


@pytest.mark.parametrize("name", ["random-1", "random-2"])
def test_every_tag_is_in_the_sample_as_often_as_it_can_be(name: str) -> None:
    kept, whole = count_tags(SAMPLE / f"{name}.jsonl.gz"), count_tags(shared_folder() / "vectors" / f"{name}.jsonl.gz")
    assert {tag for tag, often in whole.items() if kept[tag] < min(often, OF_EACH_TAG)} == set()


def test_the_sample_has_each_kind_of_decision() -> None:
    tags = set().union(*(count_tags(SAMPLE / f"{name}.jsonl.gz") for name in FILES))
    for part in ("encap", "failsafe", "no-profile", "end-of-tier", "preDNAT", "untracked-egress", "host-to-local-pod"):
        assert any(part in tag for tag in tags), part

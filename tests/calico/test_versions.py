from __future__ import annotations

import pytest

from generator.calico.kinds import Kind
from generator.calico.versions import ENFORCEMENT, Judge, Version, has_tiers, judges_of, knows_kind, parse_version
from generator.foundation.errors import InputError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3.32", Version(3, 32)),
        ("v3.32.1", Version(3, 32, 1)),
        (" 3.26.4 ", Version(3, 26, 4)),
        ("v3.31.3-12-gabc", Version(3, 31, 3)),
        ("3.30.0+build", Version(3, 30)),
        ("3.32.9", Version(3, 32, 9)),
    ],
)
def test_versions_are_read(text: str, expected: Version) -> None:
    assert parse_version(text) == expected


@pytest.mark.parametrize("text", ["", "3", "three", "3.32.1.4", "3.x", "v", "3.32beta"])
def test_no_version(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_version(text)
    assert caught.value.diagnostics[0].code == "RF4201"


@pytest.mark.parametrize("text", ["3.25", "3.33", "4.0", "2.99"])
def test_outside_what_is_known(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_version(text)
    assert caught.value.diagnostics[0].code == "RF4202"
    assert "3.26 to 3.32" in caught.value.diagnostics[0].hint


def test_versions_sort_by_number_not_by_text() -> None:
    assert Version(3, 29, 10) > Version(3, 29, 9) > Version(3, 9)


# calico.md 1.1, 5.2, 6.1
@pytest.mark.parametrize(
    ("kind", "known"),
    [
        (Kind.TIER, ["3.29", "3.30", "3.31", "3.32"]),
        (Kind.STAGED_NETWORK_POLICY, ["3.30", "3.31", "3.32"]),
        (Kind.STAGED_KUBERNETES_NETWORK_POLICY, ["3.30", "3.31", "3.32"]),
        (Kind.CLUSTER_NETWORK_POLICY, ["3.32"]),
        (Kind.ADMIN_NETWORK_POLICY, ["3.29", "3.30", "3.31"]),
        (Kind.BASELINE_ADMIN_NETWORK_POLICY, ["3.30", "3.31"]),
        (Kind.GLOBAL_NETWORK_POLICY, ["3.26", "3.27", "3.28", "3.29", "3.30", "3.31", "3.32"]),
    ],
)
def test_which_version_knows_a_kind(kind: Kind, known: list[str]) -> None:
    versions = ["3.26", "3.27", "3.28", "3.29", "3.30", "3.31", "3.32"]
    assert [text for text in versions if knows_kind(parse_version(text), kind)] == known


def test_tiers_since_3_29() -> None:
    assert not has_tiers(parse_version("3.28.5"))
    assert has_tiers(parse_version("3.29"))


def test_enforcement_table() -> None:
    assert len({row.check for row in ENFORCEMENT}) == len(ENFORCEMENT)
    assert judges_of("types: 1-2 entries", parse_version("3.31.3")) == frozenset()
    assert judges_of("types: 1-2 entries", parse_version("3.32")) == {Judge.CRD}
    assert judges_of("fixed tier: order", parse_version("3.32")) == {Judge.GO}
    assert judges_of("fixed tier: order", Version(3, 33)) == {Judge.CEL}
    with pytest.raises(KeyError):
        judges_of("colour", parse_version("3.32"))

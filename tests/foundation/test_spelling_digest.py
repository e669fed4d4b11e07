from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.foundation.digest import canonical_json, digest_text, digest_value
from generator.foundation.spelling import did_you_mean, nearest

FIELDS = ["selector", "notSelector", "namespaceSelector", "nets", "notNets", "ports"]


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("nameSpaceSelector", "namespaceSelector"),
        ("selectors", "selector"),
        ("port", "ports"),
        ("NETS", "nets"),
        ("colour", None),
        ("", None),
    ],
)
def test_nearest(word: str, found: str | None) -> None:
    assert nearest(word, FIELDS) == found
    assert did_you_mean(word, FIELDS) == (f"did you mean '{found}'?" if found else "")


def test_nearest_does_not_depend_on_the_order() -> None:
    assert nearest("Allow", ["allow", "ALLOW"]) == nearest("Allow", ["ALLOW", "allow"])
    assert nearest("x", []) is None


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(st.dictionaries(st.text(max_size=4), _json, max_size=4))
def test_digests_do_not_depend_on_the_order_of_keys(value: dict[str, object]) -> None:
    turned = dict(reversed(value.items()))
    assert canonical_json(turned) == canonical_json(value)
    assert digest_value(turned) == digest_value(value)


def test_digests_differ() -> None:
    assert digest_value({"a": 1}) != digest_value({"a": "1"})
    assert digest_value([1, 2]) != digest_value([2, 1])
    assert digest_text("") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

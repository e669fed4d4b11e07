"""How Calico reads a net of a stored object: masked, and in any spelling that Go's parser takes (calico.md 4.5)."""

from __future__ import annotations

import pytest

from generator.calico.nets import canonical_net

ROWS: list[tuple[str, str | None]] = [
    ("10.0.0.0/8", "10.0.0.0/8"),
    ("10.1.2.3/8", "10.0.0.0/8"),
    ("10.1.2.3", "10.1.2.3/32"),
    ("10.0.0.0/08", "10.0.0.0/8"),
    (f"10.0.0.0/{'0' * 5000}8", "10.0.0.0/8"),
    ("10.0.0.0/00", "0.0.0.0/0"),
    ("FD00::/0008", "fd00::/8"),
    ("::ffff:10.1.2.3/0104", "10.0.0.0/8"),
    ("10.0.0.0/", None),
    ("10.0.0.0/33", None),
    ("10.0.0.0/1000", None),
    (f"10.0.0.0/{'9' * 5000}", None),
    ("10.0.0.0/255.0.0.0", None),
    ("10.0.0.0/+8", None),
    ("10.0.0.0/8 ", None),
    ("10.0.0.0/\u0668", None),
    ("fe80::1%eth0/128", None),
    ("", None),
]


@pytest.mark.parametrize(("written", "read"), ROWS)
def test_nets(written: str, read: str | None) -> None:
    assert canonical_net(written) == read

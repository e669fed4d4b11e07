"""Texts and numbers as an object may hold them, most of them right, drawn from one source of randomness."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

T = TypeVar("T")

ODD_VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, 1, -1, 4, 6, 255, 256, 65535, 65536, 2**31, 2**63, -(2**63) - 1, 4.0, 1.5, 1e300),
    *("", " ", "x", "X", "0", "80", "true", "null", "é", "all()", "a" * 300, "\n"),
    *([], {}, [None], [""], ["x", "x"], [1, 1], {"a": None}, {"": ""}, [[]], [{}]),
)
_LABEL_KEYS: Final = (
    *("app", "a", "A", "k8s-app", "app.kubernetes.io/name", "projectcalico.org/namespace", "pcns.x", "x_y.z"),
    *("", "/", "a/", "/a", "a/b/c", "Ex.com/a", "ex_.com/a", "-a", "a-", "_a", "é", "a b", "a" * 63, "a" * 64),
    *(
        "b" * 253 + "/a",
        "b" * 254 + "/a",
        "projectcalico.org/tier",
        "a..b/c",
        "a.b",
        "a\n",
        "\u0130x",
        "\u212a",
        "A.B/C",
    ),
)
_LABEL_VALUES: Final = ("x", "", "X.y_z-1", "-x", "x-", "é", "a b", "v" * 63, "v" * 64, "x\n", ".", "0")
_NAMES: Final = (
    *(
        "p",
        "p",
        "p",
        "p",
        "a-b",
        "0",
        "default.p",
        "sec.p",
        "a.b.c",
        "knp.default.a.b",
        "ossg.default.x",
        "knp.default.",
    ),
    *("", "P", "-p", "p-", "p.", ".p", "p_q", "p q", "é", "a" * 63, "a" * 64, "a" * 253, "a" * 254, "p\n", "a..b"),
    *("knp.default", "knp.default.p_q", "ossg.default", "kube-admin", "default", "kube-baseline", "a--b", "a.-b"),
    *("adminnetworkpolicy", "baselineadminnetworkpolicy", "calico-system", "b" * 126 + "." + "c" * 126),
)
_ADDRESSES: Final = (
    *("10.0.0.0", "10.1.2.3", "0.0.0.0", "255.255.255.255", "192.168.0.0", "fd00::", "::", "2001:db8::1", "::1"),
    *("::ffff:10.0.0.0", "::ffff:10.1.2.3", "FD00::", "fd00:0:0::0", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.0.0.1"),
    *("fe80::1%eth0", "", " 10.0.0.0", "10.0.0.0 ", "::10.0.0.0", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", ":::"),
    *("0x0a.0.0.0", "localhost", "10.0.0.0\n", "::ffff:0:0", "64:ff9b::10.0.0.0", "fd00::00001", "12345::", "::g"),
    *("0:0:0:0:0:0:0:0", "0::", "::0.0.0.0", "1::2::3", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "10.0.0.0/8"),
)
_LENGTHS: Final = (
    *("8", "16", "24", "32", "0", "33", "64", "96", "104", "128", "129", "-1", "", "08", "00", "+8", " 8", "8 ", "a"),
    *("255.0.0.0", "8/8", "0000008", "0" * 30 + "8", "99999999999999999999", "٨", "1e1", "0x8"),
)
_PORTS: Final[tuple[Any, ...]] = (
    *(80, 443, 1, 65535, 0, -1, 65536, 8080.0, 80.5, None, True, "80", "080", "80:90", "90:80", "80:80", "0:80"),
    *("1:65535", "1:65536", "0", "65536", "http", "HTTP", "http-", "-http", "a--b", "80a", "80-90", "1-2-3", "a" * 15),
    *("a" * 16, "a" * 128, "a" * 129, "", " ", "a b", "a_b", "a.b", ":", "80:", ":80", "80:90:100", "٨٠", "8 0", "+80"),
    *("-", "--", "0:0", "00:00", "1:2 ", "http\n", "é", "a:b", "12345678901234567890", "80,90", [], {}, "0x50", "1e2"),
    *("00000000080", "0000000000000000000000080", "00000080:000000090"),
)
_PROTOCOLS: Final[tuple[Any, ...]] = (
    *(
        "TCP",
        "UDP",
        "SCTP",
        "ICMP",
        "ICMPv6",
        "UDPLite",
        "tcp",
        "Tcp",
        "icmp",
        "ICMPV6",
        "ICMP6",
        "udplite",
        "",
        " TCP",
    ),
    *(1, 6, 17, 58, 132, 136, 0, 255, 256, -1, 6.0, 6.5, None, True, "6", "06", "0", "255", "256", "300", "1", "58"),
    *("-1", "+6", "6 ", "TCP\n", "٦", [], {}, "anything", "000000000000000000000006", "99999999999999999999", "1e1"),
)


class Drawing:
    """A source of randomness with the draws that all others are made of."""

    def __init__(self, seed: int | str) -> None:
        self.random = random.Random(seed)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def one(self, values: Sequence[T]) -> T:
        return self.random.choice(values)

    def mostly(self, usual: Sequence[T], any_of: Sequence[T], odd: float = 0.2) -> T:
        """Draw from the usual values, and now and then from all."""
        return self.one(any_of if self.chance(odd) else usual)

    def many(self, make: Callable[[], T], most: int = 3) -> list[T]:
        return [make() for _ in range(self.random.randint(0, most))]

    def odd_value(self) -> Any:
        return copy.deepcopy(self.one(ODD_VALUES))

    def name(self) -> str:
        return self.mostly(_NAMES[:6], _NAMES, 0.3)

    def label_key(self) -> str:
        return self.mostly(_LABEL_KEYS[:5], _LABEL_KEYS)

    def label_value(self) -> str:
        return self.mostly(_LABEL_VALUES[:3], _LABEL_VALUES)

    def labels(self) -> dict[str, Any]:
        return {self.label_key(): self.label_value() for _ in range(self.random.randint(0, 2))}

    def address(self) -> str:
        return self.mostly(_ADDRESSES[:9], _ADDRESSES, 0.15)

    def net(self) -> str:
        if self.chance(0.7):
            return self.one(
                ("10.0.0.0/8", "10.1.0.0/16", "192.168.0.0/24", "0.0.0.0/0", "::/0", "fd00::/8", "fd00::/64")
            )
        return self.address() if self.chance(0.1) else f"{self.address()}/{self.mostly(_LENGTHS[:10], _LENGTHS)}"

    def port(self) -> Any:
        return self.mostly((80, 443, "http", "80:90", 53, "dns"), _PORTS, 0.25)

    def protocol(self) -> Any:
        return self.mostly(("TCP", "TCP", "UDP", "SCTP", "ICMP", "ICMPv6", 6, 17), _PROTOCOLS)

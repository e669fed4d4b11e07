"""What no pod may send is told once and not among the exceptions, and the words still tell all sets apart."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from generator.calico.versions import NEWEST
from generator.packets.intervals import Intervals
from generator.packets.printing import describe_transport
from generator.packets.transport import ICMP, TCP, UDP, TransportSet
from generator.reach.environment import Environment
from generator.report.encapsulation import encapsulation_note, exceptions_note, packets_words

DEFAULT = Environment(version=NEWEST)
IPIP = TransportSet.of_protocols([4])


def ports(protocol: int, *numbers: int) -> TransportSet:
    return TransportSet.of_ports(protocol, None, Intervals.of_numbers(numbers))


VXLAN = ports(UDP, 4789)
SENT = TransportSet.all() - VXLAN - IPIP
PARTS = st.sampled_from(
    [
        SENT,
        IPIP,
        VXLAN,
        ports(UDP, 53, 4788, 4790),
        ports(TCP, 80),
        TransportSet.of_protocols([UDP]),
        TransportSet.of_protocols([TCP, ICMP]),
        TransportSet.of_protocols([3, 5]),
    ]
)
SETS = st.lists(st.tuples(PARTS, st.booleans()), max_size=4).map(
    lambda parts: _joined(parts),
)


def _joined(parts: list[tuple[TransportSet, bool]]) -> TransportSet:
    found = TransportSet.of_protocols([])
    for part, added in parts:
        found = found | part if added else found - part
    return found


@pytest.mark.parametrize(
    ("packets", "words"),
    [
        (SENT, "everything, encapsulation aside"),
        (SENT - ports(TCP, 9555), "all but TCP 9555, encapsulation aside"),
        (TransportSet.of_protocols([TCP, UDP]) - VXLAN, "TCP; UDP, encapsulation aside"),
        (ports(TCP, 80), "TCP 80"),
        (TransportSet.all(), "everything"),
        (TransportSet.all() - ports(TCP, 80), "all but TCP 80"),
        (TransportSet.all() - VXLAN, "all but UDP 4789"),  # IPIP is in it, so something else than Felix left VXLAN out
    ],
)
def test_only_what_felix_drops_is_left_out(packets: TransportSet, words: str) -> None:
    assert packets_words(packets, DEFAULT) == words
    assert bool(encapsulation_note([packets], DEFAULT)) == words.endswith("encapsulation aside")


def test_what_the_felix_configuration_permits_is_an_exception_like_others() -> None:
    only_vxlan = Environment(version=NEWEST, allow_ipip=True, vxlan_port=8472)
    packets = TransportSet.all() - ports(UDP, 8472)
    assert packets_words(packets, only_vxlan) == "everything, encapsulation aside"
    assert "send VXLAN (UDP 8472), whatever" in encapsulation_note([packets], only_vxlan)
    both = Environment(version=NEWEST, allow_ipip=True, allow_vxlan=True)
    assert packets_words(SENT, both) == describe_transport(SENT) == "all but UDP 4789; IPIP"
    assert encapsulation_note([SENT], both) == ""


@given(SETS, SETS)
def test_two_sets_never_have_the_same_words(left: TransportSet, right: TransportSet) -> None:
    assume(left != right)
    assert packets_words(left, DEFAULT) != packets_words(right, DEFAULT)


def test_a_plan_says_why_its_words_name_what_no_pod_may_send() -> None:
    assert exceptions_note(["TCP 80", "all but TCP 53; UDP 53, 4789; IPIP"]).startswith("UDP 4789 (VXLAN) and IPIP are")
    assert exceptions_note(["all protocols but IPIP"]).startswith("IPIP is excepted")
    assert exceptions_note(["all but TCP 4789", "IPIP", "UDP 4789", "everything"]) == ""

"""The Lease: one run at a time, whoever's clock is wrong; a run that cannot renew stops before another may begin."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from _pytest.outcomes import Failed

from generator.apply.lease import Holder, LeaseFence, new_holder, watch_holder
from generator.apply.ports import LeaseLost
from generator.cluster.access import Request, Response
from generator.cluster.clock import StopAsked
from generator.foundation.errors import EnvironmentFailure, RefusedError
from tests.apply.memory_api import FakeClock, MemoryApi
from tests.faults.calico import Fault
from tests.faults.running import FAULTS_OF_LEASES, a_lease_is_watched_in_silence

KEY = ("/apis/coordination.k8s.io/v1/leases", "ringfence/ringfence-shop")


def fence(api: MemoryApi, holder: str, clock: FakeClock | None = None) -> LeaseFence:
    return LeaseFence(api, clock or FakeClock(), "ringfence", "shop", holder)


def holder_in(api: MemoryApi) -> str:
    return str(api.objects[KEY]["spec"]["holderIdentity"])


def test_it_is_made_taken_renewed_and_given_back() -> None:
    api, clock = MemoryApi(), FakeClock()
    ours = fence(api, "ann", clock)
    with ours.hold():
        ours.still_ours()
        spec = api.objects[KEY]["spec"]
        assert (spec["holderIdentity"], spec["leaseDurationSeconds"], spec["leaseTransitions"]) == ("ann", 15, 0)
        assert spec["renewTime"] == "2026-01-01T00:16:40.000000Z"
        clock.at += 9
        ours.renew()
        clock.at += 9
        ours.still_ours()
    assert holder_in(api) == ""
    with fence(api, "bob", clock).hold():
        assert api.objects[KEY]["spec"]["leaseTransitions"] == 1
    assert clock.at == 1018  # nobody had to wait


def a_run_that_lives_is_left_alone() -> None:
    """The other's clock is wrong by years; that it renews is all that counts."""
    api, theirs = MemoryApi(), FakeClock(at=-1e8)
    other = fence(api, "bob", theirs)
    other.take()
    slept = 0.0

    def meanwhile(seconds: float) -> None:
        nonlocal slept
        slept += seconds
        theirs.at += seconds
        if slept >= 4:
            other.renew()
            slept = 0.0

    clock = FakeClock(on_sleep=meanwhile)
    with pytest.raises(RefusedError) as caught:
        fence(api, "ann", clock).take()
    assert [(item.code, item.summary) for item in caught.value.diagnostics] == [("RF8205", "a run of bob goes on")]
    assert clock.at <= 1006
    other.still_ours()


def whoever_watches_a_lease_says_whose_and_how_long() -> None:
    """Once, before the first second has gone by; where nobody has it nothing is said."""
    api, clock, told = MemoryApi(), FakeClock(), list[tuple[str, float, float]]()

    def on_watch(holder: str, seconds: float) -> None:
        told.append((holder, seconds, clock.at))

    fence(api, "ann", clock).take()
    begun = clock.at
    LeaseFence(api, clock, "ringfence", "shop", "bob", on_watch=on_watch).take()
    assert told == [("ann", 15.0, begun)]
    assert clock.at - begun >= 15
    ours = watch_holder(api, clock, "ringfence", "shop", on_watch)
    assert ours == Holder("bob", lives=False)
    assert [item[:2] for item in told] == [("ann", 15.0), ("bob", 15.0)]
    api.objects[KEY]["spec"]["holderIdentity"] = ""
    LeaseFence(api, clock, "ringfence", "shop", "cyd", on_watch=on_watch).take()
    assert len(told) == 2


def test_whoever_watches_a_lease_says_whose_and_how_long() -> None:
    whoever_watches_a_lease_says_whose_and_how_long()


def test_a_silent_watch_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    a_lease_is_watched_in_silence(monkeypatch)
    with pytest.raises(AssertionError):
        whoever_watches_a_lease_says_whose_and_how_long()


def a_run_that_died_is_watched_for_the_whole_time() -> None:
    api = MemoryApi()
    fence(api, "bob", FakeClock(at=1e9)).take()
    clock = FakeClock()
    ours = fence(api, "ann", clock)
    ours.take()
    assert 1015 <= clock.at <= 1018
    assert holder_in(api) == "ann"
    ours.still_ours()


def nobody_writes_once_another_may_have_begun() -> None:
    """The moment up to which a run believes in its right lies before the first at which anybody else can take it."""
    api, clock = MemoryApi(), FakeClock()
    ours = fence(api, "ann", clock)
    slow = Slow(api, clock, 6.0)
    ours._objects._connection = slow  # the answer comes six seconds after the server wrote
    began = clock.at
    ours.take()
    held = clock.at
    while True:
        try:
            ours.still_ours()
        except LeaseLost:
            break
        held = clock.at
        clock.at += 0.5
    assert held < began + 6 + 15  # the server wrote after the first answer, six seconds after the beginning


@dataclass
class Slow:
    api: MemoryApi
    clock: FakeClock
    seconds: float

    def send(self, request: Request) -> Response:
        answer = self.api.send(request)
        self.clock.at += self.seconds
        return answer


@pytest.mark.parametrize(
    "check",
    [
        a_run_that_lives_is_left_alone,
        a_run_that_died_is_watched_for_the_whole_time,
        nobody_writes_once_another_may_have_begun,
    ],
)
def test_one_run_at_a_time(check: Callable[[], None]) -> None:
    check()


@pytest.mark.parametrize("fault", FAULTS_OF_LEASES, ids=lambda fault: fault.__name__)
def test_a_fault_is_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    failed = 0
    for check in (
        a_run_that_lives_is_left_alone,
        a_run_that_died_is_watched_for_the_whole_time,
        lambda: stop_after(30, nobody_writes_once_another_may_have_begun),
    ):
        try:
            check()
        except (AssertionError, Failed, RefusedError):
            failed += 1
    assert failed


def stop_after(seconds: float, check: Callable[[], None]) -> None:
    """Fail a check whose loop never ends."""
    right, begun = LeaseFence.still_ours, time.monotonic()

    def still_ours(self: LeaseFence) -> None:
        assert self._clock.monotonic() < 10_000
        assert time.monotonic() < begun + seconds
        right(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LeaseFence, "still_ours", still_ours)
        check()


def test_taken_over_is_lost_at_the_next_renewal_and_never_given_back() -> None:
    api, clock = MemoryApi(), FakeClock()
    ours = fence(api, "ann", clock)
    with ours.hold():
        spec = {**api.objects[KEY]["spec"], "holderIdentity": "bob"}
        api.put(KEY, {**api.objects[KEY], "spec": spec}, "MODIFIED")
        ours.still_ours()  # by local time alone
        ours.renew()
        with pytest.raises(LeaseLost) as caught:
            ours.still_ours()
        assert caught.value.holder == "bob"
    assert holder_in(api) == "bob"


def test_a_deleted_lease_is_lost() -> None:
    api = MemoryApi()
    ours = fence(api, "ann")
    ours.take()
    api.remove(KEY)
    ours.renew()
    with pytest.raises(LeaseLost):
        ours.still_ours()
    ours.release()
    assert KEY not in api.objects


@pytest.mark.parametrize("kind", ["lost-after", "lost-before", 429, 500, 503])
@pytest.mark.parametrize("number", range(1, 6))
def test_answers_that_are_lost_do_not_lose_the_lease(number: int, kind: str | int) -> None:
    api = MemoryApi(faults={number: kind})
    ours = fence(api, "ann")
    ours.take()
    ours.renew()
    ours.renew()
    ours.still_ours()
    assert holder_in(api) == "ann"


def test_a_stop_ends_the_watching() -> None:
    api = MemoryApi()
    fence(api, "bob").take()

    def stop(seconds: float) -> None:
        raise StopAsked

    with pytest.raises(StopAsked):
        fence(api, "ann", FakeClock(on_sleep=stop)).take()
    assert holder_in(api) == "bob"


def test_a_lease_that_says_it_lasts_for_ever_is_held() -> None:
    api = MemoryApi()
    fence(api, "bob").take()
    api.objects[KEY]["spec"]["leaseDurationSeconds"] = 10**9
    clock = FakeClock()
    with pytest.raises(RefusedError):
        fence(api, "ann", clock).take()
    assert clock.at < 1010


def test_nobody_can_tell() -> None:
    with pytest.raises(EnvironmentFailure):
        fence(MemoryApi(faults=dict.fromkeys(range(1, 500), 503)), "ann").take()
    with pytest.raises(RefusedError) as caught:
        fence(MemoryApi(forbidden={("POST", "leases")}), "ann").take()
    assert "may not create leases in namespace 'ringfence'" in caught.value.diagnostics[0].summary


@dataclass
class RealClock:
    """The real time; a stop was asked for, so nothing can be waited for with it."""

    stop: bool = False
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if self.stop:
            raise StopAsked
        time.sleep(seconds)


@pytest.fixture
def quick() -> Iterator[Callable[[MemoryApi, str, RealClock], LeaseFence]]:
    yield lambda api, holder, clock: LeaseFence(api, clock, "ringfence", "shop", holder, duration=1)
    assert not [thread for thread in threading.enumerate() if thread.name == "lease"]


def test_the_thread_renews_also_while_a_stop_is_asked_for(
    quick: Callable[[MemoryApi, str, RealClock], LeaseFence],
) -> None:
    api, clock = MemoryApi(), RealClock()
    ours = quick(api, "ann", clock)
    with ours.hold():
        clock.stop = True
        api.faults = {len(api.sent) + 1: 503}  # one renewal needs a second try
        time.sleep(1.4)
        ours.still_ours()
    assert holder_in(api) == ""


def test_a_run_that_was_suspended_past_its_lease_may_not_write(
    quick: Callable[[MemoryApi, str, RealClock], LeaseFence],
) -> None:
    api = MemoryApi()
    ours = quick(api, "ann", RealClock())
    with ours.hold(), api.lock:  # nothing of ours gets through
        time.sleep(1.0)
        spec = {**api.objects[KEY]["spec"], "holderIdentity": "bob"}
        api.put(KEY, {**api.objects[KEY], "spec": spec}, "MODIFIED")
        with pytest.raises(LeaseLost):
            ours.still_ours()
    assert holder_in(api) == "bob"


def test_whoever_looks_sees_whether_a_run_lives() -> None:
    api, clock = MemoryApi(), FakeClock()
    assert watch_holder(api, clock, "ringfence", "shop") is None
    ours = fence(api, "ann")
    ours.take()
    assert watch_holder(api, clock, "ringfence", "shop") == Holder("ann", lives=False)
    assert clock.at == 1015
    lively = FakeClock(on_sleep=lambda seconds: ours.renew())
    ours._clock = lively
    assert watch_holder(api, lively, "ringfence", "shop") == Holder("ann", lives=True)
    ours.release()
    assert watch_holder(api, clock, "ringfence", "shop") is None


def test_no_two_processes_have_one_name() -> None:
    assert new_holder() != new_holder()

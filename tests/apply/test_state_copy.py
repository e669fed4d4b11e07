"""The copy of the state: what was saved comes back, a kill leaves the old or the new, damage is refused."""

from __future__ import annotations

import base64
import random
from dataclasses import replace

import pytest
from _pytest.outcomes import Failed
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from generator.apply import state_copy
from generator.apply.ports import Direction, LeaseLost, Progress, RunStatus, SavedRun
from generator.apply.state_copy import ClusterStateCopy, pack, unpack
from generator.foundation.digest import digest_text
from generator.foundation.errors import EnvironmentFailure, RefusedError
from tests.apply.memory_api import FakeClock, Killed, MemoryApi
from tests.faults.calico import Fault
from tests.faults.running import FAULTS_OF_STATE_COPIES

MAPS = "/api/v1/configmaps"
BIG = "".join(random.Random(1).choices("abcdefghijklmnop", k=5_300_000))  # packs to more than 2 MB

FEW = (Phase.explicit, Phase.generate)  # what is drawn is short enough to read as it is


def copy_of(api: MemoryApi, intent: str = "shop") -> ClusterStateCopy:
    return ClusterStateCopy(api, FakeClock(), "ringfence", intent)


def progress_of(text: str, next: int = 0) -> Progress:
    return Progress("run-1", digest_text(text), Direction.FORWARD, 0, next, RunStatus.RUNNING, "abc", namespaces=("a",))


def save(api: MemoryApi, text: str, intent: str = "shop") -> ClusterStateCopy:
    found = copy_of(api, intent)
    found.load()
    found.save_plan(text)
    found.save_progress(progress_of(text))
    return found


def journey(api: MemoryApi) -> None:
    """Save two plans after each other and go on from another machine."""
    save(api, "first plan" * 1000)
    second = save(api, BIG)
    second.save_progress(progress_of(BIG, 1))
    other = copy_of(api)
    found = other.load()
    assert found == SavedRun(BIG, progress_of(BIG, 1))
    other.save_progress(progress_of(BIG, 2))
    with pytest.raises(LeaseLost):
        second.save_progress(progress_of(BIG, 2))
    assert copy_of(api).load() == SavedRun(BIG, progress_of(BIG, 2))


def test_a_plan_over_five_megabytes_comes_back_on_another_machine() -> None:
    api = MemoryApi()
    journey(api)
    assert len(BIG.encode()) > 5 * 1024 * 1024
    chunks = [stored["binaryData"]["part"] for (where, name), stored in api.objects.items() if "-plan-" in name]
    assert len(chunks) > 3
    assert max(map(len, chunks)) < 512 * 1024
    assert all(stored["metadata"]["labels"]["ringfence/intent"] == "shop" for stored in api.objects.values())


def test_waste_of_older_runs_goes_and_other_intents_stay() -> None:
    api = MemoryApi()
    save(api, "other", "blog")
    for text in ("one", "two", "three"):
        save(api, text)
    index, _ = pack("three")
    assert api.names("configmaps") == sorted(
        [
            "ringfence/ringfence-shop-state",
            "ringfence/ringfence-blog-state",
            f"ringfence/{index.chunk_name('shop', 0)}",
            f"ringfence/{pack('other')[0].chunk_name('blog', 0)}",
        ]
    )


def test_nothing_saved_is_nothing() -> None:
    assert copy_of(MemoryApi()).load() is None


@given(st.text(max_size=200), st.integers(1, 40))
def test_what_is_packed_is_unpacked(text: str, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state_copy, "CHUNK", size)
        index, parts = pack(text)
        assert all(len(part) <= size for part in parts)
        assert unpack(index, parts) == text
        assert pack(text) == (index, parts)


@settings(max_examples=100, phases=FEW)
@given(st.data())
def test_a_kill_leaves_the_old_or_the_new_state(data: st.DataObject) -> None:
    """Saves of two plans and progresses; the process ends around any request of the second saving."""
    texts = data.draw(st.lists(st.text("ab", min_size=30, max_size=60), min_size=2, max_size=2, unique=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state_copy, "CHUNK", 5)
        api = MemoryApi()
        save(api, texts[0])
        begun = len(api.sent)
        number = data.draw(st.integers(1, 14))
        api.faults[begun + number] = data.draw(st.sampled_from(["kill-before", "kill-after"]))
        states = [SavedRun(texts[0], progress_of(texts[0]))]
        states += [SavedRun(texts[1], progress_of(texts[1], step)) for step in (0, 1)]
        done = 0
        try:
            second = save(api, texts[1])
            done = 1
            second.save_progress(progress_of(texts[1], 1))
            done = 2
        except Killed:
            pass
        api.faults.clear()
        assert copy_of(api).load() in states[done : done + 2]
        # Whoever comes next can save again.
        save(api, texts[0])
        assert copy_of(api).load() == states[0]


@settings(max_examples=100, phases=FEW)
@given(st.data())
def test_an_answer_that_is_lost_changes_nothing(data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state_copy, "CHUNK", 8)
        kinds: st.SearchStrategy[str | int] = st.sampled_from(["lost-before", "lost-after", 429, 500, 503])
        api = MemoryApi(faults=data.draw(st.dictionaries(st.integers(1, 30), kinds, max_size=5)))
        saved = save(api, "ab" * 20)
        saved.save_progress(progress_of("ab" * 20, 7))
        api.faults.clear()
        assert copy_of(api).load() == SavedRun("ab" * 20, progress_of("ab" * 20, 7))


@settings(max_examples=100, phases=FEW)
@given(st.data())
def test_damage_is_refused_and_never_used(data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state_copy, "CHUNK", 5)
        api = MemoryApi()
        text = "the plan of a shop" * 3
        save(api, text)
        key = data.draw(st.sampled_from(sorted(api.objects)))
        stored = api.objects[key]
        if "binaryData" in stored and data.draw(st.booleans()):
            del api.objects[key]
        elif "binaryData" in stored:
            part = bytearray(base64.b64decode(stored["binaryData"]["part"]))
            part[data.draw(st.integers(0, len(part) - 1))] ^= data.draw(st.integers(1, 255))
            stored["binaryData"]["part"] = base64.b64encode(part).decode()
        else:
            line = stored["data"]["state"]
            at = data.draw(st.integers(0, len(line) - 1))
            stored["data"]["state"] = line[:at] + ("x" if line[at] != "x" else "y") + line[at + 1 :]
        with pytest.raises(RefusedError) as caught:
            copy_of(api).load()
        assert [item.code for item in caught.value.diagnostics] == ["RF8204"]


def test_a_damaged_chunk_is_made_anew_by_the_next_run() -> None:
    api = MemoryApi()
    save(api, "plan")
    key = next(key for key in api.objects if "-plan-" in key[1])
    api.objects[key]["binaryData"]["part"] = "AAAA"
    save_anew = copy_of(api)
    save_anew.save_plan("plan")
    with pytest.raises(LeaseLost):  # it has not seen the head that is there
        save_anew.save_progress(progress_of("plan"))
    assert copy_of(api).load() == SavedRun("plan", progress_of("plan"))


def test_no_namespace_names_the_command_that_makes_it() -> None:
    with pytest.raises(RefusedError) as caught:
        save(MemoryApi(namespaces=set()), "plan")
    (found,) = caught.value.diagnostics
    assert (found.code, found.summary) == ("RF8201", "there is no namespace 'ringfence'")
    assert "kubectl create namespace ringfence" in found.hint


@pytest.mark.parametrize(("method", "verb"), [("GET", "get"), ("POST", "create"), ("PUT", "update")])
def test_a_missing_right_is_named(method: str, verb: str) -> None:
    api = MemoryApi()
    save(api, "plan")
    api.forbidden = {(method, "configmaps")}
    with pytest.raises(RefusedError) as caught:
        save(api, "another")
    assert f"may not {verb} configmaps in namespace 'ringfence'" in caught.value.diagnostics[0].summary


def test_waste_may_stay_where_the_role_cannot_delete() -> None:
    api = MemoryApi(forbidden={("DELETE", "configmaps")})
    save(api, "one")
    save(api, "two")
    assert copy_of(api).load() == SavedRun("two", progress_of("two"))


def test_a_server_that_stays_away_is_an_environment_failure() -> None:
    api = MemoryApi(faults=dict.fromkeys(range(1, 500), 503))
    with pytest.raises(EnvironmentFailure):
        copy_of(api).load()


def test_a_text_that_is_longer_than_it_says_is_not_unpacked() -> None:
    index, parts = pack("a" * 100_000)
    with pytest.raises(ValueError, match="not the one"):
        unpack(replace(index, size=10), parts)


def everything() -> None:
    journey(MemoryApi())
    test_a_kill_leaves_the_old_or_the_new_state()
    test_damage_is_refused_and_never_used()
    test_waste_of_older_runs_goes_and_other_intents_stay()


@pytest.mark.parametrize("fault", FAULTS_OF_STATE_COPIES, ids=lambda fault: fault.__name__)
def test_a_fault_is_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises((AssertionError, Failed, LeaseLost, RefusedError, BaseExceptionGroup)):
        everything()

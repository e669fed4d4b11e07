"""The sign against a fleet whose watches go on independently: it never shows before every node has every kind."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from _pytest.outcomes import Failed
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from generator.apply.waits.canaries import CanaryCage
from generator.apply.waits.faults import NoSign
from generator.apply.waits.fleet import FleetReader, FleetWatch
from generator.apply.waits.sign import Pace, Sign
from generator.calico.kinds import Kind
from generator.cluster.access import Request, Response
from generator.foundation.errors import EnvironmentFailure
from tests.apply.felix_fleet import KINDS, POLICIES, SETS, TIERS, FleetApi, fleet_api, remove, write
from tests.apply.memory_api import Answer, FakeClock
from tests.faults.calico import Fault
from tests.faults.waits import FAULTS_OF_SIGNS

ALL = (Kind.TIER, Kind.NETWORK_POLICY, Kind.GLOBAL_NETWORK_POLICY, Kind.KUBERNETES_NETWORK_POLICY)
SETTING = (*ALL, Kind.GLOBAL_NETWORK_SET, Kind.NETWORK_SET)
QUICK = Pace(poll=0.5, still=1.0, limit=12.0)


def sign_over(api: FleetApi, kinds: tuple[Kind, ...] = SETTING, version: str = "3.32") -> Sign:
    clock = FakeClock()
    calico = "projectcalico.org/v3"
    cage = CanaryCage(api, clock, "ringfence", "shop", calico, version)
    return Sign(api, clock, FleetReader(api, clock), cage, kinds, calico, version, QUICK)


def confirm(sign: Sign) -> dict[str, str]:
    return sign.confirm(lambda behind, of: None)


def canaries(api: FleetApi) -> list[str]:
    return [name for (_, name), stored in api.objects.items() if "ringfence/canary" in stored["metadata"]["labels"]]


def place(kind: str) -> tuple[str, str]:
    return kind, "shop" if kind in (POLICIES[0], POLICIES[2], SETS[0]) else ""


def test_nodes_that_have_everything_are_confirmed_stage_by_stage_and_canaries_go() -> None:
    api = fleet_api("n1", "n2")
    sign = sign_over(api)
    assert confirm(sign) == {}
    for stage in range(6):
        write(api, *place(TIERS), "ours", {"order": stage}, "shop")
        for kind in POLICIES:
            write(api, *place(kind), f"p{stage // 2}", {"order": stage}, "shop")
        write(api, *place(SETS[1]), f"s{stage}", {"nets": []}, "shop")
        assert confirm(sign) == {}
        assert len(canaries(api)) <= 70
    for stage in range(3):
        for kind in POLICIES:
            remove(api, *place(kind), f"p{stage}")
    assert confirm(sign) == {}
    sign.end()
    assert canaries(api) == []


def test_a_set_that_is_taken_off_needs_few_canaries() -> None:
    """Removals of several kinds prove downwards, and a node that lacks the last of them is seen."""
    api = fleet_api("n1", "n2")
    for number in range(150):
        write(api, *place(POLICIES[number % 2]), f"p{number}", {"order": 1}, "shop")
    sign = sign_over(api)
    assert confirm(sign) == {}
    for held, numbers in (("", range(100)), (POLICIES[0], range(100, 150, 2)), (POLICIES[1], range(101, 150, 2))):
        api.nodes["n2"].held = {held}
        for number in numbers:
            remove(api, *place(POLICIES[number % 2]), f"p{number}")
        assert confirm(sign).keys() == ({"n2"} if held else set())
        api.nodes["n2"].held = set()
        assert confirm(sign) == {}
    assert max(int(name.rpartition("-")[2]) for name in canaries(api)) <= 40


def test_a_node_that_is_one_write_behind_in_one_kind_is_never_confirmed() -> None:
    """It answers, it is ready, everything else goes on; in whichever kind, whatever was written last."""
    for kind in KINDS:
        for last in ("create", "change", "remove"):
            api = fleet_api("n1", "n2")
            write(api, *place(kind), "mine", {"order": 1}, "shop")
            sign = sign_over(api)
            assert confirm(sign) == {}
            api.nodes["n2"].held.add(kind)
            if last == "create":
                write(api, *place(kind), "new", {"order": 1}, "shop")
            elif last == "change":
                write(api, *place(kind), "mine", {"order": 2}, "shop")
            else:
                remove(api, *place(kind), "mine")
            for other in KINDS:
                if other != kind:
                    write(api, *place(other), "more", {"order": 3}, "shop")
            behind = confirm(sign)
            assert behind.keys() == {"n2"}, (kind, last)
            api.nodes["n2"].held.clear()
            assert confirm(sign) == {}


def test_a_node_that_was_behind_before_counting_began_holds_the_beginning_up() -> None:
    for kind in KINDS:
        api = fleet_api("n1", "n2")
        api.nodes["n1"].held.add(kind)
        api.nodes["n2"].held.add(kind)  # as where a Typha holds it up for both
        write(api, *place(kind), "mine", {"order": 1}, "shop")
        assert confirm(sign_over(api)).keys() == {"n1", "n2"}, kind


OPS = st.tuples(st.sampled_from(KINDS), st.sampled_from(["set", "remove"]), st.integers(0, 2))


def write_some(api: FleetApi, ops: list[tuple[str, str, int]], intent: str) -> None:
    for number, (kind, op, name) in enumerate(ops):
        where, namespace = place(kind)
        title = f"{intent or 'their'}-{name}"
        if op == "set":
            write(api, where, namespace, title, {"order": number, "selector": "all()"}, intent)
        elif (where, f"{namespace}/{title}") in api.objects:
            remove(api, where, namespace, title)


def stages_over_lagging_nodes(
    seed: int, stages: list[list[tuple[str, str, int]]], typha: bool, coalesces: bool = False
) -> int:
    """Stages of writes while nodes go on at any pace and others write too; returns how many were confirmed."""
    draw = random.Random(seed)
    api = fleet_api("n1", "n2")
    if typha:
        add_typha(api)
    sign = sign_over(api)
    assert confirm(sign) == {}
    for node in api.nodes.values():
        node.coalesces = coalesces
        node.pace = lambda kind: draw.choice((0, 0, 1, 1, 2))
        node.dataplane_pace = draw.choice((1, 100))

    def others() -> None:
        if draw.random() < 0.02:
            write_some(api, [(draw.choice(KINDS), draw.choice(("set", "remove")), draw.randrange(3))], "")

    api.on_look = others
    confirmed = 0
    for ops in stages:
        write_some(api, ops, "shop")
        trouble = ("lost-before", "lost-after", 429, 503)
        api.faults = {len(api.sent) + draw.randrange(1, 80): draw.choice(trouble) for _ in range(draw.choice((0, 3)))}
        before = {kind: api.events_of(kind, canaries=True) for kind in KINDS}
        held = draw.choice((*KINDS, "", "", "", ""))
        api.nodes["n2"].held = {held}
        behind = confirm(sign)
        if not behind:
            confirmed += 1
            for node in api.nodes.values():
                for kind in KINDS:
                    assert node.taken[kind] >= before[kind], (kind, node.name, held)
        api.nodes["n2"].held = set()
    return confirmed


def add_typha(api: FleetApi) -> None:
    def intercept(request: Request, answer: Answer) -> Response:
        found = answer(request)
        if request.path == "/api/v1/pods" and ("labelSelector", "k8s-app=calico-typha") in request.query:
            found.body["items"].append({"metadata": {"name": "typha", "uid": "1"}, "spec": {}, "status": {}})
        return found

    api.intercept = intercept


@settings(max_examples=40, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(
    st.integers(0, 10**6),
    st.lists(st.lists(OPS, min_size=1, max_size=6), min_size=1, max_size=3),
    st.booleans(),
    st.booleans(),
)
def any_interleaving(seed: int, stages: list[list[tuple[str, str, int]]], typha: bool, coalesces: bool) -> None:
    stages_over_lagging_nodes(seed, stages, typha, coalesces)


def test_it_never_shows_too_early_in_any_interleaving() -> None:
    any_interleaving()


def test_it_does_show_although_nodes_are_slow() -> None:
    """Else the law above would hold for a sign that never shows."""
    ops = [(kind, "set", 0) for kind in KINDS]
    for coalesces in (False, True):
        assert sum(stages_over_lagging_nodes(seed, [ops, ops], False, coalesces) for seed in range(12)) >= 8


def test_what_is_queued_before_the_dataplane_holds_it_up() -> None:
    api = fleet_api("n1")
    sign = sign_over(api)
    assert confirm(sign) == {}
    api.nodes["n1"].dataplane_pace = 0
    write(api, *place(POLICIES[0]), "mine", {"order": 1}, "shop")
    assert confirm(sign) == {"n1": "Felix has not passed everything on"}
    api.nodes["n1"].dataplane_pace = 100
    assert confirm(sign) == {}


def test_a_policy_that_felix_refuses_is_not_counted_on() -> None:
    """Somebody writes one that the validator refuses: whether it counts is not known, and canaries make up for it."""
    for refuses in (True, False):
        api = fleet_api("n1", refuses=lambda manifest, no=refuses: no and manifest["spec"].get("selector") == "a ==")
        sign = sign_over(api)
        assert confirm(sign) == {}
        write(api, *place(POLICIES[1]), "theirs", {"selector": "a ==", "types": ["Ingress"]})
        write(api, *place(POLICIES[0]), "mine", {"order": 1}, "shop")
        api.nodes["n1"].held = {POLICIES[0]}
        assert confirm(sign).keys() == {"n1"}
        api.nodes["n1"].held = set()
        assert confirm(sign) == {}


def test_what_others_write_does_not_stand_in_for_ours() -> None:
    """They create a policy of a kind that goes on, and remove one again, while ours is held up in another kind."""
    for theirs in (POLICIES[1], POLICIES[2]):
        for removed in (True, False):
            api = fleet_api("n1", "n2")
            write(api, *place(POLICIES[0]), "mine", {"order": 1}, "shop")
            sign = sign_over(api)
            assert confirm(sign) == {}
            api.nodes["n1"].held = {POLICIES[0]}
            write(api, *place(POLICIES[0]), "mine", {"order": 2}, "shop")
            for number in range(3):
                write(api, *place(theirs), f"theirs-{number}", {"selector": "all()", "types": ["Ingress"]})
                if removed and number:
                    remove(api, *place(theirs), f"theirs-{number}")
                assert "n1" in confirm(sign)


def test_a_restart_begins_the_count_again() -> None:
    api = fleet_api("n1", "n2")
    sign = sign_over(api)
    assert confirm(sign) == {}
    write(api, *place(POLICIES[0]), "mine", {"order": 1}, "shop")
    api.restart(api.nodes["n1"])
    assert confirm(sign) == {}
    api.nodes["n2"].held = {POLICIES[0]}
    write(api, *place(POLICIES[0]), "mine", {"order": 2}, "shop")
    api.restart(api.nodes["n1"])
    assert "n2" in confirm(sign)


def test_a_record_that_expired_begins_the_count_again() -> None:
    api = fleet_api("n1")
    sign = sign_over(api)
    assert confirm(sign) == {}
    write(api, *place(POLICIES[0]), "mine", {"order": 1}, "shop")
    api.oldest = api.version + 1
    api.nodes["n1"].held = {POLICIES[0]}
    assert confirm(sign).keys() == {"n1"}
    api.nodes["n1"].held = set()
    assert confirm(sign) == {}


def test_a_stopped_felix_and_nodes_that_disagree_are_missing() -> None:
    api = fleet_api("n1", "n2", "n3")
    api.nodes["n2"].answers = False
    api.nodes["n3"].policies.add("a policy that nobody else knows")
    behind = confirm(sign_over(api))
    assert behind["n2"].startswith("Felix's metrics do not answer at port 9091 (no answer came in time)")
    assert "n3" in behind or "n1" in behind


def test_a_version_that_knows_no_tiers_has_no_canary_of_one() -> None:
    api = fleet_api("n1")
    sign = sign_over(api, version="3.28")
    assert confirm(sign) == {}
    assert not [key for key in api.objects if key[0] == TIERS and "canary" in key[1]]
    api.nodes["n1"].held = {POLICIES[0]}
    write(api, *place(POLICIES[0]), "mine", {"order": 1}, "shop")
    assert confirm(sign).keys() == {"n1"}


def test_no_metrics_is_no_sign() -> None:
    api = fleet_api("n1", "n2")
    for node in api.nodes.values():
        node.answers = False
    with pytest.raises(NoSign, match="on no node: Felix's metrics do not answer"):
        confirm(sign_over(api))


def test_rights_are_named() -> None:
    api = fleet_api("n1", forbidden={("GET", "pods/proxy")})
    assert confirm(sign_over(api)) == {}  # by way of the node
    for missing, words in (
        (
            {("GET", "pods/proxy"), ("GET", "nodes/proxy")},
            "may not get pods/proxy in namespace 'calico-system', nor nodes/proxy; deploy/rbac/felix-metrics",
        ),
        ({("POST", "tiers")}, "may not create tiers"),
        ({("DELETE", "globalnetworkpolicies")}, "may not delete globalnetworkpolicies"),
    ):
        with pytest.raises(NoSign, match=words):
            confirm(sign_over(fleet_api("n1", forbidden=missing)))


def test_canaries_that_a_killed_run_has_left_go() -> None:
    api = fleet_api("n1")
    assert confirm(sign_over(api)) == {}
    assert canaries(api)
    sign = sign_over(api)
    assert confirm(sign) == {}
    sign.end()
    assert canaries(api) == []


def test_canaries_of_kinds_that_this_plan_does_not_write_go_too() -> None:
    api = fleet_api("n1")
    assert confirm(sign_over(api)) == {}
    sign = sign_over(api, (Kind.NETWORK_POLICY,))
    assert confirm(sign) == {}
    assert {name.partition("/")[0] for name in canaries(api)} == {"ringfence"}
    sign.end()
    assert canaries(api) == []


def test_an_api_server_that_stays_away_is_no_missing_sign() -> None:
    api = fleet_api("n1")
    sign = sign_over(api)
    assert confirm(sign) == {}
    api.faults = dict.fromkeys(range(len(api.sent) + 1, len(api.sent) + 2000), 503)
    with pytest.raises(EnvironmentFailure):
        confirm(sign)


def test_restarts_are_seen_between_waits() -> None:
    api = fleet_api("n1", "n2")
    watch = FleetWatch(FleetReader(api, FakeClock()))
    watch.remember()
    assert watch.troubles() == ()
    api.nodes["n2"].restarts += 1
    assert watch.troubles() == ("calico-node-n2 has restarted",)
    watch.remember()
    assert watch.troubles() == ()


@pytest.mark.parametrize("fault", FAULTS_OF_SIGNS, ids=lambda fault: fault.__name__)
def test_a_fault_is_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    checks: tuple[Callable[[], None], ...] = (
        test_a_node_that_is_one_write_behind_in_one_kind_is_never_confirmed,
        test_what_is_queued_before_the_dataplane_holds_it_up,
        test_a_restart_begins_the_count_again,
        test_what_others_write_does_not_stand_in_for_ours,
        test_it_never_shows_too_early_in_any_interleaving,
    )
    failed = 0
    for check in checks:
        try:
            check()
        except (AssertionError, Failed, NoSign):
            failed += 1
            break
    assert failed

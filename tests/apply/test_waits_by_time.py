"""What is done where there is no sign, what gates say, and that a guess is called one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import typer

from generator.apply.events import Event, Waiting
from generator.apply.ports import Certainty, NodeWait
from generator.apply.stopping import StopFlag, SystemClock
from generator.apply.waits.canaries import CanaryCage
from generator.apply.waits.fleet import FleetReader, FleetWatch
from generator.apply.waits.gates import CommandGate, Gate, QueryGate
from generator.apply.waits.node_waits import NodeWaits
from generator.apply.waits.sign import Sign
from generator.calico.kinds import Kind
from generator.cli.run_options import parse_duration
from generator.cluster.clock import StopAsked
from generator.foundation.errors import EnvironmentFailure
from generator.plan.model import WaitStep
from generator.plan.stages import Stage
from tests.apply.felix_fleet import POLICIES, FleetApi, fleet_api, write
from tests.apply.memory_api import FakeClock
from tests.apply.test_waits_sign import QUICK, canaries, place
from tests.faults.waits import every_part_has_the_whole_time

STEP = WaitStep("step-3", Stage.ALLOWS, "Wait.", (Kind.NETWORK_POLICY,))


def waits_over(
    api: FleetApi, told: list[Event], gates: tuple[Gate, ...] = (), *, sign: bool = True
) -> tuple[NodeWaits, FakeClock]:
    clock = FakeClock()
    reader = FleetReader(api, clock)
    cage = CanaryCage(api, clock, "ringfence", "shop", "projectcalico.org/v3", "3.32")
    kinds = (Kind.NETWORK_POLICY,)
    found = Sign(api, clock, reader, cage, kinds, "projectcalico.org/v3", "3.32", QUICK) if sign else None
    return NodeWaits(found, FleetWatch(reader), clock, told.append, gates=gates), clock


def test_all_nodes_are_confirmed_and_told_of() -> None:
    api, told = fleet_api("n1", "n2"), list[Event]()
    waits, _ = waits_over(api, told)
    waits.remember()
    write(api, *place(POLICIES[0]), "mine", {"order": 1}, "shop")
    result = waits.confirm(STEP, told.append)
    assert result.nodes == (NodeWait("n1", Certainty.CONFIRMED), NodeWait("n2", Certainty.CONFIRMED))
    assert (result.certainty, result.lets_pass) == (Certainty.CONFIRMED, True)
    assert any(isinstance(event, Waiting) and event.of == 2 for event in told)
    waits.close()
    assert canaries(api) == []


def test_a_node_that_is_behind_does_not_let_pass() -> None:
    api = fleet_api("n1", "n2")
    waits, _ = waits_over(api, [])
    waits.remember()
    api.nodes["n2"].held = {POLICIES[0]}
    write(api, *place(POLICIES[0]), "mine", {"order": 1}, "shop")
    result = waits.confirm(STEP, lambda event: None)
    assert result.nodes == (
        NodeWait("n1", Certainty.CONFIRMED),
        NodeWait("n2", Certainty.MISSING, "not all is there of NetworkPolicy"),
    )
    assert not result.lets_pass


def a_wait_ends_when_its_time_is_over() -> None:
    """All that a wait does shares one limit: counting anew, too, whatever keeps it from coming to an end."""
    for restart in (False, True):
        api = fleet_api("n1", "n2")
        waits, clock = waits_over(api, [])
        waits.remember()
        api.nodes["n2"].held = {POLICIES[0]}
        write(api, *place(POLICIES[0]), "mine", {"order": 1}, "shop")
        before, restarts = clock.at, [restart]

        def late(
            api: FleetApi = api, clock: FakeClock = clock, before: float = before, due: list[bool] = restarts
        ) -> None:
            if clock.at - before > QUICK.limit - 3 and due[0]:
                due[0] = False
                api.restart(api.nodes["n1"])

        api.on_look = late if restart else api.on_look
        result = waits.confirm(STEP, lambda event: None)
        assert not result.lets_pass
        assert result.limit == QUICK.limit
        assert clock.at - before <= QUICK.limit + 1.5


def test_a_wait_ends_when_its_time_is_over() -> None:
    a_wait_ends_when_its_time_is_over()


def test_each_try_with_a_limit_of_its_own_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    every_part_has_the_whole_time(monkeypatch)
    with pytest.raises(AssertionError):
        a_wait_ends_when_its_time_is_over()


def test_lengths_of_time_are_written_as_kubectl_takes_them() -> None:
    for text, seconds in (("90", 90), ("90s", 90), ("5m", 300), ("1h30m", 5400), ("1.5m", 90), ("250ms", 0.25)):
        assert parse_duration(text) == seconds
    for text in ("", "5x", "m", "0", "0s", "-5s", "5 m", "inf", "nan", "1e999", "s5"):
        with pytest.raises(typer.BadParameter):
            parse_duration(text)


def test_a_node_that_is_behind_before_the_first_write_stops_the_run() -> None:
    api = fleet_api("n1", "n2")
    api.nodes["n1"].held = {POLICIES[0]}
    write(api, *place(POLICIES[0]), "theirs", {"order": 1})
    waits, _ = waits_over(api, [])
    with pytest.raises(EnvironmentFailure) as caught:
        waits.remember()
    assert "n1: " in caught.value.diagnostics[0].summary


@pytest.mark.parametrize("asked_for", [True, False])
def test_without_a_sign_it_is_a_pause_that_is_called_a_guess(asked_for: bool) -> None:
    api, told = fleet_api("n1"), list[Event]()
    api.nodes["n1"].answers = False
    waits, clock = waits_over(api, told, sign=not asked_for)
    waits.remember()
    before = clock.at
    result = waits.confirm(STEP, told.append)
    assert clock.at - before == 10
    (node,) = result.nodes
    assert (node.name, node.certainty, result.lets_pass) == ("", Certainty.GUESSED, True)
    words = "on no node: Felix's metrics do not answer at port 9091 (no answer came in time)"
    reason = "as asked for" if asked_for else words
    assert node.detail == f"a pause of 10 s: {reason}"
    assert Waiting("step-3", f"pausing for 10 s, which is a guess: {reason}") in told


def test_windows_nodes_and_kinds_without_a_sign_are_guesses_beside_what_is_confirmed() -> None:
    api = fleet_api("n1", "w1", windows={"w1"})
    waits, _ = waits_over(api, [])
    waits.remember()
    step = WaitStep("step-3", Stage.ALLOWS, "Wait.", (Kind.NETWORK_POLICY, Kind.STAGED_NETWORK_POLICY))
    result = waits.confirm(step, lambda event: None)
    assert [(node.name, node.certainty.value, node.detail) for node in result.nodes] == [
        ("n1", "confirmed", ""),
        ("", "guessed", "a pause of 10 s: StagedNetworkPolicy gives no sign"),
        ("w1", "guessed", "a pause of 10 s: a Windows node gives no sign"),
    ]
    assert result.certainty is Certainty.GUESSED


def test_a_command_is_a_gate() -> None:
    real = SystemClock()
    assert CommandGate("exit 0", real).refusal() == ""
    assert CommandGate("echo begun; echo no >&2; exit 3", real).refusal() == "the gate's command ended with 3: no"
    begun = time.monotonic()
    slow = CommandGate("sleep 30; true", real, limit=0.2)
    assert slow.refusal() == "the gate's command did not end within 0.2 s"
    assert time.monotonic() - begun < 5
    waits, _ = waits_over(fleet_api("n1"), [], (CommandGate("true", real), CommandGate("false", real)))
    result = waits.confirm(STEP, lambda event: None)
    assert (result.certainty, result.lets_pass) == (Certainty.CONFIRMED, False)
    assert result.refusal == "the gate's command ended with 1"


def test_a_stop_ends_a_gates_command(tmp_path: Path) -> None:
    flag = StopFlag()
    flag.asked = 1
    with pytest.raises(StopAsked):
        CommandGate(f"sleep 1; touch {tmp_path}/late", SystemClock(flag)).refusal()
    time.sleep(1.2)
    assert not list(tmp_path.iterdir())


class Answers(BaseHTTPRequestHandler):
    replies: ClassVar[list[tuple[int, Any]]] = []
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        Answers.asked.append(self.path)
        code, body = Answers.replies.pop(0) if len(Answers.replies) > 1 else Answers.replies[0]
        self.send_response(code)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def prometheus() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def vector(*values: str) -> dict[str, Any]:
    samples = [{"metric": {}, "value": [1, value]} for value in values]
    return {"status": "success", "data": {"resultType": "vector", "result": samples}}


def test_a_query_is_a_gate(prometheus: str) -> None:
    clock = FakeClock()
    gate = QueryGate(prometheus, "rate(errors) < 1", clock, limit=20)
    Answers.replies = [(200, vector()), (200, vector("0")), (200, vector("0.5", "2"))]
    assert gate.refusal() == ""
    assert clock.at == 1010
    assert Answers.asked[-1] == "/api/v1/query?query=rate%28errors%29+%3C+1"
    for reply, words in (
        ((200, vector("1", "0")), "the gate's query gives 0"),
        ((200, vector("NaN")), "the gate's query gives nan"),
        ((200, vector()), "the gate's query gives no sample"),
        ((503, {}), "the Prometheus answers 503"),
        ((200, {"status": "error"}), "the Prometheus answers with something else than samples"),
        ((200, {"status": "success", "data": {"resultType": "matrix"}}), "the Prometheus answers with something else"),
    ):
        Answers.replies = [reply]
        assert gate.refusal().startswith(words)
    away = QueryGate("http://user:secret@127.0.0.1:1", "up", clock, limit=0)
    assert away.refusal() == "the Prometheus gives no answer"
    assert QueryGate("file:///etc/passwd", "up", clock, limit=0).refusal() == "the Prometheus is no http address"

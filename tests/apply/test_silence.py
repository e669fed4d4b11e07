"""A server that refuses, is silent or goes away: each command says what it waits for, and ends soon."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from generator.cli.main import run_command
from generator.foundation.errors import EnvironmentFailure
from generator.plan.plan_file import write_plan
from tests.apply import silence_laws
from tests.apply.worlds import shop_objects, shop_plan, shop_shape
from tests.faults.calico import Fault
from tests.faults.silence import FAULTS_OF_SILENCE
from tests.support.signals import heed_sigint

LAWS = (
    silence_laws.a_call_that_has_written_nothing_fails_soon,
    silence_laws.writes_are_not_given_up,
    silence_laws.a_long_answer_is_no_silence,
    silence_laws.one_server_behind_it_is_not_all_of_it,
    silence_laws.what_is_put_in_order_waits_for_nobody_who_is_gone,
    silence_laws.what_is_put_in_order_is_done_where_the_server_is_back,
    silence_laws.a_stop_ends_what_hangs,
    silence_laws.a_stop_ends_no_write,
    silence_laws.two_stops_are_the_end,
)
COMMANDS = {
    "apply": ("apply", "PLAN", "--yes"),
    "apply --continue": ("apply", "PLAN", "--continue", "--yes"),
    "apply --dry-run": ("apply", "PLAN", "--dry-run", "server"),
    "rollback": ("rollback", "PLAN", "--yes"),
    "pause": ("pause", "shop-a", "--yes"),
    "resume": ("resume", "--yes"),
    "status": ("status",),
    "snapshot": ("snapshot",),
    "plan check": ("plan", "check", "PLAN", "--live", "cluster"),
}


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law(law: Callable[[], None]) -> None:
    law()


@pytest.mark.parametrize(
    ("fault", "law"), FAULTS_OF_SILENCE, ids=[f"{fault.__name__}-{law.__name__}" for fault, law in FAULTS_OF_SILENCE]
)
def test_a_fault_is_caught(fault: Fault, law: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises((AssertionError, EnvironmentFailure)):
        law()


@contextmanager
def port_of(manner: str) -> Iterator[int]:
    """Give a port that takes connections and says nothing, or one that refuses them."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        if manner == "silent":
            listening.listen(50)
        yield int(listening.getsockname()[1])


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], list[str]]:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    file, config = tmp_path / "plan.json", tmp_path / "config"

    def made(command: str, port: int) -> list[str]:
        file.write_text(write_plan(shop_plan(shop_objects("shop-a"), shop_shape("shop-a"))), encoding="utf-8")
        server = {"server": f"https://127.0.0.1:{port}", "insecure-skip-tls-verify": True}
        value = {
            "current-context": "one",
            "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": server}],
            "users": [{"name": "u", "user": {}}],
        }
        config.write_text(yaml.safe_dump(value), encoding="utf-8")
        call = [str(file) if word == "PLAN" else word for word in COMMANDS[command]]
        return [*call, "--kubeconfig", str(config)]

    return made


@pytest.mark.parametrize("manner", ["refused", "silent"])
@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_begun_with_a_server_that_is_gone(
    command: str,
    manner: str,
    arguments: Callable[[str, int], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    silence_laws.quick(monkeypatch)
    with port_of(manner) as port:
        call = arguments(command, port)
        begun = time.monotonic()
        assert run_command(call) == 4
        assert time.monotonic() - begun < 6
        err = " ".join(capsys.readouterr().err.split())
    words = "the connection was refused" if manner == "refused" else "no answer came in time"
    assert f"waiting for the API server at https://127.0.0.1:{port}, for up to 10 s: " in err
    assert f"error RF5106: https://127.0.0.1:{port}: {words}" in err


@pytest.mark.parametrize("command", ["apply", "status"])
def test_one_sigint_ends_it(command: str, arguments: Callable[[str, int], list[str]]) -> None:
    """With the real times: told within seconds, over at once."""
    with port_of("silent") as port:
        call = [sys.executable, "-m", "generator.cli", *arguments(command, port)]
        root = Path(__file__).parents[2]
        with subprocess.Popen(call, cwd=root, stderr=subprocess.PIPE, text=True, preexec_fn=heed_sigint) as process:
            assert process.stderr is not None
            for line in process.stderr:
                if "waiting for the API server" in line:
                    break
            process.send_signal(signal.SIGINT)
            begun = time.monotonic()
            said = process.stderr.read()
            assert process.wait(30) == 3
            assert time.monotonic() - begun < 3
    assert "stopped" in said
    assert "Traceback" not in said

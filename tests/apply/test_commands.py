"""apply and rollback as a user calls them: asked, declined, stopped by SIGINT, refused, with what to do next."""

from __future__ import annotations

import io
import json
import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from generator.cli.main import run_command
from generator.plan.plan_file import write_plan
from tests.apply.history import state_now, states_planned
from tests.apply.worlds import STATE, put_into, read_objects, shop_objects, shop_plan, shop_shape
from tests.plan.worlds import space
from tests.testbed.client import Client
from tests.testbed.fault_proxy import ALWAYS, FaultProxy
from tests.testbed.faults import DropBefore, Refuse
from tests.testbed.fixtures import Servers
from tests.testbed.server import ApiServer
from tests.testbed.worlds import World

V3 = "projectcalico.org/v3"
SHOPS = ("shop-a", "shop-b", "shop-c")


@dataclass
class Shell:
    """A server with three shops, a saved plan for them, and the command line."""

    client: Client
    plan: Any
    file: Path
    config: Path
    capsys: pytest.CaptureFixture[str]
    server: ApiServer

    def call(self, command: str, *more: str, yes: bool = True) -> list[str]:
        quick = ["--wait-by", "pause", "--pause", "0", *(["--yes"] if yes else [])]
        return [command, str(self.file), "--kubeconfig", str(self.config), *quick, *more]

    def run(self, command: str, *more: str, yes: bool = True) -> tuple[int, str, str]:
        self.capsys.readouterr()
        code = run_command(self.call(command, *more, yes=yes))
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def start(self, call: list[str]) -> subprocess.Popen[str]:
        """Start the command in a process of its own."""
        root, unbuffered = Path(__file__).parents[2], {**os.environ, "PYTHONUNBUFFERED": "1"}
        whole, pipe = [sys.executable, "-m", "generator.cli", *call], subprocess.PIPE
        return subprocess.Popen(whole, cwd=root, stdout=pipe, stderr=pipe, text=True, env=unbuffered)

    def where(self) -> int:
        """Return how many writes of the plan are live."""
        return states_planned(self.plan).index(state_now(self.client, self.plan))


@pytest.fixture
def shell(servers: Servers, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    server = servers.clean()
    client = server.client()
    World(client).write_system()
    put_into(client, [space(STATE), *shop_objects(*SHOPS)])
    names = (*SHOPS, STATE, *(item["metadata"]["name"] for item in client.objects("v1", "Namespace")))
    plan = shop_plan(read_objects(client, V3, names), shop_shape(*SHOPS))
    file = tmp_path / "plan.json"
    file.write_text(write_plan(plan), encoding="utf-8")
    return Shell(client, plan, file, server.kubeconfig(tmp_path / "kubeconfig"), capsys, server)


def test_it_asks_and_takes_no_for_an_answer(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    code, _, err = shell.run("apply", yes=False)
    assert code == 3, err
    assert "cut over: shop-a, shop-b, shop-c" in err
    assert "go ahead? [y/N]" in err
    assert "RF8311" in err
    assert shell.where() == 0
    assert shell.client.objects("v1", "ConfigMap", STATE) == []
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    code, out, err = shell.run("apply", yes=False)
    assert code == 0
    assert shell.where() == len(shell.plan.writes)
    journal = shell.file.with_name("plan.run")
    kept = [path.read_text(encoding="utf-8") for path in sorted(journal.iterdir())]
    assert {stat.S_IMODE(path.stat().st_mode) for path in journal.iterdir()} == {0o600}
    assert not any("canary" in text for text in (out, err, *kept))  # the tokens of the test bed begin so


def test_as_far_as_a_namespace_and_on_from_elsewhere(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = shell.run("apply", "--namespace", "shop-b")
    assert (code, "the plan cuts over before that: shop-a" in err) == (2, True)
    code, _, err = shell.run("apply", "--until", "stepp-05")
    assert (code, "did you mean" in err) == (2, True)
    code, out, err = shell.run("apply", "--namespace", "shop-a")
    assert code == 0, err
    assert "done as asked" in out
    cuts = [step.namespace for step in shell.plan.writes if step.stage == "cutover"]
    assert shell.where() == len(shell.plan.writes) - sum(name != "shop-a" for name in cuts)
    assert "RF8309" in shell.run("apply")[2]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    more = ["--kubeconfig", str(shell.config), "--intent", "shop", "--yes", "--wait-by", "pause", "--pause", "0"]
    assert run_command(["apply", "--continue", *more, "--format", "json"]) == 0
    events = [json.loads(line) for line in shell.capsys.readouterr().out.splitlines()]
    assert events[-1]["event"] == "finished"
    assert shell.where() == len(shell.plan.writes)
    assert run_command(["rollback", *more]) == 0
    assert shell.where() == 0


def test_whose_lease_is_watched_is_said(shell: Shell) -> None:
    """A run that was killed has left its Lease; the next one waits until it is over, and says so on standard error."""
    spec = {"holderIdentity": "ann@laptop/7-dead", "leaseDurationSeconds": 2}
    metadata = {"name": "ringfence-shop", "namespace": STATE}
    shell.client.create({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec})
    begun = time.monotonic()
    code, out, err = shell.run("apply", "--until", shell.plan.writes[0].id, "--format", "json")
    assert code == 0, err
    words = "ann@laptop/7-dead has the Lease of this intent: watching for up to 2 s whether that run goes on"
    assert words in " ".join(err.split())
    assert all(json.loads(line)["event"] for line in out.splitlines())
    assert time.monotonic() - begun >= 2


FELIX_THAT_STANDS_STILL = """felix_cluster_num_policies 7
felix_cluster_num_tiers 3
felix_int_dataplane_messages 40
process_start_time_seconds 1.0
"""


def test_a_wait_that_nobody_confirms_in_time_stops_and_goes_on_later(shell: Shell, tmp_path: Path) -> None:
    direct = shell.config
    with FaultProxy(shell.server) as proxy:
        felix = Refuse(200, None, FELIX_THAT_STANDS_STILL, "text/plain; charset=utf-8")
        proxy.plant(felix, "GET", r":9091/proxy/metrics", times=ALWAYS)
        shell.config = shell.server.kubeconfig(tmp_path / "by-proxy", url=proxy.url)
        assert shell.run("apply", "--until", shell.plan.writes[5].id)[0] == 0
        done = shell.where()
        begun = time.monotonic()
        code, out, err = shell.run("apply", "--continue", "--wait-by", "sign", "--timeout", "4s")
        assert code == 4, out + err
        assert time.monotonic() - begun < 60
        said = " ".join(err.split())
        assert "RF8317" in said
        assert "not every node has what was written within 4 s (--timeout): " in said
        assert "--continue" in said
        assert shell.where() == done
        assert run_command(["status", "--kubeconfig", str(shell.config)]) == 0
        assert "run has stopped" in shell.capsys.readouterr().out
        code, _, err = shell.run("rollback", "--wait-by", "sign", "--timeout", "4s")
        assert (code, "RF8208" in err) == (4, True)
    shell.config = direct
    assert shell.run("rollback")[0] == 0
    assert shell.where() == 0


@pytest.mark.parametrize("signals", [1, 2])
def test_sigint(shell: Shell, signals: int) -> None:
    call = shell.call("apply")
    call[call.index("0")] = "1"
    with shell.start(call) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "created: GlobalNetworkPolicy" in line:
                break
        for _ in range(signals):
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 3, out + err
    assert "--continue" in err
    assert "Traceback" not in err
    assert shell.where() < len(shell.plan.writes)
    assert shell.run("apply", "--continue")[0] == 0
    assert shell.where() == len(shell.plan.writes)


@pytest.mark.parametrize("where", ["write", "wait"])
def test_a_server_that_goes_away_in_the_middle(shell: Shell, tmp_path: Path, where: str) -> None:
    """It is told how long the run waits; a wait ends with one SIGINT, a write with two; the next call goes on."""
    call = shell.call("apply")
    if where == "wait":
        call[call.index("pause")] = "sign"
    direct = shell.config
    with FaultProxy(shell.server) as proxy:
        felix = Refuse(200, None, FELIX_THAT_STANDS_STILL, "text/plain; charset=utf-8")
        proxy.plant(felix, "GET", r":9091/proxy/metrics", times=ALWAYS)
        config = shell.server.kubeconfig(tmp_path / "by-proxy", url=proxy.url)
        call[call.index(str(direct))] = str(config)
        with shell.start(call) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            for line in process.stdout:
                if ("created: " if where == "write" else "carrying") in line:
                    break
            proxy.plant(DropBefore(), "", r".*", times=ALWAYS)
            begun, said = time.monotonic(), ""
            for line in process.stderr:
                said += line
                if "waiting for the API server" in line:
                    break
            told = time.monotonic() - begun
            for _ in range(2 if where == "write" else 1):
                process.send_signal(signal.SIGINT)
            begun = time.monotonic()
            out, err = process.communicate(timeout=60)
            ended = time.monotonic() - begun
    assert process.returncode == 3, out + said + err
    assert "Traceback" not in err
    assert told < 6
    assert ended < 5
    assert shell.run("apply", "--continue")[0] == 0
    assert shell.where() == len(shell.plan.writes)


def test_drift_is_told_with_both_versions(shell: Shell) -> None:
    assert shell.run("apply", "--until", shell.plan.writes[3].id)[0] == 0
    name = shell.plan.writes[1].write.identity.name
    live = shell.client.get(V3, "GlobalNetworkPolicy", name)
    assert live is not None
    shell.client.replace({**live, "spec": {**live["spec"], "order": 4_321}})
    code, _, err = shell.run("apply", "--continue")
    assert code == 3
    assert "4321" in err
    assert "RF8305" in err


def test_what_the_server_refuses_stands_beside_the_template(shell: Shell) -> None:
    text = shell.file.read_text(encoding="utf-8")
    shell.file.write_text(text.replace('"action": "Deny"', '"action": "Perhaps"'), encoding="utf-8")
    code, _, err = shell.run("apply", "--dry-run", "server")
    assert code == 3
    assert "RF8314" in err
    assert "sent:" in err
    assert "template: " in err


def test_no_state_namespace_is_told_with_the_command_that_makes_it(shell: Shell) -> None:
    code, _, err = shell.run("apply", "--state-namespace", "nowhere")
    assert code == 3, err
    assert "kubectl create namespace nowhere" in err
    assert shell.where() == 0


def test_tiers_are_refused_where_there_are_none(servers: Servers, shell: Shell, tmp_path: Path) -> None:
    server = servers.clean("crd-v1-3.28")
    client = server.client()
    put_into(client, [space(STATE), *shop_objects(*SHOPS)])
    shell.config = server.kubeconfig(tmp_path / "old")
    code, _, err = shell.run("apply")
    assert code == 3, err
    assert "RF8307" in err
    assert client.objects("v1", "ConfigMap", STATE) == []

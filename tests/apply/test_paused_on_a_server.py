"""A pause on a real API server, by the command line: every command that compares or writes tells of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generator.cli.main import run_command
from tests.deploy.kustomized import DEPLOY, ROOT, install
from tests.testbed.access import write_kubeconfig
from tests.testbed.client import Client
from tests.testbed.fixtures import Servers
from tests.testbed.worlds import World, documents_of, export

INTENT = str(ROOT / "examples/two-tier/intent.yaml")
QUICK = ("--yes", "--wait-by", "pause", "--pause", "0")
RESUME = "ringfence resume notes --direction ingress --intent two-tier"
PAUSED = "ingress of 'notes' is paused by "


class Shell:
    """The command line over a cluster in which a set is enforced and then paused."""

    def __init__(self, client: Client, config: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.client, self.config, self.folder, self.capsys = client, str(config), folder, capsys

    def run(self, *words: str) -> tuple[int, str]:
        self.capsys.readouterr()
        code = run_command([*words, "--kubeconfig", self.config])
        said = self.capsys.readouterr()
        return code, " ".join((said.out + said.err).split())

    def policies(self) -> list[Any]:
        return self.client.objects("projectcalico.org/v3", "GlobalNetworkPolicy")


@pytest.mark.parametrize("layout", ["tiers", "single-tier"])
def test_a_pause_is_told_of_and_ends_only_when_asked(
    servers: Servers, tmp_path: Path, capsys: pytest.CaptureFixture[str], layout: str
) -> None:
    server = servers.clean()
    client = server.client()
    world = World(client)
    world.write_system()
    world.write(documents_of(ROOT / "examples/two-tier/live"))
    install(client, DEPLOY / "rbac")
    endpoint = client.as_account("ringfence", "ringfence-reader").endpoint
    reader = write_kubeconfig(tmp_path / "reader", endpoint, "ringfence-reader")
    shell = Shell(client, server.kubeconfig(tmp_path / "config"), tmp_path, capsys)
    looks = Shell(client, reader, tmp_path, capsys)
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(f"layout: {layout}\n", encoding="utf-8")
    target = (INTENT, "-f", str(overlay), "--live", "cluster")
    first, second = str(tmp_path / "first.json"), str(tmp_path / "second.json")
    assert looks.run("plan", *target, "-o", first)[0] == 0
    code, said = shell.run("apply", first, *QUICK)
    assert code == 0, said
    pause = ("pause", "notes", "--direction", "ingress", "--until", "2027-01-31", "--reason", "incident 12", "--yes")
    assert shell.run(*pause)[0] == 0
    paused = shell.policies()

    code, said = looks.run("diff", *target)
    assert code == 1
    assert PAUSED in said
    assert ", until 2027-01-31: incident 12" in said
    assert f"{RESUME} ends it" in said
    code, said = looks.run("plan", "check", first, "--live", "cluster")
    assert (code, PAUSED in said, RESUME in said) == (1, True, True)
    code, said = looks.run("plan", *target, "-o", second)
    assert (code, PAUSED in said, f"{RESUME} ends it, or apply a plan that enforces it with --end-pauses" in said) == (
        0,
        True,
        True,
    )
    assert PAUSED in " ".join(Path(second).read_text(encoding="utf-8").split())
    files = tmp_path / "files.yaml"
    export(client, files)
    capsys.readouterr()
    assert run_command(["diff", *target[:3], "--live", str(files)]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert ("ingress of 'notes' is paused; by whom is not recorded here" in said) == (layout == "single-tier")

    code, said = shell.run("apply", second, *QUICK)
    assert (code, "RF8211" in said, f"resume first: {RESUME}" in said, "--end-pauses" in said) == (3, True, True, True)
    code, said = shell.run("rollback", first, *QUICK)
    assert (code, "RF8211" in said, RESUME in said) == (3, True, True), said
    assert shell.policies() == paused
    code, said = shell.run("apply", second, *QUICK, "--end-pauses")
    assert code == 0, said
    assert "paused" not in shell.run("status")[1]
    assert PAUSED not in looks.run("diff", *target)[1]
    code, said = shell.run("rollback", second, *QUICK)
    assert code == 0, said

"""`rollback` on a real API server after somebody has made a policy that makes the way back unsafe."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from generator.cli.main import run_command
from generator.intent.model import Layout
from generator.plan.plan_file import write_plan
from tests.apply.history import state_now, states_planned
from tests.apply.worlds import STATE, put_into, read_objects, shop_objects, shop_plan, shop_shape
from tests.plan.worlds import kubernetes_policy, space
from tests.testbed.fixtures import Servers
from tests.testbed.worlds import World

V3 = "projectcalico.org/v3"
SHOPS = ("shop-a", "shop-b")


def test_it_is_refused_until_its_harm_is_named(
    servers: Servers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the bridge would open on the way back, and a policy of others has shut since, stays shut."""
    server = servers.clean()
    client = server.client()
    World(client).write_system()
    put_into(client, [space(STATE), *shop_objects(*SHOPS)])
    names = [item["metadata"]["name"] for item in client.objects("v1", "Namespace")]
    shape = replace(shop_shape(*SHOPS), layout=Layout.SINGLE_TIER, tier="default")
    plan = shop_plan(read_objects(client, V3, names), shape)
    file = tmp_path / "plan.json"
    file.write_text(write_plan(plan), encoding="utf-8")
    config = str(server.kubeconfig(tmp_path / "config"))
    quick = (str(file), "--kubeconfig", config, "--yes", "--wait-by", "pause", "--pause", "0")

    def call(*more: str) -> tuple[int, str]:
        capsys.readouterr()
        code = run_command([*more, *quick])
        return code, " ".join(capsys.readouterr().err.split())

    assert call("apply")[0] == 0
    client.create(kubernetes_policy("shop-a", "theirs", {"matchLabels": {"app": "web"}}, "Ingress"))
    code, said = call("rollback")
    assert code == 3
    assert all(words in said for words in ("RF8323", "to shop-a/web", "--accept opened:", "break-glass bundle")), said
    assert state_now(client, plan) == states_planned(plan)[-1]
    code, said = call("rollback", "--accept", "everything")
    assert (code, "no harm is named so" in said) == (2, True)
    code, said = call("rollback", "--accept", "unproven")
    assert code == 0, said
    assert state_now(client, plan) == states_planned(plan)[0]

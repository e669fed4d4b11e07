"""The whole journey on a real API server: plan, apply, nothing left to do, rollback, everything as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.apply.events import Finished, Written
from generator.apply.run import start_run, take_back
from generator.cluster.kubeconfig import open_connection
from tests.apply.bed import Bed, open_shops
from tests.apply.worlds import (
    call_of,
    policies,
    shop_shape,
)
from tests.plan.worlds import kubernetes_policy
from tests.testbed.fixtures import Servers

V3 = "projectcalico.org/v3"
SHOPS = ("shop-a", "shop-b", "shop-c")


@pytest.fixture
def bed(servers: Servers, tmp_path: Path) -> Bed:
    server = servers.clean()
    client = open_shops(server, SHOPS)
    return Bed(client, open_connection(str(server.kubeconfig(tmp_path / "kubeconfig"))).connection, SHOPS)


def test_there_and_back(bed: Bed, tmp_path: Path) -> None:
    bed.client.create(kubernetes_policy("shop-a", "old", {}, "Ingress"))
    start = policies(bed.client, bed.api_version)
    plan = bed.plan_to(shop_shape(*SHOPS))
    assert len(plan.writes) >= 20
    call = call_of(plan, tmp_path / "plan.run")
    done = start_run(call, bed.world())
    assert (done.done, done.steps) == (len(plan.steps), len(plan.steps))
    assert len(bed.told.of(Written)) == len(plan.writes)
    assert bed.plan_to(shop_shape(*SHOPS)).is_empty
    again = start_run(call, bed.world())
    assert again.done == len(plan.steps)
    back = take_back(call, bed.world())
    assert back == bed.told.of(Finished)[-1]
    assert policies(bed.client, bed.api_version) == start

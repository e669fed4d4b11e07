"""The whole journey on a real API server: plan, apply, nothing left to do, rollback, everything as it was."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from generator.apply.events import Finished, Written
from generator.apply.run import start_run, take_back
from generator.apply.stopping import SystemClock
from generator.cluster.access import Connection
from generator.cluster.kubeconfig import open_connection
from generator.plan.model import Plan
from tests.apply.worlds import (
    STATE,
    Told,
    call_of,
    policies,
    put_into,
    read_objects,
    reader,
    shop_objects,
    shop_plan,
    shop_shape,
    world_of,
)
from tests.plan.worlds import kubernetes_policy, space
from tests.testbed.client import Client
from tests.testbed.fixtures import Servers

V3 = "projectcalico.org/v3"
SHOPS = ("shop-a", "shop-b", "shop-c")


@dataclass
class Bed:
    """A clean server with three small shops in it."""

    client: Client
    connection: Connection
    api_version: str
    told: Told

    def objects(self) -> list[dict[str, Any]]:
        return read_objects(self.client, self.api_version, SHOPS)

    def world(self, intent: str = "shop", **more: Any) -> Any:
        read = reader(self.client, self.api_version, SHOPS)
        return world_of(self.connection, SystemClock(), read, intent, self.told, **more)

    def plan(self, shape: Any, **more: Any) -> Plan:
        return shop_plan(self.objects(), shape, **more)


@pytest.fixture
def bed(servers: Servers, tmp_path: Path) -> Bed:
    server = servers.clean()
    client = server.client()
    put_into(client, [space(STATE), *shop_objects(*SHOPS)])
    connection = open_connection(str(server.kubeconfig(tmp_path / "kubeconfig"))).connection
    return Bed(client, connection, V3, Told())


def test_there_and_back(bed: Bed, tmp_path: Path) -> None:
    bed.client.create(kubernetes_policy("shop-a", "old", {}, "Ingress"))
    start = policies(bed.client, bed.api_version)
    plan = bed.plan(shop_shape(*SHOPS))
    assert len(plan.writes) >= 20
    call = call_of(plan, tmp_path / "plan.run")
    done = start_run(call, bed.world())
    assert (done.done, done.steps) == (len(plan.steps), len(plan.steps))
    assert len(bed.told.of(Written)) == len(plan.writes)
    assert bed.plan(shop_shape(*SHOPS)).is_empty
    again = start_run(call, bed.world())
    assert again.done == len(plan.steps)
    back = take_back(call, bed.world())
    assert back == bed.told.of(Finished)[-1]
    assert policies(bed.client, bed.api_version) == start

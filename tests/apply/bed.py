"""A clean server with small shops in it, where tests of runs begin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from generator.apply.executor import World
from generator.apply.stopping import SystemClock
from generator.cluster.access import Connection
from generator.plan.model import Plan
from generator.snapshot.model import Snapshot
from tests.apply.worlds import (
    STATE,
    Told,
    put_into,
    read_objects,
    reader,
    shop_objects,
    shop_plan,
    shop_shape,
    world_of,
)
from tests.plan.worlds import Shape, space
from tests.testbed.client import Client
from tests.testbed.server import ApiServer

V3 = "projectcalico.org/v3"


@dataclass
class Bed:
    """The shops of a server, by the tests' own client and by the connection of the run."""

    client: Client
    connection: Connection
    shops: tuple[str, ...]
    api_version: str = V3
    told: Told = field(default_factory=Told)

    @property
    def read(self) -> Callable[[], Snapshot]:
        return reader(self.client, self.api_version, self.shops)

    def plan_to(self, shape: Shape | None, **more: Any) -> Plan:
        return shop_plan(read_objects(self.client, self.api_version, self.shops), shape, **more)

    def plan(self, **more: Any) -> Plan:
        return self.plan_to(shop_shape(*self.shops, group=self.api_version, **more))

    def world(self, intent: str = "shop", connection: Connection | None = None, **more: Any) -> World:
        return world_of(connection or self.connection, SystemClock(), self.read, intent, self.told, **more)


def open_shops(server: ApiServer, shops: tuple[str, ...]) -> Client:
    """Put shops, and the namespace of a run's state, on a clean server."""
    client = server.client()
    put_into(client, [space(STATE), *shop_objects(*shops)])
    return client

"""Which of Calico's API groups is read: what is served, who serves it, and what Felix is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generator.cluster.access import Connection, Request, Response
from generator.cluster.calico_api import ApiMode, choose_calico_api
from generator.cluster.reading import Reader
from generator.cluster.served import Resource, Served, discover
from generator.cluster.snapshot import read_cluster
from generator.cluster.wanted import CALICO_API, CALICO_STORED
from generator.foundation.errors import EnvironmentFailure
from generator.snapshot.facts import read_seen
from tests.cluster.looking import NoWaiting, connect
from tests.testbed.fixtures import FreshServer, Servers

_KIND = "globalnetworkpolicies"
_SERVICE = {"spec": {"group": CALICO_API, "service": {"namespace": "calico-apiserver", "name": "calico-api"}}}
_LOCAL: dict[str, Any] = {"spec": {"group": CALICO_API}}
_SWITCH = [{"name": "CALICO_API_GROUP", "value": "projectcalico.org/v3"}]


class Cluster:
    """Answers the two questions that the choice asks; what is not given is forbidden."""

    def __init__(self, service: Any = None, env: Any = None) -> None:
        self.service, self.env = service, env

    def send(self, request: Request) -> Response:
        if "apiservices" in request.path and self.service is not None:
            return Response(200, self.service)
        if "daemonsets" in request.path and self.env is not None and "/kube-system/" in request.path:
            spec = {"template": {"spec": {"containers": [{"name": "calico-node", "env": self.env}]}}}
            return Response(200, {"spec": spec})
        return Response(403, {"kind": "Status", "reason": "Forbidden"})


class Older:
    """A server that knows the long form of discovery only."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def send(self, request: Request) -> Response:
        return self._connection.send(Request(request.method, request.path, request.query))


def served(*groups: str, down: tuple[str, ...] = ()) -> Served:
    found = Served(down=set(down))
    for group in groups:
        found.resources[group, _KIND] = Resource(group, "v", _KIND, "GlobalNetworkPolicy", False)
    return found


ROWS = [
    ((), None, None, "", ApiMode.NONE),
    ((CALICO_STORED,), None, None, CALICO_STORED, ApiMode.STORED),
    ((CALICO_API,), None, None, CALICO_API, ApiMode.NATIVE),
    ((CALICO_API, CALICO_STORED), _SERVICE, None, CALICO_API, ApiMode.AGGREGATED),
    ((CALICO_API, CALICO_STORED), None, None, CALICO_API, ApiMode.AGGREGATED),  # may not be asked
    ((CALICO_API, CALICO_STORED), _LOCAL, [], CALICO_STORED, ApiMode.STORED),
    ((CALICO_API, CALICO_STORED), _LOCAL, None, CALICO_STORED, ApiMode.STORED),
    ((CALICO_API, CALICO_STORED), _LOCAL, _SWITCH, CALICO_API, ApiMode.NATIVE),
]


@pytest.mark.parametrize("row", ROWS)
def test_the_group_in_use(row: tuple[tuple[str, ...], Any, Any, str, ApiMode]) -> None:
    groups, service, env, group, mode = row
    connection = Cluster(service, env)
    found = choose_calico_api(connection, served(*groups), Reader(connection, NoWaiting()).backoff)
    assert (found.group, found.mode) == (group, mode)
    assert bool(found.notes) == (len(groups) == 2 and service is not _SERVICE)


def test_a_view_that_is_down_is_read_from_below_or_not_at_all() -> None:
    connection = Cluster()
    backoff = Reader(connection, NoWaiting()).backoff
    found = choose_calico_api(connection, served(CALICO_STORED, down=(CALICO_API,)), backoff)
    assert (found.group, [item.code for item in found.notes]) == (CALICO_STORED, ["RF5112"])
    with pytest.raises(EnvironmentFailure) as refused:
        choose_calico_api(connection, served(down=(CALICO_API,)), backoff)
    assert [item.code for item in refused.value.diagnostics] == ["RF5111"]


def test_the_long_form_of_discovery_says_the_same(servers: Servers, tmp_path: Path) -> None:
    """Servers before 1.26 know no other; it is had by not asking for the short one."""
    groups = {"", "apps", CALICO_API, "networking.k8s.io", "policy.networking.k8s.io"}
    connection = connect(servers.shared().endpoint, tmp_path)
    ways = (connection, Older(connection))
    found = [discover(way, groups, Reader(way, NoWaiting()).backoff) for way in ways]
    assert found[0].resources == found[1].resources
    assert found[0].find(CALICO_API, _KIND) is not None
    assert found[0].find("", "pods") is not None


def test_without_calico_nobody_enforces(servers: Servers, tmp_path: Path) -> None:
    found, problems = read_cluster(connect(servers.shared("none").endpoint, tmp_path), NoWaiting())
    seen = read_seen(found)
    assert (seen.api_mode, seen.api_group, seen.calico, problems) == ("none", "", "", [])


def test_a_dead_api_server_of_calico_is_passed_by(fresh_server: FreshServer, tmp_path: Path) -> None:
    server = fresh_server("crd-v1-3.32")
    admin = server.client()
    admin.create(
        {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": "v3.projectcalico.org"},
            "spec": {
                "group": CALICO_API,
                "version": "v3",
                "groupPriorityMinimum": 1500,
                "versionPriority": 200,
                "insecureSkipTLSVerify": True,
                "service": {"namespace": "calico-apiserver", "name": "calico-api"},
            },
        }
    )
    connection = connect(server.endpoint, tmp_path)
    for way in (connection, Older(connection)):
        found, problems = read_cluster(way, NoWaiting())
        assert read_seen(found).api_group == "crd.projectcalico.org/v1"
        assert {obj.name for obj in found.policies} >= {"default", "kube-admin"}
        assert [item.code for item in problems] == ["RF5112"]

"""Where a node's metrics are asked for, and what is said where they are off."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from generator.apply.events import Event, NotConfirmed
from generator.apply.ports import Certainty
from generator.apply.waits.faults import NoSign
from generator.apply.waits.felix_settings import metrics_setting
from generator.apply.waits.fleet import Agent, FleetReader
from generator.cluster.access import Response
from generator.cluster.kubeconfig import open_connection
from generator.foundation.errors import EnvironmentFailure
from generator.report.run import event_text
from tests.apply.felix_fleet import CONFIGURATIONS, POLICIES, configure, fleet_api, write
from tests.apply.memory_api import FakeClock
from tests.apply.server_fleet import server_fleet
from tests.apply.test_waits_by_time import STEP, waits_over
from tests.apply.test_waits_sign import confirm, place, sign_over
from tests.faults.calico import Fault
from tests.faults.waits import FAULTS_OF_SETTINGS
from tests.testbed.fixtures import Servers
from tests.testbed.worlds import World

V3 = "projectcalico.org/v3"
ON, OFF = {"prometheusMetricsEnabled": True}, {"prometheusMetricsEnabled": False}


@pytest.mark.parametrize(
    ("configurations", "environment", "wanted"),
    [
        ({}, {}, (False, 9091, "FelixConfiguration default")),
        ({"default": ON}, {}, (True, 9091, "FelixConfiguration default")),
        ({"default": {**ON, "prometheusMetricsPort": 9191}}, {}, (True, 9191, "FelixConfiguration default")),
        ({"default": ON, "node.n1": OFF}, {}, (False, 9091, "FelixConfiguration node.n1")),
        ({"default": OFF, "node.n1": ON}, {}, (True, 9091, "FelixConfiguration node.n1")),
        ({"default": ON, "node.n2": OFF}, {}, (True, 9091, "FelixConfiguration default")),
        (
            {"default": {**ON, "prometheusMetricsPort": 1}, "node.n1": {"prometheusMetricsPort": 2}},
            {},
            (True, 2, "FelixConfiguration default"),
        ),
        (
            {"default": ON, "node.n1": ON},
            {"felix_prometheusmetricsenabled": "false"},
            (False, 9091, "FELIX_PROMETHEUSMETRICSENABLED"),
        ),
        (
            {"node.n1": {**OFF, "prometheusMetricsPort": 2}},
            {"felix_prometheusmetricsenabled": "Yes", "felix_prometheusmetricsport": "3"},
            (True, 3, "FELIX_PROMETHEUSMETRICSENABLED"),
        ),
        ({"default": ON}, {"felix_prometheusmetricsport": "http"}, (True, 9091, "FelixConfiguration default")),
    ],
)
def test_the_environment_comes_before_the_node_and_the_node_before_all(
    configurations: dict[str, Any], environment: dict[str, str], wanted: tuple[bool, int, str]
) -> None:
    found = metrics_setting(configurations, environment, "n1", V3)
    assert (found.on, found.port, found.said_by) == wanted
    assert not found.tls


def each_node_is_asked_where_it_answers() -> None:
    api = fleet_api("n1", "n2", "n3")
    configure(api, "default", prometheusMetricsEnabled=True, prometheusMetricsPort=9191)
    configure(api, "node.n2", prometheusMetricsPort=9292)
    api.nodes["n3"].environment = {"FELIX_PROMETHEUSMETRICSPORT": "9393"}
    for node, port in (("n1", 9191), ("n2", 9292), ("n3", 9393)):
        api.nodes[node].port = port
    sign = sign_over(api)
    assert confirm(sign) == {}
    api.nodes["n2"].held = {POLICIES[0]}
    write(api, *place(POLICIES[0]), "mine", {"order": 1}, "shop")
    assert confirm(sign).keys() == {"n2"}


def test_each_node_is_asked_where_it_answers() -> None:
    each_node_is_asked_where_it_answers()


def metrics_that_are_off_are_called_off_with_the_line_that_turns_them_on() -> None:
    for there, line in (
        (True, 'kubectl patch felixconfigurations.projectcalico.org default --type merge -p \'{"spec":'),
        (False, 'echo \'{"apiVersion":"projectcalico.org/v3","kind":"FelixConfiguration"'),
    ):
        api = fleet_api("n1", "n2")
        api.remove((CONFIGURATIONS, "/default"))
        if there:
            configure(api, "default", logSeverityScreen="Info")
        for node in api.nodes.values():
            node.answers = False
        told: list[Event] = []
        waits, _ = waits_over(api, told)
        waits.remember()
        result = waits.confirm(STEP, told.append)
        assert [node.certainty for node in result.nodes] == [Certainty.GUESSED]
        (said,) = [event for event in told if isinstance(event, NotConfirmed)]
        assert said.reason == "on no node: Felix's metrics are off (FelixConfiguration default)"
        (remedy,) = said.remedies
        assert remedy.startswith(line)
        assert f"          {remedy}\n" in event_text(said)  # on one line, to be copied


def test_metrics_that_are_off_are_called_off_with_the_line_that_turns_them_on() -> None:
    metrics_that_are_off_are_called_off_with_the_line_that_turns_them_on()


def one_node_without_metrics_is_a_guess_beside_those_that_are_confirmed() -> None:
    """It is watched for restarts all the same."""
    for environment, said_by, line in (
        ({}, "FelixConfiguration node.n2", "felixconfigurations.projectcalico.org node.n2"),
        (
            {"FELIX_PROMETHEUSMETRICSENABLED": "false"},
            "FELIX_PROMETHEUSMETRICSENABLED",
            "kubectl -n calico-system set env daemonset/calico-node FELIX_PROMETHEUSMETRICSENABLED=true",
        ),
    ):
        api, told = fleet_api("n1", "n2"), list[Event]()
        configure(api, "node.n2", prometheusMetricsEnabled=bool(environment))
        api.nodes["n2"].environment = environment
        api.nodes["n2"].answers = False
        waits, _ = waits_over(api, told)
        waits.remember()
        write(api, *place(POLICIES[0]), "mine", {"order": 1}, "shop")
        result = waits.confirm(STEP, told.append)
        assert [(node.name, node.certainty.value) for node in result.nodes] == [("n1", "confirmed"), ("n2", "guessed")]
        assert result.nodes[1].detail == f"a pause of 10 s: Felix's metrics are off ({said_by})"
        (said,) = [event for event in told if isinstance(event, NotConfirmed)]
        assert line in said.remedies[0]
        api.nodes["n2"].restarts += 1
        assert waits.troubles() == ("calico-node-n2 has restarted",)


def test_one_node_without_metrics_is_a_guess_beside_those_that_are_confirmed() -> None:
    one_node_without_metrics_is_a_guess_beside_those_that_are_confirmed()


def test_what_answers_is_on_whatever_is_configured() -> None:
    """Felix may have a file of its own, which nobody can read; then it counts what it shows, not what is said."""
    api = fleet_api("n1", "n2")
    configure(api, "default", prometheusMetricsEnabled=False)
    sign = sign_over(api)
    assert confirm(sign) == {}
    api.nodes["n2"].answers = False
    write(api, *place(POLICIES[0]), "mine", {"order": 1}, "shop")
    assert confirm(sign).keys() == {"n2"}  # it has shown something, so silence is no setting


def test_a_node_that_is_on_and_silent_is_behind_not_off() -> None:
    api = fleet_api("n1", "n2")
    api.nodes["n2"].answers = False
    assert confirm(sign_over(api)).keys() == {"n2"}


def test_without_the_right_to_the_settings_that_is_said() -> None:
    api = fleet_api("n1", forbidden={("GET", "felixconfigurations")})
    assert confirm(sign_over(api)) == {}  # Felix's own default port
    api.nodes["n1"].answers = False
    with pytest.raises(NoSign, match="whether they are on is not known: the role may not list felixconfigurations"):
        confirm(sign_over(api))


BEHIND = (
    Response(403, "Forbidden"),
    Response(403, {"error": "denied"}),
    Response(403, {"kind": "Status", "reason": "Forbidden", "code": 403, "details": {"kind": "proxies"}}),
    Response(403, {"kind": "Status", "reason": "Forbidden", "code": 403}),
)


def a_403_of_somebody_behind_the_proxy_is_no_missing_right() -> None:
    for answer in BEHIND:
        api = fleet_api("n1")
        api.nodes["n1"].answers_instead = answer
        with pytest.raises(NoSign) as caught:
            confirm(sign_over(api))
        assert "403, which is not the API server's own" in caught.value.reason
        assert "the role may" not in caught.value.reason
        assert not [request for request in api.sent if "/nodes/n1" in request.path]


def test_a_403_of_somebody_behind_the_proxy_is_no_missing_right() -> None:
    a_403_of_somebody_behind_the_proxy_is_no_missing_right()


def test_the_api_servers_own_403_is_a_missing_right(servers: Servers, tmp_path: Path) -> None:
    """By a real authorizer; with the right, what answers is whoever is at the pod's address: here nobody."""
    server = servers.clean()
    admin = server.client()
    admin.grant("nobody", [{"apiGroups": [""], "resources": ["nodes", "pods"], "verbs": ["list"]}])
    connection = open_connection(str(server.kubeconfig(tmp_path / "config", "nobody"))).connection
    World(admin).write_system()
    reader = FleetReader(connection, FakeClock())
    agents = reader.read().agents
    words = "the role may not get pods/proxy in namespace 'kube-system', nor nodes/proxy; deploy/rbac/felix-metrics"
    assert all(str(shown).startswith(words) for shown in reader.ask_all(agents).values())
    admin.grant("nobody", [{"apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get"]}])
    assert shown_soon(reader, agents, "; by way of the node: the API server")
    admin.grant("nobody", [{"apiGroups": [""], "resources": ["pods/proxy"], "verbs": ["get"]}], "of-pods")
    assert shown_soon(reader, agents, "do not answer at port 9091")


def shown_soon(reader: FleetReader, agents: Mapping[str, Agent], words: str) -> bool:
    """Tell whether all nodes show these words; the authorizer hears of a grant a moment after it was made."""
    until = time.monotonic() + 20
    while not all(words in str(shown) for shown in reader.ask_all(agents).values()):
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    return True


def test_metrics_behind_tls_are_asked_for_by_tls() -> None:
    api = fleet_api("n1")
    configure(api, "default", prometheusMetricsEnabled=True, prometheusMetricsKeyFile="/key")
    api.nodes["n1"].answers = False
    with pytest.raises(NoSign, match="they ask for a client certificate"):
        confirm(sign_over(api))
    assert any("/pods/https:calico-node-n1:9091/proxy/metrics" in request.path for request in api.sent)


@pytest.mark.parametrize(("crds", "group"), [("v3-3.32", V3), ("crd-v1-3.28", "crd.projectcalico.org/v1")])
def test_the_line_turns_them_on(servers: Servers, tmp_path: Path, crds: Any, group: str) -> None:
    """With kubectl, on a server that has Calico's own object; the line for one that has none is only looked at."""
    server = servers.clean(crds)
    client = server.client()
    there = client.get(group, "FelixConfiguration", "default")
    if there is None:
        there = client.create({"apiVersion": group, "kind": "FelixConfiguration", "metadata": {"name": "default"}})
    config = server.kubeconfig(tmp_path / "config")
    fleet = server_fleet(open_connection(str(config)).connection, "n1")
    fleet.nodes["n1"].answers = False
    reader = FleetReader(fleet, FakeClock(), group)
    off = reader.read_speaking()
    assert (dict(off.agents), off.blind) == ({}, {"n1": "Felix's metrics are off (FelixConfiguration default)"})
    for line in (
        *off.remedies,
        f"{metrics_setting({}, {}, 'n1', group).remedy} --dry-run=server".replace('"default"', '"x"'),
    ):
        programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": programs, "KUBECONFIG": str(config), "HOME": str(tmp_path)}
        subprocess.run(line, shell=True, check=True, env=environment, stdout=subprocess.DEVNULL, timeout=60)
    assert reader.read_speaking().agents.keys() == {"n1"}


@pytest.mark.parametrize("fault", FAULTS_OF_SETTINGS, ids=lambda fault: fault.__name__)
def test_a_fault_is_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    checks: tuple[Callable[[], None], ...] = (
        each_node_is_asked_where_it_answers,
        metrics_that_are_off_are_called_off_with_the_line_that_turns_them_on,
        one_node_without_metrics_is_a_guess_beside_those_that_are_confirmed,
        a_403_of_somebody_behind_the_proxy_is_no_missing_right,
    )
    failed = 0
    for check in checks:
        try:
            check()
        except (AssertionError, NoSign, ValueError, EnvironmentFailure):
            failed += 1
    assert failed

"""A real server that goes away in the middle of a read, and comes back or does not; and who it says it is."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import certifi
import pytest
import yaml

from generator.cluster.access import NoAnswer, Request, Response
from generator.cluster.kubeconfig import open_connection
from generator.cluster.snapshot import read_cluster
from generator.foundation.errors import EnvironmentFailure
from generator.snapshot.model import Snapshot
from tests.cluster.looking import NoWaiting, Watched, connect
from tests.testbed.access import write_kubeconfig
from tests.testbed.fixtures import FreshServer
from tests.testbed.server import ApiServer


@dataclass
class Mending(NoWaiting):
    """A clock on which the first wait brings the server back."""

    server: ApiServer | None = None
    mended: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self.server is not None and not self.server.apiserver.alive:
            self.mended.append(seconds)
            self.server.start_apiserver()


def killing(server: ApiServer, plural: str) -> Watched:
    """Return a connection whose server is killed before the first question for a kind."""
    killed: list[str] = []

    def before(request: Request) -> Response | None:
        if request.path.endswith(plural) and not killed:
            killed.append(request.path)
            server.apiserver.kill()
        return None

    return Watched(connect(server.endpoint, server.folder), before)


def same(found: Snapshot, other: Snapshot) -> bool:
    return (found.policies, found.namespaces, found.services) == (other.policies, other.namespaces, other.services)


def test_a_server_that_is_killed_and_started_again_is_read_whole(fresh_server: FreshServer) -> None:
    server = fresh_server()
    connection = connect(server.endpoint, server.folder)
    before, _ = read_cluster(connection, NoWaiting())
    clock = Mending(server=server)
    found, problems = read_cluster(killing(server, "/tiers"), clock)
    assert len(clock.mended) == 1
    assert problems == []
    assert same(found, before)

    with pytest.raises(EnvironmentFailure) as gone:  # and one that does not come back
        read_cluster(killing(server, "/tiers"), NoWaiting())
    assert [item.summary for item in gone.value.diagnostics] == ["the connection was refused"]


@pytest.fixture
def config(api_server: ApiServer, tmp_path: Path) -> Path:
    return write_kubeconfig(tmp_path / "config", api_server.endpoint)


def changed(config: Path, **cluster: object) -> str:
    value = yaml.safe_load(config.read_text(encoding="utf-8"))
    value["clusters"][0]["cluster"] |= cluster
    config.write_text(yaml.safe_dump(value), encoding="utf-8")
    return str(config)


def answer(config: str) -> int | str:
    try:
        return open_connection(config).connection.send(Request("GET", "/version", timeout=5)).status
    except NoAnswer as error:
        return f"{error.reason}{'; perhaps it was sent' if error.sent else ''}"


def test_who_the_server_is_is_asked(config: Path) -> None:
    assert answer(str(config)) == 200
    assert answer(changed(config, **{"tls-server-name": "kubernetes.default.svc"})) == 200
    other_name = changed(config, **{"tls-server-name": "somebody.else"})
    assert answer(other_name) == "the server's certificate is for another name"
    shutil.copy(certifi.where(), config.parent / "other.crt")
    refused = changed(config, **{"tls-server-name": "kubernetes.default.svc", "certificate-authority": "other.crt"})
    assert answer(refused) == "the server's certificate is not one that the kubeconfig trusts"
    unverified = {"insecure-skip-tls-verify": True}
    value = yaml.safe_load(config.read_text(encoding="utf-8"))
    del value["clusters"][0]["cluster"]["certificate-authority"]
    config.write_text(yaml.safe_dump(value), encoding="utf-8")
    assert answer(changed(config, **unverified)) == 200

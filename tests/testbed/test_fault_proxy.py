"""The fault proxy does to a request what it was told, and nothing to any other."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.testbed import faults
from tests.testbed.client import Client
from tests.testbed.fault_proxy import FaultProxy
from tests.testbed.server import ApiServer

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture(params=[True, False], ids=["tls", "plain"])
def proxy(clean_server: ApiServer, request: pytest.FixtureRequest) -> Iterator[FaultProxy]:
    with FaultProxy(clean_server, tls=request.param) as made:
        yield made


def config_map(name: str = "one") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"key": "value" * 50}}


def there(proxy: FaultProxy, name: str = "one") -> bool:
    return proxy.server.client().get("v1", "ConfigMap", name) is not None


def test_it_hands_on_and_records(proxy: FaultProxy) -> None:
    client = Client(proxy.endpoint)
    client.create(config_map())
    assert there(proxy)
    assert [(seen.method, seen.status, seen.writes) for seen in proxy.seen] == [
        ("GET", 200, False),
        ("POST", 201, True),
    ]
    assert proxy.written()[0].target.startswith(f"{CONFIG_MAPS}?fieldManager=testbed")
    assert b'"key"' in proxy.written()[0].body


@pytest.mark.parametrize(
    ("fault", "status"),
    [(faults.too_many(7), 429), (faults.internal_error(), 500), (faults.unavailable(), 503)],
)
def test_it_refuses_the_second_of_its_kind(proxy: FaultProxy, fault: faults.Refuse, status: int) -> None:
    planted = proxy.plant(fault, "POST", "/configmaps", first=2)
    client = Client(proxy.endpoint)
    got = [client.ask("POST", CONFIG_MAPS, config_map(name)) for name in ("one", "two", "three")]
    assert [answer.status for answer in got] == [201, status, 201]
    assert got[1].headers.get("Retry-After") == (None if fault.retry_after is None else str(fault.retry_after))
    assert [there(proxy, name) for name in ("one", "two", "three")] == [True, False, True]
    assert (planted.hits, planted.matched) == (1, 3)


@pytest.mark.parametrize(("fault", "done"), [(faults.DropBefore(), False), (faults.DropAfter(), True)])
def test_a_dropped_request_was_done_or_not(proxy: FaultProxy, fault: faults.Fault, done: bool) -> None:
    proxy.plant(fault, "POST")
    with pytest.raises((OSError, http.client.HTTPException)):
        Client(proxy.endpoint).ask("POST", CONFIG_MAPS, config_map())
    assert there(proxy) is done


def test_a_list_is_cut_short(proxy: FaultProxy) -> None:
    proxy.plant(faults.CutShort(), "GET", "/clusterroles")
    with pytest.raises((http.client.IncompleteRead, OSError)):
        Client(proxy.endpoint).ask("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles")


def test_an_answer_is_late(proxy: FaultProxy) -> None:
    proxy.plant(faults.Slow(0.3), "GET", "/version")
    began = time.monotonic()
    assert Client(proxy.endpoint).ask("GET", "/version").status == 200
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("after", [False, True])
def test_a_request_is_held_until_it_is_let_go(proxy: FaultProxy, after: bool) -> None:
    held = proxy.plant(faults.Hold(after), "POST")
    statuses: list[int] = []
    create = ("POST", CONFIG_MAPS, config_map())
    asking = threading.Thread(target=lambda: statuses.append(Client(proxy.endpoint).ask(*create).status))
    asking.start()
    assert held.reached.wait(10)
    until = time.monotonic() + (10 if after else 0.2)
    while time.monotonic() < until and not there(proxy):
        time.sleep(0.02)
    assert (there(proxy), statuses) == (after, [])
    held.release()
    asking.join(10)
    assert (there(proxy), statuses) == (True, [201])


def test_a_continue_is_too_old(proxy: FaultProxy) -> None:
    proxy.plant(faults.expired_continue(), "GET", r"[?&]continue=")
    client = Client(proxy.endpoint)
    path = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    first = client.ask("GET", path, query={"limit": "2"})
    token = first.body["metadata"]["continue"]
    answer = client.ask("GET", path, query={"limit": "2", "continue": token})
    assert (first.status, answer.status, answer.body["reason"]) == (200, 410, "Expired")


def test_a_watch_is_handed_on_as_it_comes(proxy: FaultProxy) -> None:
    client = Client(proxy.endpoint)
    answer = client.ask("GET", CONFIG_MAPS, query={"watch": "true", "timeoutSeconds": "1"})
    assert (answer.status, proxy.seen[-1].status) == (200, 200)
    proxy.plant(faults.stale_watch(), "GET", "watch=true")
    assert client.ask("GET", CONFIG_MAPS, query={"watch": "true"}).body["object"]["code"] == 410

"""A list in pages: whole and of one moment, or begun anew; a server that is in trouble is asked again, not for ever."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generator.cluster import lists
from generator.cluster.access import NoAnswer, Request, Response
from generator.cluster.backoff import Unreachable
from generator.cluster.lists import Listing, list_all, list_versions
from generator.cluster.reading import Reader
from generator.cluster.served import Resource
from generator.cluster.snapshot import read_cluster
from generator.foundation.errors import EnvironmentFailure
from tests.cluster.looking import NoWaiting, Watched, connect
from tests.faults import cluster as faults
from tests.testbed.fault_proxy import ALWAYS, FaultProxy
from tests.testbed.faults import (
    CutShort,
    DropAfter,
    DropBefore,
    Slow,
    expired_continue,
    internal_error,
    too_many,
    unavailable,
)
from tests.testbed.server import ApiServer

_SETS = Resource("projectcalico.org", "v3", "globalnetworksets", "GlobalNetworkSet", False)
_NAMES = [f"paged-{number}" for number in range(6)]


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)


@pytest.fixture
def server(clean_server: ApiServer) -> ApiServer:
    admin = clean_server.client()
    for name in _NAMES:
        made = {"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet", "metadata": {"name": name}}
        admin.apply(made | {"spec": {}})
    return clean_server


def listed(connection: Any, clock: NoWaiting | None = None) -> Listing:
    found = list_all(connection, _SETS, Reader(connection, clock or NoWaiting()).backoff, lambda item: item)
    assert isinstance(found, Listing), found
    return found


def names(found: Listing) -> list[str]:
    return sorted(item["metadata"]["name"] for item in found.items.values())


def test_pages_are_put_together(server: ApiServer, tmp_path: Path) -> None:
    watched = Watched(connect(server.endpoint, tmp_path))
    found = listed(watched)
    assert names(found) == _NAMES
    assert [len(request.query) for request in watched.sent] == [1, 2, 2]
    [item, *_] = found.items.values()
    assert (item["apiVersion"], item["kind"]) == ("projectcalico.org/v3", "GlobalNetworkSet")
    versions = list_versions(watched, _SETS, Reader(watched, NoWaiting()).backoff)
    assert versions == found.versions()


def once(change: Callable[[Response], Response], page: int) -> Callable[[Request, Response], Response]:
    """Change the answer to one request, by its number from 1."""
    count = [0]

    def after(request: Request, response: Response) -> Response:
        count[0] += 1
        return change(response) if count[0] == page else response

    return after


def fewer(response: Response) -> Response:
    return Response(200, {**response.body, "items": response.body["items"][:1]})


def of_another_moment(response: Response) -> Response:
    metadata = {**response.body["metadata"], "resourceVersion": "1"}
    return Response(200, {**response.body, "metadata": metadata})


def expired(response: Response) -> Response:
    return Response(410, {"kind": "Status", "reason": "Expired", "metadata": {"continue": "another"}})


def no_list(response: Response) -> Response:
    return Response(200, {"kind": "Status", "metadata": {}})


def no_json(response: Response) -> Response:
    return Response(200, "<html>a proxy of the company</html>")


@pytest.mark.parametrize("page", [2, 3])
@pytest.mark.parametrize("change", [fewer, of_another_moment, expired])
def test_pages_that_do_not_belong_together_are_begun_anew(
    change: Callable[[Response], Response], page: int, server: ApiServer, tmp_path: Path
) -> None:
    watched = Watched(connect(server.endpoint, tmp_path), after=once(change, page))
    assert names(listed(watched)) == _NAMES
    anew = [request for request in watched.sent if len(request.query) == 1]
    assert len(anew) == 2


@pytest.mark.parametrize("change", [no_list, no_json])
def test_what_is_no_list_is_asked_for_again(
    change: Callable[[Response], Response], server: ApiServer, tmp_path: Path
) -> None:
    watched = Watched(connect(server.endpoint, tmp_path), after=once(change, 2))
    assert names(listed(watched)) == _NAMES
    assert len(watched.sent) == 4


def test_a_number_that_is_always_announced_wrong_is_no_reason_to_give_up(server: ApiServer, tmp_path: Path) -> None:
    def after(request: Request, response: Response) -> Response:
        metadata = response.body["metadata"]
        if "remainingItemCount" in metadata:
            metadata["remainingItemCount"] += 7
        return response

    assert names(listed(Watched(connect(server.endpoint, tmp_path), after=after))) == _NAMES


def test_pages_that_never_belong_together_are_refused(server: ApiServer, tmp_path: Path) -> None:
    def after(request: Request, response: Response) -> Response:
        return expired(response) if len(request.query) > 1 else response

    watched = Watched(connect(server.endpoint, tmp_path), after=after)
    found = list_all(watched, _SETS, Reader(watched, NoWaiting()).backoff, lambda item: item)
    assert not isinstance(found, Listing)
    assert "never belonged together" in found.words


TROUBLE = {
    "429": too_many(2),
    "500": internal_error(),
    "503": unavailable(),
    "dropped": DropBefore(),
    "no answer": DropAfter(),
    "cut": CutShort(),
    "410": expired_continue(),
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_trouble_on_the_way_is_outlasted(trouble: str, server: ApiServer, tmp_path: Path) -> None:
    with FaultProxy(server) as proxy:
        struck = proxy.plant(TROUBLE[trouble], "GET", "globalnetworksets.*continue")
        clock = NoWaiting()
        assert names(listed(connect(server.endpoint, tmp_path, url=proxy.url), clock)) == _NAMES
        assert struck.hits == 1
    assert max(clock.slept) >= (2 if trouble == "429" else 0.2)


@pytest.mark.parametrize(("seconds", "asked"), [(0.5, 1), (2.0, 2)])
def test_a_slow_page_is_waited_for_and_one_that_is_too_slow_is_asked_for_again(
    seconds: float, asked: int, server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "_TIMEOUT", 1.0)
    with FaultProxy(server) as proxy:
        proxy.plant(Slow(seconds), "GET", "globalnetworksets.*continue")
        assert names(listed(connect(server.endpoint, tmp_path, url=proxy.url))) == _NAMES
        pages = [seen.target for seen in proxy.seen if "continue" in seen.target]
    assert len(pages) == 1 + asked


@pytest.mark.parametrize("trouble", [name for name in TROUBLE if name != "410"])
def test_trouble_that_lasts_ends_the_read_with_what_it_was(
    trouble: str, server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE", 500)
    with FaultProxy(server) as proxy:
        proxy.plant(TROUBLE[trouble], "GET", "/globalnetworksets", times=ALWAYS)
        clock = NoWaiting()
        with pytest.raises(EnvironmentFailure) as found:
            read_cluster(connect(server.endpoint, tmp_path, url=proxy.url), clock)
    assert found.value.exit_code == 4
    assert [item.code for item in found.value.diagnostics] == ["RF5106"]
    assert 10 < sum(clock.slept) < 60


def test_a_server_that_is_not_there_is_told_soon(tmp_path: Path) -> None:
    class Nobody:
        def send(self, request: Request) -> Response:
            raise NoAnswer("the connection was refused", sent=False)

    clock = NoWaiting()
    with pytest.raises(EnvironmentFailure) as found:
        read_cluster(Nobody(), clock, server="https://127.0.0.1:6443")
    [said] = found.value.diagnostics
    assert said.summary == "https://127.0.0.1:6443: the connection was refused"
    assert "right context" in said.hint
    assert sum(clock.slept) <= 3
    with pytest.raises(Unreachable):
        listed(Nobody())


def check_expired(server: ApiServer, folder: Path) -> None:
    watched = Watched(connect(server.endpoint, folder), after=once(expired, 2))
    assert names(listed(watched)) == _NAMES


@pytest.mark.parametrize("fault", faults.PAGES, ids=lambda fault: fault.__name__)
def test_planted_fault_is_found(
    fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch, server: ApiServer, tmp_path: Path
) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_expired(server, tmp_path)

"""What may not be read is said, leaves verdicts unknown, and no plan is made from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generator.cluster.access import Request, Response
from generator.cluster.snapshot import read_cluster
from generator.cluster.wanted import Need
from generator.reach.engine import Engine
from generator.reach.unknown import UnknownReason
from generator.snapshot import load_snapshot, write_snapshot
from generator.snapshot.model import Snapshot
from generator.snapshot.unread import unread_kinds
from tests.cluster.looking import NoWaiting, Watched, connect
from tests.faults import cluster as faults
from tests.reach.small_world import ask, packet
from tests.testbed.server import ApiServer
from tests.testbed.worlds import World

_NO_RIGHT = {"kind": "Status", "reason": "Forbidden", "message": "canary-of-the-server cannot list", "code": 403}
_DECIDE = [
    *("namespaces", "nodes", "pods", "serviceaccounts", "services", "endpointslices", "networkpolicies"),
    *("clusternetworkpolicies", "globalnetworkpolicies", "networksets", "globalnetworksets", "tiers"),
    *("hostendpoints", "felixconfigurations"),
]
_MANAGE = ["deployments", "validatingwebhookconfigurations", "apiservices", "customresourcedefinitions"]
_TELL = ["ippools", "clusterinformations", "servicecidrs", "ingresses"]


@pytest.fixture
def server(clean_server: ApiServer) -> ApiServer:
    World(clean_server.client()).write_system()
    return clean_server


def without(server: ApiServer, folder: Path, *plurals: str) -> tuple[Snapshot, list[str]]:
    def before(request: Request) -> Response | None:
        hidden = request.query and request.path.rpartition("/")[2] in plurals
        return Response(403, _NO_RIGHT) if hidden else None

    found, problems = read_cluster(Watched(connect(server.endpoint, folder), before), NoWaiting())
    assert "canary-of-the-server" not in str(problems)
    return found, [item.summary for item in problems if item.code == "RF5108"]


def check_a_kind_that_decides(server: ApiServer, folder: Path, plural: str = "tiers") -> None:
    found, refused = without(server, folder, plural)
    assert any(text.startswith(plural) and text.endswith("may not be listed") for text in refused)
    assert not found.complete
    verdict = ask(Engine(found), "ip:10.244.0.2", "ip:10.244.0.3", packet())
    assert (verdict.verdict, verdict.unknown) == ("unknown", (UnknownReason.UNREAD,))


@pytest.mark.parametrize("plural", _DECIDE)
def test_without_a_kind_that_decides_no_verdict_is_known(plural: str, server: ApiServer, tmp_path: Path) -> None:
    check_a_kind_that_decides(server, tmp_path, plural)


def test_without_a_kind_that_manages_verdicts_are_known(server: ApiServer, tmp_path: Path) -> None:
    found, refused = without(server, tmp_path, *_MANAGE)
    assert len(refused) == len(_MANAGE)
    assert found.complete
    assert [kind.decides for kind in unread_kinds(found)] == [False] * len(_MANAGE)
    assert ask(Engine(found), "ip:10.244.0.2", "ip:10.244.0.3", packet()).verdict == "allow"


def test_without_what_only_tells_nothing_is_unknown(server: ApiServer, tmp_path: Path) -> None:
    found, refused = without(server, tmp_path, *_TELL)
    assert len(refused) == len(_TELL)
    assert found.complete
    assert unread_kinds(found) == ()
    assert [need.value for need in Need] == ["decides", "manages", "tells"]


def test_a_saved_snapshot_still_knows_what_was_not_read(server: ApiServer, tmp_path: Path) -> None:
    found, _ = without(server, tmp_path, "tiers", "apiservices")
    saved = tmp_path / "saved.json"
    saved.write_text(write_snapshot(found), encoding="utf-8")
    again, _ = load_snapshot([str(saved)])
    assert unread_kinds(again) == unread_kinds(found)
    assert Engine(again).blind_to


CHECKS: dict[Callable[[pytest.MonkeyPatch], None], Callable[..., Any]] = {
    faults.what_is_refused_is_not_there: check_a_kind_that_decides
}


@pytest.mark.parametrize("fault", CHECKS, ids=lambda fault: fault.__name__)
def test_planted_fault_is_found(
    fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch, server: ApiServer, tmp_path: Path
) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        CHECKS[fault](server, tmp_path)

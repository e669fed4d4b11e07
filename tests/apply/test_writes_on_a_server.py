"""One write of one object on a real API server: what somebody else does at the same time, and what the server says."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from generator.apply.stopping import SystemClock
from generator.calico.names import identity_of
from generator.cluster.access import Connection, Request, Response
from generator.cluster.backoff import Patience
from generator.cluster.faults import FaultKind
from generator.cluster.kubeconfig import open_connection
from generator.cluster.writes import Changed, Different, Done, ObjectWrite, Outcome, Refused, Writer
from tests.apply.worlds import stripped
from tests.plan.worlds import space
from tests.support.objects import api_object
from tests.testbed.client import Client
from tests.testbed.fixtures import Servers

V3 = "projectcalico.org/v3"
VERSION = "3.32"
ROUNDS = 60


def policy(order: int = 100, **spec: Any) -> dict[str, Any]:
    metadata = {"name": "written", "labels": {"ringfence/intent": "w"}}
    body = {"tier": "default", "order": order, "selector": "app == 'x'", "types": ["Ingress"], **spec}
    return {"apiVersion": V3, "kind": "GlobalNetworkPolicy", "metadata": metadata, "spec": body}


def network_set(*nets: str) -> dict[str, Any]:
    metadata = {"name": "written", "labels": {"ringfence/intent": "w"}}
    return {"apiVersion": V3, "kind": "GlobalNetworkSet", "metadata": metadata, "spec": {"nets": list(nets)}}


@dataclass
class Desk:
    """A server, a way to write to it, and somebody who may act before a request."""

    client: Client
    connection: Connection
    before_write: Callable[[], None] = lambda: None

    def send(self, request: Request) -> Response:
        if request.method != "GET":
            self.before_write()
        return self.connection.send(request)

    def write(self, before: Any, after: Any, **more: Any) -> Outcome:
        identity = identity_of(api_object(after or before), VERSION)
        writer = Writer(self, SystemClock(), patience=Patience(0.02, 0.2, 2.0))
        return writer.write(ObjectWrite(identity, before, after, VERSION, **more))

    def live(self, like: Any) -> Any:
        found = self.client.get(V3, like["kind"], like["metadata"]["name"])
        return None if found is None else stripped(found)


@pytest.fixture
def desk(servers: Servers, tmp_path: Path) -> Desk:
    server = servers.clean()
    return Desk(server.client(), open_connection(str(server.kubeconfig(tmp_path / "kubeconfig"))).connection)


CHAINS = {
    "changed": [policy(), policy(200), policy(300, selector="app == 'y'")],
    "field taken away": [policy(ingress=[{"action": "Allow"}]), policy(), policy(300)],
    "other types": [policy(), policy(types=["Egress"]), policy(types=["Egress", "Ingress"]), policy()],
    "entries go": [network_set("10.0.0.0/8", "10.1.0.0/16"), network_set("10.1.0.0/16"), network_set("10.2.0.0/16")],
}


@pytest.mark.parametrize("name", CHAINS)
def test_the_result_is_what_was_written(desk: Desk, name: str) -> None:
    before = None
    for after in [*CHAINS[name], None]:
        assert isinstance(desk.write(before, after), Done)
        found = desk.live(after or before)
        assert (found is None) == (after is None)
        if after is not None:
            assert found["spec"] == {
                **after["spec"],
                **{k: found["spec"][k] for k in ("nets", "types") if k in found["spec"]},
            }
            assert sorted(found["spec"].get("nets", [])) == sorted(after["spec"].get("nets", []))
            assert sorted(found["spec"].get("types", [])) == sorted(after["spec"].get("types", []))
        before = after


def test_what_others_put_beside_it_stays(desk: Desk) -> None:
    desk.write(None, policy())
    desk.client.merge(policy(), {"metadata": {"labels": {"team": "theirs"}, "annotations": {"note": "theirs"}}})
    assert isinstance(desk.write(policy(), policy(200)), Done)
    assert isinstance(desk.write(policy(200), policy(100), restoring=True), Done)
    found = desk.live(policy())["metadata"]
    assert (found["labels"]["team"], found["annotations"]["note"]) == ("theirs", "theirs")


def test_fields_of_another_manager_are_refused_by_name(desk: Desk) -> None:
    desk.client.create(policy())
    outcome = desk.write(policy(), policy(200))
    assert isinstance(outcome, Refused)
    assert (outcome.fault.kind, outcome.fault.managers) == (FaultKind.MANAGERS, ("testbed",))
    assert desk.live(policy())["spec"]["order"] == 100


def test_what_the_server_refuses_is_told_by_field(desk: Desk) -> None:
    outcome = desk.write(None, policy(ingress=[{"action": "Perhaps"}]))
    assert isinstance(outcome, Refused)
    assert any(item.path == "spec.ingress[0].action" for item in outcome.fault.fields)
    unknown = desk.write(None, policy(colour="red"))
    assert isinstance(unknown, Refused)
    assert "spec.colour" in unknown.fault.words
    absent = {**policy(), "kind": "NetworkPolicy", "metadata": {"name": "written", "namespace": "nowhere"}}
    missing = desk.write(None, absent)
    assert isinstance(missing, Refused)
    assert missing.fault.kind is FaultKind.NO_NAMESPACE
    old = desk.write(None, {**policy(), "apiVersion": "crd.projectcalico.org/v1"})
    assert isinstance(old, Refused)
    assert old.fault.kind is FaultKind.NO_KIND


def test_a_namespace_that_goes_is_no_place(desk: Desk) -> None:
    desk.client.create(space("going"))
    desk.client.ask("DELETE", "/api/v1/namespaces/going")
    outcome = desk.write(
        None, {**policy(), "kind": "NetworkPolicy", "metadata": {"name": "written", "namespace": "going"}}
    )
    assert isinstance(outcome, Refused)
    assert outcome.fault.kind is FaultKind.NO_NAMESPACE


def test_a_deletion_that_is_held_up_is_told(desk: Desk) -> None:
    held = policy()
    held["metadata"] = {**held["metadata"], "finalizers": ["example.org/slow"]}
    desk.client.create(held)
    outcome = desk.write(policy(), None)
    assert isinstance(outcome, Different)
    assert "example.org/slow" in outcome.words
    assert isinstance(desk.write(policy(), policy(200)), Changed)


def test_too_large_for_the_server(desk: Desk) -> None:
    nets = [f"10.{a}.{b}.{c}/32" for a in range(6) for b in range(200) for c in range(200)]
    outcome = desk.write(None, network_set(*nets))
    assert isinstance(outcome, Refused)
    assert "larger than the API server takes (413)" in outcome.fault.words
    assert desk.live(network_set()) is None


def test_somebody_who_is_faster_loses_nothing(desk: Desk) -> None:
    """Between the look and the write somebody edits, deletes or makes the object; each time theirs is what stays."""
    chance = random.Random(4)
    seen = set()
    for _ in range(ROUNDS):
        desk.before_write = lambda: None
        desk.client.delete(policy())
        before = policy() if chance.random() < 0.7 else None
        after = None if before is not None and chance.random() < 0.3 else policy(chance.randrange(200, 900))
        if before is not None:
            assert isinstance(desk.write(None, before), Done)
        left: list[Any] = []
        act = chance.choice(["edit", "delete"]) if before is not None else "make"
        seen.add((act, before is None, after is None))

        def meddle(act: str = act, left: list[Any] = left) -> None:
            if left:
                return
            match act:
                case "edit":
                    live = desk.client.get(V3, "GlobalNetworkPolicy", "written")
                    assert live is not None
                    desk.client.replace({**live, "spec": {**live["spec"], "order": 7_000}})
                case "make":
                    desk.client.create(policy(7_000))
                case "delete":
                    desk.client.delete(policy())
            left.append(desk.live(policy()))

        desk.before_write = meddle
        outcome = desk.write(before, after)
        if act == "delete" and after is None:
            # What should go is gone, but not by us: that is a change by somebody too.
            assert isinstance(outcome, Changed)
        assert isinstance(outcome, Changed), (act, before, after, outcome)
        assert desk.live(policy()) == left[0]
    assert len(seen) >= 5

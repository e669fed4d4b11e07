"""The sign by way of a Prometheus: whose series is whose, and that an old scrape proves nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from generator.apply.waits import prometheus
from generator.apply.waits.canaries import CanaryCage
from generator.apply.waits.faults import NoSign
from generator.apply.waits.fleet import Agent, FleetReader
from generator.apply.waits.metrics import Reading, read_metrics
from generator.apply.waits.prometheus import PrometheusMetrics
from generator.apply.waits.sign import Pace, Sign
from tests.apply.felix_fleet import KINDS, POLICIES, FleetApi, fleet_api, metrics_of, write
from tests.apply.memory_api import FakeClock
from tests.apply.test_waits_sign import SETTING, canaries, confirm, place

SCRAPED = Pace(poll=5.0, still=1.0, limit=300.0)


@dataclass
class Scraper:
    """A Prometheus that looks at the nodes every 30 seconds of the fake time."""

    api: FleetApi
    clock: FakeClock
    labels: str = "pod"
    samples: list[dict[str, Any]] = field(default_factory=list)
    last: float = -1e9

    def query(self, address: str, text: str) -> dict[str, Any]:
        if self.clock.at - self.last >= 30:
            self.last = self.clock.at
            self.samples = []
            for name, node in self.api.nodes.items():
                self.api.advance(node)
                self.samples += self._scraped(name, metrics_of(node))
        return {"resultType": "matrix", "result": self.samples}

    def _scraped(self, node: str, text: str) -> list[dict[str, Any]]:
        own = {"pod": {"pod": f"calico-node-{node}", "namespace": "calico-system"}, "node": {"node": node}}
        found = []
        for name, labels, value in re.findall(r"^(\w+)(?:\{(.*)\})? (\S+)$", text, re.MULTILINE):
            metric = {"__name__": name, "instance": f"{node}:9091", "job": "felix"} | own.get(self.labels, {})
            metric |= dict(re.findall(r'(\w+)="([^"]*)"', labels))
            if name == "process_start_time_seconds":
                other = {"__name__": name, "instance": f"{node}:9100", "job": "node"} | own.get(self.labels, {})
                found.append({"metric": other, "values": [[self.last, "5"]]})
            found.append({"metric": metric, "values": [[self.last - 30, "0"], [self.last, value]]})
        return found


def sign_over(api: FleetApi, patch: pytest.MonkeyPatch, labels: str = "pod") -> tuple[Sign, FakeClock]:
    clock = FakeClock()
    patch.setattr(prometheus, "query", Scraper(api, clock, labels).query)
    calico = "projectcalico.org/v3"
    cage = CanaryCage(api, clock, "ringfence", "shop", calico, "3.32")
    reader = FleetReader(api, clock, metrics=PrometheusMetrics("http://prometheus"))
    return Sign(api, clock, reader, cage, SETTING, calico, "3.32", SCRAPED), clock


@pytest.mark.parametrize("labels", ["pod", "node", "instance"])
def test_nodes_are_confirmed_by_their_scrapes(labels: str, monkeypatch: pytest.MonkeyPatch) -> None:
    api = fleet_api("n1", "n2", forbidden={("GET", "pods/proxy"), ("GET", "nodes/proxy")})
    sign, clock = sign_over(api, monkeypatch, labels)
    assert confirm(sign) == {}
    for kind in KINDS:
        write(api, *place(kind), "mine", {"order": 1}, "shop")
    before = clock.at
    assert confirm(sign) == {}
    assert clock.at - before >= 60  # it was scraped anew, and stood still over two more scrapes
    for kind in KINDS:
        api.nodes["n1"].held = {kind}
        write(api, *place(kind), "mine", {"order": 2}, "shop")
        assert confirm(sign).keys() == {"n1"}, kind
        api.nodes["n1"].held = set()
        assert confirm(sign) == {}
    sign.end()
    assert canaries(api) == []


def test_a_scrape_from_before_is_not_counted_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody writes after the last scrape: what a first look shows is older than what is counted."""
    api = fleet_api("n1")
    sign, clock = sign_over(api, monkeypatch)
    prometheus.query("", "")
    clock.at += 10
    for number in range(3):
        write(api, *place(POLICIES[1]), f"theirs-{number}", {"selector": "all()"})
    api.nodes["n1"].held = {POLICIES[0]}
    write(api, *place(POLICIES[0]), "mine", {"order": 1}, "shop")
    assert confirm(sign).keys() == {"n1"}


def test_what_cannot_be_told_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    api = fleet_api("n1")
    sign, _ = sign_over(api, monkeypatch)

    def broken(address: str, text: str) -> Any:
        raise ValueError("the Prometheus gives no answer")

    monkeypatch.setattr(prometheus, "query", broken)
    with pytest.raises(NoSign, match="on no node: the Prometheus gives no answer"):
        confirm(sign)
    agent = {"n1": Agent("n1", "calico-system", "calico-node-n1", "r", ready=True, addresses=("10.0.0.1",))}
    asked = PrometheusMetrics("http://prometheus")
    for answer, words in (
        ({"result": []}, "the Prometheus has no Felix of this node"),
        ({"result": [{}]}, "the Prometheus answers with something else than samples"),
        ({"result": None}, "the Prometheus answers with something else than samples"),
        ({"result": [_up("10.0.0.1:9091")]}, "what the Prometheus scrapes there is not Felix"),
        ({"result": [_up("10.0.0.1:9091"), _up("n1:9091")]}, "the Prometheus has more than one Felix of this node"),
    ):
        monkeypatch.setattr(prometheus, "query", lambda address, text, answer=answer: answer)
        assert asked.ask_all(agent) == {"n1": words}


def _up(instance: str) -> dict[str, Any]:
    return {"metric": {"__name__": "felix_resync_state", "instance": instance}, "values": [[1, "3"]]}


def test_text_is_read_as_it_is_written() -> None:
    node = fleet_api("n1").nodes["n1"]
    found = read_metrics(metrics_of(node))
    assert isinstance(found, Reading)
    assert (found.numbers, found.in_sync, found.waiting) == (
        {"felix_cluster_num_policies": 3, "felix_cluster_num_tiers": 1, _SETS: 0},
        True,
        found.quiet[2] - found.quiet[0],
    )
    assert read_metrics("go_goroutines 7\n") is None
    assert read_metrics("<html>") is None


_SETS = 'felix_calc_graph_updates_processed{type="NetworkSetKey"}'

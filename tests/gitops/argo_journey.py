"""What Argo CD's own application controller makes of an export: waves, prunes, hooks, ways back, self-healing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from generator.plan.exports import Tool
from tests.gitops.argo import Argo
from tests.gitops.flux import wait_for
from tests.gitops.journey import HOOKS, Journey, journey, marks_of, place
from tests.gitops.kubelet import Kubelet, Ringfence
from tests.plan.worlds import meaning
from tests.testbed.build import argo as argo_program
from tests.testbed.fixtures import FreshServer


@dataclass
class Bed:
    way: Journey
    argo: Argo
    ringfence: Ringfence

    def go(self, number: int) -> None:
        """Merge a state and wait for its sync."""
        self.argo.wait_until("Succeeded", self.argo.commit(self.way.commit(number)))
        assert meaning(self.way.live()) == meaning(self.way.export.course.states[number])

    def fails(self, number: int) -> str:
        """Merge a state, and return why its sync failed; it is tried again until it is given up."""
        revision = self.argo.commit(self.way.commit(number))
        self.argo.wait_until("Failed", revision)
        return self.argo.operation[2]


@pytest.fixture
def bed(fresh_server: FreshServer, tmp_path: Path) -> Iterator[Bed]:
    built, server = argo_program(), fresh_server()
    way = journey(server, Tool.ARGO)
    ringfence = Ringfence(server.kubeconfig(tmp_path / "config"))
    collected = [*HOOKS, *way.kinds]
    with (
        Argo(server, built.program, built.crds, tmp_path / "argo") as argo,
        Kubelet(way.client, ringfence, collected=collected),
    ):
        argo.write(way.commit(0))
        argo.make_application("shop", f"{way.path}/current")
        yield Bed(way, argo, ringfence)


def test_each_commit_waits_for_the_one_before_it(bed: Bed) -> None:
    way = bed.way
    for number in (0, 1):
        bed.go(number)
    moment = way.now()

    # The wait of a commit fails: no node gives a sign, and nobody permitted a guess.
    bed.ringfence.guesses = False
    bed.fails(2)
    assert meaning(way.live()) == meaning(way.export.course.states[2])
    seen = way.since(moment)
    marks = {"may-go-to-02": "", "may-go-to-03": ""}
    policies = [number for number, item in enumerate(seen) if item.kind not in ("ConfigMap", "Job")]
    assert place(seen, way.job("guard", 2)) < place(seen, "mark-2", marks) < policies[0]
    assert policies[-1] < place(seen, way.job("wait", 2))
    assert marks_of(seen, "may-go-to-03") == {"mark-2"}

    # Neither the next one nor two back may come now, nor the first.
    moment = way.now()
    for number in (3, 0):
        bed.fails(number)
        assert meaning(way.live()) == meaning(way.export.course.states[2])
    assert way.policies_since(moment) == []

    # The one before may, and then the next ones.
    bed.ringfence.guesses = True
    for number in (1, 0):
        bed.go(number)
    assert [item.split(" ", 1)[1] for item in way.policies_since(moment) if "DELETED" in item][-1:] == [
        "DELETED Tier/ringfence"
    ]


def test_self_healing_puts_back_what_somebody_has_changed(bed: Bed) -> None:
    """So a pause needs the automated sync off, as the README says."""
    bed.go(0)
    bed.argo.make_application("shop", f"{bed.way.path}/current", heals=True)
    (policy,) = bed.way.live().values()
    before = meaning(bed.way.live())
    bed.way.client.merge(policy, {"spec": {"podSelector": {"matchLabels": {"app": "nobody"}}}})
    assert meaning(bed.way.live()) != before
    wait_for(lambda: meaning(bed.way.live()) == before, "the policy as it was", lambda: bed.argo.log[-3000:])

"""What Flux's own controller makes of an export: order, gates, ways back, who owns what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from generator.plan.exports import Tool
from tests.gitops.flux import Flux, wait_for
from tests.gitops.journey import Journey, journey, marks_of, place
from tests.gitops.kubelet import Kubelet, Ringfence
from tests.plan.worlds import meaning
from tests.support.plain_yaml import load_all
from tests.testbed.build import flux as flux_program
from tests.testbed.fixtures import FreshServer


@dataclass
class Bed:
    way: Journey
    flux: Flux
    ringfence: Ringfence

    def go(self, number: int) -> None:
        """Merge a state and wait for its last part."""
        self.flux.wait_until_ready(self.name("marker"), self.flux.commit(self.way.commit(number)))
        assert meaning(self.way.live()) == meaning(self.way.export.course.states[number])

    def name(self, part: str) -> str:
        return f"ringfence-{self.way.intent}-{part}"

    def fails(self, part: str, revision: str) -> None:
        """Return when a part has failed at a revision."""

        def has_failed() -> bool:
            item = self.flux.kustomization(self.name(part))
            return item["status"].get("lastAttemptedRevision") == revision and self.flux.says(
                self.name(part)
            ).startswith("False HealthCheckFailed")

        wait_for(has_failed, f"the failure of {part}", lambda: self.flux.says(self.name(part)))


@pytest.fixture
def bed(fresh_server: FreshServer, tmp_path: Path) -> Iterator[Bed]:
    built, server = flux_program(), fresh_server()
    way = journey(server, Tool.FLUX)
    ringfence = Ringfence(server.kubeconfig(tmp_path / "config"))
    with Flux(server, built.program, built.crds, tmp_path / "flux") as flux, Kubelet(way.client, ringfence):
        flux.commit(way.commit(0))
        for item in load_all(way.export.files["flux.yaml"]):
            way.client.apply(item)
        yield Bed(way, flux, ringfence)


def test_each_commit_waits_for_the_one_before_it(bed: Bed) -> None:
    way = bed.way
    for number in (0, 1):
        bed.go(number)
    moment = way.now()

    # The wait of a commit fails: no node gives a sign, and nobody permitted a guess.
    bed.ringfence.guesses = False
    bed.fails("wait", bed.flux.commit(way.commit(2)))
    assert meaning(way.live()) == meaning(way.export.course.states[2])
    seen = way.since(moment)
    marks = {"may-go-to-02": "", "may-go-to-03": ""}
    policies = [number for number, item in enumerate(seen) if item.kind not in ("ConfigMap", "Job")]
    assert place(seen, way.job("guard", 2)) < place(seen, "mark-2", marks) < policies[0]
    assert policies[-1] < place(seen, way.job("wait", 2))
    assert marks_of(seen, "may-go-to-03") == {"mark-2"}

    # Neither the next one nor two back may come now, nor the first.
    moment = way.now()
    bed.fails("guard", bed.flux.commit(way.commit(3)))
    bed.fails("guard", bed.flux.commit(way.commit(0)))
    assert bed.ringfence.calls[-1][1] == 2
    assert way.policies_since(moment) == []

    # The one before may, and then the next ones.
    bed.ringfence.guesses = True
    for number in (1, 0):
        bed.go(number)
    assert [item.split(" ", 1)[1] for item in way.policies_since(moment)] == [
        "DELETED GlobalNetworkPolicy/ringfence.shop-threat-feeds",
        "DELETED GlobalNetworkPolicy/ringfence.shop-guardrails",
        "DELETED Tier/ringfence",
    ]


def test_flux_puts_back_what_somebody_has_changed_and_leaves_what_it_forgets(bed: Bed) -> None:
    """So a pause needs it suspended, as the README says; `deletionPolicy: Orphan` keeps what it has applied."""
    bed.go(0)
    way, policies = bed.way, bed.flux.kustomization(bed.name("policies"))
    (policy,) = way.live().values()
    before = meaning(way.live())
    way.client.merge(policy, {"spec": {"podSelector": {"matchLabels": {"app": "nobody"}}}})
    assert meaning(way.live()) != before
    asked = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "now"}}}  # else within ten minutes
    way.client.merge(policies, asked)
    wait_for(lambda: meaning(way.live()) == before, "the policy as it was", lambda: bed.flux.log[-3000:])

    way.client.ask("DELETE", way.client.path_of(policies))
    gone = ("kustomize.toolkit.fluxcd.io/v1", "Kustomization", bed.name("policies"), "flux-system")
    wait_for(lambda: way.client.get(*gone) is None, "the end of the Kustomization")
    assert meaning(way.live()) == before

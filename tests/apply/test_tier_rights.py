"""Rights by tier, which Calico's own API server asks for: the missing ones are named before the first write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from generator.apply.stopping import SystemClock
from generator.apply.tier_rights import missing_tier_rights
from generator.cli.main import run_command
from generator.cluster.kubeconfig import open_connection
from generator.plan.plan_file import read_plan
from tests.apply.test_boutique import AS_OF, BOUTIQUE, boutique
from tests.apply.worlds import policies
from tests.faults.apply import takes_a_view_for_what_is_stored
from tests.testbed.aggregated import GROUP, CalicoApiServer
from tests.testbed.client import Client
from tests.testbed.crd_sets import CrdSet, api_version
from tests.testbed.fixtures import Servers
from tests.testbed.server import ApiServer

CRDS: Final[CrdSet] = "crd-v1-3.32"
VERBS: Final = ["get", "create", "update", "patch", "delete"]
OTHER_GROUPS: Final = [
    *("", "apps", "batch", "discovery.k8s.io", "networking.k8s.io", "policy.networking.k8s.io", "coordination.k8s.io"),
    *("apiextensions.k8s.io", "apiregistration.k8s.io", "admissionregistration.k8s.io", "crd.projectcalico.org"),
]


@pytest.fixture
def server(servers: Servers) -> Iterator[ApiServer]:
    made = servers.fresh(CRDS)
    boutique(made.client(), CRDS)
    with CalicoApiServer(made):
        yield made
    made.remove()


def grant_all_but_tiers(admin: Client, user: str) -> None:
    """Give a user every right but those by tier."""
    plain = sorted(row["name"] for row in admin.ask("GET", f"/apis/{GROUP}/v3").body["resources"])
    rules = [
        {"apiGroups": OTHER_GROUPS, "resources": ["*"], "verbs": ["*"]},
        {"apiGroups": [GROUP], "resources": plain, "verbs": ["*"]},
    ]
    admin.grant(user, rules, name=f"{user}-plain")


def grant_by_tier(admin: Client, user: str, kinds: list[str], names: list[str]) -> None:
    resources = [f"tier.{kind}" for kind in kinds]
    rule = {"apiGroups": [GROUP], "resources": resources, "resourceNames": names, "verbs": VERBS}
    admin.grant(user, [rule], name=f"{user}-{'-'.join(kinds)}")


def write_plan(server: ApiServer, folder: Path) -> Path:
    plan, config = folder / "plan.json", server.kubeconfig(folder / "admin")
    live = ("--live", "cluster", "--kubeconfig", str(config), *AS_OF)
    assert run_command(["plan", str(BOUTIQUE / "intent.yaml"), *live, "-o", str(plan)]) == 0
    return plan


def test_rights_by_tier_are_asked_for_as_calico_does(
    server: ApiServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    admin, config = server.client(), server.kubeconfig(tmp_path / "bob", "bob")
    plan = write_plan(server, tmp_path)
    writes = read_plan(plan.read_text(), "plan.json").writes
    connection = open_connection(str(config)).connection
    start = policies(admin, api_version(CRDS))
    grant_all_but_tiers(admin, "bob")
    capsys.readouterr()

    quick = ("--kubeconfig", str(config), "--yes", "--wait-by", "pause", "--pause", "0")
    assert run_command(["apply", str(plan), *quick]) == 3
    told = capsys.readouterr().err
    assert "no right to create tier.globalnetworkpolicies.projectcalico.org 'ringfence.*'" in told
    assert "no right to create tier.networkpolicies.projectcalico.org 'ringfence.*' in namespace 'boutique'" in told
    assert policies(admin, api_version(CRDS)) == start

    grant_by_tier(admin, "bob", ["globalnetworkpolicies"], ["ringfence.*"])
    found = missing_tier_rights(connection, SystemClock(), writes)
    assert {item.summary.split()[6] for item in found} == {"tier.networkpolicies.projectcalico.org"}
    with pytest.MonkeyPatch.context() as patch:
        takes_a_view_for_what_is_stored(patch)
        assert missing_tier_rights(connection, SystemClock(), writes) != found
    names = sorted({str(step.write.identity.name) for step in writes if "/boutique/" in str(step.write.identity)})
    grant_by_tier(admin, "bob", ["networkpolicies"], names)
    assert missing_tier_rights(connection, SystemClock(), writes) == []


def test_without_an_api_server_of_calico_nobody_asks(servers: Servers, tmp_path: Path) -> None:
    server = servers.clean()
    boutique(server.client(), "v3-3.32")
    plan = write_plan(server, tmp_path)
    connection = open_connection(str(server.kubeconfig(tmp_path / "nobody", "alice"))).connection
    server.client().grant(
        "alice", [{"apiGroups": ["apiregistration.k8s.io"], "resources": ["apiservices"], "verbs": ["get"]}]
    )
    writes = read_plan(plan.read_text(), "plan.json").writes
    assert missing_tier_rights(connection, SystemClock(), writes) == []

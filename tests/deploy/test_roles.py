"""The roles of deploy/rbac: exactly what the commands need, held against what they ask for, and on a real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.apply.stopping import SystemClock
from generator.cluster.codes import NOT_ALLOWED
from generator.cluster.kubeconfig import open_connection
from generator.cluster.snapshot import read_cluster
from generator.cluster.wanted import CALICO_API, CALICO_STORED, wanted_kinds
from generator.foundation.diagnostics import Diagnostic
from generator.snapshot.model import Snapshot
from tests.deploy.kustomized import DEPLOY, Right, install, kustomize, rights_in
from tests.testbed.access import write_kubeconfig
from tests.testbed.client import Client
from tests.testbed.crd_sets import CrdSet
from tests.testbed.fixtures import Servers
from tests.testbed.worlds import World

RBAC = DEPLOY / "rbac"
TIERED = ("tier.globalnetworkpolicies", "tier.networkpolicies", "tier.stagedglobalnetworkpolicies")
# Beside the lists: what Calico's own API server asks for, and four single objects that facts are taken from.
GOT = {
    Right(CALICO_API, "tiers", "get"),
    *(Right(CALICO_API, resource, "list") for resource in (*TIERED, "tier.stagednetworkpolicies")),
    Right("apiregistration.k8s.io", "apiservices", "get", "v3.projectcalico.org"),
    Right("apps", "daemonsets", "get", "calico-node"),
    Right("", "configmaps", "get", "kubeadm-config"),
    Right("", "configmaps", "get", "kubelet-config"),
}


def asked_for(*, evidence: bool) -> set[Right]:
    kinds = {kind for group in (CALICO_API, CALICO_STORED) for kind in wanted_kinds(group, evidence=evidence)}
    return {Right(kind.group, kind.plural, "list") for kind in kinds}


def is_served(client: Client, group: str, plural: str) -> bool:
    if not group:
        return True
    preferred = client.ask("GET", f"/apis/{group}")
    if preferred.status != 200:
        return False
    rows = client.ask("GET", f"/apis/{preferred.body['preferredVersion']['groupVersion']}").body["resources"]
    return plural in {row["name"] for row in rows}


def read_as(client: Client, folder: Path) -> tuple[Snapshot, list[Diagnostic]]:
    opened = open_connection(str(write_kubeconfig(folder / "config", client.endpoint, client.user)))
    return read_cluster(opened.connection, SystemClock(), evidence=False)


def test_the_reader_may_list_what_is_read_and_nothing_else() -> None:
    objects = kustomize(RBAC)
    assert rights_in(objects, "ringfence-reader") == asked_for(evidence=False) | GOT
    assert rights_in(objects, "ringfence-evidence") == asked_for(evidence=True) - asked_for(evidence=False)


def test_no_role_sees_secrets_or_everything() -> None:
    objects = [*kustomize(RBAC), *kustomize(RBAC / "felix-metrics")]
    roles = [obj["metadata"]["name"] for obj in objects if obj["kind"] in ("Role", "ClusterRole")]
    rights = {right for name in roles for right in rights_in(objects, name)}
    assert len(roles) == 6
    assert not [right for right in rights if "*" in (right.group, right.resource, right.verb)]
    assert not [right for right in rights if right.resource in ("secrets", "pods/exec")]
    bound = {obj["roleRef"]["name"] for obj in objects if obj["kind"].endswith("Binding")}
    assert bound == set(roles) - {"ringfence-evidence"}


@pytest.mark.parametrize("crds", ["v3-3.32", "crd-v1-3.28"])
def test_with_exactly_the_reader_role_a_cluster_is_read(servers: Servers, tmp_path: Path, crds: CrdSet) -> None:
    admin = servers.clean(crds).client()
    World(admin).write_system()
    install(admin, RBAC)
    snapshot, problems = read_as(admin.as_account("ringfence", "ringfence-reader"), tmp_path)
    assert not [problem for problem in problems if problem.code == NOT_ALLOWED.id]
    assert len(snapshot.nodes) == 2
    everything, _ = read_as(admin, tmp_path)
    assert snapshot == everything


def test_each_kind_that_may_not_be_read_is_named(servers: Servers, tmp_path: Path) -> None:
    server = servers.clean()
    _, problems = read_as(server.client("nobody"), tmp_path)
    refused = [problem for problem in problems if problem.code == NOT_ALLOWED.id]
    admin = server.client()
    kinds = [kind for kind in wanted_kinds(CALICO_API, evidence=False) if is_served(admin, kind.group, kind.plural)]
    assert {problem.summary.split()[0] for problem in refused} == set(map(str, kinds))
    assert all("may not be listed" in problem.summary for problem in refused)
    assert len(kinds) > 30


def test_one_missing_verb_is_named_and_nothing_else_is_missing(servers: Servers, tmp_path: Path) -> None:
    admin = servers.clean().client()
    install(admin, RBAC)
    [role] = [obj for obj in kustomize(RBAC) if obj["metadata"]["name"] == "ringfence-reader" and "rules" in obj]
    for rule in role["rules"]:
        rule["resources"] = [name for name in rule["resources"] if name != "globalnetworksets"]
    admin.apply(role)
    _, problems = read_as(admin.as_account("ringfence", "ringfence-reader"), tmp_path)
    [refused] = [problem for problem in problems if problem.code == NOT_ALLOWED.id]
    assert refused.summary.startswith("globalnetworksets.projectcalico.org may not be listed")
    assert "no verdict is known" in refused.hint

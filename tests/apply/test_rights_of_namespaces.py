"""Rights that a Role gives in single namespaces: what is missing elsewhere is named, with where it is there."""

from __future__ import annotations

from pathlib import Path

from generator.apply.rights import missing_rights, rights_of
from generator.apply.stopping import SystemClock
from generator.cluster.kubeconfig import open_connection
from tests.apply.test_outages import scene_on
from tests.testbed.fixtures import Servers

GROUPS = ["projectcalico.org"]
EVERYWHERE = ["tiers", "globalnetworkpolicies", "globalnetworksets"]


def test_what_is_missing_in_the_other_namespaces_is_named(servers: Servers, tmp_path: Path) -> None:
    scene = scene_on(servers.clean(), tmp_path)
    admin = scene.server.client()
    admin.grant("bob", [{"apiGroups": GROUPS, "resources": EVERYWHERE, "verbs": ["*"]}])
    mine = [{"apiGroups": GROUPS, "resources": ["networkpolicies"], "verbs": ["get", "create", "delete"]}]
    admin.grant("bob", mine, namespace="shop-a")
    connection = open_connection(str(scene.server.kubeconfig(tmp_path / "bob", "bob"))).connection
    found = missing_rights(connection, SystemClock(), rights_of(scene.plan.writes))
    assert {item.summary for item in found} == {
        f"there is no right to {verb} networkpolicies.projectcalico.org in namespace 'shop-b'"
        for verb in ("get", "create", "delete")
    }
    assert all(item.hint.startswith("it is there in shop-a only; the role in deploy/rbac") for item in found)

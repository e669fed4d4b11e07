"""The apply role on a real server: with exactly it the commands work, and each verb that is missing is named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from generator.cli.main import run_command
from tests.deploy.kustomized import DEPLOY, ROOT, Right, install, kustomize, rights_in
from tests.testbed.access import write_kubeconfig
from tests.testbed.client import Client
from tests.testbed.crd_sets import CrdSet, api_version
from tests.testbed.fault_proxy import FaultProxy, Seen
from tests.testbed.fixtures import Servers
from tests.testbed.worlds import World, documents_of

RBAC = DEPLOY / "rbac"
INTENT = str(ROOT / "examples/two-tier/intent.yaml")
ACCOUNT = "ringfence-applier"
# What every user may: say who one is, ask for one's rights, and what is served (system:basic-user, system:discovery).
EVERYBODYS = "selfsubjectaccessreviews"
OVERLAYS: dict[CrdSet, str] = {
    "v3-3.32": "{}",
    "crd-v1-3.28": "layout: single-tier\ncalico: '3.28'\napiGroup: crd.projectcalico.org/v1\n",
}


@dataclass(frozen=True)
class Applier:
    """The account of the apply role, over a cluster with the example's application and no policy."""

    admin: Client
    proxy: FaultProxy
    config: tuple[str, ...]
    folder: Path
    crds: CrdSet

    def plan(self) -> str:
        overlay, plan = self.folder / "overlay.yaml", self.folder / "plan.json"
        overlay.write_text(OVERLAYS[self.crds])
        assert (
            run_command(["plan", INTENT, "-f", str(overlay), "--live", "cluster", *self.config, "-o", str(plan)]) == 0
        )
        return str(plan)

    def carry_out(self, command: str, plan: str, wait_by: str = "pause") -> int:
        return run_command([command, plan, *self.config, "--yes", "--wait-by", wait_by, "--pause", "0"])

    def used(self) -> set[Right]:
        return {right for seen in self.proxy.seen for right in _right(seen)}


def _right(seen: Seen) -> Iterator[Right]:
    found = re.match(r"/(?:api|apis/([^/]+))/[^/?]+/(?:namespaces/[^/?]+/)?([^/?]+)(?:/([^/?]+))?(\?.*)?$", seen.target)
    if found is None:
        return
    group, resource, name, query = found.groups()
    verbs = {"GET": "get" if name else "list", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
    yield Right(group or "", resource, "watch" if "watch=" in (query or "") else verbs[seen.method])


@pytest.fixture
def applier(servers: Servers, tmp_path: Path) -> Iterator[Callable[[CrdSet], Applier]]:
    opened: list[FaultProxy] = []

    def prepare(crds: CrdSet) -> Applier:
        server = servers.clean(crds)
        admin = server.client()
        world = World(admin)
        world.write_system()
        world.write(documents_of(ROOT / "examples/two-tier/live"))
        install(admin, RBAC)
        opened.append(FaultProxy(server))
        endpoint = admin.as_account("ringfence", ACCOUNT).endpoint
        config = write_kubeconfig(tmp_path / "config", endpoint, ACCOUNT, url=opened[0].url)
        return Applier(admin, opened[0], ("--kubeconfig", str(config)), tmp_path, crds)

    yield prepare
    for proxy in opened:
        proxy.close()


@pytest.mark.parametrize("crds", list(OVERLAYS))
def test_with_exactly_this_role_the_commands_work(
    applier: Callable[[CrdSet], Applier], crds: CrdSet, capsys: pytest.CaptureFixture[str]
) -> None:
    run = applier(crds)
    plan = run.plan()
    assert run.carry_out("apply", plan) == 0, capsys.readouterr().err
    assert run_command(["status", *run.config]) == 0, capsys.readouterr().err
    assert run_command(["pause", "notes", "--reason", "a test", "--yes", *run.config]) == 0, capsys.readouterr().err
    assert run_command(["resume", "notes", "--yes", *run.config]) == 0, capsys.readouterr().err
    assert run.carry_out("rollback", plan) == 0, capsys.readouterr().err
    assert [seen.target for seen in run.proxy.seen if seen.status == 403] == []
    objects = kustomize(RBAC)
    names = ("ringfence-reader", "ringfence-applier", "ringfence-state")
    granted = {replace_name(right) for name in names for right in rights_in(objects, name)}
    assert {right for right in run.used() if right.resource != EVERYBODYS} <= granted
    assert len([seen for seen in run.proxy.written() if "/globalnetworkpolicies" in seen.target]) > 10


def replace_name(right: Right) -> Right:
    return right._replace(name="")


GLOBAL, NAMESPACED, TIERS = "globalnetworkpolicies", "networkpolicies", "tiers"
MISSING = (
    *(Right("coordination.k8s.io", "leases", verb) for verb in ("get", "create", "update")),
    *(Right("", "configmaps", verb) for verb in ("get", "list", "create", "update")),
    *(Right("projectcalico.org", GLOBAL, verb) for verb in ("get", "create", "delete")),
    *(Right("projectcalico.org", NAMESPACED, verb) for verb in ("get", "create", "delete")),
    *(Right("projectcalico.org", TIERS, verb) for verb in ("create", "delete")),
)


def test_each_missing_verb_is_named_before_anything_is_written(
    applier: Callable[[CrdSet], Applier], capsys: pytest.CaptureFixture[str]
) -> None:
    run = applier("v3-3.32")
    plan = run.plan()
    roles = [obj for obj in kustomize(RBAC) if obj["metadata"]["name"] in (ACCOUNT, "ringfence-state")]
    roles = [obj for obj in roles if "rules" in obj]
    wrong = []
    for right in MISSING:
        for role in roles:
            run.admin.replace(without(role, right, run.admin))
        run.proxy.forget()
        capsys.readouterr()
        code = run.carry_out("apply", plan)
        said = capsys.readouterr().err
        named = right.verb in said and right.resource in said and "Traceback" not in said
        policies = run.admin.objects(api_version("v3-3.32"), "GlobalNetworkPolicy")
        if code != 3 or not named or policies:
            wrong.append((right, code, said))
    assert wrong == []


STATES = ("coordination.k8s.io", "leases"), ("", "configmaps")
POLICIES = "projectcalico.org", GLOBAL
MISSING_LATER = {
    "rollback": (
        *(Right("projectcalico.org", name, verb) for name in (GLOBAL, NAMESPACED) for verb in ("get", "delete")),
        Right("projectcalico.org", TIERS, "delete"),  # the reader may get them
        *(Right(*STATES[0], verb) for verb in ("get", "create", "update")),
        *(Right(*STATES[1], verb) for verb in ("get", "list", "update")),
    ),
    "pause": (
        *(Right(*POLICIES, verb) for verb in ("get", "patch", "update")),
        *(Right(*STATES[0], verb) for verb in ("get", "create", "update")),
        *(Right(*STATES[1], verb) for verb in ("get", "list", "create", "update")),
    ),
    "resume": (
        *(Right(*POLICIES, verb) for verb in ("get", "patch", "update")),
        *(Right(*STATES[0], verb) for verb in ("get", "create", "update")),
        *(Right(*STATES[1], verb) for verb in ("get", "list", "update")),
    ),
    "status": (Right(*STATES[1], "get"), Right(*STATES[1], "list")),
}


def test_each_missing_verb_is_named_by_the_commands_after_apply(
    applier: Callable[[CrdSet], Applier], capsys: pytest.CaptureFixture[str]
) -> None:
    """rollback, pause, resume, status: the verb by name, and not one write before it."""
    run = applier("v3-3.32")
    plan = run.plan()
    calls = {
        "rollback": ["rollback", plan, "--wait-by", "pause", "--pause", "0", "--yes"],
        "pause": ["pause", "notes", "--yes"],
        "resume": ["resume", "notes", "--yes"],
        "status": ["status"],
    }
    roles = [obj for obj in kustomize(RBAC) if "rules" in obj]
    names = (ACCOUNT, "ringfence-state")

    def grant(missing: Right | None) -> None:
        for role in roles:
            if role["metadata"]["name"] in names:
                run.admin.replace(without(role, missing or Right("", "", ""), run.admin))

    assert run.carry_out("apply", plan) == 0, capsys.readouterr().err
    wrong = []
    for command in ("pause", "resume", "status", "rollback"):
        for right in MISSING_LATER[command]:
            grant(right)
            run.proxy.forget()
            capsys.readouterr()
            code = run_command([*calls[command], *run.config])
            said = capsys.readouterr().err
            written = [seen.target for seen in run.proxy.written() if EVERYBODYS not in seen.target]
            expected = (0, 3, 4) if command == "status" else (3, 4)  # it tells what the live objects tell
            if code not in expected or f"{right.verb} {right.resource}" not in said or written:
                wrong.append((command, right, code, written, said))
        grant(None)
        assert run_command([*calls[command], *run.config]) == 0, capsys.readouterr().err
    assert wrong == []


def test_the_right_to_ask_felix_is_named_where_it_is_missing(
    applier: Callable[[CrdSet], Applier], capsys: pytest.CaptureFixture[str]
) -> None:
    run = applier("v3-3.32")
    plan = run.plan()
    capsys.readouterr()
    assert run.carry_out("apply", plan, "sign") == 0, capsys.readouterr().err
    words = (
        "the role may not get pods/proxy in namespace 'kube-system', nor nodes/proxy; deploy/rbac/felix-metrics grants"
    )
    assert words in " ".join(capsys.readouterr().out.split())
    for obj in kustomize(RBAC / "felix-metrics"):
        obj["metadata"]["namespace"] = "kube-system"  # where the calico-node of this world is
        run.admin.apply(obj)
    assert run.carry_out("rollback", plan, "sign") == 0, capsys.readouterr().err
    assert "the role may" not in " ".join(capsys.readouterr().out.split())


def without(role: dict[str, Any], right: Right, admin: Client) -> dict[str, Any]:
    """Return a role, as the server has it now, with one right taken out of its rules."""
    now = admin.get(role["apiVersion"], role["kind"], role["metadata"]["name"], role["metadata"].get("namespace"))
    assert now is not None
    return {**now, "rules": list(_rules_without(role["rules"], right))}


def _rules_without(rules: Iterable[dict[str, Any]], right: Right) -> Iterator[dict[str, Any]]:
    for rule in rules:
        if right.group not in rule["apiGroups"] or right.resource not in rule["resources"]:
            yield rule
            continue
        others = [name for name in rule["resources"] if name != right.resource]
        if others:
            yield {**rule, "resources": others}
        yield {**rule, "resources": [right.resource], "verbs": [verb for verb in rule["verbs"] if verb != right.verb]}

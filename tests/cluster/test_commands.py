"""The commands against a real API server: what they answer, what they refuse, what they never say."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.cli.calling import ROOT, call, environment
from tests.testbed.access import write_kubeconfig
from tests.testbed.server import ApiServer
from tests.testbed.worlds import World, documents_of

_INTENT = str(ROOT / "examples/online-boutique/intent.yaml")
_LIVE = ROOT / "examples/online-boutique/live"
_DAY = ("--as-of", "2026-01-01")


@pytest.fixture
def server(clean_server: ApiServer) -> ApiServer:
    world = World(clean_server.client())
    world.write_system()
    world.write(documents_of(_LIVE), "boutique")
    return clean_server


@pytest.fixture
def config(server: ApiServer, tmp_path: Path) -> str:
    return str(write_kubeconfig(tmp_path / "config", server.endpoint))


def run(config: str, *arguments: str) -> tuple[int, str, str]:
    done = call(*arguments, env=environment(KUBECONFIG=config))
    assert "Traceback" not in done.stderr
    assert "canary-" not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


def test_each_command_reads_the_cluster(config: str, tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    saved.touch(0o644)
    assert run(config, "snapshot", "-o", str(saved))[0] == 0
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert "canary-" not in saved.read_text(encoding="utf-8")

    answers = {}
    for live in ("cluster", str(saved)):
        shown = ("--live", live)
        assert run(config, "explain", "boutique/frontend", "boutique/cartservice:7070", *shown)[1].startswith("allowed")
        code, out, err = run(config, "diff", _INTENT, *shown, *_DAY, "--format", "json")
        assert code == 1, err
        answers[live] = json.loads(out)
    assert answers["cluster"] == answers[str(saved)]

    plan = tmp_path / "plan.json"
    code, out, err = run(config, "plan", _INTENT, "--live", "cluster", *_DAY, "-o", str(plan))
    assert code == 0, out + err
    made = json.loads(plan.read_text(encoding="utf-8"))
    assert (made["plan"]["complete"], made["plan"]["applyable"]) == (True, True)
    code, out, err = run(config, "plan", "check", str(plan), "--live", "cluster")
    assert code == 0, out + err


def test_init_proposes_from_the_cluster_and_from_what_its_policies_allow(config: str, server: ApiServer) -> None:
    allows = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "ads-to-redis", "namespace": "boutique"},
        "spec": {
            "podSelector": {"matchLabels": {"app": "redis-cart"}},
            "ingress": [
                {
                    "from": [{"podSelector": {"matchLabels": {"app": "adservice"}}}],
                    "ports": [{"port": 6379, "protocol": "TCP"}],
                }
            ],
        },
    }
    server.client().apply(allows)
    code, out, err = run(config, "init", "--live", "cluster", "--platform", "generic")
    assert code == 0, err
    assert "namespace: boutique" in out
    assert "cluster:NetworkPolicy.networking.k8s.io/boutique/ads-to-redis" in out
    assert "allowed today" in out


def test_a_cluster_that_is_gone_says_so_soon(config: str, server: ApiServer, tmp_path: Path) -> None:
    text = Path(config).read_text(encoding="utf-8").replace(server.endpoint.url, "https://127.0.0.1:1")
    gone = tmp_path / "gone"
    gone.write_text(text, encoding="utf-8")
    code, _, err = run(str(gone), "snapshot")
    assert code == 4
    assert "error RF5106: https://127.0.0.1:1: the connection was refused" in err
    assert "kubectl config get-contexts" in err


def test_who_may_read_nothing_gets_no_verdict_and_no_plan(server: ApiServer, tmp_path: Path) -> None:
    nobody = str(write_kubeconfig(tmp_path / "nobody", server.endpoint, "nobody"))
    code, out, err = run(nobody, "explain", "ip:10.244.0.2", "ip:10.244.0.3:80", "--live", "cluster")
    assert code == 0
    assert out.startswith("unknown")
    assert "kinds may not be listed: namespaces, nodes, pods" in err
    assert "tiers.projectcalico.org\n    hint: no verdict is known without all of them" in err
    for command in ("diff", "plan"):
        code, out, err = run(nobody, command, _INTENT, "--live", "cluster", *_DAY)
        assert code == 4
        assert "globalnetworkpolicies.projectcalico.org may not be read, so it cannot be compared" in err


def test_a_token_that_nobody_knows_is_refused_and_not_shown(config: str, server: ApiServer, tmp_path: Path) -> None:
    token = server.endpoint.tokens["admin"]
    wrong = tmp_path / "wrong"
    wrong.write_text(Path(config).read_text(encoding="utf-8").replace(token, "canary-wrong"), encoding="utf-8")
    code, _, err = run(str(wrong), "snapshot")
    assert code == 4
    assert "error RF5107: the API server does not know who is calling (401)" in err


def test_the_wrong_call_is_told(config: str, server: ApiServer) -> None:
    for meant, hint in (("boutique/frontent", "did you mean 'boutique/frontend'?"), ("boutique/idle", "none of them")):
        inside = {"containers": [{"name": "c", "image": "example.com/c"}]}
        template = {"metadata": {"labels": {"app": "idle"}}, "spec": inside}
        idle = {"selector": {"matchLabels": {"app": "idle"}}, "template": template}
        metadata = {"name": "idle", "namespace": "boutique"}
        made = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": idle | {"replicas": 0}}
        server.client().apply(made)
        assert hint in run(config, "explain", meant, "ip:10.244.0.9:80", "--live", "cluster")[2]
    assert "no context 'staging'" in run(config, "snapshot", "--context", "staging")[2]
    assert "a cluster is read alone" in run(config, "diff", _INTENT, "--live", "cluster", "--live", str(_LIVE))[2]
    assert "give --live cluster" in run(config, "diff", _INTENT, "--live", str(_LIVE), "--context", "x")[2]
    assert "give --live cluster" in run(config, "render", _INTENT, "--facts", "cluster")[2]


def test_the_cluster_wins_only_where_that_is_asked_for(config: str, tmp_path: Path) -> None:
    stated = tmp_path / "intent.yaml"
    text = Path(_INTENT).read_text(encoding="utf-8").replace("version: 1\n", 'version: 1\ncalico: "3.31"\n')
    stated.write_text(text, encoding="utf-8")
    code, out, err = run(config, "validate", str(stated), "--live", "cluster", *_DAY)
    assert code == 1
    assert "RF5617: Calico is 3.32.1 there; the set is made for 3.31" in out + err
    code, out, err = run(config, "validate", str(stated), "--live", "cluster", "--facts", "cluster", *_DAY)
    assert "RF5617" not in out + err


def test_no_plan_is_made_where_a_kind_was_not_read(config: str, tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    assert run(config, "snapshot", "-o", str(saved))[0] == 0
    value = json.loads(saved.read_text(encoding="utf-8"))
    for name, decides in (("apiservices.apiregistration.k8s.io", False), ("serviceaccounts", True)):
        value["snapshot"]["extra"]["unread"] = [{"name": name, "decides": decides}]
        saved.write_text(json.dumps(value), encoding="utf-8")
        code, out, err = run(config, "plan", _INTENT, "--live", str(saved), *_DAY)
        assert code == 3, err
        assert f"RF5009: {name} may not be read, so it is not known what the plan would do to it" in out + err
        compared = run(config, "diff", _INTENT, "--live", str(saved), *_DAY)[2]
        assert (f"flows are not compared: {name} may not be read" in compared) == decides


def test_what_freezes_felix_is_named_and_stops_a_plan(config: str, server: ApiServer, tmp_path: Path) -> None:
    rule = {"action": "Allow", "protocol": 300}
    spec = {"selector": "app == 'frontend'", "types": ["Ingress"], "ingress": [rule]}
    metadata = {"name": "freezes", "namespace": "boutique"}
    server.client().create(
        {"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}
    )
    said = "NetworkPolicy/boutique/freezes: Calico cannot decode 300"
    code, out, err = run(config, "snapshot", "-o", str(tmp_path / "saved.json"))
    assert code == 0
    assert f"cluster:NetworkPolicy.projectcalico.org/boutique/freezes: warning RF8001: {said}" in err
    code, out, err = run(config, "plan", _INTENT, "--live", "cluster", *_DAY)
    assert code == 3
    assert said in out + err

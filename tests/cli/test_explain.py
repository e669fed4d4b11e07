"""`ringfence explain`: who decides on one flow, in three formats, and what is no flow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generator.cli.main import run_command
from tests.cli.calling import ROOT
from tests.support.golden import check_golden

GOLDEN = Path(__file__).parent / "golden" / "explain"
LIVE = ("--live", "examples/online-boutique/live")
ALLOWED = ("boutique/cartservice", "boutique/redis-cart:6379")
DENIED = ("ip:192.0.2.1", "boutique/paymentservice:50051")

PODS = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {addresses: [{type: InternalIP, address: 10.9.0.1}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, labels: {app: db}}
spec: {nodeName: n1, containers: [{name: db, image: db}]}
status: {phase: Running, podIP: 10.1.0.7, podIPs: [{ip: 10.1.0.7}, {ip: "fd00::7"}]}
"""
POLICY = """\
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  tier: default
  selector: app == 'db'
  types: [Ingress]
  ingress:
    - action: Log
    - action: Allow
      protocol: TCP
      source: {SOURCE}
      destination: {ports: [5432]}
      metadata: {annotations: {ringfence/why: "services.web.needs[0]"}}
"""
STAGED = """\
apiVersion: projectcalico.org/v3
kind: StagedNetworkPolicy
metadata: {name: next, namespace: shop}
spec: {selector: app == 'db', types: [Ingress], ingress: [{action: Deny}]}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: broken, namespace: shop}
spec: {selector: app == 'db', types: [Ingress], ingress: [{action: Allow, destination: {ports: [80]}}]}
"""


@pytest.fixture(autouse=True)
def _in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def explain(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run_command(["explain", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def folder(tmp_path: Path, *texts: str) -> tuple[str, str]:
    (tmp_path / "live.yaml").write_text("---\n".join(texts))
    return "--live", str(tmp_path / "live.yaml")


def policy(source: str) -> str:
    return POLICY.replace("{SOURCE}", source)


@pytest.mark.parametrize(
    ("name", "flow"),
    [
        ("allowed", ALLOWED),
        ("denied", DENIED),
        ("no-policy", ("boutique/frontend", "boutique/cartservice:icmp")),
        ("not-policed", ("boutique/redis-cart", "192.0.2.1:53/UDP")),
    ],
)
def test_text(name: str, flow: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = explain(capsys, *flow, *LIVE)
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    check_golden(GOLDEN / f"{name}.txt", out)


def test_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = explain(capsys, *DENIED, *LIVE, "--format", "markdown")
    assert code == 0
    check_golden(GOLDEN / "denied.md", out)


def test_json_has_the_same_keys_for_every_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    answers = [json.loads(explain(capsys, *flow, *LIVE, "--format", "json")[1]) for flow in (ALLOWED, DENIED)]
    assert [answer["verdict"] for answer in answers] == ["allow", "deny"]
    assert list(answers[0]) == list(answers[1])
    assert {"kind", "formatVersion", "verdict", "source", "destination", "packet", "egress", "ingress", "host"} <= set(
        answers[0]
    )
    allowed, denied = (answer["ingress"] for answer in answers)
    assert list(allowed) == list(denied)
    assert allowed["policy"] == {"kind": "NetworkPolicy", "namespace": "boutique", "name": "ringfence.redis-cart"}
    assert (allowed["tier"], allowed["rule"], allowed["action"]) == ("ringfence", 0, "Allow")
    place = allowed["place"]
    line = (ROOT / place["file"]).read_text().splitlines()[place["line"] - 1]
    assert line[place["column"] - 1 :] == "action: Allow"
    assert (denied["reason"], denied["tier"], denied["policy"], denied["place"]) == (
        "end-of-tier",
        "default",
        None,
        None,
    )
    assert answers[1]["egress"] is None
    assert [(item["rule"], item["mismatch"]) for item in answers[1]["ingressTrace"]] == [(0, "source.selector")]


def test_the_way_in_the_intent_and_a_rule_that_only_logs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live = folder(tmp_path, PODS, policy("{selector: app == 'web'}"))
    code, out, _ = explain(capsys, "shop/web", "shop/db-0:5432", *live)
    assert code == 0
    assert out.startswith("allowed: shop/web -> shop/db-0 TCP 5432\n")
    assert "  why: services.web.needs[0]\n" in out
    assert "NetworkPolicy shop/db ingress[0] (Log): matches, only logs\n" in out


def test_an_address_that_is_not_known_is_neither_allowed_nor_denied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live = folder(tmp_path, PODS, policy("{nets: [10.1.0.0/24]}"))
    code, out, _ = explain(capsys, "shop/web", "shop/db-0:5432", *live)
    assert code == 0
    assert out.startswith("unknown: shop/web -> shop/db-0 TCP 5432\n  not known because the pod's address is not in")
    answer = json.loads(explain(capsys, "shop/web", "shop/db-0:5432", *live, "--format", "json")[1])
    assert (answer["verdict"], answer["ingress"]["verdict"]) == ("unknown", "unknown")
    assert "address" in answer["unknown"]
    assert explain(capsys, "10.1.0.9", "shop/db-0:5432", *live)[1].startswith("allowed")
    assert explain(capsys, "10.2.0.9", "shop/db-0:5432", *live)[1].startswith("denied")


def test_a_node_reaches_its_own_pods_and_where_a_pod_runs_may_not_be_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    web = policy("{selector: app == 'none'}").replace("'db'", "'web'")
    live = folder(tmp_path, PODS, policy("{selector: app == 'web'}"), web.replace("name: db", "name: web"))
    own = explain(capsys, "host:n1", "shop/db-0:80", *live)[1]
    assert own.startswith("allowed: host:n1 -> shop/db-0 TCP 80\n  a node always reaches its own pods\n")
    somewhere = explain(capsys, "host:n1", "shop/web:80", *live)[1]
    assert somewhere.startswith(
        "unknown: host:n1 -> shop/web TCP 80\n  not known because the verdict hangs on the node"
    )


def replica(name: str, kind: str, address: str) -> str:
    owner = f"{{apiVersion: apps/v1, kind: {kind}, name: web, uid: u, controller: true}}"
    return (
        "apiVersion: v1\nkind: Pod\n"
        f"metadata: {{name: {name}, namespace: shop, labels: {{app: web}}, ownerReferences: [{owner}]}}\n"
        "spec: {nodeName: n1, containers: [{name: web, image: web}]}\n"
        f"status: {{phase: Running, podIP: {address}, podIPs: [{{ip: {address}}}]}}\n"
    )


@pytest.mark.parametrize("complete", [(), ("--complete",)])
def test_a_workload_stands_for_its_live_pods(
    complete: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pods = (replica("web-a", "Deployment", "10.1.0.1"), replica("web-b", "Deployment", "10.1.0.2"))
    live = folder(tmp_path, PODS, policy("{nets: [10.1.0.1/32]}"), *pods)
    code, out, err = explain(capsys, "shop/web", "shop/db-0:5432", *live, *complete)
    assert code == 0, err
    assert out.startswith("allowed: shop/web-a -> shop/db-0 TCP 5432\n  shop/web-a stands for shop/web (one of 2)\n")
    among = explain(capsys, "shop/web", "shop/web:80", *live, *complete)[1]
    assert among.startswith("allowed: shop/web-a -> shop/web-b TCP 80\n")
    assert explain(capsys, "shop/web-b", "shop/db-0:5432", *live, *complete)[1].startswith("denied: shop/web-b ")


def test_one_name_of_two_workloads_is_no_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = PODS.split("---\n")[2].replace("apps/v1", "batch/v1").replace("Deployment", "Job")
    pods = (replica("web-a", "Deployment", "10.1.0.1"), replica("web-b", "Job", "10.1.0.2"))
    pods = (pods[0], pods[1].replace("apps/v1", "batch/v1"))
    code, out, err = explain(capsys, "shop/web", "shop/db-0:5432", *folder(tmp_path, PODS, job, *pods))
    assert (code, out) == (2, "")
    assert "'shop/web' is Deployment/web and Job/web" in err
    assert "'shop/web-a'" in err


HOST_ENDPOINT = """\
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: n1-all, labels: {node: n1}}
spec: {node: n1, interfaceName: "*"}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: nodes}
spec:
  tier: default
  selector: node == 'n1'
  applyOnForward: true
  types: [Ingress]
  ingress:
    - action: Allow
      protocol: TCP
      destination: {ports: [80]}
"""


def test_host_endpoints_on_the_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live = folder(tmp_path, PODS, HOST_ENDPOINT)
    code, out, _ = explain(capsys, "192.0.2.1", "shop/db-0:81", *live)
    assert code == 0
    assert out.startswith("denied: 192.0.2.1 -> shop/db-0 TCP 81\n")
    assert "forward-ingress at host endpoint n1-all of node n1: deny\n" in out
    assert "GlobalNetworkPolicy nodes applies" in " ".join(out.split())
    answer = json.loads(explain(capsys, "192.0.2.1", "shop/db-0:80", *live, "--format", "json")[1])
    assert answer["verdict"] == "allow"
    stages = [(item["stage"], item["reason"], item["hostEndpoint"]) for item in answer["host"]]
    assert ("forward-ingress", "rule", "n1-all") in stages
    placed = next(item for item in answer["host"] if item["reason"] == "rule")["place"]
    assert (tmp_path / "live.yaml").read_text().splitlines()[placed["line"] - 1].strip() == "- action: Allow"
    # On which node the pod runs is not known, and one that has host endpoints could deny.
    assert explain(capsys, "192.0.2.1", "shop/web:81", *live)[1].startswith("unknown: 192.0.2.1 -> shop/web TCP 81")
    own = explain(capsys, "192.0.2.1", "host:n1:81", *live)[1]
    assert "ingress at host:n1: deny\n" in own


def test_policies_without_effect_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live = folder(tmp_path, PODS, STAGED)
    _, out, _ = explain(capsys, "shop/web", "shop/db-0:80", *live)
    assert out.startswith("allowed")
    assert "StagedNetworkPolicy shop/next is staged: it decides nothing" in out
    assert "NetworkPolicy shop/broken is refused by Felix as a whole" in out
    assert "staged" not in explain(capsys, "shop/db-0", "192.0.2.1:80", *live)[1]


def test_what_calico_cannot_decode_leaves_no_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live = folder(tmp_path, PODS, policy("{nets: 5}"))
    code, out, err = explain(capsys, "shop/web", "shop/db-0:5432", *live)
    assert (code, out) == (2, "")
    assert "live.yaml" in err


def test_another_version_is_by_reference(capsys: pytest.CaptureFixture[str]) -> None:
    assert "by reference, not by vectors" in explain(capsys, *ALLOWED, *LIVE, "--calico", "3.29")[1]
    assert "by reference" not in explain(capsys, *ALLOWED, *LIVE)[1]
    assert explain(capsys, *ALLOWED, *LIVE, "--calico", "3.2")[0] == 2


@pytest.mark.parametrize(
    ("destination", "shown"),
    [
        ("shop/db-0:5432", "TCP 5432"),
        ("shop/db-0:53/udp", "UDP 53"),
        ("shop/db-0:icmp", "ICMP type 8 code 0"),
        ("shop/db-0:icmp:3/4", "ICMP type 3 code 4"),
        ("[fd00::7]:5432", "shop/db-0 TCP 5432 (IPv6)"),
        ("ip:[fd00::7]:5432", "shop/db-0 TCP 5432 (IPv6)"),
        ("host:n1:22", "host:n1 TCP 22"),
        ("ip:10.1.0.7:9/SCTP", "shop/db-0 SCTP 9"),
    ],
)
def test_how_a_destination_is_written(
    destination: str, shown: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = explain(capsys, "shop/web", destination, *folder(tmp_path, PODS))
    assert code == 0, err
    assert out.splitlines()[0].endswith(shown)


@pytest.mark.parametrize(
    ("source", "destination", "said"),
    [
        ("shop/web", "shop/bd-0:5432", "did you mean 'shop/db-0'?"),
        ("web", "shop/db-0:5432", "did you mean 'shop/web'?"),
        ("shop/web", "host:n2:22", "did you mean 'host:n1'?"),
        ("shop/web", "shop/db-0", "has no port"),
        ("shop/web", "shop/db-0:53/UPD", "did you mean 'UDP'?"),
        ("shop/web", "shop/db-0:imcp", "did you mean 'icmp'?"),
        ("shop/web", "shop/db-0:icmp:300", "is no ICMP type and code"),
        ("shop/web", "shop/db-0:70000", "there is no port 70000"),
        ("shop/web", "shop/db-0:0", "there is no port 0"),
        ("shop/web:80", "shop/db-0:5432", "the source 'shop/web:80' has a port"),
        ("fd00::9", "10.1.0.7:5432", "is no IPv6 address"),
        ("shop/web", "fd00::7:5432/TCP", "stands in brackets"),
        ("shop/web", "[fd00::7:5432", "write [ADDRESS]:PORT"),
        ("nothing", "shop/db-0:80", "write NAMESPACE/NAME, host:NODE or an address"),
    ],
)
def test_what_is_no_flow(
    source: str, destination: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = explain(capsys, source, destination, *folder(tmp_path, PODS))
    assert (code, out) == (2, "")
    assert said in err


INTENT = ("--intent", "examples/online-boutique/intent.yaml", "--as-of", "2026-11-01")


@pytest.mark.parametrize(
    ("flow", "verdicts"),
    [
        (ALLOWED, ("allow", "allow")),
        (("boutique/loadgenerator", "boutique/redis-cart:6379"), ("allow", "deny")),
        (("boutique/checkoutservice", "boutique/paymentservice:50051"), ("allow", "allow")),
    ],
)
def test_now_and_after(flow: tuple[str, str], verdicts: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(explain(capsys, *flow, *LIVE, *INTENT, "--format", "json")[1])
    assert (answer["verdict"], answer["after"]["verdict"]) == verdicts
    assert set(answer["after"]) < set(answer)
    decided = answer["after"]["egress"]
    assert (decided["tier"], decided["reason"]) == ("ringfence", "rule")


def test_a_rendered_rule_has_its_line_in_the_intent(capsys: pytest.CaptureFixture[str]) -> None:
    after = json.loads(explain(capsys, *ALLOWED, *LIVE, *INTENT, "--format", "json")[1])["after"]
    place, why = after["ingress"]["place"], after["ingress"]["why"]
    assert (place["file"], why) == ("examples/online-boutique/intent.yaml", "services.cartservice.needs[redis-cart]")
    lines = (ROOT / place["file"]).read_text().splitlines()
    assert lines[place["line"] - 1].strip() == "needs: [redis-cart]"
    denied = json.loads(explain(capsys, *DENIED, *LIVE, *INTENT, "--format", "json")[1])["after"]["ingress"]
    assert (denied["why"], denied["place"]) == ("layers.default-deny", None)


def test_now_and_after_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    flow = ("boutique/loadgenerator", "boutique/redis-cart:6379")
    code, out, _ = explain(capsys, *flow, *LIVE, *INTENT)
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    check_golden(GOLDEN / "now-and-after.txt", out)
    assert "after denied: " in explain(capsys, *flow, *LIVE, *INTENT, "--format", "markdown")[1]


def test_without_live(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = explain(capsys, *ALLOWED)
    assert code == 2
    assert "missing option --live" in err

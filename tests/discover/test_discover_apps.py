"""Small applications of our own, written as real ones are; what is proposed of each is a golden file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generator.discover import propose_intent, write_proposal
from generator.foundation.errors import InputError
from generator.intent import load_intent
from generator.snapshot import load_snapshot
from tests.support.golden import check_golden
from tests.support.shared import shared_folder

HERE = Path(__file__).parent
APPS = {"shop": "shop", "configured": "default", "platform": "default", "popular": "demo"}


def proposal_text(name: str) -> str:
    snapshot, problems = load_snapshot(["-"], stdin=(HERE / "apps" / f"{name}.yaml").read_text(), namespace=APPS[name])
    assert not problems
    return write_proposal(propose_intent(snapshot, platform="generic", name=name))


@pytest.mark.parametrize("name", sorted(APPS))
def test_proposals(name: str) -> None:
    check_golden(HERE / "golden" / f"{name}.txt", proposal_text(name))


@pytest.mark.parametrize("name", sorted(APPS))
def test_a_proposal_loads_as_it_is_and_with_everything_uncommented(name: str) -> None:
    text = proposal_text(name)
    loaded = load_intent(["-"], stdin=text)
    assert loaded.intent.name == name
    body = re.split(r"\n# (?:Uncertain|Named, but|What these)", text)[0]
    body = re.sub(r"\n# shared:.*", "", body, flags=re.DOTALL)
    lines = [line if line.startswith(("# P", "# W")) else uncomment(line) for line in body.split("\n")]
    more = load_intent(["-"], stdin="\n".join(lines))
    assert len(more.intent.externals) >= len(loaded.intent.externals)
    assert sum(len(service.needs) for service in more.intent.services.values()) >= sum(
        len(service.needs) for service in loaded.intent.services.values()
    )


def uncomment(line: str) -> str:
    """Do what a reader does who takes every uncertain line for true."""
    before = None
    while before != line and not line.lstrip().startswith(("# uncertain:", "# nothing")):
        before, line = line, re.sub(r"^(\s*)# ", r"\1", line)
    return line


def test_published_applications_load_without_an_edit() -> None:
    for folder in sorted((shared_folder() / "corpora" / "apps").iterdir()):
        snapshot, _ = load_snapshot([str(folder)])
        proposal = propose_intent(snapshot, platform="generic")
        loaded = load_intent(["-"], stdin=write_proposal(proposal))
        certain = sum(need.certain for service in proposal.services for need in service.needs)
        assert sum(len(service.needs) for service in loaded.intent.services.values()) == certain
        assert not loaded.diagnostics


def test_nothing_to_propose_is_an_error() -> None:
    snapshot, _ = load_snapshot(["-"], stdin="apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n")
    with pytest.raises(InputError) as caught:
        propose_intent(snapshot, platform="generic")
    assert caught.value.diagnostics[0].code == "RF6001"


CLUSTER = """
apiVersion: v1
kind: Node
metadata: {name: n, annotations: {projectcalico.org/IPv4VXLANTunnelAddr: 10.42.0.1}}
status: {addresses: [{type: InternalIP, address: 192.0.2.7}]}
---
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default}
spec: {clusterIP: 10.43.0.1, ports: [{name: https, port: 443, targetPort: 6443}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: kubernetes, namespace: default}
subsets: [{addresses: [{ip: 192.0.2.5}], ports: [{name: https, port: 6443}]}]
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec: {clusterIP: 10.43.0.10, selector: {k8s-app: kube-dns}, ports: [{name: dns, port: 53, protocol: UDP}]}
---
"""


def test_what_the_snapshot_shows_of_the_cluster_is_stated() -> None:
    manifests = "---\n".join((HERE / "apps" / f"{name}.yaml").read_text() for name in ("platform", "shop"))
    snapshot, problems = load_snapshot(["-"], stdin=CLUSTER + manifests)
    assert not problems
    text = write_proposal(propose_intent(snapshot, platform="k3s", name="x"))
    loaded = load_intent(["-"], stdin=text).intent
    assert [str(item) for item in loaded.cluster.node_cidrs] == ["10.42.0.1/32", "192.0.2.7/32"]
    assert [str(item) for item in loaded.cluster.api_server] == ["192.0.2.5/32"]
    assert [str(item) for item in loaded.cluster.dns_service] == ["10.43.0.10/32"]
    assert [item.by for item in loaded.services["operator-webhook"].exposed] == ["apiserver"]
    assert [item.by for item in loaded.services["shop-web"].exposed] == ["ingress"]
    assert not any("coredns" in name for name in loaded.services)


def test_an_unknown_platform_is_refused() -> None:
    snapshot, _ = load_snapshot([str(HERE / "apps" / "shop.yaml")])
    with pytest.raises(InputError):
        propose_intent(snapshot, platform="gek")

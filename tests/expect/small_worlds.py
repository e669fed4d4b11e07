"""Small snapshots for the judge, from YAML text, and expectations in the words of the file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from generator.expect.addresses import Addresses
from generator.expect.judge import judge_expectations
from generator.expect.model import Judged
from generator.foundation.yaml_reader import read_documents
from generator.intent import load_expectations
from generator.reach.engine import Engine
from generator.snapshot.build import build_snapshot
from generator.snapshot.model import Snapshot

NODES = "".join(
    f"""
apiVersion: v1
kind: Node
metadata: {{name: n{number}}}
status: {{addresses: [{{type: InternalIP, address: 10.0.0.{number}}}]}}
---"""
    for number in (1, 2)
)


def deployment(name: str, more: str = "", namespace: str = "shop") -> str:
    return f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{namespace: {namespace}, name: {name}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      {more or "serviceAccountName: default"}
      containers: [{{name: c, image: i, ports: [{{name: http, containerPort: 8080}}]}}]
---"""


def policy(name: str, spec: str, namespace: str = "shop") -> str:
    return f"""
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {{namespace: {namespace}, name: {name}}}
spec: {spec}
---"""


def snapshot_of(text: str, *, complete: bool = False) -> Snapshot:
    documents, problems = read_documents(text, "live.yaml")
    assert not problems
    snapshot, problems = build_snapshot(documents, namespace="default", complete=complete, origin="live.yaml")
    assert not problems, problems
    return snapshot


def judged(folder: Path, text: str, expectations: str, addresses: Addresses | None = None) -> Sequence[Judged]:
    """Judge `{must: [...], mustNot: [...]}` on a partial snapshot."""
    path = folder / "expect.yaml"
    path.write_text(f"expect: {expectations}\n")
    snapshot = snapshot_of(text)
    return judge_expectations(Engine(snapshot), snapshot, load_expectations(str(path)), addresses)


def outcomes(folder: Path, text: str, expectations: str, addresses: Addresses | None = None) -> list[str]:
    return [item.outcome.value for item in judged(folder, text, expectations, addresses)]

"""The published applications, and how a proposal compares with the graph that somebody wrote by hand for each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.discover import propose_intent
from generator.discover.proposal import Proposal
from generator.foundation.yaml_reader import read_documents
from generator.snapshot import load_snapshot

GRAPH = "expected-graph.yaml"
Edge = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Graph:
    """What is true of an application, by the services of a proposal."""

    edges: frozenset[Edge]
    written: frozenset[Edge]  # those whose evidence names an environment variable or a ConfigMap
    false: frozenset[Edge]
    dangling: frozenset[str]
    entries: frozenset[tuple[str, int]]
    pod_ports: dict[Edge, int]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A proposal beside the graph."""

    name: str
    proposal: Proposal
    graph: Graph
    certain: frozenset[Edge]
    uncertain: frozenset[Edge]

    @property
    def found(self) -> frozenset[Edge]:
        """Return all edges proposed in any way."""
        return self.certain | self.uncertain


def applications(shared: Path) -> list[Path]:
    return sorted(path for path in (shared / "corpora" / "apps").iterdir() if (path / GRAPH).is_file())


def compare(folder: Path, *, policies: bool) -> Comparison:
    proposal = propose(folder, policies=policies)
    graph = read_graph(folder, proposal)
    return Comparison(folder.name, proposal, graph, proposal.edges(certain=True), proposal.edges(certain=False))


def propose(folder: Path, *, policies: bool) -> Proposal:
    """Propose from all files but the graph; without `policies` every file that holds a policy is left out."""
    files = [str(path) for path in sorted(folder.rglob("*.y*ml")) if path.name != GRAPH]
    if not policies:
        files = [file for file in files if not load_snapshot([file])[0].policies]
    snapshot, _ = load_snapshot(files)
    assert policies or not snapshot.policies
    return propose_intent(snapshot, platform="generic", name=folder.name)


def read_graph(folder: Path, proposal: Proposal) -> Graph:
    (document,), problems = read_documents((folder / GRAPH).read_text(), GRAPH)
    assert not problems
    value: dict[str, Any] = document.value
    names = _by_workload(proposal)
    edges: dict[Edge, int] = {}
    written: set[Edge] = set()
    for item in value["edges"]:
        edge = (names[item["from"]], names[item["to"]])
        edges[edge] = item["pod_port"]
        if {"env", "configmap"} & set(item["evidence"]):
            written.add(edge)
    false = {
        (names[item["from"]], names[to])
        for item in value.get("false_edges", ())
        for to in (item["to"] if isinstance(item["to"], list) else [item["to"]])
    }
    return Graph(
        frozenset(edges),
        frozenset(written),
        frozenset(false),
        frozenset(f"{item['to']}:{item['to_port']}" for item in value.get("dangling_references", ())),
        frozenset((names[item["to"]], item["pod_port"]) for item in value.get("entry_points", ())),
        edges,
    )


def _by_workload(proposal: Proposal) -> dict[str, str]:
    """Return the proposed service by the names of its Services and workloads."""
    names: dict[str, str] = {}
    for service in proposal.services:
        for workload in service.workloads:
            names[workload.partition("/")[2]] = service.name
    for service in proposal.services:
        for name in (service.name, *service.kube_services):
            names[name] = service.name
    return names

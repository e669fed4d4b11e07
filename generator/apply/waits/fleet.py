"""Who enforces policies: the nodes, the calico-node pod on each, Typha; which of them has restarted since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import quote

from generator.apply.waits.faults import NoSign, unreachable
from generator.apply.waits.metrics import Reading, read_metrics
from generator.cluster.access import Connection, Request, Response
from generator.cluster.backoff import PATIENCE, Backoff, Patience, Unreachable, ask, send_once
from generator.cluster.clock import Clock
from generator.cluster.faults import Fault, FaultKind, fault_of

_NODE_LABEL: Final = "k8s-app=calico-node"
_TYPHA_LABEL: Final = "k8s-app=calico-typha"
_AT_ONCE: Final = 8
_SECONDS: Final = 5.0  # that a node has to answer
METRICS_PORT: Final = 9091


@dataclass(frozen=True, slots=True)
class Agent:
    """A pod of calico-node or Typha; `run` changes whenever it starts anew, `addresses` are its own and its node's."""

    node: str
    namespace: str
    pod: str
    run: str
    ready: bool
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fleet:
    """All nodes by name, with the agent that enforces there, and the Typhas.

    `blind` are nodes that can give no sign, with the reason: Windows, or no calico-node.
    """

    agents: Mapping[str, Agent]
    blind: Mapping[str, str]
    typhas: tuple[Agent, ...]


class Metrics(Protocol):
    """Wherever the numbers of all nodes can be asked for."""

    def ask_all(self, agents: Mapping[str, Agent]) -> dict[str, Reading | str]:
        """Return what each node's Felix shows, or in a few words why it shows nothing."""
        ...


class FleetReader:
    """Looks at nodes and agents through the API server, and through its proxy at what Felix says of itself.

    `metrics` is asked for the numbers instead of the proxy.
    """

    def __init__(
        self,
        connection: Connection,
        clock: Clock,
        port: int = METRICS_PORT,
        patience: Patience = PATIENCE,
        metrics: Metrics | None = None,
    ) -> None:
        self._metrics = metrics
        self._connection = connection
        self._clock = clock
        self._port = port
        self._patience = patience

    def read(self) -> Fleet:
        """Return who is there now; NoSign where nobody may know."""
        nodes = {str(item["metadata"]["name"]): item for item in self._list("/api/v1/nodes", "", "nodes")}
        pods = [_agent(item) for item in self._list("/api/v1/pods", _NODE_LABEL, "pods")]
        typhas = tuple(sorted(map(_agent, self._list("/api/v1/pods", _TYPHA_LABEL, "pods")), key=lambda item: item.pod))
        there = {agent.node: agent for agent in pods if agent.node in nodes}
        blind: dict[str, str] = {}
        for name in sorted(nodes):
            if _os_of(nodes[name]) == "windows":
                blind[name] = "a Windows node gives no sign"
            elif name not in there:
                blind[name] = "no calico-node runs there"
        agents = {name: there[name] for name in sorted(there) if name not in blind}
        return Fleet(agents, blind, typhas)

    def ask_all(self, agents: Mapping[str, Agent]) -> dict[str, Reading | str]:
        """Return what each node's Felix shows, or in a few words why it shows nothing."""
        if self._metrics is not None:
            return self._metrics.ask_all(agents)
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            return dict(zip(agents, pool.map(self._ask, agents.values()), strict=True))

    def _ask(self, agent: Agent) -> Reading | str:
        where = f"/api/v1/namespaces/{quote(agent.namespace, safe='')}/pods/{quote(agent.pod, safe='')}"
        answer = self._get(f"{where}:{self._port}/proxy/metrics")
        if isinstance(answer, Fault) and answer.kind is FaultKind.FORBIDDEN:
            answer = self._get(f"/api/v1/nodes/{quote(agent.node, safe='')}:{self._port}/proxy/metrics")
        if isinstance(answer, Fault):
            if answer.kind is FaultKind.FORBIDDEN:
                return "the role may neither get pods/proxy nor nodes/proxy"
            return f"Felix's metrics do not answer ({answer.words})"
        found = read_metrics(answer.body) if isinstance(answer.body, str) else None
        return found if found is not None else "what answers there is not Felix"

    def _get(self, path: str) -> Response | Fault:
        answer = send_once(self._connection, Request("GET", path, timeout=_SECONDS))
        fault = fault_of(answer)
        if fault is not None:
            return fault
        assert isinstance(answer, Response)
        return answer

    def _list(self, path: str, selector: str, plural: str) -> Iterator[Mapping[str, Any]]:
        more = ""
        while True:
            query: tuple[tuple[str, str], ...] = (("limit", "500"),)
            query += (("labelSelector", selector),) if selector else ()
            query += (("continue", more),) if more else ()
            try:
                answer = ask(self._connection, Request("GET", path, query), Backoff(self._clock, self._patience))
            except Unreachable as error:
                raise unreachable(f"{plural} cannot be listed: {error.fault.words}") from None
            if isinstance(answer, Fault):
                forbidden = answer.kind is FaultKind.FORBIDDEN
                raise NoSign(f"the role may not list {plural}" if forbidden else f"{plural}: {answer.words}")
            body = answer.body if isinstance(answer.body, Mapping) else {}
            yield from body.get("items") or ()
            more = str((body.get("metadata") or {}).get("continue") or "")
            if not more:
                return


def _os_of(node: Mapping[str, Any]) -> str:
    labels = (node.get("metadata") or {}).get("labels") or {}
    return str(labels.get("kubernetes.io/os", "linux"))


def _agent(pod: Mapping[str, Any]) -> Agent:
    metadata, status = pod["metadata"], pod.get("status") or {}
    containers = [item for item in status.get("containerStatuses") or () if isinstance(item, Mapping)]
    restarts = sum(int(item.get("restartCount") or 0) for item in containers)
    ready = any(item.get("type") == "Ready" and item.get("status") == "True" for item in status.get("conditions") or ())
    return Agent(
        node=str((pod.get("spec") or {}).get("nodeName") or ""),
        namespace=str(metadata.get("namespace") or ""),
        pod=str(metadata["name"]),
        run=f"{metadata.get('uid')}/{restarts}",
        ready=ready and not metadata.get("deletionTimestamp"),
        addresses=tuple(str(status[key]) for key in ("podIP", "hostIP") if status.get(key)),
    )


class FleetWatch:
    """Sees restarts and pods that are not ready (`apply.ports.Watch`)."""

    def __init__(self, reader: FleetReader) -> None:
        self._reader = reader
        self._known: dict[str, str] | None = None

    def remember(self) -> None:
        """Take what runs now as what later looks are compared with."""
        try:
            self._known = {agent.pod: agent.run for agent in _all(self._reader.read())}
        except NoSign:
            self._known = None

    def troubles(self) -> tuple[str, ...]:
        """Return who is not ready or has restarted, a line each."""
        try:
            fleet = self._reader.read()
        except NoSign as error:
            return (f"calico-node cannot be looked at: {error.reason}",)
        found = [f"{agent.pod} on node {agent.node} is not ready" for agent in _all(fleet) if not agent.ready]
        if self._known is not None:
            runs = {agent.pod: agent.run for agent in _all(fleet)}
            found += [f"{pod} has restarted" for pod, run in runs.items() if self._known.get(pod, run) != run]
            found += [f"{pod} is new" for pod in runs if pod not in self._known]
        return tuple(sorted(found))


def _all(fleet: Fleet) -> Sequence[Agent]:
    return (*fleet.agents.values(), *fleet.typhas)

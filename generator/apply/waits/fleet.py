"""Who enforces policies: the nodes, the calico-node pod on each, Typha; which of them has restarted since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import quote

from generator.apply.waits.faults import NoSign, unreachable
from generator.apply.waits.felix_settings import PREFIX, Configurations, MetricsSetting, metrics_setting
from generator.apply.waits.metrics import Reading, read_metrics
from generator.cluster.access import Connection, Request, Response
from generator.cluster.backoff import PATIENCE, Backoff, Patience, Unreachable, ask, send_once
from generator.cluster.clock import Clock
from generator.cluster.faults import Fault, FaultKind, fault_of

_NODE_LABEL: Final = "k8s-app=calico-node"
_TYPHA_LABEL: Final = "k8s-app=calico-typha"
_AT_ONCE: Final = 8
_FORBIDDEN: Final = 403
_SECONDS: Final = 5.0  # that a node has to answer
_MAY_NOT: Final = "the role may "  # how words on a missing right begin
CALICO: Final = "projectcalico.org/v3"


@dataclass(frozen=True, slots=True)
class Agent:
    """A pod of calico-node or Typha; `run` changes whenever it starts anew, `addresses` are its own and its node's.

    `environment` is what Felix reads of it, as the pod's spec has it, names in lower case.
    """

    node: str
    namespace: str
    pod: str
    run: str
    ready: bool
    addresses: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Fleet:
    """All nodes by name, with the agent that enforces there, and the Typhas.

    `blind` are nodes that can give no sign, with the reason: Windows, no calico-node, or metrics that are off, for
    which `remedies` has the lines that turn them on.
    """

    agents: Mapping[str, Agent]
    blind: Mapping[str, str]
    typhas: tuple[Agent, ...]
    remedies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MissingRight:
    """The API server's own refusal, before it asked anybody else."""


def is_of_authorizer(answer: Response, resource: str) -> bool:
    """Tell a 403 of the API server's authorizer from one that came through its proxy, of whoever answers there.

    The authorizer's is a Status of reason Forbidden about the resource that was asked for.
    """
    body = answer.body if isinstance(answer.body, Mapping) else {}
    details = body.get("details")
    about = details.get("kind") if isinstance(details, Mapping) else None
    return body.get("kind") == "Status" and body.get("reason") == "Forbidden" and about == resource


class Metrics(Protocol):
    """Wherever the numbers of all nodes can be asked for."""

    def ask_all(self, agents: Mapping[str, Agent]) -> dict[str, Reading | str]:
        """Return what each node's Felix shows, or in a few words why it shows nothing."""
        ...


class FleetReader:
    """Looks at nodes and agents through the API server, and through its proxy at what Felix says of itself.

    `calico` is the group-version in which FelixConfigurations are. `metrics` is asked for the numbers instead of the
    proxy.
    """

    def __init__(
        self,
        connection: Connection,
        clock: Clock,
        calico: str = CALICO,
        patience: Patience = PATIENCE,
        metrics: Metrics | None = None,
    ) -> None:
        self._metrics = metrics
        self._connection = connection
        self._clock = clock
        self._calico = calico
        self._patience = patience
        self._settings: Mapping[str, MetricsSetting] = {}  # by node
        self._configurations_unread = ""
        self._mute: dict[str, str] = {}  # by run of an agent: why it showed nothing when it was asked, "" where it did

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

    def read_speaking(self) -> Fleet:
        """Return who is there now, without those whose metrics are off: they are among the blind.

        What is off by configuration and answers all the same is on: Felix may have a file of its own.
        """
        fleet = self.read()
        if self._metrics is not None:
            return fleet
        found = self._configurations()
        self._settings = {
            name: metrics_setting(found, dict(agent.environment), name, self._calico)
            for name, agent in fleet.agents.items()
        }
        if self._configurations_unread:
            return fleet
        off = {name: agent for name, agent in fleet.agents.items() if not self._settings[name].on}
        unasked = {name: agent for name, agent in off.items() if agent.run not in self._mute}
        for name, shown in self.ask_all(unasked).items():
            self._mute[off[name].run] = shown if isinstance(shown, str) else ""
        mute = {name: agent for name, agent in off.items() if self._mute[agent.run]}
        words = {name: _off(self._settings[name], self._mute[agent.run]) for name, agent in mute.items()}
        remedies = {
            self._settings[name].remedy.replace("NAMESPACE", agent.namespace, 1) for name, agent in mute.items()
        }
        agents = {name: agent for name, agent in fleet.agents.items() if name not in mute}
        return Fleet(agents, {**fleet.blind, **words}, fleet.typhas, tuple(sorted(remedies)))

    def _configurations(self) -> Configurations:
        """Return what FelixConfigurations say; where nobody may know, nothing, and that this is so."""
        self._configurations_unread = ""
        try:
            items = list(self._list(f"/apis/{self._calico}/felixconfigurations", "", "felixconfigurations"))
        except NoSign as error:
            self._configurations_unread = error.reason
            return {}
        return {str(item["metadata"]["name"]): item.get("spec") or {} for item in items}

    def ask_all(self, agents: Mapping[str, Agent]) -> dict[str, Reading | str]:
        """Return what each node's Felix shows, or in a few words why it shows nothing."""
        if self._metrics is not None:
            return self._metrics.ask_all(agents)
        if not agents:
            return {}
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            return dict(zip(agents, pool.map(self._ask, agents.values()), strict=True))

    def _ask(self, agent: Agent) -> Reading | str:
        setting = self._settings.get(agent.node) or metrics_setting({}, dict(agent.environment), "", self._calico)
        scheme = "https:" if setting.tls else ""
        where = f"/api/v1/namespaces/{quote(agent.namespace, safe='')}/pods/{scheme}{quote(agent.pod, safe='')}"
        answer = self._get(f"{where}:{setting.port}/proxy/metrics", "pods")
        if isinstance(answer, MissingRight):
            missing = f"{_MAY_NOT}not get pods/proxy in namespace '{agent.namespace}'"
            by_node = f"/api/v1/nodes/{scheme}{quote(agent.node, safe='')}"
            answer = self._get(f"{by_node}:{setting.port}/proxy/metrics", "nodes")
            if isinstance(answer, MissingRight):
                return f"{missing}, nor nodes/proxy; deploy/rbac/felix-metrics grants the first"
            if isinstance(answer, Fault):
                return f"{missing}; by way of the node: {answer.words}"
        if isinstance(answer, Fault):
            return f"Felix's metrics do not answer at port {setting.port} ({self._why(answer, setting)})"
        found = read_metrics(answer.body) if isinstance(answer.body, str) else None
        return found if found is not None else f"what answers at port {setting.port} is not Felix"

    def _why(self, answer: Fault, setting: MetricsSetting) -> str:
        words = [answer.words]
        if setting.tls:
            words.append("they ask for a client certificate, which the API server has not")
        if self._configurations_unread:
            words.append(f"whether they are on is not known: {self._configurations_unread}")
        return "; ".join(words)

    def _get(self, path: str, resource: str) -> Response | Fault | MissingRight:
        answer = send_once(self._connection, Request("GET", path, timeout=_SECONDS))
        if isinstance(answer, Response) and answer.status == _FORBIDDEN:
            if is_of_authorizer(answer, resource):
                return MissingRight()
            return Fault(FaultKind.INVALID, "403, which is not the API server's own: somebody behind it says so")
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


def _off(setting: MetricsSetting, shown: str) -> str:
    """Return why a node is mute; a right that is missing too comes up once they are on, so it is said at once."""
    words = f"Felix's metrics are off ({setting.said_by})"
    return f"{words}; {shown}" if shown.startswith(_MAY_NOT) else words


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
        environment=tuple(_felix_variables(pod.get("spec") or {})),
    )


def _felix_variables(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return what Felix reads of the environment; a value that stands elsewhere is not known."""
    for container in spec.get("containers") or ():
        for variable in container.get("env") or () if container.get("name") == "calico-node" else ():
            name = str(variable.get("name")).lower()
            if name.startswith(PREFIX) and "value" in variable:
                yield name, str(variable["value"])


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
